//! Rules about the images of `FROM`, and which devices they run on.

use super::super::case::{Case, catches, catches_not};
use super::{PY, py};
use dtpl::Severity;

#[test]
fn missing_base_image() {
    let found = catches("missing-base-image", "FROM resin/%%RESIN_MACHINE_NAME%%-python:2.7\n");
    // The placeholder as a whole, for the devices that never had one.
    assert_eq!(found.span, 5..44);
    assert!(found.devices.contains("jetson-nano") && !found.devices.contains("raspberrypi3"), "{found:?}");
    catches_not("missing-base-image", "FROM resin/raspberrypi3-python:2.7\n");
    catches_not("missing-base-image", "FROM example.org/never/heard:of\n");
    catches("missing-base-image", "ARG BASE=balenalib/%%BALENA_MACHINE_NAME%%-python:9.99\nFROM $BASE\n");
}

#[test]
fn unmaintained_base_image() {
    let found = catches("unmaintained-base-image", "FROM balenalib/%%BALENA_ARCH%%-python:3.9\n");
    assert_eq!(found.devices.len(), 5);
    assert!(found.help.iter().any(|help| help.contains("2025-05-23") && help.contains("is maintained for")));
    catches("unmaintained-base-image", "FROM python:3.6-slim\n");
    catches_not("unmaintained-base-image", PY);
    // Whether there ever was one or not: nothing of that family is built any more.
    catches("unmaintained-base-image", "FROM resin/raspberrypi3-python:2.7.99\n");
}

#[test]
fn wrong_platform() {
    catches("wrong-platform", "FROM balenalib/raspberrypi3-python:3.9\n");
    let found = catches("wrong-platform", "FROM --platform=linux/amd64 python:3.13-alpine\n");
    assert!(!found.devices.contains("intel-nuc") && found.devices.contains("raspberrypi3"));
    catches_not(
        "wrong-platform",
        "FROM --platform=$BUILDPLATFORM golang:1.25-alpine AS a\nFROM alpine:3.22\n",
    );
    catches_not("wrong-platform", "FROM scratch\n");
    for wrong in ["FROM --platform=amd64 alpine:3.22\n", "FROM --platform=linux/x86_64 alpine:3.22\n"] {
        assert!(!catches("wrong-platform", wrong).devices.contains("intel-nuc"), "{wrong}");
    }
    // The image itself is for the machine that builds.
    let found = catches("wrong-platform", "FROM --platform=$BUILDPLATFORM alpine:3.22 AS a\nFROM a\n");
    assert_eq!((found.severity, found.span), (Severity::Warning, 5..30));
    // A stage for another platform needs an image for that one.
    let named = "FROM --platform=linux/s390x node:20-alpine AS a\nFROM alpine:3.22\nCOPY --from=a /a /a\n";
    catches_not("wrong-platform", &named.replace("linux/s390x", "linux/amd64"));
    let found = catches(
        "wrong-platform",
        &named.replace("linux/s390x", "linux/arm/v6").replace("alpine AS", "bookworm AS"),
    );
    assert!(found.message.ends_with("does not exist for linux/arm/v6"), "{}", found.message);
}

#[test]
fn platform_fallback() {
    let found = catches("platform-fallback", "FROM python:3.13-slim\n");
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["raspberry-pi"]);
    catches_not("platform-fallback", PY);
}

#[test]
fn impossible_platform() {
    let found = catches("impossible-platform", "FROM --platform=linux/%%BALENA_ARCH%% alpine:3.22\n");
    // `linux/amd64` and `linux/aarch64` are understood.
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["raspberry-pi", "raspberrypi3"]);
    catches_not("impossible-platform", "FROM --platform=%%DTPL_PLATFORM%% alpine:3.22\n");
    catches_not("impossible-platform", "FROM --platform=$TARGETPLATFORM alpine:3.22\n");
}

#[test]
fn constant_platform() {
    catches("constant-platform", "FROM --platform=linux/arm64 alpine:3.22\n");
    catches_not("constant-platform", "FROM --platform=%%DTPL_PLATFORM%% alpine:3.22\n");
}

#[test]
fn untagged_base_image() {
    catches("untagged-base-image", "FROM ubuntu:latest\n");
    catches_not("untagged-base-image", "FROM python:3.13 AS base\nFROM base\n");
    catches_not("untagged-base-image", &format!("FROM python@sha256:{}\n", "0".repeat(64)));
}

#[test]
fn cross_family() {
    catches("cross-family", "FROM balenalib/%%RESIN_ARCH%%-debian\n");
    catches("cross-family", "ARG B=resin/%%BALENA_ARCH%%-debian\nFROM $B\n");
    catches_not("cross-family", "FROM balenalib/%%BALENA_ARCH%%-debian\n");
}

#[test]
fn invalid_image_reference() {
    catches("invalid-image-reference", "FROM python:\n");
    catches_not("invalid-image-reference", "FROM python:%%NOT_KNOWN%%\n");
}

#[test]
fn machine_name_in_mixed_fleet() {
    let found = catches("machine-name-in-mixed-fleet", &py("ENV A=%%RESIN_MACHINE_NAME%%"));
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["jetson-nano", "raspberrypi4-64"]);
    catches_not("machine-name-in-mixed-fleet", &py("ENV A=%%RESIN_ARCH%%"));
}

#[test]
fn an_image_with_a_digest_is_not_judged_by_its_tag() {
    let digest = format!("sha256:{}", "0".repeat(64));
    for (rule, image) in [
        ("wrong-platform", "debian:12-slim"),
        ("unmaintained-base-image", "python:3.6"),
        ("platform-fallback", "python:3.12-slim"),
    ] {
        catches(rule, &format!("FROM {image}\n"));
        catches_not(rule, &format!("FROM {image}@{digest}\n"));
    }
}

#[test]
fn foreign_arch() {
    let found = catches("foreign-arch", &py("RUN wget https://x.org/node-linux-x64.tar.gz"));
    assert!(!found.devices.contains("intel-nuc") && found.devices.len() == 4, "{:?}", found.devices);
    // A plain Dockerfile has no placeholders, and the balena builder has none of ours.
    let case = Case::new(&py("RUN wget https://x.org/node-linux-x64.tar.gz"));
    let help = |case: Case| {
        case.findings()
            .into_iter()
            .find(|found| found.rule == "foreign-arch")
            .map(|found| found.help[0].clone())
    };
    assert!(help(case.called("Dockerfile")).unwrap().contains("by TARGETARCH"));
    let case = Case::new(&py("RUN wget https://x.org/node-linux-x64.tar.gz"));
    assert!(help(case.classic()).unwrap().contains("%%BALENA_ARCH%%"));
    catches("foreign-arch", &py("RUN wget https://x.org/rg-x86_64-unknown-linux-musl.tar.gz"));
    catches("foreign-arch", &py("RUN apt-get install -y libc6-dev:amd64"));
    let found = catches("foreign-arch", &py("ENV A=1 B=armhf\nRUN wget https://x.org/$B"));
    for used in
        ["RUN wget https://x.org/${A}", "ADD https://x.org/$A /", "COPY bin/$A/x /", "ENV U=https://x/$A"]
    {
        catches("foreign-arch", &py(&format!("ARG A=amd64\n{used}")));
    }
    catches("foreign-arch", &py("ARG A=https://x.org/amd64"));
    // What runs on ARMv7 runs on 64 bits too.
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["intel-nuc", "raspberry-pi"]);
    // An argument from before the first FROM, where a stage takes it.
    let before = "ARG X=amd64\nFROM alpine:3.22\nARG X\nRUN wget https://x.org/a-$X.tar.gz\n";
    assert_eq!(catches("foreign-arch", before).span, 6..11);
    catches_not("foreign-arch", "ARG X=amd64\nFROM alpine:3.22\nRUN wget https://x.org/a\n");
    catches_not("foreign-arch", "ARG X=amd64\nFROM alpine:3.22\nARG X=1\nRUN wget https://x.org/a-$X\n");
    let given = Case::new(before).build_arg("X", "arm64");
    assert!(!given.rules().contains(&"foreign-arch".to_owned()));
    for fine in [
        "RUN case $(uname -m) in x86_64) a=amd64;; aarch64) a=arm64;; esac",
        "RUN wget https://x.org/a-$(dpkg --print-architecture)-amd64.deb",
        "RUN wget https://x.org/a-%%BALENA_ARCH%%.deb",
        "RUN dpkg --add-architecture i386",
        "RUN echo gamd64x",
        "RUN apt-get update && apt-get install -y libc6-dev-amd64-cross",
        "RUN wget https://x.org/gcc-arm-10.3-x86_64.tar.xz",
        "RUN wget https://x.org/a-${A:-amd64}-${A-amd64}-${A:=amd64}",
        "RUN get amd64 arm64",
        // A compiler for another architecture, and a word that fetches nothing.
        "RUN apt-get update && apt-get install -y gcc-x86-64-linux-gnu",
        "RUN echo amd64",
        "RUN apt-get install -y gcc libc6-dev-amd64-cross libc6-amd64-cross",
        "RUN apt-get install -y crossbuild-essential-amd64",
        "RUN apt-get install -y gcc-mingw-w64-x86-64",
        "RUN curl https://x.org/a-x86_64-w64-mingw32.tar.gz",
        "RUN rustup target add aarch64-unknown-linux-gnu && apk add x",
        "RUN apt-get install -y qemu-system-x86_64 && qemu-x86_64 -version",
        // Taken only where nothing else is said.
        "RUN wget https://x.org/${A:-amd64}",
        // A default that is only compared, or not used.
        "ARG A=amd64\nRUN if [ \"$A\" = i386 ]; then wget https://x.org; fi",
        "ARG A=amd64\nRUN wget https://x.org/$AB",
        "ENV A=amd64",
    ] {
        catches_not("foreign-arch", &py(fine));
    }
}

#[test]
fn initsystem_has_no_effect() {
    catches("initsystem-has-no-effect", "FROM balenalib/raspberrypi3-debian:buster\nENV INITSYSTEM on\n");
    catches("initsystem-has-no-effect", &py("ENV A=1 INITSYSTEM=\"on\""));
    catches_not("initsystem-has-no-effect", "FROM resin/raspberrypi3-debian:jessie\nENV INITSYSTEM on\n");
    catches_not("initsystem-has-no-effect", "FROM myimage:1\nENV INITSYSTEM on\n");
    catches_not("initsystem-has-no-effect", "FROM my/image:1\nENV INITSYSTEM on\n");
}
