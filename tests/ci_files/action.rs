//! action.yml, its steps run with the built program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::{BROKEN, DTPL, FLEETS, WITH_A_FINDING, document, folder, write};
use crate::runner::{Outcome, Runner};
use crate::tool::tool;

/// Runs the action in a folder. The program is the built one, unless the inputs say otherwise.
fn action(folder: &Path, inputs: &[(&str, &str)]) -> Outcome {
    let mut all = inputs.to_vec();
    if !inputs.iter().any(|(name, _)| ["program", "version"].contains(name)) {
        all.push(("program", DTPL));
    }
    let definition = document("action.yml");
    let mut runner = Runner::new(folder, &all);
    runner.expressions = BTreeMap::from([("github.action_repository".to_owned(), String::new())]);
    runner.run(&definition, definition["runs"]["steps"].as_array().unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn rows(matrix: &Value) -> &Vec<Value> {
    matrix["include"].as_array().unwrap()
}

#[test]
fn it_checks_and_plans() {
    let project = folder(FLEETS);
    let outcome = action(
        project.path(),
        &[
            ("tags", "r.example.com/{fleet}/{service}:{version}\nr.example.com/{fleet}/{service}:latest\n"),
            ("image-version", "1.2"),
            ("runners", "linux/arm/v7=my-arm"),
            ("image-args", "--image-revision\n0123abc\n"),
            ("files", "out"),
            ("bake-file", "out/bake.json"),
        ],
    );
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!(outcome.output("ready", "program"), DTPL);
    assert_eq!(outcome.path.trim_end(), Path::new(DTPL).parent().unwrap().to_str().unwrap());
    let sarif = json(&fs::read_to_string(outcome.output("check", "sarif")).unwrap());
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 0);

    let matrix = json(outcome.output("matrix", "matrix"));
    // web has a Dockerfile for each device, api one for the three platforms.
    assert_eq!(rows(&matrix).len(), 6);
    assert_eq!(json(outcome.output("matrix", "matrices")), Value::Array(vec![matrix.clone()]));
    for row in rows(&matrix) {
        let runner = if row["platform"] == "linux/arm/v7" { "my-arm" } else { "ubuntu" };
        assert!(row["runner"].as_str().unwrap().starts_with(runner), "{row}");
        let tags = row["tags"].as_array().unwrap();
        assert!(tags.iter().any(|tag| tag.as_str().unwrap().ends_with(":1.2")), "{row}");
        assert!(project.path().join(row["dockerfile"].as_str().unwrap()).is_file(), "{row}");
    }
    let bake = json(&fs::read_to_string(project.path().join("out/bake.json")).unwrap());
    for row in rows(&matrix) {
        let target = &bake["target"][row["bake_target"].as_str().unwrap()];
        assert!(target["output"].to_string().contains("push-by-digest=true"), "{row}: {target}");
        assert_eq!(target["labels"]["org.opencontainers.image.revision"], "0123abc", "{row}: {target}");
        assert_eq!(row["labels"]["org.opencontainers.image.revision"], "0123abc", "{row}");
    }
    let merge = json(outcome.output("matrix", "merge"));
    let names: Vec<&Value> = rows(&matrix).iter().map(|row| &row["name"]).collect();
    for build in rows(&merge).iter().flat_map(|image| image["builds"].as_array().unwrap()) {
        assert!(names.contains(&build), "{build}");
    }
}

#[test]
fn a_finding_is_an_annotation_and_fails_the_check() {
    let project = folder(FLEETS);
    write(project.path(), &[("web/Dockerfile.template", WITH_A_FINDING)]);
    let outcome = action(project.path(), &[]);
    assert_eq!(outcome.failed.as_deref(), Some("Check"), "{}", outcome.log);
    assert!(outcome.log.contains("::error file=web/Dockerfile.template,line=3"), "{}", outcome.log);
    let sarif = json(&fs::read_to_string(outcome.output("check", "sarif")).unwrap());
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "missing-copy-source"), "{results:?}");

    let outcome =
        action(project.path(), &[("check-args", "--ignore=missing-copy-source\n--ignore\nsyntax\n")]);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    let outcome = action(project.path(), &[("check", "false")]);
    assert_eq!((outcome.failed, outcome.values.get("steps.check.outputs.sarif")), (None, None));
}

/// Also where its output is taken into a variable: the failure of dtpl is that of the step.
#[test]
fn a_failure_of_dtpl_fails_the_step() {
    let project = folder(FLEETS);
    write(project.path(), &[("web/Dockerfile.template", BROKEN)]);
    for (step, inputs) in [
        ("Check", &[][..]),
        ("Check", &[("path", "nowhere")]),
        ("Check", &[("check-args", "--no-such-flag")]),
        ("Plan the builds", &[("check", "false")]),
        ("Plan the builds", &[("check", "false"), ("path", "nowhere")]),
        ("Plan the builds", &[("check", "false"), ("batch-args", "--no-such-flag")]),
        ("Plan the builds", &[("check", "false"), ("path", "api"), ("runners", "no-platform=x")]),
        ("Make dtpl available", &[("program", "no-such-dtpl")]),
    ] {
        let outcome = action(project.path(), inputs);
        assert_eq!(outcome.failed.as_deref(), Some(step), "{inputs:?}: {}", outcome.log);
        assert_eq!(outcome.output("matrix", "matrices"), "", "{inputs:?}");
    }
}

#[test]
fn inputs_are_text_and_never_commands() {
    let name = "a b $(touch made) `touch made` \"'; touch made; #";
    let project = folder(&[]);
    write(&project.path().join(name), FLEETS);
    let fleets = format!("{name}/fleets.yaml");
    let outcome = action(project.path(), &[("path", name), ("fleets", &fleets), ("fail-on", "info")]);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!(rows(&json(outcome.output("matrix", "matrix"))).len(), 6);
    assert!(!project.path().join("made").exists());
    let outcome = action(project.path(), &[("path", "--help")]);
    assert_eq!(outcome.failed.as_deref(), Some("Check"), "{}", outcome.log);
}

#[test]
fn more_than_256_rows_are_several_matrices_and_no_rows_are_none() {
    let project = folder(FLEETS);
    write(
        project.path(),
        &[("api/Dockerfile.template", "FROM alpine:3.22\nENV D=%%BALENA_MACHINE_NAME%%\n")],
    );
    let outcome = action(project.path(), &[("check", "false"), ("devices", "all")]);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!(outcome.output("matrix", "matrix"), "");
    let matrices = json(outcome.output("matrix", "matrices"));
    let sizes: Vec<usize> = matrices.as_array().unwrap().iter().map(|matrix| rows(matrix).len()).collect();
    assert!(sizes.len() > 1 && sizes.iter().all(|size| (1..=256).contains(size)), "{sizes:?}");
    let outcome = action(project.path(), &[("check", "false"), ("devices", "raspberrypi3")]);
    assert_eq!(rows(&json(outcome.output("matrix", "matrix"))).len(), 2);
    let share = [("check", "false"), ("devices", "raspberrypi3"), ("batch-args", "--shard=9/9")];
    let outcome = action(project.path(), &share);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!((outcome.output("matrix", "matrix"), outcome.output("matrix", "matrices")), ("", "[]"));
}

/// What GitHub would drop without a failure is an error here, with a way out.
#[test]
fn a_matrix_that_github_would_not_take_is_an_error() {
    let project = folder(FLEETS);
    let long = format!("FROM alpine:3.22\nENV D=%%BALENA_MACHINE_NAME%%\n# {}\n", "x".repeat(5000));
    write(project.path(), &[("web/Dockerfile.template", &long)]);
    let inputs = [("check", "false"), ("devices", "all")];
    let outcome = action(project.path(), &inputs);
    assert_eq!(outcome.failed.as_deref(), Some("Plan the builds"));
    assert!(outcome.log.contains("::error::The matrix has "), "{}", outcome.log);
    let outcome = action(project.path(), &[&inputs[..], &[("files", "out")]].concat());
    assert_eq!(outcome.failed, None, "{}", outcome.log);
}

/// The limit in units of UTF-16, and that it is for the outputs together: those of a job are what its author chooses.
#[test]
fn the_outputs_are_counted_as_github_counts_them() {
    const MOST: usize = 524_288;
    let units = |text: &str| text.encode_utf16().count();
    let project = folder(&[]);
    let inputs = [("check", "false"), ("devices", "intel-nuc"), ("tags", "r.example.com/a:1")];
    // A character of one unit and three bytes, and one of two units and four bytes.
    for letter in ["\u{20ac}", "\u{1f433}"] {
        let plan = |letters: usize, more: usize| {
            let text = format!("FROM alpine:3.22\n# {}{}\n", letter.repeat(letters), "y".repeat(more));
            write(project.path(), &[("Dockerfile", &text)]);
            action(project.path(), &inputs)
        };
        let empty = plan(0, 0);
        let outputs = ["matrix", "matrices", "merge"].map(|name| units(empty.output("matrix", name)));
        let letters = 150_000;
        let written = letters * units(letter);

        // All three together.
        let rest = MOST - outputs.iter().sum::<usize>();
        let fitting = (rest / 2 / units(letter), rest / 2 % units(letter));
        let outcome = plan(fitting.0, fitting.1);
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        let all: usize =
            ["matrix", "matrices", "merge"].iter().map(|name| units(outcome.output("matrix", name))).sum();
        assert!((MOST - 1..=MOST).contains(&all), "{letter}: {all}");
        assert!(!outcome.log.contains("::warning::"), "{letter}: {}", outcome.log);
        let outcome = plan(fitting.0, fitting.1 + 1);
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        assert!(
            outcome.log.contains("::warning::The outputs matrix, matrices and merge have "),
            "{}",
            outcome.log
        );

        // One alone.
        let outcome = plan(letters, MOST - outputs[1] - written);
        assert_eq!(outcome.failed, None, "{letter}: {}", outcome.log);
        assert_eq!(units(outcome.output("matrix", "matrices")), MOST);
        let outcome = plan(letters, MOST - outputs[1] - written + 1);
        assert_eq!(outcome.failed.as_deref(), Some("Plan the builds"), "{letter}");
        assert!(
            outcome.log.contains("::error::The matrix has 524289 characters"),
            "{letter}: {}",
            outcome.log
        );
    }
}

/// The folder of a release, at a `file:` URL: the archive of the built program, and SHA256SUMS.
fn release() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let release = folder.path().join("v9.9.9");
    let name = "dtpl-9.9.9-x86_64-unknown-linux-musl";
    fs::create_dir_all(folder.path().join(name)).unwrap();
    fs::create_dir(&release).unwrap();
    fs::copy(DTPL, folder.path().join(name).join("dtpl")).unwrap();
    let script = format!("tar -C .. -czf {name}.tar.gz {name} && sha256sum {name}.tar.gz >SHA256SUMS");
    let status = Command::new("bash").args(["-c", &script]).current_dir(&release).status().unwrap();
    assert!(status.success());
    let url = format!("file://{}", folder.path().display());
    (folder, url)
}

#[test]
fn a_release_is_downloaded_and_its_digest_is_checked() {
    if tool("curl").is_none() {
        return;
    }
    let project = folder(FLEETS);
    let name = "dtpl-9.9.9-x86_64-unknown-linux-musl.tar.gz";
    let (kept, url) = release();
    let inputs = [("version", "9.9.9"), ("releases", url.as_str())];
    let outcome = action(project.path(), &inputs);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert!(outcome.output("ready", "program").starts_with(outcome.temporary.path().to_str().unwrap()));
    assert_eq!(rows(&json(outcome.output("matrix", "matrix"))).len(), 6);

    // Another archive of the same name, one that SHA256SUMS does not list, and no archive.
    let release = kept.path().join("v9.9.9");
    let sums = fs::read_to_string(release.join("SHA256SUMS")).unwrap();
    fs::write(release.join("SHA256SUMS"), format!("{}{}", "0".repeat(64), &sums[64..])).unwrap();
    assert_eq!(action(project.path(), &inputs).failed.as_deref(), Some("Download dtpl"));
    fs::write(release.join("SHA256SUMS"), sums.replace("dtpl-9", "dtpl-8")).unwrap();
    let outcome = action(project.path(), &inputs);
    assert_eq!(outcome.failed.as_deref(), Some("Download dtpl"));
    assert!(outcome.log.contains("::error::SHA256SUMS of the release does not list"), "{}", outcome.log);
    fs::remove_file(release.join(name)).unwrap();
    assert_eq!(action(project.path(), &inputs).failed.as_deref(), Some("Download dtpl"));
    // Where the releases are is not known: the repository of the action is not, and nobody says it.
    let outcome = action(project.path(), &[("version", "9.9.9")]);
    assert_eq!(outcome.failed.as_deref(), Some("Download dtpl"));
    assert!(outcome.log.contains("Set the input releases"), "{}", outcome.log);
}

/// The steps up to the cache, in a copy of what the program is compiled from.
#[test]
fn the_cache_knows_the_source() {
    let definition = document("action.yml");
    let steps = &definition["runs"]["steps"].as_array().unwrap()[..1];
    let copy = folder(&[
        ("Cargo.toml", ""),
        ("Cargo.lock", ""),
        ("build.rs", ""),
        ("build/a.rs", ""),
        ("data/a.tsv", ""),
        ("docs/rules/a.md", ""),
        ("src/main.rs", ""),
        ("templates/a", ""),
        ("a.yaml", ""),
        ("a.txt", ""),
        ("a.tsv", ""),
        ("README.md", ""),
    ]);
    let key = || {
        let mut runner = Runner::new(copy.path(), &[]);
        runner.environment =
            vec![("GITHUB_ACTION_PATH".to_owned(), copy.path().to_str().unwrap().to_owned())];
        let outcome = runner.run(&definition, steps);
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        assert_eq!(outcome.output("locate", "how"), "source");
        outcome.output("locate", "key").to_owned()
    };
    let before = key();
    assert!(before.starts_with("dtpl-Linux-X64-"), "{before}");
    write(copy.path(), &[("README.md", "x"), ("action.yml", "x")]);
    assert_eq!(key(), before);
    write(copy.path(), &[("src/main.rs", "x")]);
    assert_ne!(key(), before);
}
