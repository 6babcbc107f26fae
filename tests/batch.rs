//! `dtpl batch`: what each format holds, that the result does not depend on threads, parts or zones,
//! and that a batch at fault prints nothing but all that is wrong with it.

mod common;

use std::collections::BTreeSet;

use common::{Run, Test, device_types};

const COMPOSE: &str = "services: {web: {build: ./web}, db: {image: \"postgres:17\"}, api: {build: {context: ./api, target: run, args: {A: '1', B: }}}}\n";
const FLEETS: &str = "fleets:\n  kiosk-eu: {device: raspberrypi3}\n  kiosk-us: {device: raspberry-pi2}\n  edge: {devices: [jetson-nano, raspberrypi4-64]}\n";

/// Two services, one that depends on the device type and one on the arch.
fn project() -> Test {
    Test::new()
        .file("docker-compose.yml", COMPOSE)
        .file("web/Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\nRUN echo ${X} %%{y}\n")
        .file("api/Dockerfile.template", "FROM y/%%BALENA_ARCH%%\n")
        .file("fleets.yaml", FLEETS)
        .args("batch")
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_slice(&run.stdout).unwrap()
}

#[test]
fn a_plan_says_how_few_dockerfiles_there_are() {
    let run = project().ok();
    let text = run.text();
    assert!(text.starts_with("3 fleets, 2 services: 6 Dockerfiles on 2 platforms\n\n"), "{text}");
    let line = text.lines().find(|line| line.contains("api ") && line.contains("arm/v7")).unwrap();
    assert!(line.contains("api/Dockerfile.template") && line.ends_with("2: kiosk-eu, kiosk-us"), "{line}");
    run.quietly();
}

#[test]
fn an_object_has_the_fields_of_a_render() {
    let run = project().args("--format ndjson --fleet kiosk-eu --service web").ok();
    let rendered = project_render("render --format json -d raspberrypi3 --fleet kiosk-eu --service web");
    assert_eq!(run.text(), rendered.text());
    run.says(&["1 fleet, 1 service, in "]);
    let run = project().args("--format ndjson --devices nuc --service api").ok();
    assert_eq!(json(&run)["fleet"], serde_json::Value::Null);
    assert_eq!(json(&run)["device"], "intel-nuc");
}

fn project_render(args: &str) -> Run {
    Test::new()
        .file("docker-compose.yml", COMPOSE)
        .file("web/Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\nRUN echo ${X} %%{y}\n")
        .args(args)
        .ok()
}

#[test]
fn devices_are_all_those_of_an_arch_or_named() {
    let slugs = |selection: &str| -> Vec<String> {
        let run = Test::new()
            .file("Dockerfile.template", "FROM %%BALENA_MACHINE_NAME%%\n")
            .args("batch --format ndjson -d")
            .arg(selection)
            .ok();
        run.text()
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["device"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(slugs("all").len(), device_types().len());
    assert_eq!(slugs("arch:rpi"), ["raspberry-pi"]);
    assert_eq!(slugs("raspberrypi3, nuc,intel-nuc"), ["intel-nuc", "raspberrypi3"]);
    Test::new().file("Dockerfile.template", "FROM x\n").args("batch -d nuk,arch:arm9,raspberrypi33").refuses(
        [
            "--devices: error: unknown device type `nuk`",
            "--devices: error: unknown arch `arm9`",
            "raspberrypi33",
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_tar_holds_the_tree() {
    let run = project().args("--format tar").ok();
    let again = project().args("--format tar --jobs 1").env("TZ", "Asia/Tokyo").ok();
    assert_eq!(run.stdout, again.stdout);
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("a.tar");
    std::fs::write(&archive, &run.stdout).unwrap();
    let listed = std::process::Command::new("tar").arg("tf").arg(&archive).output().unwrap();
    assert_eq!(
        String::from_utf8(listed.stdout).unwrap(),
        "edge/api/Dockerfile\nedge/web/Dockerfile.jetson-nano\nedge/web/Dockerfile.raspberrypi4-64\n\
         kiosk-eu/api/Dockerfile\nkiosk-eu/web/Dockerfile\nkiosk-us/api/Dockerfile\nkiosk-us/web/Dockerfile\nmanifest.json\n"
    );
}

#[test]
fn the_result_does_not_depend_on_threads_or_zones() {
    let fleets: String = (0..700)
        .map(|number| {
            format!("  f{number}: {{device: {}}}\n", ["nuc", "raspberrypi3", "jetson-nano"][number % 3])
        })
        .collect();
    let run = |args: &str, zone: &str| {
        Test::new()
            .file("Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\nENV A=%%BALENA_APP_NAME%%\n")
            .file("fleets.yaml", format!("fleets:\n{fleets}"))
            .args("batch -q")
            .args(args)
            .env("TZ", zone)
            .ok()
            .stdout
    };
    for format in ["ndjson", "bake", "plan", "tar"] {
        let one = run(&format!("--format {format} --jobs 1"), "UTC");
        assert!(one.len() > 10_000);
        for jobs in [2, 3, 16] {
            assert!(
                run(&format!("--format {format} --jobs {jobs}"), "America/St_Johns") == one,
                "{format} {jobs}"
            );
        }
    }
    // All parts together are the whole, each line once.
    let whole = run("--format ndjson", "UTC");
    let lines =
        |bytes: &[u8]| -> Vec<String> { String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect() };
    for count in [2, 5] {
        let parts: Vec<Vec<String>> = (1..=count)
            .map(|part| lines(&run(&format!("--format ndjson --shard {part}/{count}"), "UTC")))
            .collect();
        assert!(parts.iter().all(|part| !part.is_empty()));
        let mut all: Vec<String> = parts.concat();
        let mut expected = lines(&whole);
        all.sort();
        expected.sort();
        assert_eq!(all, expected);
    }
    let targets = |shard: &str| -> BTreeSet<String> {
        let bake: serde_json::Value =
            serde_json::from_slice(&run(&format!("--format bake --shard {shard}"), "UTC")).unwrap();
        bake["target"].as_object().unwrap().keys().cloned().collect()
    };
    let (one, two, whole) = (targets("1/2"), targets("2/2"), targets("1/1"));
    assert!(one.is_disjoint(&two) && one.union(&two).cloned().collect::<BTreeSet<_>>() == whole);
}

#[test]
fn a_fault_is_shown_once_with_how_many_it_hits() {
    let run = Test::new()
        .file("Dockerfile.template", "FROM x/%%BALENA_MACHNE_NAME%%\nENV L=%%LOCALE%%\n")
        .file("fleets.yaml", "fleets:\n  a: {device: nuc, variables: {LOCALE: x}}\n  b: {device: nuc}\n  c: {device: nope}\n  d: {device: nuc}\n")
        .args("batch --format ndjson")
        .refuses([
            "fleets.yaml:4:15: error: unknown device type `nope`",
            "Dockerfile.template:1:8: error: unknown placeholder %%BALENA_MACHNE_NAME%%",
            "did you mean `BALENA_MACHINE_NAME`",
            "affects 3 of",
            "Dockerfile.template:2:7: error: unknown placeholder %%LOCALE%%",
            "affects 2 of",
            "b, d",
        ]);
    assert_eq!(run.stderr.matches("unknown placeholder").count(), 2);
}

#[test]
fn an_output_that_is_a_folder_is_filled() {
    let made = |output: &str, args: &str| {
        let run = project().args("-o").arg(output).args(args).writes().ok();
        let path = run.folder.join(output);
        (path.join("edge/web").is_dir(), path.is_file())
    };
    let (tree, file) = ((true, false), (false, true));
    for output in ["out/", "out", "new/folder"] {
        assert_eq!(made(output, ""), tree, "{output}");
    }
    assert_eq!(made("plan.txt", ""), file);
    assert_eq!(made("out", "--format bake"), file);
    let existing = project().file("rendered.v1/x", "").args("-o rendered.v1").writes().ok();
    assert!(existing.folder.join("rendered.v1/edge/web").is_dir());
    // A file of that name stays one.
    let existing = project().file("plan", "").args("-o plan").writes().ok();
    assert!(existing.folder.join("plan").is_file());
    project().args("-o out/ --format bake").cannot(["out/"]);
}

#[test]
fn flags_that_contradict_each_other_are_wrong_usage() {
    project().args("--format tree").cannot(["a tree needs a folder"]);
    project().args("--prune").cannot(["--prune", "only --format tree takes --prune"]);
    project()
        .args("--format matrix --runner linux/riscv64=x")
        .cannot(["no device has the platform `linux/riscv64`", "linux/arm/v7"]);
    project().args("--tag x").cannot(["--tag", "only --format bake or matrix or merge takes --tag"]);
    project().args("--format bake --tag r/{fleets}").cannot(["unknown placeholder `{fleets}`", "{fleet}"]);
    project().args("--shard 3/2").cannot(["--shard", "K from 1 to N"]);
    project().args("--devices all --fleets fleets.yaml").cannot(["exclude each other"]);
    project().args("--fleet nope").refuses(["no fleet `nope`"]);
    Test::new()
        .file("Dockerfile.template", "FROM x\n")
        .args("batch")
        .cannot(["no fleets given", "--devices all"]);
    project().args("--max-outputs 3").refuses(["8 Dockerfiles to make", "--max-outputs"]);
}

#[test]
fn the_environment_mirrors_the_flags() {
    let run = project().env("DTPL_DEVICES", "nuc").args("--format ndjson").ok();
    assert!(run.text().lines().all(|line| line.contains("intel-nuc")));
    // The command line is over the environment.
    let run = project().env("DTPL_DEVICES", "nuc").args("--format ndjson --fleets fleets.yaml").ok();
    assert!(run.text().contains("raspberrypi3") && !run.text().contains("intel-nuc"));
}

#[test]
fn what_is_not_built_here_is_left_out() {
    let compose =
        "services: {web: {build: .}, far: {build: \"https://github.com/a/b.git\"}, db: {image: x}}\n";
    let run = Test::new()
        .file("docker-compose.yml", compose)
        .file("Dockerfile.template", "FROM x\n")
        .args("batch -d nuc --format ndjson")
        .ok();
    assert_eq!(run.text().lines().count(), 1);
    run.says(&["`far` is built from an address on a network: skipped"]);
}

#[test]
fn each_device_has_the_file_that_is_its_own() {
    let run = Test::new()
        .file("Dockerfile.template", "FROM template\n")
        .file("Dockerfile.armv7hf", "FROM arch\n")
        .file("Dockerfile.raspberrypi3", "FROM device\n")
        .args("batch -q --format ndjson -d nuc,raspberrypi3,raspberry-pi2")
        .ok();
    let sources: Vec<String> = run
        .text()
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["source"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(sources, ["Dockerfile.template", "Dockerfile.armv7hf", "Dockerfile.raspberrypi3"]);
}

#[test]
fn a_result_goes_into_a_file_as_a_whole() {
    let run = project().args("--format matrix -o matrix.json").writes().ok();
    let written = std::fs::read_to_string(run.folder.join("matrix.json")).unwrap();
    assert!(written.starts_with("{\"include\":["));
    project().file("matrix.json", &written).args("--format matrix -o matrix.json --check").ok();
    let run = project().file("matrix.json", "{}\n").args("--format matrix -o matrix.json --check").run();
    assert_eq!(run.status, 1);
    assert!(run.text().starts_with("--- a/matrix.json\n+++ b/matrix.json\n"));
}

#[test]
fn a_template_that_is_no_text_goes_where_json_is_not() {
    let test = || {
        Test::new()
            .file("Dockerfile.template", b"FROM x/%%BALENA_ARCH%%\n# caf\xe9\n")
            .args("batch -q -d nuc --format")
    };
    test().arg("ndjson").refuses(["Dockerfile.template:2:6", "JSON cannot hold"]);
    test().arg("bake").refuses(["Dockerfile.template", "cannot hold bytes that are not UTF-8"]);
    assert!(test().arg("tar").ok().stdout.windows(9).any(|window| window == b"FROM x/am"));
}

#[test]
fn what_is_not_told_is_counted_once() {
    let template: String = (0..150).map(|number| format!("ENV A%%X{}%%\n", "Y".repeat(number + 1))).collect();
    let fleets: String = (0..500).map(|number| format!("  f{number}: {{device: nuc}}\n")).collect();
    Test::new()
        .file("Dockerfile.template", format!("FROM x\n{template}"))
        .file("fleets.yaml", format!("fleets:\n{fleets}"))
        .args("batch --format ndjson")
        .refuses(["affects all 500 fleets", "... and 50 more"]);
}

#[test]
fn parts_of_a_tree_make_the_whole_tree() {
    let whole = project().args("--format tree -o out").writes().ok();
    let manifest = |run: &Run| std::fs::read_to_string(run.folder.join("out/manifest.json")).unwrap();
    let expected = manifest(&whole);
    let parts = project().args("--format tree -o out --shard 1/3").writes().ok();
    let parts = parts.then("batch --format tree -o out --shard 2/3 --prune").writes().ok();
    let parts = parts.then("batch --format tree -o out --shard 3/3 --prune").writes().ok();
    assert_eq!(manifest(&parts), expected);
    parts.then("batch --format tree -o out --check").ok();
    // A run for one fleet leaves the others alone.
    let one = whole.then("batch --format tree -o out --fleet edge --prune").writes().ok();
    assert_eq!(manifest(&one), expected);
}

#[test]
fn no_dockerfile_that_is_read_is_replaced() {
    for check in ["", "--check"] {
        Test::new()
            .file(
                "docker-compose.yml",
                "services: {web: {build: ./src}, b: {build: ./out/raspberrypi3/web}}\n",
            )
            .file("src/Dockerfile", "FROM web\n")
            .file("out/raspberrypi3/web/Dockerfile", "FROM b\n")
            .args("batch -d raspberrypi3 --format tree -o out")
            .args(check)
            .cannot(["out/raspberrypi3/web/Dockerfile", "would replace a Dockerfile that is read"]);
    }
}

#[test]
fn of_many_mistakes_the_same_are_told_whatever_the_number_of_threads() {
    let services = ["a", "b", "c"];
    let mistakes = |service: &str| {
        (0..50u8)
            .map(|number| {
                let letters: String =
                    [number / 26, number % 26].map(|at| char::from(b'A' + at)).iter().collect();
                format!("ENV x%%NOT_{}_{letters}%%\n", service.to_uppercase())
            })
            .collect::<String>()
    };
    let everywhere = format!("affects all {} device types", device_types().len());
    let told = |jobs: u8| {
        let mut test = Test::new().file(
            "docker-compose.yml",
            services.map(|name| format!("  {name}: {{build: ./{name}}}\n")).concat().replacen(
                "  a",
                "services:\n  a",
                1,
            ),
        );
        for name in services {
            test = test.file(&format!("{name}/Dockerfile.template"), format!("FROM x\n{}", mistakes(name)));
        }
        test.args(&format!("batch --format ndjson --devices all --jobs {jobs}"))
            .refuses([&*everywhere])
            .stderr
    };
    let one = told(1);
    assert_eq!(one.matches(&*everywhere).count(), 100, "{one}");
    assert!(one.contains("... and 50 more"), "{one}");
    for jobs in [2, 3, 7] {
        assert!(told(jobs) == one, "{jobs}");
    }
}

#[test]
fn a_line_is_what_render_says_whether_its_values_are_plain_or_not() {
    let text = "FROM %%BALENA_ARCH%%\nLABEL s=\"%%BALENA_SERVICE_NAME%%\" caf\u{e9}=\t%%LOCALE%%\n# %%NOT_ONE%%\nRUN a \\\n  b\n";
    let project = || {
        Test::new()
            .file("docker-compose.yml", "services:\n  api: {build: ./api}\n  web: {build: ./web}\n")
            .file("api/Dockerfile.template", text)
            .file("web/Dockerfile.template", format!("{text}ENV M=%%RESIN_MACHINE_NAME%%%%LOCALE%%"))
    };
    for value in ["LOCALE=en_GB", "LOCALE=a \"b\"", "BALENA_SERVICE_NAME=all"] {
        let given = |test: Test| match value.starts_with("LOCALE") {
            true => test.arg("-D").arg(value),
            false => test.arg("-D").arg(value).arg("-D").arg("LOCALE=x"),
        };
        let mut expected = String::new();
        for device in ["raspberrypi3", "raspberry-pi2", "intel-nuc"] {
            for service in ["api", "web"] {
                let args = format!("render -q --format json -d {device} --service {service}");
                expected.push_str(given(project().args(&args)).ok().text());
            }
        }
        let devices = "raspberrypi3,raspberry-pi2,intel-nuc";
        for jobs in [1, 2] {
            let args = format!("batch -q --format ndjson --devices {devices} --jobs {jobs}");
            let lines = given(project().args(&args)).ok();
            let sorted = |text: &str| {
                let mut lines: Vec<&str> = text.lines().collect();
                lines.sort_unstable();
                lines.join("\n")
            };
            assert_eq!(sorted(lines.text()), sorted(&expected), "{value}");
        }
    }
}

/// A difference is one for every format that writes a file.
#[test]
fn a_check_of_a_file_fails_if_it_differs() {
    for format in ["ndjson", "plan", "tar", "bake", "matrix"] {
        for fleets in ["f.ndjson", "f.json"] {
            let text = |value: &str| {
                let line = format!(
                    "{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":\"{value}\"}}}}\n"
                );
                if fleets == "f.json" { format!("[{line}]") } else { line }
            };
            let args = format!("batch -q --format {format} -o out --fleets {fleets}");
            let test =
                Test::new().file("Dockerfile.template", "FROM x\nENV L=%%LOCALE%%\n").file(fleets, text("1"));
            let run = test.args(&args).writes().ok();
            let check = format!("{args} --check");
            let run = run.then(&check).ok();
            assert!(run.text().is_empty(), "{format} {fleets}");
            std::fs::write(run.folder.join(fleets), text("2")).unwrap();
            assert_eq!(run.then(&check).run().status, 1, "{format} {fleets}");
        }
    }
}

/// The name ends like that of a directory, so that no file can have it.
#[test]
fn only_a_tree_is_written_into_a_name_with_a_slash() {
    for format in ["plan", "ndjson", "tar", "bake", "matrix --tag r/{service}", "bake --check"] {
        let batch = |output: &str| {
            Test::new()
                .file("Dockerfile", "FROM x\n")
                .file("there/a", "")
                .args("batch -d raspberrypi3 --format")
                .args(format)
                .arg("-o")
                .arg(output)
        };
        for output in ["new/", "there/", "there", "there/new/", "new//"] {
            batch(output).cannot([
                &*format!("{output}: error: the output is a directory"),
                "name a file; only --format tree fills a folder",
            ]);
        }
    }
}
