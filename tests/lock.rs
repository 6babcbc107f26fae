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
    run.says(&["images.lock.yaml: info: `old:1` is used nowhere", "images.lock.yaml: 1 image, 1 removed\n"]);
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
            .cannot(["and this program was compiled without what does", "--features online"]);
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
        .refuses([
            "images.lock.yaml:1:1: error: the file has a merge conflict",
            "`dtpl lock` adds what is missing",
        ]);
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

/// The text with the digest of a number in the place of `@1`.
fn pinned(text: &str) -> String {
    (1..=7).fold(text.to_owned(), |text, number| {
        text.replace(&format!("@{number}"), &format!("@{}", digest(number)))
    })
}

const IMAGES: [&str; 4] = ["python:3.12-slim", "nginx:1.27", "postgres:17", "docker/dockerfile:1"];

#[test]
fn render_writes_the_digests() {
    let text = "# syntax=docker/dockerfile:1\nARG V=3.12\nFROM python:${V}-slim\nCOPY --from=nginx:1.27 /%%BALENA_ARCH%% /\n";
    let expected = pinned(
        "# syntax=docker/dockerfile:1@4\nARG V=3.12\nFROM python:${V}-slim@1\nCOPY --from=nginx:1.27@2 /armv7hf /\n",
    );
    project(text, &IMAGES).args("render -d raspberrypi3 --locked").stdout(&expected).quietly();
    // One file for all platforms, and in JSON the digest is that of the text with digests.
    let run = project(text, &IMAGES).args("render -d raspberrypi3 --locked --format json").ok();
    assert_eq!(run.json()["dockerfile"], expected.as_str());
    assert_eq!(run.json()["sha256"], common::sha256(&expected).as_str());
    project(text, &IMAGES).env("DTPL_LOCKED", "true").args("render -d raspberrypi3").stdout(&expected);
    // Without the flag the file is not read.
    project("FROM other:1\n", &[])
        .file("images.lock.yaml", "}")
        .args("render -d raspberrypi3")
        .stdout("FROM other:1\n");
}

#[test]
fn a_plain_dockerfile_gets_digests_too() {
    Test::new()
        .file("Dockerfile", "FROM nginx:1.27\r\n# %%BALENA_ARCH%%\r\n")
        .file("images.lock.yaml", lock_file(&IMAGES))
        .args("render -d raspberrypi3 --locked")
        .stdout(pinned("FROM nginx:1.27@2\r\n# %%BALENA_ARCH%%\r\n"));
    Test::new()
        .file("Dockerfile.tera", "FROM {% if arch.slug == 'armv7hf' %}nginx:1.27{% endif %}\n")
        .file("images.lock.yaml", lock_file(&IMAGES))
        .args("render -d raspberrypi3 --locked")
        .stdout(pinned("FROM nginx:1.27@2\n"));
}

#[test]
fn an_image_that_is_not_locked_is_an_error_at_its_place() {
    project("FROM nginx:1.27 AS a\nFROM python:%%BALENA_ARCH%%\n", &IMAGES)
        .args("render -d raspberrypi3 --locked")
        .refuses([
            "Dockerfile.template:2:6: error: `python:armv7hf` is not in images.lock.yaml",
            "FROM python:%%BALENA_ARCH%%",
            "= help: `dtpl lock` adds what is missing",
        ]);
    project("FROM nginx:1.27\n", &IMAGES).args("render -d intel-nuc --locked").refuses([
        "Dockerfile.template:1:6: error: `nginx:1.27` is in images.lock.yaml, but not for linux/amd64",
        "`dtpl lock --update nginx:1.27`",
    ]);
    // No part of a value is in a message.
    project("FROM nginx:%%MY_TAG%%\n", &IMAGES)
        .secret("hunter2")
        .args("render -d raspberrypi3 --locked -D MY_TAG=hunter2")
        .refuses(["Dockerfile.template:1:6: error: `nginx:%%MY_TAG%%` is not in images.lock.yaml"]);
    project("ARG TAG\nFROM nginx:$TAG\n", &IMAGES)
        .secret("hunter2")
        .args("render -d raspberrypi3 --locked --build-arg TAG=hunter2")
        .refuses(["Dockerfile.template:2:6: error: `nginx:$TAG` is not in images.lock.yaml"]);
}

#[test]
fn the_lock_file_has_to_be_there_and_can_be_elsewhere() {
    Test::template("FROM nginx:1.27\n")
        .args("--locked")
        .refuses(["images.lock.yaml: error: there is no lock file", "dtpl lock"]);
    Test::template("FROM nginx:1.27\n")
        .file("a/b.yaml", lock_file(&IMAGES))
        .args("--locked --lock a/b.yaml")
        .stdout(pinned("FROM nginx:1.27@2\n"));
    Test::template("FROM nginx:1.27\n").args("--lock a.yaml").cannot(["--lock: error: ", "add --locked"]);
    Test::template("FROM a\n")
        .file("images.lock.yaml", "images: [a]\n")
        .args("--locked")
        .refuses(["images.lock.yaml:1:9: error: "]);
    Test::new()
        .stdin("FROM a\n")
        .args("render -d nuc --locked -")
        .cannot(["--locked: error: there is no project", "--lock images.lock.yaml"]);
    Test::template("FROM nginx:1.27\n")
        .args("--target x")
        .cannot(["--target: error: --target changes nothing here without --locked"]);
}

#[test]
fn a_build_argument_decides_on_the_image() {
    let text = "ARG TAG=1.26\nFROM nginx:$TAG\n";
    project(text, &IMAGES)
        .args("render -d raspberrypi3 --locked --build-arg TAG=1.27")
        .stdout(pinned("ARG TAG=1.26\nFROM nginx:$TAG@2\n"));
    project(text, &IMAGES)
        .args("render -d raspberrypi3 --locked")
        .refuses(["2:6: error: `nginx:$TAG` is not in"]);
}

/// A project with a service that is built, one that is not, and a build context that is an image.
fn compose() -> Test {
    let file = "\
services:
  db:
    image: postgres:17 # kept
  web:
    build:
      context: web
      args: {V: '3.12'}
";
    Test::new()
        .file("docker-compose.yml", file)
        .file("web/Dockerfile.template", "ARG V\nFROM python:$V-slim\nRUN echo %%BALENA_ARCH%%\n")
        .file("fleets.yaml", "fleets:\n  a: {device: raspberrypi3}\n  b: {device: raspberrypi4-64}\n")
        .file("images.lock.yaml", lock_file(&IMAGES))
}

#[test]
fn batch_writes_the_digests_in_every_format() {
    let text = |arch: &str| pinned(&format!("ARG V\nFROM python:$V-slim@1\nRUN echo {arch}\n"));
    let run = compose().args("batch --locked --format bake").ok();
    let bake = run.json();
    let inline: Vec<&str> = bake["target"]
        .as_object()
        .unwrap()
        .values()
        .map(|target| target["dockerfile-inline"].as_str().unwrap())
        .collect();
    assert_eq!(inline.len(), 2);
    for arch in ["armv7hf", "aarch64"] {
        // `$` of a bake file is written twice where a brace follows.
        assert!(inline.contains(&&*text(arch)), "{inline:?}");
    }
    let run = compose().args("batch --locked --format ndjson").ok();
    for line in run.text().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let expected = text(line["arch"].as_str().unwrap());
        assert_eq!(line["dockerfile"], expected.as_str());
        assert_eq!(line["sha256"], common::sha256(&expected).as_str());
    }
    let run = compose().args("batch --locked -o out").writes().ok();
    for (fleet, arch) in [("a", "armv7hf"), ("b", "aarch64")] {
        let path = run.folder.join("out").join(fleet).join("web/Dockerfile");
        assert_eq!(std::fs::read_to_string(path).unwrap(), text(arch));
    }
    // A fault names the fleets that it is for.
    compose()
        .file("web/Dockerfile.template", "FROM python:%%BALENA_ARCH%%\n")
        .args("batch --locked")
        .refuses(["Dockerfile.template:1:6: error: `python:armv7hf` is not in images.lock.yaml"]);
    let lines =
        "{\"name\":\"a\",\"device\":\"raspberrypi3\"}\n{\"name\":\"b\",\"device\":\"raspberrypi3\"}\n";
    let run = compose()
        .file("fleets.ndjson", lines)
        .args("batch --locked --fleets fleets.ndjson --format ndjson")
        .ok();
    assert_eq!(run.text().matches(&digest(1)).count(), 2, "{}", run.text());
}

#[test]
fn a_build_context_that_is_an_image_is_pinned_in_a_bake_file() {
    let file = "services:\n  web:\n    build:\n      context: .\n      additional_contexts: {base: 'docker-image://nginx:1.27'}\n";
    let test = |file: &str| {
        Test::new()
            .file("docker-compose.yml", file)
            .file("Dockerfile", "FROM base\n")
            .file("images.lock.yaml", lock_file(&IMAGES))
    };
    let run = test(file).args("batch -d raspberrypi3 --locked --format bake").ok();
    let expected = format!("docker-image://nginx:1.27@{}", digest(2));
    assert!(run.text().contains(&expected), "{}", run.text());
    assert!(run.text().contains("FROM base\\n"));
    test(&file.replace("nginx", "other")).args("batch -d raspberrypi3 --locked --format bake").refuses([
        "docker-compose.yml: error: the image of the build context `base` is not in images.lock.yaml",
    ]);
    // An export does not change it, and says so.
    test(file)
        .args("export -d raspberrypi3 --locked -o out")
        .refuses(["docker-compose.yml:5:", "error: the image of the build context `base` has no digest"]);
}

#[test]
fn export_pins_dockerfiles_and_the_images_of_services() {
    let run = compose().args("export -d raspberrypi3 --locked -o out").writes().ok();
    let read = |name: &str| std::fs::read_to_string(run.folder.join("out").join(name)).unwrap();
    assert_eq!(read("web/Dockerfile"), pinned("ARG V\nFROM python:$V-slim@1\nRUN echo armv7hf\n"));
    let file = read("docker-compose.yml");
    assert!(file.contains(&format!("    image: \"postgres:17@{}\" # kept\n", digest(3))), "{file}");
    assert!(file.contains("      args: {V: '3.12'}\n"), "{file}");
    // A variable stays in the text.
    let with_variable = |image: &str| {
        let file = format!("services:\n  db: {{image: '{image}'}}\n  web: {{build: web}}\n");
        compose().file("docker-compose.yml", file).file("web/Dockerfile.template", "FROM nginx:1.27\n")
    };
    let run =
        with_variable("postgres:${PG:-17}").args("export -d raspberrypi3 --locked -o out").writes().ok();
    let file = std::fs::read_to_string(run.folder.join("out/docker-compose.yml")).unwrap();
    assert!(file.contains(&format!("postgres:${{PG:-17}}@{}", digest(3))), "{file}");
    with_variable("postgres:${PG}")
        .args("export -d raspberrypi3 --locked -o out")
        .refuses(["docker-compose.yml:2:", "error: the images of the service `db` are not known"]);
    with_variable("redis:8")
        .args("export -d raspberrypi3 --locked -o out")
        .refuses(["docker-compose.yml:2:", "error: `redis:8` is not in"]);
    compose()
        .file(
            "docker-compose.yml",
            "services:\n  db: {build: {dockerfile_inline: FROM a}}\n  web: {build: web}\n",
        )
        .args("export -d raspberrypi3 --locked -o out")
        .refuses([
            "error: the images of the service `db` are not known",
            "its Dockerfile is in the compose file",
        ]);
}

#[cfg(unix)]
#[test]
fn resolve_writes_the_digests_of_the_lock_file_that_it_is_given() {
    let archive = |folder: &std::path::Path| {
        let output =
            std::process::Command::new("tar").args(["-c", "-C"]).arg(folder).arg(".").output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    let project = compose();
    let stdin = archive(project.path());
    let run = Test::new()
        .file("a.yaml", lock_file(&IMAGES))
        .stdin(&stdin)
        .args("resolve -d raspberrypi3 --locked --lock a.yaml")
        .ok();
    let expected = pinned("ARG V\nFROM python:$V-slim@1\nRUN echo armv7hf\n");
    let found = |run: &common::Run, text: &str| memchr::memmem::find(&run.stdout, text.as_bytes()).is_some();
    assert!(found(&run, &expected));
    // One service alone, with an argument over that of the compose file.
    let run = Test::new()
        .file("a.yaml", lock_file(&["python:3.13-slim"]))
        .stdin(&stdin)
        .args("resolve -d raspberrypi3 --service web --locked --lock a.yaml --build-arg V=3.13")
        .ok();
    assert!(found(&run, &expected));
    Test::new()
        .stdin(&stdin)
        .args("resolve -d raspberrypi3 --locked")
        .cannot(["--locked: error: there is no project that has a lock file", "--lock images.lock.yaml"]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["resolve", "-d", "raspberrypi3", "--locked", "--lock"])
        .arg({
            std::fs::write(project.path().join("b.yaml"), lock_file(&["nginx:1"])).unwrap();
            project.path().join("b.yaml")
        })
        .env_clear()
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("web/Dockerfile.template:2:6: error: `python:$V-slim` is not in"), "{stderr}");
}

/// Two branches that update neighbours, or add and drop images at different places: git merges their lock files by
/// itself.
#[test]
fn branches_that_change_different_images_merge() {
    let Some(git) = common::tool("git") else { return };
    let entry = |name: &str, number: usize, date: &str| {
        format!(
            "  {name}:\n    digest: {0}\n    date: {date}\n    platforms:\n      linux/arm/v7: {0}\n      linux/arm64/v8: {0}\n",
            digest(number)
        )
    };
    let file = |entries: &[(&str, usize)]| {
        let date = |number| if number > 4 { "2026-12-01" } else { "2026-11-28" };
        let entries: Vec<String> =
            entries.iter().map(|&(name, number)| entry(name, number, date(number))).collect();
        format!("{HEAD}{}", entries.join("\n"))
    };
    let base = file(&[("alpine:3.22", 1), ("nginx:1.27", 2), ("postgres:17", 3), ("redis:8", 4)]);
    let folder = tempfile::tempdir().unwrap();
    let merge = |base: &str, ours: &str, theirs: &str| {
        for (name, text) in [("base", base), ("ours", ours), ("theirs", theirs)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let merged = std::process::Command::new(&git)
            .args(["merge-file", "-p", "ours", "base", "theirs"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        (merged.status.code(), String::from_utf8(merged.stdout).unwrap())
    };
    // Neighbours that both sides update.
    let all = ["alpine:3.22", "nginx:1.27", "postgres:17", "redis:8"];
    let with = |changed: &[(usize, usize)]| {
        let number =
            |at: usize| changed.iter().find(|(of, _)| *of == at).map_or(at + 1, |(_, number)| *number);
        file(&all.iter().enumerate().map(|(at, name)| (*name, number(at))).collect::<Vec<_>>())
    };
    let merged = merge(&base, &with(&[(1, 6)]), &with(&[(2, 7)]));
    assert_eq!(merged, (Some(0), with(&[(1, 6), (2, 7)])));
    // One adds an image and updates its neighbour, the other drops one elsewhere and adds another.
    let ours =
        file(&[("alpine:3.22", 1), ("busybox:1", 5), ("nginx:1.27", 6), ("postgres:17", 3), ("redis:8", 4)]);
    let theirs = file(&[("alpine:3.22", 1), ("nginx:1.27", 2), ("postgres:17", 3), ("tor:1", 8)]);
    let both =
        file(&[("alpine:3.22", 1), ("busybox:1", 5), ("nginx:1.27", 6), ("postgres:17", 3), ("tor:1", 8)]);
    assert_eq!(merge(&base, &ours, &theirs), (Some(0), both));
}
