//! Every command of README.md is run.

mod common;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use dtpl::init::Stack;

/// The `yaml` and `Dockerfile` blocks of README.md as commands that write them: their first line names
/// the file.
fn written(block: &str) -> String {
    let name = block.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a block names its file");
    format!("cat > {name} <<'END'\n{block}END")
}

/// The lines of the `sh` blocks of README.md, and what the README says they print.
fn commands() -> Vec<(String, String)> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    let mut file: Option<String> = None;
    for line in readme.lines() {
        if let Some(block) = &mut file {
            if line == "```" {
                commands.push((written(block), String::new()));
                file = None;
            } else {
                block.push_str(line);
                block.push('\n');
            }
            continue;
        }
        match (inside, line) {
            (false, "```yaml" | "```Dockerfile") => file = Some(String::new()),
            (false, "```sh" | "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), String::new())),
                None => {
                    let (_, output) = commands.last_mut().expect("a block starts with a command");
                    output.push_str(line);
                    output.push('\n');
                }
            },
            _ => {}
        }
    }
    commands
}

/// What the README says is printed, with today's numbers of device types: `python, for 145 device types` was
/// right when it was written, and the next entry in device-types.yaml is no fault of the README.
fn with_counts(expected: &str) -> String {
    let mut text = String::new();
    for line in expected.split_inclusive('\n') {
        let counted = line.split_once(", for ").and_then(|(stack, rest)| {
            let (number, rest) = rest.split_once(" device types")?;
            number.parse::<usize>().ok()?;
            let stack = Stack::called(stack)?;
            let devices = common::device_types();
            let (claimed, left_out): (Vec<_>, Vec<_>) =
                devices.iter().partition(|(_, arch)| stack.claims(arch));
            let claimed = claimed.len();
            // Those without a base image have their names there.
            let names = |rest: &str| -> Option<String> {
                let (before, _) = rest.split_once("no base image for ")?;
                let left_out: Vec<&str> = left_out.iter().map(|(slug, _)| slug.as_str()).collect();
                let (last, others) = left_out.split_last()?;
                Some(format!("{before}no base image for {} and {last}\n", others.join(", ")))
            };
            let rest = names(rest).unwrap_or_else(|| rest.to_owned());
            Some(format!("{}, for {claimed} device types{rest}", stack.name))
        });
        text.push_str(counted.as_deref().unwrap_or(line));
    }
    text
}

/// What is in the clone, apart from what cargo makes.
fn names_in_clone(root: &Path) -> BTreeSet<OsString> {
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name != "target").collect()
}

/// The commands run one after the other, as a reader types them: the first in the clone, the others where
/// `cd` leads to. They may leave nothing in the clone.
#[test]
fn every_command_does_what_the_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let before = names_in_clone(root);
    // `mktemp` of the README makes its folder in here, so that it is removed.
    let temporary = tempfile::tempdir().unwrap();
    let working_folder = temporary.path().join("working-folder");
    let program = Path::new(env!("CARGO_BIN_EXE_dtpl"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    // What the examples print is right as of the day that the README names.
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("The examples on this page are as of ").unwrap();
    let day = rest[.."2026-11-28".len()].to_owned();
    let mut folder = root.to_owned();
    let (mut run, mut cargo) = (0, Vec::new());
    for (command, expected) in commands() {
        // cargo would wait for the build that this test is part of: its commands are looked at, and
        // the program that they build is run.
        let command = match command.strip_prefix("cargo run -- ") {
            Some(rest) => {
                cargo.push("run");
                format!("dtpl {rest}")
            }
            None if command.starts_with("cargo ") => {
                cargo.push(if command == "cargo test" { "test" } else { "other" });
                continue;
            }
            None => command,
        };
        let output = Command::new("bash")
            .args(["-c", &format!("{command}\nstatus=$?; pwd >\"$WORKING_FOLDER\"; exit $status")])
            .current_dir(&folder)
            .env("PATH", &path)
            .env("DTPL_AS_OF", &day)
            .env("TMPDIR", temporary.path())
            .env("WORKING_FOLDER", &working_folder)
            .output()
            .unwrap();
        let expected = with_counts(&expected);
        let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
        printed.push_str(&String::from_utf8_lossy(&output.stderr));
        assert!(
            printed.contains(&expected),
            "$ {command}\nprinted:\n{printed}\nthe README says:\n{expected}"
        );
        let fails = expected.contains("error:");
        assert_eq!(output.status.success(), !fails, "$ {command}\n{printed}");
        folder = fs::read_to_string(&working_folder).unwrap().trim_end().into();
        run += 1;
    }
    assert!(run >= 30, "{run} commands");
    assert_eq!(&cargo[..2], ["run", "test"], "the first two commands need only Rust");
    assert_ne!(folder, root, "the examples work in a folder of their own");
    assert_eq!(names_in_clone(root), before, "the examples leave nothing in the clone");
}

/// The example of the section "As a library" is the one of src/lib.rs, which is run.
#[test]
fn the_example_of_the_library_is_one_that_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, example) = readme.split_once("\n```rust\n").unwrap();
    let (example, _) = example.split_once("```\n").unwrap();
    let lib = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let (_, doc) = lib.split_once("//! ```\n").unwrap();
    let (doc, _) = doc.split_once("//! ```\n").unwrap();
    let shown = doc.lines().filter(|line| !line.starts_with("//! # "));
    let lines: Vec<&str> = shown.map(|line| line.trim_start_matches("//!").trim_start_matches(' ')).collect();
    let example: Vec<&str> = example.lines().map(str::trim_start).collect();
    assert_eq!(example, lines);
}

/// Every difference that docs/compatibility.md lists names a test, and there is one of that name.
#[test]
fn every_difference_is_pinned_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = String::new();
    for folder in ["tests", "tests/buildkit", "tests/check/rules", "tests/compose", "tests/peer"] {
        for file in fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                tests.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let page = fs::read_to_string(root.join("docs/compatibility.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    let mut differences = 0;
    for row in rows.iter().filter(|row| !row.starts_with("| input")) {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test named in: {row}");
        for name in names {
            assert!(tests.contains(&format!("fn {name}()")), "there is no test {name}");
        }
        differences += 1;
    }
    assert!(differences >= 20, "{differences}");
}

/// What a folder has of Rust, in the folders in it too.
fn rust_of(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&rust_of(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    text
}

/// The files, folders and tests that SECURITY.md names are there. Each name between backticks in the column
/// of tests is a file (`.rs`), a folder (`/`), or a test of the file or the folder before it, whose name may be
/// cut short with `...`.
#[test]
fn every_promise_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| **"));
    let mut promises = 0;
    for row in rows {
        let (_, tested) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        let mut text = String::new();
        for name in tested.split('`').skip(1).step_by(2) {
            let path = root.join(name);
            if name.ends_with('/') {
                assert!(path.is_dir(), "there is no folder {name}, named in: {row}");
                text = rust_of(&path);
            } else if name.ends_with(".rs") {
                text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            } else {
                let declared = match name.strip_suffix("...") {
                    Some(start) => format!("fn {start}"),
                    None => format!("fn {name}("),
                };
                assert!(text.contains(&declared), "there is no test {name}, named in: {row}");
            }
        }
        assert!(tested.contains(".rs`") || tested.contains("/`"), "no test named in: {row}");
        promises += 1;
    }
    assert!(promises >= 10, "{promises}");
}
