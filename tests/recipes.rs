//! What it takes to add something: each of the ten recipes of "Adding something" in CONTRIBUTING.md is
//! followed on one copy of the crate, which is built once and tried. A recipe that needs a further file
//! does not build, or what was added does not work.
//!
//! The copy is compiled with its dependencies the first time, which takes minutes, and after that only
//! when something changed. So this is not a part of `cargo test`, but of `.ci/run`:
//! `cargo test --test recipes -- --ignored`.

#[path = "recipes/copy.rs"]
mod copy;
#[path = "recipes/steps.rs"]
mod steps;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use copy::{Crate, files};

/// The program with everything that the recipes add.
fn build(tree: &Crate) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recipes");
    tree.write(&folder);
    let mut command = Command::new(env!("CARGO"));
    // What the surrounding run says of its own build is not about this one.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG") || name == "CARGO") {
        command.env_remove(name);
    }
    let built = command
        .args(["build", "--quiet", "--locked", "--bin", "dtpl", "--target-dir"])
        .arg(folder.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    folder.join("target/debug/dtpl")
}

#[test]
#[ignore = "compiles the crate again: cargo test --test recipes -- --ignored"]
fn what_the_recipes_add_works() {
    let mut tree = Crate { files: files(Path::new(env!("CARGO_MANIFEST_DIR"))), touched: Vec::new() };
    steps::add_device_type(&mut tree);
    steps::add_rule(&mut tree);
    steps::add_fault(&mut tree);
    steps::add_changed_package(&mut tree);
    steps::add_program(&mut tree);
    steps::add_format(&mut tree);
    steps::add_compose_field(&mut tree);
    steps::add_image(&mut tree);
    steps::add_stack(&mut tree);
    steps::add_arch_name(&mut tree);
    let program = build(&tree);

    let folder = tempfile::tempdir().unwrap();
    let run = |args: &str| -> (i32, String) {
        let output: Output =
            Command::new(&program).args(args.split_whitespace()).current_dir(folder.path()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    };
    let prints = |args: &str, status: i32, pieces: &[&str]| {
        let (got, text) = run(args);
        assert_eq!(got, status, "dtpl {args}: {text}");
        for piece in pieces {
            assert!(text.contains(piece), "dtpl {args} does not print {piece:?}: {text}");
        }
    };
    fs::write(
        folder.path().join("Dockerfile.template"),
        "FROM alpine:3.22\nENV A=%%BALENA_MACHINE_NAME%%\nONBUILD USER 1\n",
    )
    .unwrap();

    prints("devices my-board", 0, &["my-board", "My Board", "aarch64"]);
    prints("render -d my-alias", 0, &["ENV A=my-board\n"]);
    prints("batch -d all --format ndjson", 0, &["\"device\":\"my-board\""]);

    prints("check --explain my-rule", 0, &["# my-rule\n\nMy summary."]);
    let finding = [
        "Dockerfile.template:3:1: warning: ONBUILD has no effect in this image [my-rule]",
        "write the instruction without ONBUILD",
    ];
    prints("check -d my-board --fail-on warning", 1, &finding);
    prints("check -d my-board --format sarif", 0, &["my-rule", "My summary."]);
    prints("check -d my-board --fail-on info --ignore my-rule", 0, &[]);

    let text =
        "FROM debian:bookworm\nRUN systemctl start ssh\nRUN my-program\nRUN apt-get install -y my-package\n";
    fs::create_dir(folder.path().join("software")).unwrap();
    fs::write(folder.path().join("software/Dockerfile"), text).unwrap();
    let findings = [
        "Dockerfile:2:5: warning: systemd does not run during a build [my-fault]",
        "`my-program` is not in",
        "my advice",
    ];
    prints("check -d my-board --fail-on error software", 1, &findings);
    prints("migrate --explain my-fault", 0, &["# my-fault\n\nMy summary."]);

    prints("init --stack my-stack made", 0, &["my-stack", "Dockerfile.template"]);
    prints("check --fail-on info made", 0, &[]);
    prints("init --help", 0, &["my-stack"]);

    prints(
        "batch -d nuc,my-board --format csv",
        0,
        &["fleet,service,device\nintel-nuc,main,intel-nuc\nmy-board,main,my-board\n"],
    );
    prints("batch --help", 0, &["- csv:", "Comma-separated values"]);

    let shop = folder.path().join("shop");
    fs::create_dir(&shop).unwrap();
    fs::write(shop.join("Dockerfile"), "FROM alpine:3.22\n").unwrap();
    let service = |network| format!("{{build: {{context: ., isolation: \"{network}\"}}}}");
    let compose = format!("services: {{one: {}, two: {}}}\n", service("my-network"), service("${NET:-none}"));
    fs::write(shop.join("docker-compose.yml"), compose).unwrap();
    prints("batch -d nuc --format bake shop", 0, &["\"isolation\"", "\"my-network\"", "\"none\""]);

    prints("images --stack ruby -d nuc", 0, &["ruby:", "\njruby:"]);
    prints("images jruby:latest", 0, &["stack        ruby\n"]);

    fs::write(folder.path().join("my.yaml"), "arches: {aarch64: {my_name: my-value}}\n").unwrap();
    fs::write(folder.path().join("name.template"), "FROM a:%%DTPL_MY_NAME%%\n").unwrap();
    prints("render -d my-board --device-types my.yaml name.template", 0, &["FROM a:my-value\n"]);
    prints("render -d my-board name.template", 1, &["DTPL_MY_NAME"]);
    fs::write(folder.path().join("name.tera"), "FROM a:{{ arch.my_name }}\n").unwrap();
    prints("render -d my-board --device-types my.yaml name.tera", 0, &["FROM a:my-value\n"]);
}

/// The names in CONTRIBUTING.md that look like a file or a folder of the crate, and what is made by a recipe.
#[test]
fn the_files_that_the_recipes_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let folders = ["src/", "tests/", "docs/", "templates/", "benches/", "packaging/", ".ci/"];
    let made = ["my_rule", "my-rule", "my-stack", "my_fault", "my-fault", "csv", "NAME", "dist/"];
    let names: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| folders.iter().any(|folder| name.starts_with(folder)) && !name.contains(' '))
        .filter(|name| !made.iter().any(|made| name.contains(made)))
        .collect();
    assert!(names.len() > 20, "{names:?}");
    let missing: Vec<&&str> = names.iter().filter(|name| !root.join(name).exists()).collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md names what is not there: {missing:?}");
}
