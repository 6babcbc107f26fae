//! A test that needs a program which is not installed is skipped, but fails in CI; and no test prints by
//! itself that it is skipped, which it would do in CI too.

#[path = "common/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tool::tool;

const MISSING: &str = "a-program-that-nobody-has";

#[test]
#[ignore = "`a_missing_program_skips_a_test_but_fails_it_in_ci` runs it, with and without `CI`"]
fn needs_a_program_that_is_missing() {
    assert_eq!(tool(MISSING), None);
}

/// Runs the test above by itself, in an environment with or without `CI`.
fn run(ci: Option<&str>) -> (Output, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "needs_a_program_that_is_missing"]);
    match ci {
        Some(value) => command.env("CI", value),
        None => command.env_remove("CI"),
    };
    let output = command.output().unwrap();
    let text = String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
    (output, text)
}

#[test]
fn a_missing_program_skips_a_test_but_fails_it_in_ci() {
    for ci in [None, Some("")] {
        let (output, text) = run(ci);
        assert!(output.status.success(), "{text}");
        assert!(text.contains(&format!("skipped: {MISSING} is not installed\n")), "{text}");
        assert!(text.contains("test result: ok. 1 passed"), "{text}");
    }
    for ci in ["true", "1"] {
        let (output, text) = run(Some(ci));
        assert_eq!(output.status.code(), Some(101), "{text}");
        assert!(text.contains(&format!("{MISSING} is not installed, and the variable CI is set")), "{text}");
        assert!(!text.contains("skipped:"), "{text}");
    }
}

#[test]
fn a_program_that_is_installed_is_found() {
    let path = tool("bash").expect("bash is needed by many tests");
    assert!(path.is_absolute() && path.is_file(), "{}", path.display());
}

/// A test that returns early without a word is not found.
#[test]
fn no_test_prints_by_itself_that_it_is_skipped() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut open = vec![root.clone()];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap();
                let text = fs::read_to_string(&path).unwrap();
                let is_own = [Path::new("tools.rs"), Path::new("common/tool.rs")].contains(&name);
                let says = text.contains("\"skipped: ");
                assert!(!says || is_own, "{} says \"skipped\": use `tool` or `skipped`", name.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
}
