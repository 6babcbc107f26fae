//! Files of fleets: what each format takes, and that everything else is refused with its place.

mod common;

use common::Test;

/// A project with one template and a file of fleets, and the command that renders it.
fn fleets(name: &str, text: &str) -> Test {
    Test::new()
        .file("Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\nENV L=%%LOCALE%%\n")
        .file(name, text)
        .args("batch -q --format ndjson --fleets")
        .arg(name)
}

fn yaml(text: &str) -> Test {
    fleets("fleets.yaml", text)
}

/// The Dockerfiles of the printed objects, by fleet, in their order.
fn rendered(test: Test) -> Vec<(String, String)> {
    let run = test.ok();
    run.quietly();
    let object = |line: &str| {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| object[field].as_str().unwrap().to_owned();
        (text("fleet"), text("dockerfile"))
    };
    run.text().lines().map(object).collect()
}

fn locales(test: Test) -> Vec<String> {
    let locale = |(_, text): (String, String)| text.split("L=").nth(1).unwrap().trim_end().to_owned();
    rendered(test).into_iter().map(locale).collect()
}

#[test]
fn fleets_have_defaults_variables_and_one_or_several_devices() {
    let text = "defaults:\n  variables: {LOCALE: C, BALENA_RELEASE_HASH: \"0\"}\n\
                fleets:\n  kiosk-eu: {device: raspberrypi3, variables: {LOCALE: en_GB}}\n  edge: {devices: [jetson-nano, raspberrypi4-64]}\n";
    let expected = [
        ("kiosk-eu", "FROM x/raspberrypi3\nENV L=en_GB\n"),
        ("edge", "FROM x/jetson-nano\nENV L=C\n"),
        ("edge", "FROM x/raspberrypi4-64\nENV L=C\n"),
    ];
    assert_eq!(rendered(yaml(text)), expected.map(|(fleet, text)| (fleet.to_owned(), text.to_owned())));
    // The command line is over the file.
    assert_eq!(locales(yaml(text).args("-D LOCALE=fr --fleet edge")), ["fr", "fr"]);
}

#[test]
fn values_keep_their_text() {
    for written in ["1.10", "0777", "1e3", "no", "0x1F", "true", "'1.10'", "\"1.10\""] {
        let text = format!("fleets: {{a: {{device: nuc, variables: {{LOCALE: {written}}}}}}}\n");
        assert_eq!(locales(yaml(&text)), [written.trim_matches(['\'', '"'])], "{written}");
    }
    for written in ["1.10", "1e3", "true", "\"1.10\"", "12345678901234567890123456789012345678901"] {
        let text = format!("{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":{written}}}}}\n");
        assert_eq!(locales(fleets("f.ndjson", &text)), [written.trim_matches('"')], "{written}");
    }
}

#[test]
fn lists_maps_and_nothing_are_no_values() {
    for written in ["~", "", "null", "[a, b]", "{a: b}"] {
        yaml(&format!("fleets:\n  a:\n    device: nuc\n    variables:\n      LOCALE: {written}\n"))
            .refuses(["fleets.yaml:5:", "the value of LOCALE has to be text"]);
    }
    for written in ["null", "[1]", "{\"a\":1}"] {
        fleets(
            "f.json",
            &format!("[{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":{written}}}}}]"),
        )
        .refuses(["f.json:1:", "the value of LOCALE has to be text"]);
    }
}

#[test]
fn all_of_balena_s_list_that_matters_is_read() {
    let list = r#"[
  {"id": 1, "app_name": "kiosk", "slug": "org/kiosk", "device_type": "raspberrypi3", "online_devices": 2, "is_archived": false},
  {"id": 2, "app_name": "edge", "slug": "org/edge", "is_for__device_type": [{"slug": "jetson-nano"}]}
]"#;
    let run = fleets("list.json", list).args("-D LOCALE=C");
    let names: Vec<String> = rendered(run).into_iter().map(|(fleet, _)| fleet).collect();
    assert_eq!(names, ["kiosk", "edge"]);
    fleets("list.json", "[{\"id\": 1, \"app_name\": \"kiosk\"}]")
        .refuses(["list.json:1:2", "without a device type"]);
}

/// A command for the fleets of a list as balena prints it.
fn with_list(list: &str, args: &str) -> Test {
    Test::new()
        .file("Dockerfile.template", "FROM %%BALENA_MACHINE_NAME%%\nENV A=%%BALENA_APP_NAME%%\n")
        .file("list.json", list)
        .args(args)
        .args("--fleets list.json")
}

#[test]
fn fleets_of_one_name_have_their_slugs() {
    let list = r#"[
  {"app_name": "kiosk", "slug": "acme/kiosk", "device_type": "raspberrypi3"},
  {"app_name": "edge", "slug": "acme/edge", "device_type": "jetson-nano"},
  {"app_name": "kiosk", "slug": "me/kiosk", "device_type": "nuc"}
]"#;
    let project = |args: &str| with_list(list, args);
    let run = project("batch --format ndjson").ok();
    let names: Vec<&str> = run.text().lines().filter_map(|line| line.split("\"fleet\":\"").nth(1)).collect();
    let names: Vec<&str> = names.iter().filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(names, ["acme/kiosk", "edge", "me/kiosk"]);
    // The placeholder has the name without the organisation, as at balena.
    project("render --fleet me/kiosk").stdout("FROM intel-nuc\nENV A=kiosk\n");
    project("render --fleet acme/kiosk").stdout("FROM raspberrypi3\nENV A=kiosk\n");
    for name in ["edge", "acme/edge"] {
        project(&format!("render --fleet {name}")).stdout("FROM jetson-nano\nENV A=edge\n");
        assert_eq!(project(&format!("batch --format ndjson --fleet {name}")).ok().text().lines().count(), 1);
    }
    for command in ["render", "batch", "check"] {
        project(command).args("--fleet kiosk").refuses([
            "--fleet: error: list.json has several fleets `kiosk`",
            "name one of acme/kiosk, me/kiosk",
        ]);
        project(command).args("--fleet you/kiosk").refuses(["list.json has no fleet `you/kiosk`"]);
    }
    assert!(project("render --format json --fleet me/kiosk").ok().text().contains("\"fleet\":\"me/kiosk\""));
    // A folder for each, and a later run for one of them leaves the others alone.
    let run = project("batch -o out/").writes().ok();
    for folder in ["acme.kiosk", "edge", "me.kiosk"] {
        assert!(run.folder.join("out").join(folder).join("main/Dockerfile").exists(), "{folder}");
    }
    let run = run.then("batch -o out/ --prune --fleets list.json --fleet acme/kiosk").writes().ok();
    assert!(run.folder.join("out/me.kiosk/main/Dockerfile").exists());
    run.then("batch -o out/ --check --fleets list.json").ok().says(&["nothing to change, of 3 Dockerfiles"]);
    let run = project("batch --format bake --tag r/{fleet}:1").ok();
    assert!(
        run.text().contains("\"r/acme/kiosk:1\"") && run.text().contains("\"me_kiosk\""),
        "{}",
        run.text()
    );
    // The same slug twice is a mistake.
    let twice = list.replace("\"me/kiosk", "\"acme/kiosk");
    project("batch").file("list.json", &twice).refuses(["list.json:4:", "`acme/kiosk` is listed twice"]);
    // Fleets in lines are known by their slugs too.
    let lines = "{\"app_name\": \"kiosk\", \"slug\": \"acme/kiosk\", \"device_type\": \"nuc\"}\n";
    let stream = |name: &str| {
        let args = format!("batch -q --format ndjson --fleets - --fleet {name}");
        Test::new().file("Dockerfile", "FROM x\n").args(&args).stdin(lines)
    };
    assert_eq!(stream("acme/kiosk").ok().text().lines().count(), 1);
    stream("me/kiosk").refuses(["no fleet `me/kiosk`"]);
    fleets("f.ndjson", lines).args("-D LOCALE=x --fleet kiosk --fleet nope").refuses(["no fleet `nope`"]);
}

/// A fleet that balena shows as `Kiosk` has `kiosk` in its slug.
#[test]
fn names_that_differ_in_case_have_their_slugs() {
    let list = r#"[
  {"app_name": "Kiosk", "slug": "acme/kiosk", "device_type": "raspberrypi3"},
  {"app_name": "Lab", "slug": "me/lab", "device_type": "jetson-nano"},
  {"app_name": "kiosk", "slug": "me/kiosk", "device_type": "nuc"}
]"#;
    let project = |args: &str| with_list(list, args);
    let run = project("batch --format ndjson").ok();
    let fleets: Vec<serde_json::Value> =
        run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let texts = ["acme/kiosk", "Lab", "me/kiosk"].into_iter().zip(["Kiosk", "Lab", "kiosk"]);
    assert_eq!(fleets.len(), 3);
    for (object, (name, app_name)) in fleets.iter().zip(texts) {
        assert_eq!(object["fleet"], name);
        assert!(object["dockerfile"].as_str().unwrap().ends_with(&format!("ENV A={app_name}\n")), "{object}");
    }
    // The placeholder has the name that balena shows, however the fleet is called.
    for slug in ["acme/kiosk", "ACME/Kiosk"] {
        project(&format!("render --fleet {slug}")).stdout("FROM raspberrypi3\nENV A=Kiosk\n");
        assert!(project(&format!("batch --fleet {slug}")).ok().text().contains("acme/kiosk"));
    }
    for name in ["Lab", "me/lab"] {
        project(&format!("render --fleet {name}")).stdout("FROM jetson-nano\nENV A=Lab\n");
        let run = project(&format!("batch --format ndjson --fleet {name}")).ok();
        assert!(run.text().contains("ENV A=Lab"), "{}", run.text());
    }
    for name in ["kiosk", "Kiosk"] {
        project(&format!("render --fleet {name}"))
            .refuses(["several fleets", "name one of acme/kiosk, me/kiosk"]);
    }
    project("batch -o out/").writes().ok();
}

#[test]
fn a_name_and_a_slug_with_the_same_folder_are_refused() {
    let list = |name: &str| {
        format!(
            "[{{\"app_name\": \"kiosk\", \"slug\": \"acme/kiosk\", \"device_type\": \"nuc\"}},\n\
             {{\"app_name\": \"kiosk\", \"slug\": \"me/kiosk\", \"device_type\": \"raspberrypi3\"}},\n\
             {{\"name\": \"{name}\", \"device\": \"nuc\"}}]"
        )
    };
    for args in ["batch -o out/", "batch --format tar -o x.tar", "check"] {
        let project = |name: &str| {
            let test = Test::new().file("Dockerfile.template", "FROM x\n").file("list.json", list(name));
            test.args(args).args("--fleets list.json")
        };
        project("acme.kiosk").refuses([
            "list.json:3:10: error: `acme.kiosk` and `acme/kiosk` at list.json:1:15 have the same folder, `acme.kiosk`",
            "rename one of the two",
        ]);
        project("Acme.kiosk").refuses([
            "list.json:3:10: error: `Acme.kiosk` and `acme/kiosk` at list.json:1:15 are one folder",
        ]);
    }
    let named = |args: &str| {
        Test::new().file("Dockerfile.template", "FROM x\n").args("batch -d nuc -o out/").args(args)
    };
    named("--fleet acme/kiosk --fleet acme.kiosk").refuses(["have the same folder, `acme.kiosk`"]);
    named("--fleet Kiosk --fleet kiosk").refuses(["are one folder where case does not count"]);
    named("--fleet kiosk --fleet kiosk").writes().ok().says(&["1 Dockerfile"]);
}

#[test]
fn one_fleet_as_balena_prints_it_is_read() {
    let fleet = "{\n    \"id\": 1,\n    \"app_name\": \"kiosk\",\n    \"slug\": \"acme/kiosk\",\n    \"is_for__device_type\": [\n        {\n            \"slug\": \"nuc\"\n        }\n    ],\n    \"commit\": null\n}\n";
    let run = |name: &str| fleets(name, fleet).args("-D LOCALE=x");
    assert_eq!(rendered(run("fleet.json")).len(), 1);
    assert_eq!(rendered(run("fleet")).len(), 1);
    let stdin = Test::new().file("Dockerfile", "FROM x\n").args("batch -q --format ndjson --fleets -");
    assert_eq!(stdin.stdin(fleet).ok().text().lines().count(), 1);
    let one_line = fleet.replace('\n', "");
    assert_eq!(rendered(fleets("fleet.json", &one_line).args("-D LOCALE=x")).len(), 1);
    let broken = fleet.replace("\"slug\": \"nuc\"", "\"slug\": nuc");
    fleets("fleet.json", &broken).refuses(["fleet.json:7:", "not a JSON object"]);
    fleets("fleet.json", &fleet.replace("nuc", "nucc"))
        .refuses(["fleet.json:5:28: error: unknown device type `nucc`"]);
}

#[test]
fn lines_come_from_a_file_or_from_standard_input() {
    let lines = "{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{\"LOCALE\":\"x\"}}\n\n{\"name\":\"b\",\"devices\":[\"jetson-nano\"],\"variables\":{\"LOCALE\":\"y\"}}";
    assert_eq!(locales(fleets("f.ndjson", lines)), ["x", "y"]);
    assert_eq!(locales(fleets("f.json", lines)), ["x", "y"]);
    let from_stdin = Test::new()
        .file("Dockerfile.template", "FROM x\nENV L=%%LOCALE%%\n")
        .args("batch -q --format ndjson --fleets -")
        .stdin(lines);
    assert_eq!(locales(from_stdin), ["x", "y"]);
}

#[test]
fn every_fault_is_shown_with_its_place() {
    yaml("fleets:\n  a: {device: raspberypi3}\n  b: {devices: [nuc, raspberrypi3]}\n  c: {devices: [nuc, intel-nuc]}\n").refuses([
        "fleets.yaml:2:15: error: unknown device type `raspberypi3`",
        "did you mean `raspberrypi3`",
        "fleets.yaml:4:22: error:",
        "there already",
    ]);
    yaml("fleets:\n  a: {devise: nuc}\n").refuses([
        "fleets.yaml:2:",
        "a fleet has no field `devise`",
        "did you mean `device`",
    ]);
    yaml("fleets:\n  a: {}\n  b: ~\n").refuses([
        "fleets.yaml:2:3",
        "no device type",
        "fleets.yaml:3:3",
        "no device type",
    ]);
    yaml("fleets:\n  a: {device: nuc, variables: {locale: x, A: y}}\n")
        .refuses(["no placeholder can be called `locale`", "no placeholder can be called `A`"]);
    fleets("f.ndjson", "{\"name\":\"a\",\"device\":\"nuc\"}\n{\"name\":\"b\",\"device\":\"nucc\"}\n{\"name\":\"c\"\n{\"device\":\"nuc\"}\n{\"name\":\"d\",\"device\":\"nuc\",\"x\":1,\"name\":\"e\"}\n")
        .refuses(["f.ndjson:3:", "not a JSON object", "f.ndjson:4:1", "without a name", "f.ndjson:5:", "no field `x`"]);
}

#[test]
fn mistakes_of_every_kind_are_reported_in_the_order_of_the_file() {
    let objects = [
        r#"{"name":"a","device":"nucc"}"#,
        r#"{"name":"b","devic":"nuc"}"#,
        r#"{"name":"a","device":"nuc"}"#,
        r#""text""#,
        r#"{"name":"c/d","device":"nuc"}"#,
        r#"{"name":"e","device":"nuc","variables":{"x":"1"}}"#,
        r#"{"name":"f","device":"nuc","variables":{"LOCALE":"a\nb"}}"#,
        r#"{"name":"A","device":"raspberrypi33"}"#,
        r#"{"name":"g","device_type":"nuc"}"#,
        r#"{"nmae":"h","device":"nuc"}"#,
        r#"{"name":"i","colour":"red"}"#,
    ];
    let messages = [
        "unknown device type `nucc`",
        // That its device type is missing would be the same mistake again.
        "a fleet has no field `devic`",
        "`a` is listed twice; the first is at",
        "a fleet has to be a JSON object",
        "`c/d` cannot be a fleet's name",
        "no placeholder can be called `x`",
        "the value of LOCALE holds a line break",
        "`A` and `a` at ",
        "unknown device type `raspberrypi33`",
        "a fleet has no field `device_type`",
        "a fleet has no field `nmae`",
        "a fleet without a device type",
        "a fleet has no field `colour`",
    ];
    let texts = [
        ("f.json", format!("[{}]", objects.join(","))),
        ("f.json", format!("[\n  {}\n]\n", objects.join(",\n  "))),
        ("f.ndjson", objects.join("\n")),
    ];
    for (file, text) in &texts {
        // Some formats read JSON lines as they render, others before.
        for args in ["batch --format ndjson", "batch --format bake", "render --fleet a"] {
            let test = Test::new().file("Dockerfile.template", "FROM x\n").file(file, text);
            let run = test.args(args).args(&format!("--fleets {file}")).run();
            assert_eq!(run.status, 1, "{args} {file}");
            let said = run.stderr.lines().filter(|line| line.contains(": error: "));
            let said: Vec<&str> = said.collect();
            assert_eq!(said.len(), messages.len(), "{args} {file}: {}", run.stderr);
            for (said, message) in said.iter().zip(messages) {
                assert!(said.contains(message), "{args} {file}: {message}: {}", run.stderr);
            }
        }
    }
    // In fleets.yaml too, names that cannot be side by side are no reason of its own to stop.
    yaml("fleets:\n  a: {device: nucc}\n  A: {device: nuc}\n  b: {devic: nuc}\n").refuses([
        "fleets.yaml:2:",
        "unknown device type `nucc`",
        "fleets.yaml:3:",
        "`A` and `a` at ",
        "fleets.yaml:4:",
        "no field `devic`",
    ]);
    let run = yaml("fleets:\n  a: {device_type: nuc}\n  b: {colour: red}\n").run();
    let faults =
        ["a fleet has no field `device_type`", "the fleet `b` has no device type", "no field `colour`"];
    assert_eq!(run.stderr.matches(": error: ").count(), faults.len(), "{}", run.stderr);
    for fault in faults {
        assert!(run.stderr.contains(fault), "{fault}: {}", run.stderr);
    }
}

#[test]
fn broken_files_are_refused() {
    for text in ["", "# nothing\n", "fleets:\n", "fleets: {}\n", "defaults: {}\n"] {
        yaml(text).refuses(["fleets.yaml:", "error"]);
    }
    yaml("[a]\n").refuses(["fleets.yaml:1:1"]);
    yaml("fleets: [a]\n").refuses(["fleets.yaml:1:9", "has to be a map"]);
    yaml("fleets:\n  a: {device: nuc}\n  a: {device: nuc}\n").refuses(["fleets.yaml:3:", "given twice"]);
    yaml("x: &a {device: nuc}\nfleets: {a: {<<: *a}}\n").refuses(["merge keys"]);
    yaml("fleets: {a: !!python/object:os.system {device: nuc}}\n").refuses(["fleets.yaml:1:"]);
    fleets("f.json", "[{\"name\":\"a\",").refuses(["f.json:1:", "not a JSON array"]);
    fleets("f.json", "[]").refuses(["f.json:1:1", "no fleets"]);
    fleets("f.ndjson", "\n").refuses(["no fleets"]);
    Test::new()
        .file("Dockerfile.template", "FROM x\n")
        .args("batch --fleets fleets.yaml --format ndjson")
        .file("fleets.yaml", b"fleets: {\xff: {device: nuc}}\n")
        .refuses(["fleets.yaml:1:10", "UTF-8"]);
}

#[test]
fn names_have_to_be_safe_folders() {
    let long = "x".repeat(300);
    let names = [
        "../../etc",
        "/abs",
        ".",
        "..",
        "",
        "a/b",
        "a\\\\b",
        "~x",
        "-rf",
        "con.txt",
        "NUL",
        "a.",
        "a ",
        ".git",
        "a:b",
        "a\\u202eb",
        "manifest.json?",
        &long,
    ];
    for name in names {
        fleets("f.json", &format!("[{{\"name\":\"{name}\",\"device\":\"nuc\"}}]")).refuses(["f.json:1:"]);
        if !name.contains("\\u") {
            yaml(&format!("fleets:\n  \"{name}\": {{device: nuc}}\n"))
                .refuses(["fleets.yaml:2:3", "cannot be a fleet's name"]);
        }
    }
}

#[test]
fn two_names_that_are_one_folder_somewhere_are_refused() {
    yaml("fleets:\n  Pi: {device: nuc}\n  pi: {device: nuc}\n").refuses([
        "fleets.yaml:3:3",
        "`pi` and `Pi` at fleets.yaml:2:3",
        "case does not count",
    ]);
    for (one, other) in [("stra\u{df}e", "STRASSE"), ("\u{3c3}", "\u{3c2}"), ("\u{fb01}x", "fix")] {
        yaml(&format!("fleets:\n  \"{one}\": {{device: nuc}}\n  \"{other}\": {{device: nuc}}\n"))
            .refuses(["fleets.yaml:3:3", "one folder"]);
    }
    yaml("fleets:\n  \"caf\u{e9}\": {device: nuc}\n  \"cafe\u{301}\": {device: nuc}\n").refuses([
        "fleets.yaml:3:3",
        "at fleets.yaml:2:3",
        "one folder on some systems",
    ]);
    fleets("f.ndjson", "{\"name\":\"a\",\"device\":\"nuc\"}\n{\"name\":\"A\",\"device\":\"nuc\"}\n")
        .args("-D LOCALE=x")
        .refuses(["f.ndjson:2:9", "`A` and `a` at f.ndjson:1:9"]);
}

#[test]
fn values_are_never_shown() {
    let secret = "hunter2hunter2";
    for text in [
        format!("fleets:\n  a: {{devise: nuc, variables: {{TOKEN: {secret}}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{TOKEN: {secret}, TOKEN: {secret}}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: \"{secret}\\n\"}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: [{secret}]}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: {secret}\\}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: \"{secret}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: !{secret} x}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: !<{secret}> x}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: *{secret}}}}}\n"),
        format!("fleets:\n  a: {{device: nuc, variables: {{LOCALE: @{secret}}}}}\n"),
    ] {
        yaml(&text).secret(secret).refuses(["fleets.yaml:"]);
    }
    for text in [
        format!("{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":\"{secret}\\n\"}}}}"),
        format!("{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":\"{secret}\"}}"),
        format!("{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":\"{secret}\"}}"),
        format!("{{\"name\":\"a\",\"device\":\"nuc\",\"{secret}"),
    ] {
        fleets("f.ndjson", &text).secret(secret).refuses(["f.ndjson:1:"]);
    }
}

#[test]
fn render_and_resolve_take_a_fleet_from_the_file() {
    let project = || {
        Test::new()
            .file("Dockerfile.template", "FROM %%BALENA_MACHINE_NAME%%\nENV A=%%BALENA_APP_NAME%% L=%%LOCALE%%\n")
            .file("fleets.yaml", "fleets:\n  kiosk: {device: nuc, variables: {LOCALE: en}}\n  edge: {devices: [jetson-nano, jetson-tx2], variables: {LOCALE: fr}}\n")
    };
    project().args("render --fleet kiosk").stdout("FROM intel-nuc\nENV A=kiosk L=en\n");
    project().args("render --fleet kiosk -D LOCALE=de").stdout("FROM intel-nuc\nENV A=kiosk L=de\n");
    project().args("render --fleet edge -d jetson-tx2").stdout("FROM jetson-tx2\nENV A=edge L=fr\n");
    project().args("render --fleet edge").cannot([
        "fleets.yaml:3:3",
        "several device types",
        "jetson-nano, jetson-tx2",
    ]);
    project().args("render --fleet kisok").refuses([
        "--fleet: error",
        "no fleet `kisok`",
        "did you mean `kiosk`",
    ]);
    // A fleet that the file does not have, or that has no such devices, is not meant.
    project().args("render --fleet kisok -d nuc").refuses(["--fleet: error", "did you mean `kiosk`"]);
    project().args("render --fleet other -d nuc").refuses(["no fleet `other`", "the fleets are kiosk, edge"]);
    project().args("render --fleet kiosk -d jetson-nano").refuses([
        "--device: error: the fleet `kiosk` has no devices of type `jetson-nano`",
        "its device type is intel-nuc",
    ]);
    project().args("render --fleet edge -A amd64").refuses([
        "--arch: error: the fleet `edge` has no devices of arch `amd64`",
        "it has jetson-nano (aarch64), jetson-tx2 (aarch64)",
    ]);
    project()
        .args("render --fleet edge -A aarch64 -D BALENA_MACHINE_NAME=x")
        .stdout("FROM x\nENV A=edge L=fr\n");
    // The command line goes before the environment.
    project().args("render -d nuc -D LOCALE=x -D BALENA_APP_NAME=y").env("DTPL_FLEET", "other").ok();
    project()
        .args("render --fleet kiosk")
        .env("DTPL_DEVICE", "jetson-nano")
        .stdout("FROM intel-nuc\nENV A=kiosk L=en\n");
    // Without a file a fleet is only a name.
    Test::template("FROM %%BALENA_APP_NAME%%\n").args("--fleet other").stdout("FROM other\n");
    project().args("resolve --fleets - --fleet kiosk").cannot(["standard input is the archive"]);
}

#[cfg(unix)]
#[test]
fn hostile_files_meet_their_limits() {
    // Without optimization the program needs more stack for its own arguments.
    let stack = if cfg!(debug_assertions) { "" } else { "ulimit -s 128;" };
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    yaml(&format!("fleets: {}", nested("[", "]"))).shell(stack).refuses(["fleets.yaml:1:25: error"]);
    let bomb: String = (1..9)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(",")))
        .collect();
    yaml(&format!("a0: &a0 x\n{bomb}fleets: {{}}\n")).refuses(["fleets.yaml:"]);
    let deep =
        format!("{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":{}}}}}", nested("[", "]"));
    fleets("f.ndjson", &deep).shell(stack).refuses(["f.ndjson:1:"]);
    fleets("f.json", &nested("[", "]")).shell(stack).refuses(["f.json:1:"]);
    let long = format!(
        "{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":\"{}\"}}}}",
        "x".repeat(3_000_000)
    );
    fleets("f.ndjson", &long).refuses(["f.ndjson", "longer than the limit", "--max-config-bytes"]);
    yaml(&format!("fleets: {{{}}}", "x".repeat(3_000_000))).refuses(["fleets.yaml", "longer than the limit"]);
    let many: String = (0..30_000).map(|number| format!("  f{number}: {{device: nuc}}\n")).collect();
    yaml(&format!("fleets:\n{many}")).refuses(["fleets.yaml:", "too much YAML"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once() {
    let lines: String = (0..4)
        .map(|number| {
            let start =
                format!("{{\"name\":\"fl-{number}\",\"device\":\"nuc\",\"variables\":{{\"LOCALE\":\"");
            format!("{start}{}\"}}}}\n", "x".repeat(60 - start.len()))
        })
        .collect();
    assert!(lines.lines().all(|line| line.len() == 63));
    let count = |test: Test| test.ok().text().lines().count();
    let through = |before: &str| {
        Test::new()
            .file("Dockerfile.template", "FROM x\nENV L=%%LOCALE%%\n")
            .file("f.ndjson", &lines)
            .args("batch -q --format ndjson")
            .shell(before)
    };
    assert_eq!(count(through("exec 7< <(cat f.ndjson);").args("--fleets /dev/fd/7")), 4);
    assert_eq!(count(through("mkfifo ff; cat f.ndjson > ff &").args("--fleets ff").writes()), 4);
    assert_eq!(count(through("exec < f.ndjson;").args("--fleets -")), 4);
}

#[test]
fn standard_input_takes_every_format() {
    let from_stdin = |text: &str| {
        let test = Test::new()
            .file("Dockerfile.template", "FROM x\n")
            .args("batch -q --format ndjson --fleets -")
            .stdin(text);
        test.ok().text().lines().count()
    };
    assert_eq!(
        from_stdin(
            "[\n  {\n    \"id\": 1,\n    \"app_name\": \"a\",\n    \"device_type\": \"nuc\"\n  }\n]\n"
        ),
        1
    );
    assert_eq!(from_stdin("[{\"name\":\"a\",\"device\":\"nuc\"}]"), 1);
    assert_eq!(from_stdin("fleets: {a: {device: nuc}, b: {device: nuc}}\n"), 2);
    assert_eq!(from_stdin("{\"fleets\": {\"a\": {\"device\": \"nuc\"}}}"), 1);
    for first in ["\"check\": {\"ignore\": [\"untagged-base-image\"]}", "\"defaults\": {}"] {
        assert_eq!(
            from_stdin(&format!("{{{first}, \"fleets\": {{\"a\": {{\"device\": \"nuc\"}}}}}}")),
            1,
            "{first}"
        );
    }
    assert_eq!(from_stdin("\u{feff}{\"name\":\"a\",\"device\":\"nuc\"}\n"), 1);
    assert_eq!(from_stdin("\u{feff}[{\"name\":\"a\",\"device\":\"nuc\"}]"), 1);
}

#[test]
fn what_is_there_instead_of_an_object_is_not_shown() {
    let secret = "hunter2hunter2";
    for text in [
        format!("{{\n \"name\":\"a\",\n \"VV\":\n \"{secret}\"}}\n"),
        format!("{{\"name\":\"a\",\"device\":\"nuc\"}}\n\"{secret}\"\n"),
    ] {
        fleets("f.ndjson", &text).secret(secret).refuses(["f.ndjson:"]);
    }
    fleets("f.json", &format!("[\"{secret}\"]"))
        .secret(secret)
        .refuses(["f.json:1:2", "has to be a JSON object"]);
}

#[test]
fn a_stream_has_limits_too() {
    let lines: String =
        (0..50).map(|number| format!("{{\"name\":\"f{number}\",\"device\":\"nuc\"}}\n")).collect();
    fleets("f.ndjson", &lines)
        .args("-D LOCALE=x --max-outputs 49")
        .refuses(["more Dockerfiles to make than the limit of 49"]);
    fleets("f.ndjson", &lines).args("-D LOCALE=x --fleet f7 --max-outputs 1").ok();
    fleets("f.ndjson", &lines).args("-D LOCALE=x --fleet nope").refuses(["no fleet `nope`"]);
    // One fleet with a hundred thousand variables takes no more than its share of time.
    let variables: Vec<String> = (0..20_000)
        .map(|number: u32| {
            let letters: String =
                format!("{number:05}").bytes().map(|digit| char::from(digit - b'0' + b'A')).collect();
            format!("\"V{letters}\":\"x\"")
        })
        .collect();
    let line = format!(
        "{{\"name\":\"a\",\"device\":\"nuc\",\"variables\":{{{},\"LOCALE\":\"y\"}}}}\n",
        variables.join(",")
    );
    assert_eq!(locales(fleets("f.ndjson", &line)), ["y"]);
}

#[test]
fn fleets_that_are_read_fast_are_rendered_as_all_others_are() {
    let values = [
        "x",
        "",
        "a b",
        "a=b,c",
        "#a",
        "a#",
        " a",
        "a ",
        "50%",
        "50 % off",
        "a%%b",
        "%a",
        "a<b",
        "a<%b",
        "a<",
        "<<EOF",
        "%%AA%%",
        "caf\u{e9}",
        "\u{e9}",
        "x\\\\",
        "a\\\"b",
        "a`",
        "a'b",
        "$HOME/bin:$PATH",
        "[1, 2]",
        "\\u0041",
        "a\u{a0}b",
        "tab\\tb",
    ];
    let mut lines = Vec::new();
    for (number, value) in values.iter().enumerate() {
        let device = if number % 2 == 0 { "nuc" } else { "raspberrypi3" };
        lines.push(format!(
            "{{\"name\":\"fleet-{number}\",\"device\":\"{device}\",\"variables\":{{\"LOCALE\":\"{value}\",\"OTHER\":{number}}}}}"
        ));
    }
    lines.push(
        "{\"name\":\"a\",\"devices\":[\"nuc\",\"raspberrypi3\"],\"variables\":{\"LOCALE\":true}}".to_owned(),
    );
    lines.push(
        "{\"variables\":{\"LOCALE\":\"x\",\"BALENA_SERVICE_NAME\":\"y\"},\"device\":\"nuc\",\"name\":\"b\"}"
            .to_owned(),
    );
    lines.push(
        "{\"variables\":{\"LOCALE\":\"x\",\"BALENA_APP_NAME\":\"y\"},\"device\":\"nuc\",\"name\":\"c\"}"
            .to_owned(),
    );
    lines.push(
        "{\"variables\":{\"LOCALE\":\"x\",\"BALENA_ARCH\":\"y\"},\"device\":\"nuc\",\"name\":\"d\"}"
            .to_owned(),
    );
    let templates = [
        "FROM x/%%BALENA_MACHINE_NAME%%\nENV L=%%LOCALE%%\nLABEL a=%%BALENA_APP_NAME%% \"s=%%BALENA_SERVICE_NAME%%\"\n",
        "FROM x:%%BALENA_ARCH%%\nRUN a \\\n  %%LOCALE%% \\\n  && b %%LOCALE%%\nRUN %%LOCALE%%\\\n  c\n",
        "%%LOCALE%%\nFROM x\n",
        "FROM x\nRUN cat <<EOF\n%%LOCALE%%\nEOF\nENV Z=\"%%LOCALE%%\" # %%BALENA_NOT\n",
        "FROM x\nENV A=%%LOCALE%%\nENV B=\"%%LOCALE%%\" C=<%%LOCALE%%<\nRUN x %%LOCALE%%\\\n  y\\%%LOCALE%%\n",
        "FROM x%%LOCALE%%\nRUN x \\\n  %%LOCALE%%%%BALENA_ARCH%%%%LOCALE%%\\\n  y\n",
    ];
    for template in templates {
        for line in &lines {
            // A list is read as a whole.
            let project = |name: &str, text: &str| {
                Test::new()
                    .file("Dockerfile.template", template)
                    .file(name, text)
                    .args("batch -q --format ndjson --fleets")
                    .arg(name)
                    .run()
            };
            let (stream, list) =
                (project("f.ndjson", &format!("{line}\n")), project("f.json", &format!("[{line}]")));
            assert_eq!((stream.status, &stream.stdout), (list.status, &list.stdout), "{template} {line}");
            assert_eq!(stream.stderr.lines().count(), list.stderr.lines().count(), "{template} {line}");
            let Some(name) = line.split("\"name\":\"").nth(1).and_then(|rest| rest.split('"').next()) else {
                panic!()
            };
            if line.contains("\"device\":") {
                // One render always looks at all values.
                let alone =
                    Test::new().file("Dockerfile.template", template).file("f.ndjson", format!("{line}\n"));
                let alone = alone.args("render -q --format json --fleets f.ndjson --fleet").arg(name).run();
                assert_eq!(
                    (stream.status, &stream.stdout),
                    (alone.status, &alone.stdout),
                    "{template} {line}"
                );
            }
        }
    }
}

/// A batch whose values are looked at before anything is printed is rendered twice, and warned about once.
#[test]
fn a_warning_is_printed_once() {
    for value in ["a", "a b", "\u{e9}", "a\"b", "a<b"] {
        for output in ["", "-o out.ndjson"] {
            let run = Test::new()
                .file("Dockerfile.template", "FROM x\nRUN echo %%CC%% <% x %>\n")
                .args(&format!("batch --format ndjson -d nuc {output} -D"))
                .arg(format!("CC={value}"))
                .writes()
                .ok();
            assert_eq!(run.stderr.matches("warning:").count(), 1, "{value} {output}: {}", run.stderr);
        }
    }
}
