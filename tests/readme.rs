//! Every command of README.md is run.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use dtpl::init::Stack;

/// The `yaml` blocks of README.md as commands that write them: their first line names the file.
fn written(block: &str) -> String {
    let name =
        block.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a yaml block names its file");
    format!("cat > {name} <<'END'\n{block}END")
}

/// The lines of the `sh` blocks of README.md, and what the README says they print.
fn commands() -> Vec<(String, String)> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    let mut yaml: Option<String> = None;
    for line in readme.lines() {
        if let Some(block) = &mut yaml {
            if line == "```" {
                commands.push((written(block), String::new()));
                yaml = None;
            } else {
                block.push_str(line);
                block.push('\n');
            }
            continue;
        }
        match (inside, line) {
            (false, "```yaml") => yaml = Some(String::new()),
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
            let claimed = common::device_types().iter().filter(|(_, arch)| stack.claims(arch)).count();
            Some(format!("{}, for {claimed} device types{rest}", stack.name))
        });
        text.push_str(counted.as_deref().unwrap_or(line));
    }
    text
}

#[test]
fn every_command_does_what_the_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    // The commands run in a copy of the templates' folder, so that they may write.
    let copied =
        Command::new("cp").arg("-r").arg(root.join("templates")).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    let program = Path::new(env!("CARGO_BIN_EXE_dtpl"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let (mut run, mut cargo) = (0, Vec::new());
    for (command, expected) in commands() {
        // cargo would wait for the build that this test is part of: its commands are looked at, and
        // the program that they build is run.
        let command = match command.strip_prefix("cargo run --release -- ") {
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
            .args(["-c", &command])
            .current_dir(folder.path())
            .env("PATH", &path)
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
        run += 1;
    }
    assert!(run >= 5, "{run} commands");
    assert_eq!(&cargo[..2], ["run", "test"], "the first two commands need only Rust");
}

/// Every difference that docs/compatibility.md lists names a test, and there is one of that name.
#[test]
fn every_difference_is_pinned_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = String::new();
    for folder in ["tests", "tests/peer"] {
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
