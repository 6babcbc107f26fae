//! action.yml where it has no program to take: the step that compiles its own source.

use std::process::Command;

use crate::project::{DTPL, FLEETS, clone_path, document, folder, write};
use crate::runner::Runner;

/// The variables by which cargo finds its toolchain and the crates, and those that make a program that is not
/// optimised: whether it can be compiled and what it does is looked at, not how fast it is.
fn cargo() -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = std::env::vars()
        .filter(|(name, _)| {
            ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].contains(&name.as_str())
        })
        .collect();
    let target = clone_path("target/ci-files").display().to_string();
    for (name, value) in [
        ("CARGO_TARGET_DIR", target.as_str()),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
    ] {
        variables.push((name.to_owned(), value.to_owned()));
    }
    variables
}

#[test]
#[ignore = "compiles dtpl: `just ci-action` runs it"]
fn the_action_compiles_its_source() {
    let project = folder(FLEETS);
    let definition = document("action.yml");
    let mut runner = Runner::new(project.path(), &[]);
    runner.environment = cargo();
    let outcome = runner.run(&definition, definition["runs"]["steps"].as_array().unwrap());
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!(outcome.output("locate", "how"), "source");
    let program = outcome.temporary.path().join("dtpl/bin/dtpl");
    assert_eq!(outcome.output("ready", "program"), program.to_str().unwrap());
    let matrix: serde_json::Value = serde_json::from_str(outcome.output("matrix", "matrix")).unwrap();
    assert_eq!(matrix["include"].as_array().unwrap().len(), 6);
    let version = |program: &std::ffi::OsStr| Command::new(program).arg("--version").output().unwrap().stdout;
    assert_eq!(version(program.as_os_str()), version(DTPL.as_ref()));

    // It can ask registries. Nobody is at this address.
    write(project.path(), &[("web/Dockerfile.template", "FROM 127.0.0.1:1/base:1\n")]);
    let output = Command::new(&program)
        .args(["lock", "--service", "web"])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("127.0.0.1:1") && !said.contains("compiled without"), "{said}");
}
