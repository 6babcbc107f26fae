//! What is said of base images as of a day: tags of every age, mirrors, versions that are over, names that are nearly
//! right, and what users say in files of their own.

mod common;

use common::Test;
use serde_json::Value;

/// What `dtpl images` says of a reference, as of 2026-11-28.
fn about(reference: &str, args: &str) -> Value {
    let run =
        Test::new().arg("images").arg(reference).args("--as-of 2026-11-28 --format json").args(args).ok();
    let all: Value = serde_json::from_slice(&run.stdout).unwrap();
    all[0].clone()
}

/// What a device gets of an image.
fn gets(reference: &str, device: &str) -> String {
    about(reference, &format!("-d {device}"))["devices"][device].as_str().unwrap().to_owned()
}

#[test]
fn tags_that_are_gone_had_the_platforms_of_their_last_day() {
    for (reference, device, expected) in [
        ("debian:12.2-slim", "raspberry-pi", "fallback"),
        ("node:23.5.0-bullseye", "raspberrypi3", "exact"),
        ("debian:bullseye-20210111", "raspberry-pi", "fallback"),
        ("python:3.5", "raspberrypi3", "exact"),
        ("golang:1.11.4-alpine3.8", "raspberry-pi", "exact"),
        ("node:23.5.0-alpine", "raspberry-pi", "exact"),
        ("node:24.1.0", "raspberrypi3", "none"),
        ("centos:7", "raspberrypi4-64", "exact"),
        // Of what is in no list nobody knows.
        ("debian:12.99-slim", "raspberry-pi", "unknown"),
        ("rust:99", "raspberry-pi", "unknown"),
        ("mongo:99", "raspberrypi3", "unknown"),
    ] {
        assert_eq!(gets(reference, device), expected, "{reference} for {device}");
    }
    // A digest names one image, which the tag may not name any more.
    for reference in ["debian:12-slim", "mongo:8.0", "rust"] {
        let digest = format!("{reference}@sha256:{}", "0".repeat(64));
        assert_eq!(gets(&digest, "raspberry-pi"), "unknown", "{digest}");
        let run = Test::new()
            .file("Dockerfile.template", format!("FROM {digest}\nCMD [\"x\"]\n"))
            .args("check -d raspberry-pi --format json")
            .ok();
        assert!(
            run.text().contains("\"findings\"") && !run.text().contains("wrong-platform"),
            "{}",
            run.text()
        );
    }
}

#[test]
fn what_is_over_by_a_date_is_told_with_the_date() {
    for (reference, since) in [
        ("debian:bullseye", "2026-08-31"),
        ("debian:11-slim", "2026-08-31"),
        ("alpine:3.21", "2026-11-01"),
        ("postgres:14", "2026-11-12"),
        ("postgres:14-alpine", "2026-11-12"),
        ("mcr.microsoft.com/dotnet/sdk:8.0-noble", "2026-11-10"),
        // What it is on ends first.
        ("postgres:16-alpine3.23", ""),
        ("redis:8.2", ""),
        ("debian:bookworm", ""),
        ("mongo:8.0", ""),
    ] {
        let found = about(reference, "");
        let status = if since.is_empty() { "maintained" } else { "over" };
        assert_eq!(found["status"], status, "{found}");
        if !since.is_empty() {
            assert_eq!(found["ends"], since, "{reference}");
            let run = Test::new().args("images --as-of 2026-11-28").arg(reference).ok();
            assert!(run.text().contains(&format!("status       over since {since}\n")), "{}", run.text());
        }
    }
    // The day before, all are looked after; and a check fails on no day for that.
    let run = |day: &str| {
        Test::new()
            .file("Dockerfile.template", "FROM debian:bullseye\nCMD [\"x\"]\n")
            .args("check -d raspberrypi3 --as-of")
            .arg(day)
            .ok()
    };
    assert!(
        run("2026-08-30").stderr.is_empty() && run("2026-08-30").text().starts_with("0 errors, 0 warnings")
    );
    let over = run("2026-08-31");
    assert!(over.text().contains("warning: `debian:bullseye` is no longer supported"), "{}", over.text());
    assert!(over.text().contains("debian 11 (bullseye) ended on 2026-08-31"), "{}", over.text());
    assert!(over.text().contains("debian:bookworm is maintained for linux/arm/v7"), "{}", over.text());
    let as_variable = Test::new()
        .file("Dockerfile.template", "FROM debian:bullseye\nCMD [\"x\"]\n")
        .args("check -d raspberrypi3")
        .env("DTPL_AS_OF", "2026-08-31")
        .env("SOURCE_DATE_EPOCH", "1000000000")
        .ok();
    assert_eq!(as_variable.text(), over.text());
    Test::new().args("images python --as-of 2026-13-01").cannot(["give a day as 2026-11-28"]);
}

#[test]
fn what_follows_is_never_older_and_has_a_year() {
    for (reference, device, next) in [
        ("python:3.9", "intel-nuc", "python:3.12"),
        ("node:23", "intel-nuc", "node:24"),
        ("balenalib/intel-nuc-openjdk:14-jdk", "intel-nuc", "eclipse-temurin:21-jdk"),
        ("debian:buster", "raspberrypi3", "debian:bookworm"),
        ("postgres:13", "intel-nuc", "postgres:16"),
        ("golang:1.20-alpine", "intel-nuc", "golang:1.26-alpine"),
    ] {
        assert_eq!(about(reference, &format!("-d {device}"))["next"], next, "{reference}");
    }
    // None is newer.
    assert_eq!(about("node:26", "-d raspberrypi3")["next"], Value::Null);
    assert_eq!(about("python:3.9", "-d intel-nuc --horizon 6m")["next"], "python:3.11");
    assert_eq!(about("python:3.9", "-d intel-nuc --horizon 3y")["next"], "python:3.14");
    Test::new().args("images python --horizon soon").cannot(["give a time in months or years"]);
}

#[test]
fn a_name_in_another_registry_or_for_one_platform_is_the_same_image() {
    for reference in [
        "public.ecr.aws/docker/library/python:3.13",
        "registry.hub.docker.com/library/python:3.13",
        "mirror.gcr.io/library/python:3.13",
        "registry-1.docker.io/library/python:3.13",
        "index.docker.io/library/python:3.13",
    ] {
        let found = about(reference, "");
        assert_eq!(
            (&found["stack"], &found["status"]),
            (&"python".into(), &"maintained".into()),
            "{reference}"
        );
        assert_eq!(found["platforms"], about("python:3.13", "")["platforms"]);
    }
    assert_eq!(about("public.ecr.aws/acme/library/python:3.13", "")["status"], "unknown");
    for (reference, device, expected) in [
        ("arm64v8/ros:noetic", "intel-nuc", "none"),
        ("arm32v7/nonsuch:1", "raspberrypi4-64", "fallback"),
        ("arm32v7/nonsuch:1", "intel-nuc", "none"),
        ("s390x/nonsuch", "intel-nuc", "none"),
        ("riscv64/debian", "raspberrypi4-64", "none"),
        ("arm32v5/debian:bookworm", "raspberry-pi", "fallback"),
    ] {
        assert_eq!(gets(reference, device), expected, "{reference} for {device}");
    }
    // One platform's repository stays when a tag loses the platform.
    let found = about("i386/ubuntu:20.04", "");
    assert_eq!((&found["status"], &found["updated_until"]), (&"frozen".into(), &"2019-12-18".into()));
    let never = about("i386/ubuntu:24.04", "");
    assert_eq!((&never["status"], &never["updated_until"]), (&"never".into(), &Value::Null));
}

#[test]
fn names_that_are_nearly_right_get_the_right_one() {
    for (reference, nearest) in [
        ("mosquitto:2", "eclipse-mosquitto:2"),
        ("temurin:21", "eclipse-temurin:21"),
        ("pyhton:3.12", "python:3.12"),
        ("postgre", "postgres"),
        ("balenalib/raspberrypi3-debian:focal", "balenalib/raspberrypi3-ubuntu:focal"),
        ("balenalib/armv7-debian", "balenalib/armv7hf-debian"),
        ("balenalib/x86_64-node", "balenalib/amd64-node"),
        ("balenalib/intel-nuc-python:3.8.13-focal-run", "balenalib/intel-nuc-ubuntu-python:3.8.13-focal-run"),
        ("balenalib/raspberrypi3-debian:3.18", "balenalib/raspberrypi3-alpine:3.18"),
        ("balenalib/raspberrypi3-alpine:bookworm", "balenalib/raspberrypi3-debian:bookworm"),
    ] {
        assert_eq!(about(reference, "")["nearest"], nearest, "{reference}");
    }
    assert_eq!(about("acme/mosquitto:2", "")["nearest"], Value::Null);
}

#[test]
fn all_architectures_are_kept() {
    let overlay = "arches:\n  riscv64: {name: RISC-V, platform: linux/riscv64}\n  power: {name: POWER, platform: linux/ppc64le}\n  \
        z: {name: Z, platform: linux/s390x}\ndevice_types:\n  visionfive2: {name: VisionFive 2, arch: riscv64}\n";
    for (reference, arch, expected) in [
        ("python:3.13", "riscv64", "exact"),
        ("golang:1.26", "power", "exact"),
        ("debian:trixie", "z", "exact"),
        ("mongo:8.0", "riscv64", "none"),
    ] {
        let run = Test::new()
            .file("own.yaml", overlay)
            .args("images --registry own.yaml -A")
            .arg(arch)
            .arg(reference)
            .ok();
        assert!(run.text().contains(&format!("\n{arch:12} {expected}")), "{}", run.text());
    }
}

#[test]
fn files_of_ones_own_are_laid_over_the_tables() {
    let own = "images:\n  registry.example.com/team/base:\n    platforms: [linux/arm/v7]\n    stack: python\n    \
        ends: 2027-06-30\n    replaces: [balenalib/raspberrypi3-python]\n  python:3.13: {platforms: [linux/amd64]}\n\
        mirrors:\n  registry.example.com/hub/: docker.io/\n";
    let project = || {
        Test::new()
            .file("own.yaml", own)
            .file("fleets.yaml", "images: own.yaml\n")
            .file("Dockerfile.template", "FROM balenalib/%%BALENA_MACHINE_NAME%%-python:3.9\nCMD [\"x\"]\n")
    };
    let about = |reference: &str| {
        let run = project().arg("images").arg(reference).args("-d raspberrypi3,intel-nuc --format json").ok();
        serde_json::from_slice::<Value>(&run.stdout).unwrap()[0].clone()
    };
    let base = about("registry.example.com/team/base:7");
    assert_eq!(
        (&base["status"], &base["ends"], &base["stack"]),
        (&"maintained".into(), &"2027-06-30".into(), &"python".into())
    );
    assert_eq!(
        (&base["devices"]["raspberrypi3"], &base["devices"]["intel-nuc"]),
        (&"exact".into(), &"none".into())
    );
    assert!(base["source"].as_str().unwrap().ends_with("own.yaml"), "{base}");
    // The file counts more than the tables, and what it does not say is theirs.
    let python = about("python:3.13");
    assert_eq!(
        (&python["devices"]["raspberrypi3"], &python["status"]),
        (&"none".into(), &"maintained".into())
    );
    assert_eq!(about("registry.example.com/hub/library/alpine:3.23")["status"], "maintained");
    // A list begins with them.
    let run = project().args("images -d raspberrypi3 --stack python").ok();
    assert!(
        run.text().starts_with("registry.example.com/team/base\tmaintained until 2027-06-30\t"),
        "{}",
        run.text()
    );
    // Check and migrate know it too.
    let migrated = project().args("migrate -d raspberrypi3").ok();
    assert!(migrated.text().contains("+FROM registry.example.com/team/base\n"), "{}", migrated.text());
    let by_flag = Test::new()
        .file("own.yaml", own)
        .file("Dockerfile.template", "FROM registry.example.com/team/base:7\nCMD [\"x\"]\n")
        .args("check -d intel-nuc --images own.yaml")
        .run();
    assert_eq!(by_flag.status, 1);
    assert!(String::from_utf8_lossy(&by_flag.stdout).contains("does not exist for the device's platform"));
}

#[test]
fn vendors_images_are_for_their_device_types() {
    let own = "images:\n  nvcr.io/nvidia/l4t-base:r32.7.1:\n    platforms: [linux/arm64]\n    devices: [jetson-nano]\n    \
        replaces: balenalib/jetson-nano-ubuntu\n    distro: ubuntu\n";
    let lists = |device: &str| {
        let run = Test::new().file("own.yaml", own).args("images --images own.yaml -d").arg(device).ok();
        run.text().contains("nvcr.io/nvidia/l4t-base:r32.7.1\t")
    };
    assert!(lists("jetson-nano") && !lists("jetson-tx2") && !lists("raspberrypi3"));
    let migrated = Test::new()
        .file("own.yaml", own)
        .file("Dockerfile.template", "FROM balenalib/jetson-nano-ubuntu:bionic\nCMD [\"x\"]\n")
        .args("migrate -d jetson-nano --images own.yaml")
        .ok();
    assert!(migrated.text().contains("+FROM nvcr.io/nvidia/l4t-base:r32.7.1\n"), "{}", migrated.text());
    Test::new()
        .file("own.yaml", own.replace("jetson-nano]", "jetson-nanno]"))
        .args("images --images own.yaml python")
        .refuses(["own.yaml:4:15: error: unknown device type `jetson-nanno`", "did you mean `jetson-nano`?"]);
}

#[test]
fn a_checkout_of_official_images_is_taken_as_it_is() {
    let library = "Maintainers: a\n\nTags: 3.13.99-trixie, 3.13-trixie\nSharedTags: 3.13.99, 3.13\n\
        Architectures: amd64, arm32v6\n";
    let about = |reference: &str| {
        let run = Test::new()
            .file("checkout/library/python", library)
            .args("images --images checkout -d raspberry-pi --format json")
            .arg(reference)
            .ok();
        serde_json::from_slice::<Value>(&run.stdout).unwrap()[0].clone()
    };
    // Newer than the tables.
    let new = about("python:3.13.99");
    assert_eq!(
        (&new["status"], &new["devices"]["raspberry-pi"]),
        (&"maintained".into(), &"exact".into()),
        "{new}"
    );
    assert_eq!(new["ends_with"], "python 3.13");
    // Rebuilt by the tables, and no longer by the checkout; of other images the tables count.
    assert_eq!(about("python:3.12")["status"], "frozen");
    assert_eq!(about("node:24")["status"], "maintained");
    Test::new()
        .file("checkout/library/python", "Tags: 1\n\nTags: 2\nArchitectures: vax\n")
        .args("images --images checkout python")
        .refuses(["checkout/library/python: error: unknown architecture `vax`"]);
    Test::new()
        .file("a/b", "")
        .args("images --images a python")
        .refuses(["the folder has no folder `library`"]);
}

#[test]
fn lists_begin_with_the_best_of_each_stack_and_can_be_filtered() {
    let run = Test::new().args("images -d raspberrypi3 --format json").ok();
    let all: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
    let best: Vec<&Value> = all.iter().take_while(|image| image["best"] == true).collect();
    assert!(best.len() > 20 && all[best.len()..].iter().all(|image| image["best"] == false));
    for image in &best {
        assert_eq!(
            (&image["status"], &image["devices"]["raspberrypi3"]),
            (&"maintained".into(), &"exact".into()),
            "{image}"
        );
    }
    let stacks: std::collections::BTreeSet<&str> =
        best.iter().filter_map(|image| image["stack"].as_str()).collect();
    assert!(
        ["python", "node", "golang", "openjdk", "dotnet"].iter().all(|stack| stacks.contains(stack)),
        "{stacks:?}"
    );
    let lines = |args: &str| {
        let run = Test::new().args("images -d raspberrypi3").args(args).ok();
        run.text().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let slim = lines("--stack python --slim");
    assert!(!slim.is_empty() && slim.iter().all(|line| line.contains("slim")), "{slim:?}");
    let alpine = lines("--stack python --distro alpine");
    assert!(!alpine.is_empty() && alpine.iter().all(|line| line.contains("alpine")), "{alpine:?}");
    let exact = lines("--exact --maintained");
    assert!(exact.iter().all(|line| line.ends_with("raspberrypi3: exact") && line.contains("\tmaintained")));
    assert!(lines("--stack resin").iter().all(|line| line.starts_with("resin/raspberrypi3-")));
    assert!(lines("--stack balenalib").iter().all(|line| line.starts_with("balenalib/raspberrypi3-")));
    Test::new().args("images --stack resin").cannot(["which device?"]);
    Test::new()
        .args("images -d raspberrypi3 --stack mongo --exact")
        .refuses(["there is no such mongo image for raspberrypi3"]);
}
