//! What a command is for: devices and fleets from flags and files, the nearest names for those that are unknown,
//! and the project that a path belongs to.

mod common;

use common::{Run, Test};

const TEMPLATE: &str = "FROM alpine:3.22\nENV A b\nENV DEVICE=%%BALENA_MACHINE_NAME%%\n";

fn check(args: &str) -> Test {
    Test::new().file("Dockerfile.template", TEMPLATE).args("check --format json").args(args)
}

/// The device types of the first finding.
fn devices(run: &Run) -> Vec<String> {
    let devices = run.json()["findings"][0]["devices"].clone();
    devices.as_array().unwrap().iter().map(|slug| slug.as_str().unwrap().to_owned()).collect()
}

#[test]
fn devices_are_lists_and_repeat() {
    for args in ["-d nuc,raspberrypi3", "-d nuc -d raspberrypi3", "--device-type nuc,raspberrypi3,intel-nuc"]
    {
        assert_eq!(devices(&check(args).run()), ["intel-nuc", "raspberrypi3"], "{args}");
    }
    let project = || Test::new().file("Dockerfile.template", TEMPLATE);
    for command in ["batch --format ndjson", "explain", "migrate", "images alpine:3.22"] {
        for args in ["-d nuc,raspberrypi3", "-d nuc -d raspberrypi3"] {
            project().args(command).args(args).ok();
        }
    }
    let run = project().args("batch -d nuc -d raspberrypi3 --format ndjson").ok();
    assert_eq!(run.text().lines().count(), 2);
    let run = Test::new().args("images alpine:3.22 -d nuc -d raspberrypi3,jetson-nano --format json").ok();
    assert_eq!(run.json()[0]["devices"].as_object().unwrap().len(), 3);
    let run = Test::new().args("images alpine:3.22 -d arch:rpi --format json").ok();
    assert_eq!(run.json()[0]["devices"].as_object().unwrap().len(), 1);
}

#[test]
fn one_result_is_for_one_device() {
    let project = || Test::new().file("Dockerfile.template", TEMPLATE);
    for args in ["-d nuc,raspberrypi3", "-d nuc -d raspberrypi3", "-d all", "-d arch:rpi"] {
        project()
            .args("render")
            .args(args)
            .cannot(["--device: error: `dtpl render` is for one device type", "`dtpl batch -d "]);
    }
    Test::new().args("resolve -d nuc,raspberrypi3").cannot([
        "--device: error: `dtpl resolve` is for one device type",
        "`dtpl batch -d nuc,raspberrypi3`",
    ]);
}

#[test]
fn explanations_of_several_devices_and_paths_follow_each_other() {
    let project =
        || Test::new().file("a/Dockerfile.template", TEMPLATE).file("b/Dockerfile", "FROM alpine:3.22\n");
    let text = project().args("explain -d nuc,raspberrypi3 a b").ok().text().to_owned();
    let headlines: Vec<&str> =
        text.lines().filter(|line| line.contains(" for ") && line.ends_with(')')).collect();
    assert_eq!(headlines.len(), 4, "{text}");
    let json = project().args("explain -d nuc,raspberrypi3 --format json a").ok().json();
    assert_eq!(
        (json[0]["device"].as_str(), json[1]["device"].as_str()),
        (Some("intel-nuc"), Some("raspberrypi3"))
    );
    // Of one it is the object itself.
    let json = project().args("explain -d nuc --format json a").ok().json();
    assert_eq!(json["device"], "intel-nuc");
    project()
        .args("explain -d nuc,rpi9,nucc a")
        .refuses(["unknown device type `rpi9`", "unknown device type `nucc`"]);
    project().args("explain -d nuc,raspberrypi3 -").stdin("FROM a\n").cannot(["standard input"]);
}

#[test]
fn several_paths_are_examined_together() {
    let project = || {
        Test::new()
            .file("a/Dockerfile.template", TEMPLATE)
            .file("b/Dockerfile.template", TEMPLATE)
            .file("b/fleets.yaml", "fleets: {x: {device: jetson-nano}}\n")
    };
    let run = project().args("check --format json -d nuc a b").ok();
    let files: Vec<String> = run.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["file"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(files, ["a/Dockerfile.template", "b/Dockerfile.template"]);
    // Each has its own settings.
    let run = project().args("check b a").ok();
    assert!(run.text().contains("affects 1 of"), "{}", run.text());
    project().args("check - -").cannot(["`-` is given more than once"]);
    project().args("check -d nuc a none b").cannot(["none: error: cannot"]);
    let old = "FROM balenalib/%%BALENA_MACHINE_NAME%%-debian:bookworm\n";
    let two = || Test::new().file("a/Dockerfile.template", old).file("b/Dockerfile.template", old);
    let run = two().args("migrate -d nuc a b").ok();
    for name in ["a/Dockerfile.template", "b/Dockerfile.template"] {
        assert!(run.text().contains(&format!("--- a/{name}\n")), "{}", run.text());
    }
    run.says(&["2 files to change"]);
    two().args("migrate -d nuc a b --write").writes().ok().says(&["2 files changed"]);
    two().args("migrate -d nuc a ./a a/Dockerfile.template --write").writes().ok().says(&["1 file changed"]);
}

#[test]
fn an_arch_is_not_a_device_type() {
    for (name, help) in [
        ("aarch64", "that is an arch: --arch aarch64"),
        ("arm64", "that is an arch: --arch aarch64"),
        ("linux/arm/v7", "that is an arch: --arch armv7hf"),
        ("amd64", "that is an arch: --arch amd64"),
        ("x86-64", "that is an arch: --arch amd64"),
        ("arm32v7", "that is an arch: --arch armv7hf"),
        ("arm", "use --arch with `armv5e` (linux/arm/v5), `armv7hf` (linux/arm/v7) or `rpi` (linux/arm/v6)"),
    ] {
        let render = Test::new().file("Dockerfile.template", TEMPLATE).args("render -d").arg(name);
        render.refuses(["unknown device type", help]);
    }
    check("-d aarch64").refuses(["`arch:aarch64` means all of its device types"]);
    let fleets = "fleets: {a: {device: aarch64}}\n";
    check("")
        .file("fleets.yaml", fleets)
        .refuses(["fleets.yaml:1:22", "`dtpl devices --arch aarch64` lists"]);
    check("-d nuc,,raspberrypi3").refuses(["a device type without a name"]);
}

#[test]
fn platforms_are_names_of_an_arch() {
    let template = || Test::new().args("render -").stdin("FROM %%BALENA_ARCH%%\n");
    for (name, arch) in [
        ("linux/arm/v7", "armv7hf"),
        ("linux/arm/v6", "rpi"),
        ("linux/arm", "armv7hf"),
        ("arm/v7", "armv7hf"),
        ("linux/arm64", "aarch64"),
        ("linux/arm64/v8", "aarch64"),
        ("linux/amd64", "amd64"),
        ("linux/x86_64", "amd64"),
    ] {
        template().args("-A").arg(name).stdout(format!("FROM {arch}\n"));
        template().args("--platform").arg(name).stdout(format!("FROM {arch}\n"));
    }
    template()
        .args("-A linux/386")
        .refuses(["more than one arch", "`i386` (linux/386) or `i386-nlp` (linux/386)"]);
    template().args("-A linux/riscv64").refuses(["unknown arch `linux/riscv64`", "the arches are"]);
    template().args("-A arm").refuses(["unknown arch `arm`", "`armv7hf` (linux/arm/v7)"]);
    // Another number is another arch.
    template().args("-A arm6").refuses(["unknown arch `arm6`", "did you mean `armv6`"]);
    template().args("-A aarch46").refuses(["unknown arch `aarch46`", "the arches are"]);
    check("-d arch:linux/arm/v6").ok();
    Test::new().args("devices -A linux/arm/v6 --format slugs").stdout("raspberry-pi\n");
    Test::new().args("images alpine:3.22 --platform linux/arm64").ok();
}

#[test]
fn the_arch_of_devices_is_obeyed() {
    Test::new().args("devices --arch aarch64 nuc").refuses(["`intel-nuc` is of arch `amd64`"]);
    // The pattern is not the device type of another arch.
    let run = Test::new().args("devices --arch aarch64 raspberrypi3").ok();
    assert!(run.text().starts_with("raspberrypi3-64\t"), "{}", run.text());
}

const FLEETS: &str = "fleets:\n  kiosk: {device: nuc}\n  edge: {devices: [jetson-nano, jetson-tx2]}\n";

fn with_fleets(args: &str) -> Test {
    Test::new().file("Dockerfile.template", TEMPLATE).file("fleets.yaml", FLEETS).args(args)
}

#[test]
fn a_fleet_beside_devices_is_not_ignored() {
    for command in ["check", "migrate", "batch"] {
        with_fleets(command)
            .args("-d nuc --fleet foo")
            .refuses(["--fleet: error: fleets.yaml has no fleet `foo`", "the fleets are kiosk, edge"]);
        with_fleets(command).args("-d nuc --fleet edge").refuses([
            "--devices: error: the fleet `edge` has no devices of type `intel-nuc`",
            "its device types are jetson-nano, jetson-tx2",
        ]);
        with_fleets(command)
            .args("-d all --fleets fleets.yaml")
            .cannot(["--devices and --fleets exclude each other"]);
        Test::new()
            .file("Dockerfile.template", TEMPLATE)
            .args(command)
            .args("--fleet foo")
            .cannot(["--fleet: error: there is no file of fleets", "-d LIST"]);
    }
    let run = with_fleets("check --format json -d jetson-nano --fleet edge").ok();
    assert_eq!(devices(&run), ["jetson-nano"]);
    let run = with_fleets("batch --format ndjson -d jetson-nano,nuc --fleet edge --fleet kiosk").ok();
    assert_eq!(run.text().matches("\"fleet\":\"edge\"").count(), 1);
    let run = with_fleets("check --format json -d all --fleet edge").ok();
    assert_eq!(devices(&run), ["jetson-nano", "jetson-tx2"]);
    with_fleets("check -d arch:amd64 --fleet edge")
        .refuses(["the fleet `edge` has none of these device types"]);
    // Without a file it is only a name.
    let project = Test::new().file("Dockerfile.template", "FROM %%BALENA_APP_NAME%%\n");
    let run = project.args("batch --format ndjson -d nuc --fleet mine").ok();
    assert!(run.text().contains("FROM mine"), "{}", run.text());
    // The command line goes before the environment.
    with_fleets("check -d nuc").env("DTPL_FLEET", "edge").ok();
    let run = with_fleets("check --format json --fleet edge").env("DTPL_DEVICES", "nuc").ok();
    assert_eq!(devices(&run), ["jetson-nano", "jetson-tx2"]);
}

#[test]
fn a_fleet_may_have_several_arches_but_not_for_balena() {
    let fleets = "fleets: {kiosk: {devices: [raspberry-pi, raspberrypi3, nuc, jetson-nano]}}\n";
    let project = || Test::new().file("Dockerfile.template", TEMPLATE).file("fleets.yaml", fleets);
    assert_eq!(project().args("batch --format ndjson").ok().text().lines().count(), 4);
    let run = project().args("check --format json").ok();
    assert_eq!(devices(&run).len(), 4);
    // What an image is not there for is found for the device type.
    let run = Test::new()
        .file("Dockerfile.template", "FROM ubuntu:24.04\n")
        .file("fleets.yaml", fleets)
        .args("check --format json")
        .run();
    assert_eq!((run.status, devices(&run)), (1, vec!["raspberry-pi".to_owned()]));
    let run = project().args("batch --compat balena").run();
    run.says(&[
        "fleets.yaml:1:10: error: the devices of the fleet `kiosk` have several arches",
        "write a fleet for each of them",
        "kiosk-aarch64: {device: jetson-nano}",
        "kiosk-armv7hf: {device: raspberrypi3}",
    ]);
    assert_eq!((run.status, run.stderr.matches("error:").count()), (1, 1));
}

#[test]
fn all_faults_of_the_fleets_are_told_at_once() {
    let fleets =
        "fleets:\n  a: {devise: nuc}\n  b: {device: nucc}\n  c: {devices: [nuc, nope]}\ncheck: {ignor: []}\n";
    let project =
        |args: &str| Test::new().file("Dockerfile.template", TEMPLATE).file("fleets.yaml", fleets).args(args);
    for args in ["batch", "check", "render --fleet c -d nuc"] {
        project(args).refuses([
            "fleets.yaml:2:7: error: a fleet has no field `devise`",
            "fleets.yaml:3:15: error: unknown device type `nucc`",
            "did you mean `intel-nuc`?",
            "fleets.yaml:4:22: error: unknown device type `nope`",
            "fleets.yaml:5:9: error: `check` has no field `ignor`",
        ]);
    }
}

#[test]
fn names_of_variables_may_have_digits() {
    let project = |args: &str| {
        Test::new()
            .file("docker-compose.yml", "services: {web: {build: \"./web${APP_V2}\"}}\n")
            .file("web-new/Dockerfile.template", "FROM a\n")
            .args("render -d nuc")
            .args(args)
    };
    project("-D APP_V2=-new").stdout("FROM a\n");
    project("-D 2APP=x").cannot(["-D: error", "without a digit first"]);
    // Without a compose file nothing can use it.
    Test::template("FROM x\n").args("-D A_V2=x").cannot(["no placeholder can have the name before `=`"]);
}

const CONTRACT: &str = "name: my-app\ntype: sw.application\ndata:\n  defaultDeviceType: raspberrypi3\n  supportedDeviceTypes:\n    - raspberrypi3\n    - nuc\n";

#[test]
fn the_contract_of_balena_lists_the_device_types() {
    let project = |args: &str| {
        Test::new().file("Dockerfile.template", TEMPLATE).file("balena.yml", CONTRACT).args(args)
    };
    assert_eq!(devices(&project("check --format json").ok()), ["intel-nuc", "raspberrypi3"]);
    assert_eq!(project("batch --format ndjson").ok().text().lines().count(), 2);
    // Flags and fleets go before it.
    assert_eq!(devices(&project("check --format json -d jetson-nano").ok()), ["jetson-nano"]);
    let run = project("check --format json").file("fleets.yaml", FLEETS).ok();
    assert_eq!(devices(&run), ["intel-nuc", "jetson-nano", "jetson-tx2"]);
    // A wrong name is told at its place, and all of them.
    let wrong = CONTRACT.replace("- nuc", "- raspberry-pi-64\n    - nucc");
    for args in ["check", "batch", "migrate"] {
        project(args).file("balena.yml", &wrong).refuses([
            "balena.yml:7:7: error: unknown device type `raspberry-pi-64`",
            "did you mean `raspberrypi",
            "balena.yml:8:7: error: unknown device type `nucc`",
        ]);
    }
    // One without a list says nothing.
    project("check").file("balena.yml", "name: x\ntype: sw.application\n").ok();
    project("batch").file("balena.yml", "name: x\n").cannot(["no fleets given"]);
    // Neither does an empty list: the project is checked for all device types, not for none.
    for empty in ["data: {supportedDeviceTypes: []}\n", "data:\n  supportedDeviceTypes: [ ]\n"] {
        let run = project("check --format json").file("balena.yml", empty).ok();
        assert!(devices(&run).len() > 50, "{empty}");
        project("migrate").file("balena.yml", empty).ok();
        project("batch").file("balena.yml", empty).cannot(["no fleets given"]);
    }
    project("check")
        .file("balena.yml", "data: {supportedDeviceTypes: nuc}\n")
        .refuses(["balena.yml:1:30: error"]);
    project("check").file("balena.yml", "data: [\n").refuses(["balena.yml:"]);
}

#[test]
fn an_arch_that_no_device_type_of_today_has() {
    for args in ["images python -d arch:armv5e", "batch -d nuc,arch:armv5e", "check -d arch:linux/arm/v5"] {
        Test::new().file("Dockerfile", "FROM x\n").args(args).refuses([
            "error: no device type that there is today has arch `armv5e`",
            "name an earlier one: ts7700",
        ]);
    }
    Test::new().file("Dockerfile", "FROM x\n").args("batch --format ndjson -d ts7700").ok();
}

#[test]
fn settings_are_found_above() {
    let project = |args: &str| {
        Test::new()
            .file(".git/HEAD", "")
            .file("fleets.yaml", "fleets: {a: {device: nuc}}\ncheck: {ignore: [legacy-env]}\n")
            .file("apps/web/Dockerfile.template", TEMPLATE)
            .args(args)
    };
    project("check --fail-on info apps/web").ok();
    project("check --fail-on info -d nuc apps/web/").ok();
    project("check --fail-on info apps/web/Dockerfile.template").ok();
    assert!(project("batch --format ndjson apps/web").ok().text().contains("\"fleet\":\"a\""));
    project("render --fleet a apps/web").ok();
    // The nearest file counts.
    let near = project("check --format json apps/web").file("apps/web/fleets.yaml", FLEETS);
    assert_eq!(devices(&near.ok()).len(), 3);
    // What is above the repository does not.
    project("batch --format ndjson apps/web").file("apps/web/.git", "").cannot(["no fleets given"]);
    let near = || Test::new().file("Dockerfile.template", TEMPLATE).file("fleets.yml", FLEETS);
    near()
        .args("check")
        .ok()
        .says(&["fleets.yml: warning: this file is not read: the name is `fleets.yaml`"]);
    near().args("batch").cannot(["fleets.yml: warning: this file is not read", "no fleets given"]);
    near().args("batch --fleets fleets.yml").ok();
}

#[test]
fn a_folder_of_a_service_belongs_to_the_project_above() {
    let project = |args: &str| {
        Test::new()
            .file(".git/HEAD", "")
            .file("docker-compose.yml", "services: {web: {build: ./web}, api: {build: ./api}}\n")
            .file("web/Dockerfile.template", "FROM alpine:3.22\nENV S=%%BALENA_SERVICE_NAME%%\n")
            .file("api/Dockerfile.template", "FROM alpine:3.22\nENV S=%%BALENA_SERVICE_NAME%%\n")
            .file("web/src/x/main.c", "")
            .file("tools/Dockerfile", "FROM alpine:3.22\nENV A b\n")
            .args(args)
    };
    project("render -d nuc web").stdout("FROM alpine:3.22\nENV S=web\n");
    project("render -d nuc web/src/x").stdout("FROM alpine:3.22\nENV S=web\n");
    project("render -d nuc web --service api").stdout("FROM alpine:3.22\nENV S=api\n");
    let run = project("batch -d nuc --format ndjson web").ok();
    assert_eq!(
        (run.text().lines().count(), run.text().contains("\"source\":\"web/Dockerfile.template\"")),
        (1, true)
    );
    // A folder of its own stays one.
    let run = project("check --format json -d nuc tools").ok();
    assert_eq!(run.json()["findings"][0]["file"], "tools/Dockerfile");
    project("check -d nuc web/src/x").ok().says(&[]);
    let named = project("render -d nuc --compose-file own.yml tools");
    named.file("tools/own.yml", "services: {x: {build: .}}\n").stdout("FROM alpine:3.22\nENV A b\n");
    // A template by itself too.
    project("render -d nuc web/Dockerfile.template").stdout("FROM alpine:3.22\nENV S=main\n");
}

#[test]
fn the_nearest_fleets_of_json_lines_are_suggested() {
    let lines = |names: &[String]| -> String {
        names.iter().map(|name| format!("{{\"name\":\"{name}\",\"device\":\"nuc\"}}\n")).collect()
    };
    let test = |names: &[String], args: &str| {
        let test = Test::new().file("Dockerfile", "FROM x\n").args("batch").args(args);
        if args.contains("--fleets -") {
            test.stdin(lines(names))
        } else {
            test.file("f.ndjson", lines(names))
        }
    };
    let few = ["edge", "kiosk-us", "kiosk-eu", "depot"].map(str::to_owned);
    // All of more than a block, which several threads read; the fleets that are meant are not the first.
    let other = (0..9_996).map(|number| format!("f{}", number * 7919 % 10_007 + 10_000));
    let many: Vec<String> = other.chain(few.clone()).collect();
    for format in ["--format ndjson", "--format plan", "--format tar -o out.tar", "--format bake"] {
        for args in ["--fleets f.ndjson -j 1", "--fleets f.ndjson -j 4", "--fleets -"] {
            let args = format!("{format} {args}");
            for names in [&few[..], &many] {
                test(names, &format!("{args} --fleet kiosk-e")).refuses([
                    "--fleet: error: ",
                    "has no fleet `kiosk-e`",
                    "help: did you mean `kiosk-eu` or `kiosk-us`?",
                ]);
            }
            test(&few, &format!("{args} --fleet xyz"))
                .refuses(["has no fleet `xyz`", "help: the fleets are edge, kiosk-us, kiosk-eu, depot"]);
        }
    }
    let run = test(&few, "--fleets f.ndjson --format ndjson --fleet depot --fleet kiosk-e").run();
    assert_eq!(run.stderr.matches("no fleet").count(), 1, "{}", run.stderr);
    // No more are compared.
    let far: Vec<String> = (0..10_000).map(|number| format!("f{number}")).chain(few).collect();
    let run = test(&far, "--fleets f.ndjson --format ndjson --fleet kiosk-e").run();
    assert!(run.status == 1 && !run.stderr.contains("did you mean"), "{}", run.stderr);
}
