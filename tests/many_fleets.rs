//! Fleets as JSON lines in every format that takes any number of them: the same results as from other files of the same
//! fleets, in memory that does not grow with the Dockerfiles, and nothing of a batch with a mistake.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use common::{Test, tree};

/// The formats, and where each puts its result.
const FORMATS: [&str; 4] =
    ["--format plan", "--format tar", "--format tar -o out.tar", "--format tree -o out"];

/// A fleet, as each file of fleets writes it: its name, its device types, the value of `LOCALE`.
type Fleet = (String, Vec<&'static str>, String);

/// Fleets that are in no order, with one device type or several.
fn fleets(count: usize) -> Vec<Fleet> {
    let devices = ["raspberrypi3", "nuc", "raspberrypi4-64"];
    // The folders of the first come before and after others of the same start.
    let names = ["kiosk", "kiosk-eu", "kiosk.a", "B", "a b"].map(str::to_owned);
    let names = names.into_iter().chain((0..).map(|number| format!("f{}", number * 7919 % 10_007)));
    let fleet = |(number, name)| (name, devices[..1 + number % 3].to_vec(), format!("l{}", number % 5));
    names.take(count).enumerate().map(fleet).collect()
}

fn object((name, devices, locale): &Fleet) -> String {
    serde_json::json!({"name": name, "devices": devices, "variables": {"LOCALE": locale}}).to_string()
}

fn lines(fleets: &[Fleet]) -> String {
    fleets.iter().map(|fleet| object(fleet) + "\n").collect()
}

fn yaml(fleets: &[Fleet]) -> String {
    let mut text = "fleets:\n".to_owned();
    for (name, devices, locale) in fleets {
        let devices = devices.join(", ");
        writeln!(text, "  {name}: {{devices: [{devices}], variables: {{LOCALE: {locale}}}}}").unwrap();
    }
    text
}

/// Two services, of which one has a Dockerfile of its own for an arch.
fn project() -> Test {
    Test::in_memory()
        .file("docker-compose.yml", "services: {web: {build: ./web}, api: {build: ./api}}\n")
        .file("web/Dockerfile.template", "FROM %%BALENA_MACHINE_NAME%%\nENV L=%%LOCALE%%\n")
        .file("api/Dockerfile.template", "FROM %%BALENA_ARCH%%\nENV F=%%BALENA_APP_NAME%%\n")
        .file("api/Dockerfile.aarch64", "FROM arm\n")
}

/// What a run printed, and the files that it wrote.
fn results(test: Test, args: &str) -> (Vec<u8>, BTreeMap<String, Vec<u8>>) {
    let run = test.args("batch -q").args(args).writes().ok();
    let is_new = |path: &String| path.starts_with("out");
    let relative =
        |path: &std::path::Path| path.strip_prefix(&run.folder).unwrap().to_str().unwrap().to_owned();
    let files = tree(&run.folder).into_keys().filter(|path| path.is_file());
    let files =
        files.map(|path| (relative(&path), fs::read(&path).unwrap())).filter(|(path, _)| is_new(path));
    let files = files.collect();
    (run.stdout, files)
}

#[test]
fn n16_every_file_of_the_same_fleets_gives_the_same() {
    let fleets = fleets(60);
    let list = format!("[{}]", fleets.iter().map(object).collect::<Vec<_>>().join(",\n"));
    for format in FORMATS {
        let from = |name: &str, text: &str| {
            results(project().file(name, text), &format!("{format} --fleets {name}"))
        };
        let expected = from("f.yaml", &yaml(&fleets));
        assert!(expected.0.len() > 100 || !expected.1.is_empty(), "{format}");
        assert!(from("f.json", &list) == expected, "{format}: as an array");
        assert!(from("f.ndjson", &lines(&fleets)) == expected, "{format}: as lines");
        let odd = format!("\u{feff}\n{}", lines(&fleets).replace('\n', "\r\n\n"));
        assert!(from("f.ndjson", odd.trim_end()) == expected, "{format}: with blanks between the lines");
        let stdin = format!("{format} --fleets -");
        assert!(results(project().stdin(lines(&fleets)), &stdin) == expected, "{format}: from a pipe");
        let file = project().file("f.ndjson", lines(&fleets)).shell("exec < f.ndjson;");
        assert!(results(file, &stdin) == expected, "{format}: from a file as stdin");
        for jobs in [1, 3] {
            let jobs = format!("{stdin} --jobs {jobs}");
            assert!(results(project().stdin(lines(&fleets)), &jobs) == expected, "{jobs}");
        }
    }
}

#[test]
fn n16_a_part_of_the_fleets() {
    let fleets = fleets(40);
    let some = |format: &str, args: &str| {
        results(project().file("f.ndjson", lines(&fleets)), &format!("{format} --fleets f.ndjson {args}"))
    };
    let of = |names: &[&str]| {
        let fleets: Vec<Fleet> =
            fleets.iter().filter(|(name, ..)| names.contains(&name.as_str())).cloned().collect();
        lines(&fleets)
    };
    for format in FORMATS {
        let chosen = results(
            project().file("f.ndjson", of(&["kiosk-eu", "f0"])),
            &format!("{format} --fleets f.ndjson"),
        );
        assert!(some(format, "--fleet f0 --fleet kiosk-eu") == chosen, "{format}");
    }
    let paths = |args: &str| some("--format tree -o out", args).1.into_keys().collect::<Vec<_>>();
    let parts: Vec<String> = [1, 2, 3].iter().flat_map(|part| paths(&format!("--shard {part}/3"))).collect();
    let mut all = paths("");
    // Each part has a manifest.
    all.extend(["out/manifest.json".to_owned(), "out/manifest.json".to_owned()]);
    assert_eq!(
        {
            let mut parts = parts;
            parts.sort();
            parts
        },
        {
            all.sort();
            all
        }
    );
}

#[test]
fn n16_a_template_that_is_not_utf8() {
    let test = || Test::new().file("Dockerfile.template", b"FROM x\nENV A=\xe9 L=%%LOCALE%%\n");
    for format in FORMATS {
        let expected = results(test().file("f.yaml", yaml(&fleets(9))), &format!("{format} --fleets f.yaml"));
        let streamed = results(test().stdin(lines(&fleets(9))), &format!("{format} --fleets -"));
        assert!(streamed == expected, "{format}");
    }
}

#[test]
fn n16_a_later_run_touches_only_what_differs() {
    let (before, mut after) = (fleets(50), fleets(49));
    after[7].2 = "other".to_owned();
    let tree = |fleets: &[Fleet], run: &str| {
        project().file("f.ndjson", lines(fleets)).args("batch --fleets f.ndjson").args(run)
    };
    let run = tree(&before, "--format tree -o out").writes().ok();
    let files: usize = before.iter().map(|(_, devices, _)| 1 + devices.len()).sum();
    // The last is for one device type in three with a file that all share.
    let written = run.stderr.split("files: ").nth(1).unwrap().to_owned();
    let again = run.then("batch --fleets f.ndjson --format tree -o out").ok();
    assert_eq!(
        again.stderr.split("files: ").nth(1).unwrap().split(',').next(),
        Some(&*written.split(',').next().unwrap().replace("written", "unchanged")),
        "{files}"
    );
    fs::write(again.folder.join("f.ndjson"), lines(&after)).unwrap();
    let check = again.then("batch --fleets f.ndjson --format tree -o out --check --prune").run();
    assert_eq!(check.status, 1);
    assert!(check.text().contains("-ENV L=l2\n+ENV L=other\n"), "{}", check.text());
    let pruned = check.then("batch --fleets f.ndjson --format tree -o out --prune").writes().ok();
    pruned.says(&["files: 2 written", "unchanged", "4 removed"]);
    let fresh = project()
        .file("f.ndjson", lines(&after))
        .args("batch -q --fleets f.ndjson --format tree -o out")
        .writes()
        .ok();
    let manifest = |folder: &std::path::Path| fs::read(folder.join("out/manifest.json")).unwrap();
    assert!(manifest(&pruned.folder) == manifest(&fresh.folder));
}

#[test]
fn n16_nothing_of_a_batch_with_a_mistake() {
    let good = lines(&fleets(1_100));
    for (last, message) in [
        ("{\"name\":\"z\",\"device\":\"nucc\"}\n", "f.ndjson:1101:22: error: unknown device type `nucc`"),
        ("{\"name\":\"z\",\"device\":\n", "f.ndjson:1101:"),
        (
            "{\"name\":\"KIOSK\",\"device\":\"nuc\"}\n",
            "f.ndjson:1101:9: error: `KIOSK` and `kiosk` at f.ndjson:1:",
        ),
        ("{\"name\":\"z\",\"device\":\"nuc\"}\n", "unknown placeholder %%LOCALE%%"),
        ("{\"name\":\"a/b\",\"device\":\"nuc\",\"variables\":{\"LOCALE\":\"x\\ny\"}}\n", "f.ndjson:1101:"),
    ] {
        for format in FORMATS {
            let test = || project().file("f.ndjson", good.clone() + last).args("batch").args(format);
            test().args("--fleets f.ndjson").refuses([message]);
            let message = message.replace("f.ndjson", "<stdin>");
            test().stdin(good.clone() + last).args("--fleets -").refuses([&*message]);
        }
    }
    // All mistakes, in their order.
    let bad = "{\"name\":\"y\",\"device\":\"nucc\"}\n{\"name\":\"f0\",\"device\":\"nuc\"}\n{\"name\":1}\n";
    project()
        .file("f.ndjson", bad.to_owned() + &good + bad)
        .args("batch --fleets f.ndjson --format tree -o out")
        .refuses(
            [
                "f.ndjson:1:22: error: unknown device type",
                "f.ndjson:3:",
                "f.ndjson:1104:",
                "f.ndjson:1105:9: error: `f0` is listed twice",
            ]
            .as_slice(),
        );
}

#[test]
fn n16_all_names_are_compared() {
    let text: String =
        (0..25_000).map(|number| format!("{{\"name\":\"fl-{number}\",\"device\":\"nuc\"}}\n")).collect();
    let test = || {
        Test::in_memory()
            .file("Dockerfile", "FROM x\n")
            .file("f.ndjson", text.clone() + "{\"name\":\"fl-24000\",\"device\":\"nuc\"}\n")
    };
    for format in FORMATS {
        test().args("batch --fleets f.ndjson").args(format).refuses([
            "f.ndjson:25001:9: error: `fl-24000` is listed twice; the first is at f.ndjson:24001:9",
        ]);
    }
    // A JSON line is printed without a look at all names, and that is said.
    test()
        .args("batch --fleets f.ndjson --format ndjson")
        .ok()
        .says(&["the first 20000 fleets were compared"]);
}

#[test]
fn n16_fleets_of_one_name_in_several_organizations() {
    let fleet = |organization: &str, name: &str| {
        format!("{{\"app_name\":\"{name}\",\"slug\":\"{organization}/{name}\",\"device_type\":\"nuc\"}}\n")
    };
    let text = fleet("acme", "kiosk") + &fleet("other", "kiosk") + &fleet("other", "edge");
    let test =
        || Test::new().file("Dockerfile.template", "FROM %%BALENA_APP_NAME%%\n").file("f.ndjson", &text);
    let (_, files) = results(test(), "--format tree -o out --fleets f.ndjson");
    let expected =
        ["acme.kiosk", "edge", "other.kiosk"].map(|folder| format!("out/{folder}/main/Dockerfile"));
    assert_eq!(
        files.keys().filter(|path| path.ends_with("Dockerfile")).cloned().collect::<Vec<_>>(),
        expected
    );
    assert_eq!(files["out/acme.kiosk/main/Dockerfile"], b"FROM kiosk\n");
    assert!(results(test().stdin(&text), "--format tree -o out --fleets -").1 == files);
}

/// Dockerfiles of 80 MB together, where the whole program has 75 MB of addresses.
#[cfg(target_os = "linux")]
#[test]
fn n16_memory_does_not_grow_with_the_dockerfiles() {
    let long = format!("FROM %%BALENA_ARCH%%\n{}ENV F=%%BALENA_APP_NAME%%\n", "# comment\n".repeat(2_000));
    let text: String =
        (0..4_000).map(|number| format!("{{\"name\":\"fl-{number}\",\"device\":\"nuc\"}}\n")).collect();
    for (format, output) in [("plan", ""), ("tar", "out.tar"), ("tree", "out")] {
        let output = if output.is_empty() { String::new() } else { format!("-o {output}") };
        let run = Test::in_memory()
            .file("Dockerfile.template", &long)
            .file("f.ndjson", &text)
            .args(&format!("batch -j 2 --fleets f.ndjson --format {format} {output}"))
            .shell("ulimit -v 75000;")
            .writes()
            .ok();
        match format {
            "plan" => assert_eq!(run.text().lines().count(), 4_003),
            "tar" => assert!(fs::metadata(run.folder.join("out.tar")).unwrap().len() > 80_000_000),
            _ => {
                let last = fs::read_to_string(run.folder.join("out/fl-3999/main/Dockerfile")).unwrap();
                assert!(last.ends_with("# comment\nENV F=fl-3999\n"));
                run.says(&["files: 4,000 written"]);
            }
        }
    }
}

#[test]
fn n16_what_limits_bake_and_matrix_is_said() {
    let text: String =
        (0..70_000).map(|number| format!("{{\"name\":\"fl-{number}\",\"device\":\"nuc\"}}\n")).collect();
    let test = |args: &str| {
        Test::new().file("Dockerfile", "FROM x\n").file("f.ndjson", &text).args("batch").args(args)
    };
    for (format, why) in [
        ("bake", "buildx starts them together"),
        ("matrix", "256 rows"),
        ("merge --tag r/{service}", "from the builds of --format matrix: give both the same fleets"),
    ] {
        test(&format!("--fleets f.ndjson --format {format}")).refuses(
            [
                "f.ndjson: error: 70,000 lines, longer than the limit of 2097152 bytes",
                "--max-config-bytes",
                why,
            ]
            .as_slice(),
        );
        test(&format!("--fleets - --format {format}"))
            .stdin(&text)
            .refuses(["<stdin>: error: longer than the limit of 2097152 bytes", why].as_slice());
    }
    let higher = "--max-config-bytes 10000000 --max-outputs 100000";
    let merged = test(&format!("--fleets f.ndjson --format merge --tag r/{{service}} {higher}")).ok();
    assert_eq!(merged.json()["include"].as_array().unwrap().len(), 1, "what the help says is enough");
    test("--fleets f.ndjson --format ndjson -o out.ndjson").refuses(["70,000 lines", "--output"]);
    let many: String = (0..30_000).map(|number| format!("  fl-{number}: {{device: nuc}}\n")).collect();
    Test::new()
        .file("Dockerfile", "FROM x\n")
        .file("fleets.yaml", format!("fleets:\n{many}"))
        .args("batch")
        .refuses(["fleets.yaml:", "too much YAML", "JSON Lines"]);
    // The limit of rows is for all formats.
    for format in FORMATS {
        test(&format!("--fleets f.ndjson --max-outputs 69999 {format}"))
            .refuses(["the limit of 69999", "--max-outputs"]);
    }
}

#[cfg(unix)]
#[test]
fn n16_a_pipe_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let test = || {
        Test::new()
            .file("Dockerfile", "FROM x\n")
            .stdin(lines(&fleets(9)))
            .args("batch -q --format tar --fleets -")
    };
    let run = test().env("TMPDIR", folder.path().to_str().unwrap()).ok();
    assert!(run.stdout.len() > 9 * 512);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // None is needed.
    assert_eq!(test().env("TMPDIR", "/nowhere").ok().stdout, run.stdout);
}
