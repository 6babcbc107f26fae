//! `dtpl lock`, and `--locked` of the commands that write Dockerfiles, from outside and without a network: a lock file
//! that has everything needs no registry.

// The feature comes with the client that asks registries.
#![allow(unexpected_cfgs)]

mod common;

use common::Test;

/// The digest of a number.
fn digest(number: usize) -> String {
    format!("sha256:{}", number.to_string().repeat(64))
}

/// A lock file with these images for arm/v7 and arm64, numbered from 1, as `dtpl lock` writes it.
fn lock_file(names: &[&str]) -> String {
    let mut text = String::from(HEAD);
    for (number, name) in (1..).zip(names) {
        let blank = if number > 1 { "\n" } else { "" };
        text.push_str(&format!(
            "{blank}  {name}:\n    digest: {}\n    date: 2026-11-28\n    platforms:\n",
            digest(number)
        ));
        for (platform, number) in [("linux/arm/v7", 8), ("linux/arm64/v8", 9)] {
            text.push_str(&format!("      {platform}: {}\n", digest(number)));
        }
    }
    text
}

const HEAD: &str = "\
# The images that this project is built from, each with the digest that `--locked` puts into its Dockerfiles.
# `dtpl lock` writes this file. `dtpl lock --update` asks the registries for the images of today.
images:
";

/// A project with one Dockerfile for two devices, and its lock file.
fn project(dockerfile: &str, names: &[&str]) -> Test {
    Test::new()
        .file("Dockerfile.template", dockerfile)
        .file("fleets.yaml", "fleets:\n  a: {device: raspberrypi3}\n  b: {device: raspberrypi4-64}\n")
        .file("images.lock.yaml", lock_file(names))
}

#[test]
fn nothing_is_asked_where_nothing_is_missing() {
    let run = project("FROM alpine:3.22\n", &["alpine:3.22", "old:1"]).args("lock").writes().ok();
    let written = std::fs::read_to_string(run.folder.join("images.lock.yaml")).unwrap();
    assert_eq!(written, lock_file(&["alpine:3.22"]));
    run.says(&["images.lock.yaml: info: `old:1` is used nowhere"]);
    // The second time nothing is left to say.
    run.then("lock").ok().quietly();
}

#[test]
fn a_part_of_the_project_drops_nothing() {
    let lock = project("FROM alpine:3.22\n", &["alpine:3.22", "old:1"]).args("lock -d raspberrypi3").ok();
    assert_eq!(
        std::fs::read_to_string(lock.folder.join("images.lock.yaml")).unwrap(),
        lock_file(&["alpine:3.22", "old:1"])
    );
    lock.quietly();
}

#[cfg(not(feature = "online"))]
#[test]
fn without_the_feature_it_says_how_to_get_it() {
    for args in ["lock", "lock --update", "lock --check", "lock --update nginx"] {
        project("FROM alpine:3.22\nCOPY --from=nginx:1.27 / /\n", &["alpine:3.22"])
            .args(args)
            .cannot(["error: this program was compiled without what asks registries", "--features online"]);
    }
}

#[test]
fn faults_are_reported_at_their_places() {
    project("FROM %%WRONG%%\n", &[])
        .file("images.lock.yaml", "images: {}\n")
        .args("lock")
        .refuses(["Dockerfile.template:1:6: error: unknown placeholder %%WRONG%%"]);
    project("FROM alpine:3.22\n", &["alpine:3.22"])
        .args("lock --update pyton")
        .cannot(["--update: error: no image `pyton` is used here"]);
    project("FROM alpine:3.22\n", &[])
        .file("images.lock.yaml", "<<<<<<< ours\nimages: {}\n")
        .args("lock")
        .refuses(["images.lock.yaml:2:7: error: mapping values are not allowed"]);
    project("FROM alpine:3.22\n", &[])
        .file("images.lock.yaml", "images:\n  alpine:3.22: {stack: alpine}\n")
        .args("lock")
        .refuses(["images.lock.yaml:2:3: error: this is not from a lock file", "docs/images-file.md"]);
    Test::new()
        .stdin("FROM alpine\n")
        .args("lock -d raspberrypi3 -")
        .cannot(["a template on standard input has no folder", "-o images.lock.yaml"]);
}

#[test]
fn the_lock_file_can_be_elsewhere_or_on_stdout() {
    let text = lock_file(&["alpine:3.22"]);
    let test = Test::new().stdin("FROM alpine:3.22\n").file("a.lock", text.replace("alpine", "other"));
    test.file("other.yaml", &text).args("lock -d raspberrypi3 -o other.yaml -").ok().quietly();
    project("FROM alpine:3.22\n", &["alpine:3.22"]).args("lock -o -").stdout(&text).quietly();
}
