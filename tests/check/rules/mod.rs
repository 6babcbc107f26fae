//! What each rule catches and what it does not, one line a case.

use super::case::{Case, catches, catches_not};
use dtpl::Severity;

const PY: &str = "FROM python:3.13-alpine\n";

fn py(rest: &str) -> String {
    format!("{PY}{rest}\n")
}

#[test]
fn base_images() {
    let found = catches("missing-base-image", "FROM resin/%%RESIN_MACHINE_NAME%%-python:2.7\n");
    // The placeholder as a whole, for the devices that never had one.
    assert_eq!(found.span, 5..44);
    assert!(found.devices.contains("jetson-nano") && !found.devices.contains("raspberrypi3"), "{found:?}");
    catches_not("missing-base-image", "FROM resin/raspberrypi3-python:2.7\n");
    catches_not("missing-base-image", "FROM example.org/never/heard:of\n");
    catches("missing-base-image", "ARG BASE=balenalib/%%BALENA_MACHINE_NAME%%-python:9.99\nFROM $BASE\n");
    let found = catches("unmaintained-base-image", "FROM balenalib/%%BALENA_ARCH%%-python:3.9\n");
    assert_eq!(found.devices.len(), 5);
    assert!(found.help.iter().any(|help| help.contains("2025-05-23") && help.contains("is maintained for")));
    catches("unmaintained-base-image", "FROM python:3.6-slim\n");
    catches_not("unmaintained-base-image", PY);
    catches("wrong-platform", "FROM balenalib/raspberrypi3-python:3.9\n");
    let found = catches("wrong-platform", "FROM --platform=linux/amd64 python:3.13-alpine\n");
    assert!(!found.devices.contains("intel-nuc") && found.devices.contains("raspberrypi3"));
    catches_not(
        "wrong-platform",
        "FROM --platform=$BUILDPLATFORM golang:1.25-alpine AS a\nFROM alpine:3.22\n",
    );
    catches_not("wrong-platform", "FROM scratch\n");
    let found = catches("platform-fallback", "FROM python:3.13-slim\n");
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["raspberry-pi"]);
    catches_not("platform-fallback", PY);
    let found = catches("impossible-platform", "FROM --platform=linux/%%BALENA_ARCH%% alpine:3.22\n");
    // `linux/amd64` and `linux/aarch64` are understood.
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["raspberry-pi", "raspberrypi3"]);
    catches_not("impossible-platform", "FROM --platform=%%DTPL_PLATFORM%% alpine:3.22\n");
    catches_not("impossible-platform", "FROM --platform=$TARGETPLATFORM alpine:3.22\n");
    catches("constant-platform", "FROM --platform=linux/arm64 alpine:3.22\n");
    catches_not("constant-platform", "FROM --platform=%%DTPL_PLATFORM%% alpine:3.22\n");
    catches("untagged-base-image", "FROM ubuntu:latest\n");
    catches_not("untagged-base-image", "FROM python:3.13 AS base\nFROM base\n");
    catches_not("untagged-base-image", &format!("FROM python@sha256:{}\n", "0".repeat(64)));
    catches("cross-family", "FROM balenalib/%%RESIN_ARCH%%-debian\n");
    catches("cross-family", "ARG B=resin/%%BALENA_ARCH%%-debian\nFROM $B\n");
    catches_not("cross-family", "FROM balenalib/%%BALENA_ARCH%%-debian\n");
    catches("invalid-image-reference", "FROM python:\n");
    catches_not("invalid-image-reference", "FROM python:%%NOT_KNOWN%%\n");
}

#[test]
fn devices() {
    let found = catches("machine-name-in-mixed-fleet", &py("ENV A=%%RESIN_MACHINE_NAME%%"));
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["jetson-nano", "raspberrypi4-64"]);
    let found = catches("foreign-arch", &py("RUN wget https://x.org/node-linux-x64.tar.gz"));
    assert!(!found.devices.contains("intel-nuc") && found.devices.len() == 4, "{:?}", found.devices);
    let found = catches("foreign-arch", &py("ENV A=1 B=armhf"));
    // What runs on ARMv7 runs on 64 bits too.
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["intel-nuc", "raspberry-pi"]);
    for fine in [
        "RUN case $(uname -m) in x86_64) a=amd64;; aarch64) a=arm64;; esac",
        "RUN wget https://x.org/a-$(dpkg --print-architecture)-amd64.deb",
        "RUN wget https://x.org/a-%%BALENA_ARCH%%.deb",
        "RUN dpkg --add-architecture i386",
        "RUN echo gamd64x",
        "RUN get amd64 arm64",
    ] {
        catches_not("foreign-arch", &py(fine));
    }
    catches("initsystem-has-no-effect", "FROM balenalib/raspberrypi3-debian:buster\nENV INITSYSTEM on\n");
    catches("initsystem-has-no-effect", &py("ENV A=1 INITSYSTEM=\"on\""));
    catches_not("initsystem-has-no-effect", "FROM resin/raspberrypi3-debian:jessie\nENV INITSYSTEM on\n");
    catches_not("initsystem-has-no-effect", "FROM my/image:1\nENV INITSYSTEM on\n");
}

#[test]
fn copies() {
    let install = "RUN pip install --no-cache-dir -r requirements.txt";
    catches("copy-before-install", &py(&format!("ADD . /app\nWORKDIR /app\n{install}")));
    catches("copy-before-install", &py("COPY ./ ./\nRUN npm ci"));
    catches("copy-before-install", &py("COPY src/ /app/\nRUN pip install -r /app/requirements.txt"));
    catches(
        "copy-before-install",
        &py("COPY --chown=1 * /app/\nRUN cd /app && python3 -m pip install -r r.txt"),
    );
    catches_not("copy-before-install", &py(&format!("COPY requirements.txt .\n{install}\nCOPY . .")));
    catches_not("copy-before-install", &py(&format!("COPY requirements.txt .\nCOPY src/ lib/\n{install}")));
    catches_not("copy-before-install", &py("COPY . .\nRUN pip install ."));
    catches_not("copy-before-install", &py("COPY --from=0 . .\nRUN npm ci"));
    let found = catches(
        "requirements-not-copied",
        &py("COPY src/main.py ./\nRUN pip3 install -r /a/requirements.txt"),
    );
    assert_eq!(found.severity, Severity::Error);
    for brings in [
        "COPY . .",
        "COPY src ./",
        "COPY requirements.txt /tmp/",
        "COPY src/main.py requirements.txt ./",
        "COPY src/main.py /requirements.txt",
        "COPY require*.txt ./",
        "COPY --from=0 /x /y",
        "ADD https://x.org/requirements.txt ./",
        "RUN wget -O requirements.txt https://x.org/r",
        "RUN git clone https://x.org/r .",
    ] {
        catches_not("requirements-not-copied", &py(&format!("{brings}\n{install}")));
    }
    catches_not(
        "requirements-not-copied",
        &py("RUN --mount=type=bind,target=. pip install -r requirements.txt"),
    );
    catches_not("requirements-not-copied", &py("RUN pip install -r https://x.org/r.txt"));
    let found = catches("missing-copy-source", &py("COPY requirement.txt main.py ./"));
    assert_eq!(found.help, ["did you mean `requirements.txt`?"]);
    let found = catches("missing-copy-source", &py("COPY main.py ./"));
    assert_eq!(found.help, ["there is `src/main.py`"]);
    catches("missing-copy-source", &py("COPY *.nothing ./"));
    for fine in [
        "COPY . .",
        "COPY /src/*.py .",
        "COPY s?c ./",
        "COPY $X ./",
        "COPY --from=a b c",
        "COPY <<E /x\nhi\nE",
        "ADD https://x.org/y z",
        "COPY [\"src/main.py\", \"/x y\"]",
    ] {
        catches_not("missing-copy-source", &py(fine));
    }
    let ignored = Case::new(&py("COPY secret ./")).file("secret", "").findings();
    assert!(ignored.iter().any(|found| found.message == "`secret` is excluded from the build context"));
    let kept = Case::new(&py("COPY a/keep.log a ./"))
        .file(".dockerignore", "**/*.log\na\n!a/keep.log")
        .file("a/keep.log", "");
    assert!(!kept.rules().contains(&"missing-copy-source".to_owned()), "{:?}", kept.rules());
    catches("copy-outside-context", &py("COPY src/../../x ./"));
    catches_not("copy-outside-context", &py("COPY src/../package.json ./"));
}

#[test]
fn commands() {
    catches("multiple-cmd", &py("ENTRYPOINT a\nENTRYPOINT [\"b\"]"));
    catches_not("multiple-cmd", "FROM a:1 AS a\nCMD a\nFROM b:1\nCMD b\nENTRYPOINT c\n");
    catches("split-apt-update", &py("RUN sudo apt-get -y update;"));
    catches("split-apt-update", &py("RUN [\"apt\", \"update\"]"));
    catches_not("split-apt-update", &py("RUN apt-get update \\\n # why\n && apt-get -y install \\\n curl"));
    catches_not("split-apt-update", &py("RUN <<E\napt-get update\napt-get install -y curl\nE"));
    catches_not("split-apt-update", &py("RUN echo apt-get update"));
    catches("pip-cache", &py("RUN apk add x && pip3 install --upgrade a==1"));
    catches("pip-cache", &py("RUN [\"sh\", \"-c\", \"pip install a==1\"]"));
    catches_not("pip-cache", &py("ENV PIP_NO_CACHE_DIR=1\nRUN pip install a==1"));
    catches_not("pip-cache", &py("RUN --mount=type=cache,target=/root/.cache pip install a==1"));
    catches_not("pip-cache", &py("RUN pip install a==1 && rm -rf ~/.cache/pip"));
    let found = catches("unpinned-requirement", &py("RUN pip install --no-cache-dir -i x a==1 'flask>=2'"));
    assert_eq!(found.message, "`flask>=2` is not pinned to one version");
    catches_not("unpinned-requirement", &py("RUN pip install -r requirements.txt ./here -e . a@b c==1"));
    catches_not("unpinned-requirement", &py("RUN pip install -c limits.txt flask"));
    let list = Case::new(&py("COPY src/needs.txt /tmp/\nRUN pip install -r /tmp/needs.txt"))
        .file("src/needs.txt", "# all\nFlask==1.0\nrequests # any\n-r other.txt\n");
    let found = list.findings().into_iter().find(|found| found.rule == "unpinned-requirement").unwrap();
    assert!(found.source.name().ends_with("src/needs.txt"), "{}", found.source.name());
    assert_eq!(&found.source.bytes()[found.span], b"requests");
    catches("legacy-env", &py("LABEL a b"));
    catches_not("legacy-env", &py("ENV A=1 B=\"2 3\""));
    catches("expose-publishes-nothing", &py("EXPOSE 80 443"));
}

#[test]
fn rendering() {
    for wrong in ["%%balena_arch%%", "%%ARCH2%%", "%%BALENA_ARCH%", "%%BALENA-ARCH%%", "%% BALENA_ARCH %%"] {
        catches("malformed-placeholder", &py(&format!("ENV A={wrong}")));
    }
    catches_not("malformed-placeholder", &py("RUN date +%d%m%y && echo 100%%"));
    let found = catches("unknown-placeholder", &py("ENV A=%%BALENA_ARHC%%"));
    assert_eq!((found.severity, found.span), (Severity::Error, 30..45));
    assert_eq!(found.help, ["did you mean `BALENA_ARCH`?"]);
    // The builder knows these in every build.
    let found = catches("unknown-placeholder", &py("ENV A=%%BALENA_RELEASE_HASH%%"));
    assert_eq!(found.severity, Severity::Info);
    // What does not depend on it is found all the same.
    catches("legacy-env", &py("ENV A %%NOT_SET%%"));
    assert_eq!(catches("placeholder-in-comment", "# %%BALENA_ARCH%%\nFROM a:1\n").severity, Severity::Info);
    catches("placeholder-in-comment", "# syntax=docker/dockerfile:%%BALENA_ARCH%%\nFROM a:1\n");
    catches("placeholder-in-comment", &py("COPY <<E /x\n# %%BALENA_ARCH%%\nE"));
    catches("first-instruction", "RUN true\nFROM a:1\n");
    catches_not("first-instruction", "ARG A=1\nFROM a:$A\n");
    catches("syntax", "");
    catches("syntax", "FROM a:1\nCOPY b\n");
    catches("hidden-character", "FROM a:1\rRUN b\n");
}

#[test]
fn what_is_meant_is_left_alone() {
    // Files that may be missing are copied by a pattern.
    catches_not("missing-copy-source", &py("COPY requirements.txt nothing* .n?rc ./"));
    catches("missing-copy-source", &py("COPY requirements.txt nothing ./"));
    // A compiler for another architecture, and a word that fetches nothing.
    catches_not("foreign-arch", &py("RUN apt-get update && apt-get install -y gcc-x86-64-linux-gnu"));
    catches_not("foreign-arch", &py("RUN echo amd64"));
    // The install is in the same layer, or the lists are in none.
    catches_not("split-apt-update", &py("RUN apt-get update && xargs apt-get install -y < list.txt"));
    catches_not("split-apt-update", &py("RUN --mount=type=cache,target=/var/lib/apt apt-get update"));
    catches("split-apt-update", &py("RUN apt-get update"));
    // Formats are no placeholders.
    catches_not("malformed-placeholder", &py("RUN date +%%Y%%m%%d && printf '%%s %%d'"));
    catches("malformed-placeholder", &py("RUN echo %%A%% %% BALENA_ARCH %%"));
}

#[test]
fn what_cannot_be_built_is_an_error() {
    let found = catches("malformed-placeholder", "FROM balenalib/%%balena_arch%%-debian:bookworm\n");
    assert_eq!(found.severity, Severity::Error);
    let found = catches("malformed-placeholder", &py("ENV A=%%balena_arch%%"));
    assert_eq!(found.severity, Severity::Warning);
    // Whether there ever was one or not: nothing of that family is built any more.
    catches("unmaintained-base-image", "FROM resin/raspberrypi3-python:2.7.99\n");
}

#[test]
fn comments_that_ignore_may_have_blanks_in_them() {
    let text = |comment: &str| format!("FROM python:3.13-alpine\n{comment}\nENV A b\n");
    for comment in [
        "# dtpl ignore=legacy-env",
        "#dtpl ignore = multiple-cmd , legacy-env because",
        "# dtpl  ignore= legacy-env",
    ] {
        catches_not("legacy-env", &text(comment));
    }
    catches("legacy-env", &text("# dtpl ignore=multiple-cmd legacy-env"));
    catches("unknown-ignore", &text("# dtpl ignore="));
}
