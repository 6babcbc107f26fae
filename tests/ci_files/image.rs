//! The Dockerfile of dtpl itself.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::project::{DTPL, clone_path, text};

/// The pairs of a platform and a Rust target in the `case` of the Dockerfile.
fn targets() -> Vec<(String, String)> {
    let dockerfile = text("Dockerfile");
    let lines = dockerfile.lines().filter_map(|line| line.strip_suffix(" ;;")?.split_once(") target="));
    lines.map(|(platform, target)| (platform.to_owned(), target.to_owned())).collect()
}

#[test]
fn it_is_for_the_linux_programs_of_a_release() {
    let dist = text("packaging/dist");
    let (_, list) = dist.split_once("ALL=(").unwrap();
    let released = list.split(')').next().unwrap().split_whitespace();
    let released: BTreeSet<&str> = released.filter(|target| target.contains("-linux-")).collect();
    let targets = targets();
    assert_eq!(targets.iter().map(|(_, target)| target.as_str()).collect::<BTreeSet<_>>(), released);
    let platforms: Vec<&str> = targets.iter().map(|(platform, _)| platform.as_str()).collect();
    let command = format!("--platform {} --tag", platforms.join(","));
    for file in ["Dockerfile", "docs/ci.md"] {
        assert!(text(file).contains(&command), "{file}: {command}");
    }
    // The same compiler and linker as for the programs to download.
    for package in ["ziglang==", "cargo-zigbuild=="] {
        let version = |text: &str| {
            let (_, rest) = text.split_once(package).unwrap();
            rest.split_whitespace().next().unwrap().to_owned()
        };
        assert_eq!(version(&text("Dockerfile")), version(&dist), "{package}");
    }
    let manifest = text("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = ")).unwrap();
    assert!(text("Dockerfile").contains(&format!("ARG VERSION={}\n", version.trim_matches('"'))));
}

#[test]
fn dtpl_has_no_finding_in_it() {
    let devices = "-darch:rpi,arch:armv7hf,arch:aarch64,arch:amd64";
    let args = ["check", devices, "--as-of", "2026-11-28", "--fail-on", "info", "Dockerfile"];
    let output = Command::new(DTPL).args(args).current_dir(clone_path("")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

/// Cargo finds all that it needs in what .dockerignore leaves.
#[test]
fn the_build_context_is_complete() {
    let copy = tempfile::tempdir().unwrap();
    let ignored = text(".dockerignore");
    let patterns: Vec<&str> =
        ignored.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let is_ignored = |name: &str| {
        patterns.iter().any(|pattern| match pattern.trim_start_matches('/').strip_suffix("*.md") {
            Some(folder) => {
                name.strip_prefix(folder).is_some_and(|rest| rest.ends_with(".md") && !rest.contains('/'))
            }
            None => match pattern.strip_prefix("**/") {
                Some(part) => name.split('/').any(|component| component == part),
                None => name == *pattern || name.starts_with(&format!("{pattern}/")),
            },
        })
    };
    let listed = Command::new("git").args(["ls-files"]).current_dir(clone_path("")).output().unwrap();
    assert!(listed.status.success());
    let mut copied = BTreeSet::new();
    for name in String::from_utf8(listed.stdout).unwrap().lines().filter(|name| !is_ignored(name)) {
        let path = copy.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(clone_path(name), path).unwrap();
        copied.insert(name.to_owned());
    }
    let cargo = env!("CARGO");
    let args = ["metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"];
    let output = Command::new(cargo).args(args).current_dir(copy.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // What Cargo.toml packs into the crate is what it is compiled from; the pages in docs/ of rules and notes are
    // a part of the program.
    for name in ["build.rs", "src/main.rs", "docs/rules/syntax.md", "docs/notes/split.md", "LICENSE-MIT"] {
        assert!(copied.contains(name), "{name}");
    }
    for name in ["README.md", "docs/lock.md", "deploy/kubernetes/build-job.yaml", ".ci/run"] {
        assert!(!copied.contains(name), "{name}");
    }
}
