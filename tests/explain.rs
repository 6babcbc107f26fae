//! `dtpl explain`: what is said of every instruction, and pages made from templates of the user's own.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::Test;
use dtpl::Registry;
use dtpl::Source;
use dtpl::Subject;
use dtpl::dockerfile::{Dockerfile, Keyword};
use dtpl::explain::page::{self, PageEntry, PageScope};
use dtpl::explain::{Explained, Request, does, explain, matters};
use proptest::prelude::*;

/// Each instruction of a Dockerfile explained for a Raspberry Pi 3.
fn explained(text: &str) -> Vec<Explained> {
    explained_for("raspberrypi3", text)
}

fn explained_for(device: &str, text: &str) -> Vec<Explained> {
    let registry = Registry::embedded();
    let device = registry.device_type(device).unwrap();
    let subject = Subject::of_device_type(device, &registry);
    let request = Request::new(subject, &registry);
    let source = Arc::new(Source::new("Dockerfile", text));
    explain(&Dockerfile::parse(&source).unwrap(), &[], &request)
}

/// The explanation of the last instruction holds each of these.
#[track_caller]
fn says(text: &str, pieces: &[&str]) {
    let explained = explained(text);
    let said = explained.last().unwrap().text();
    for piece in pieces {
        assert!(said.contains(piece), "`{piece}` is not said of\n{text}\nbut\n{said}");
    }
}

/// The explanation of the last instruction does not hold this.
#[track_caller]
fn says_not(text: &str, piece: &str) {
    let said = explained(text).last().unwrap().text();
    assert!(!said.contains(piece), "`{piece}` is said of\n{text}\n{said}");
}

/// What is asked of a whole file or stage is not looked for again at each instruction.
#[test]
fn work_grows_with_the_file() {
    let installs = "RUN pip install a==1\n".repeat(8_000);
    says(&format!("FROM python:3.12\n{installs}"), &["pip keeps what it downloads"]);
    let variables = "ENV UDEV 1\n".repeat(8_000);
    let text = format!("FROM balenalib/raspberrypi3-python:3.7\nENTRYPOINT [\"a\"]\n{variables}");
    says(&text, &["That entrypoint does not run here"]);
}

#[test]
fn every_keyword_is_explained() {
    let example = |keyword| match keyword {
        Keyword::From => "FROM a AS b\n",
        Keyword::Add | Keyword::Copy => "COPY a b\n",
        Keyword::Arg => "ARG A=1\n",
        Keyword::Cmd => "CMD [\"a\"]\n",
        Keyword::Entrypoint => "ENTRYPOINT [\"a\", \"b\"]\n",
        Keyword::Env => "ENV A=1\n",
        Keyword::Expose => "EXPOSE 80\n",
        Keyword::Healthcheck => "HEALTHCHECK --interval=5s CMD true\n",
        Keyword::Label => "LABEL a=b\n",
        Keyword::Maintainer => "MAINTAINER me\n",
        Keyword::Onbuild => "ONBUILD RUN make\n",
        Keyword::Run => "RUN make\n",
        Keyword::Shell => "SHELL [\"bash\", \"-c\"]\n",
        Keyword::Stopsignal => "STOPSIGNAL SIGINT\n",
        Keyword::User => "USER a\n",
        Keyword::Volume => "VOLUME /a\n",
        Keyword::Workdir => "WORKDIR /a\n",
    };
    let mut seen = 0;
    for keyword in Keyword::all() {
        for sentence in [does(keyword), matters(keyword)] {
            assert!(sentence.ends_with('.') && sentence.len() > 15, "{}: {sentence}", keyword.name());
            assert!(!sentence.contains("  "), "{sentence}");
        }
        let all = explained(&format!("FROM python:3.12\n{}", example(keyword)));
        let last = all.last().unwrap();
        assert!(last.layer.ends_with('.') && !last.text().contains("  "), "{}", last.text());
        for paragraph in last.paragraphs() {
            assert!(paragraph.ends_with('.'), "{paragraph}");
        }
        seen += 1;
    }
    assert_eq!(seen, 18);
}

#[test]
fn a_base_image_is_explained_for_the_device() {
    says(
        "FROM balenalib/raspberrypi3-python:3.9\n",
        &[
            "a base image of balena with python 3.9",
            "not maintained: last built 2025-05-23",
            "What raspberrypi3 gets of it: exact.",
            "Replacement: `python:3.11-slim` is maintained for linux/arm/v7.",
        ],
    );
    for (tag, version, newer) in [
        ("node:24.1.0", "node 24.1.0", "node:24"),
        ("golang:1.26.0-alpine", "golang 1.26.0", "golang:1.26-alpine"),
        ("python:3.12.4-slim", "python 3.12.4", "python:3.12-slim"),
    ] {
        let newest = format!("The newest of its version is `{newer}`.");
        says(&format!("FROM {tag}\n"), &[&format!("a Docker Official Image with {version}."), &newest]);
    }
    says("FROM python:3-slim\n", &["a Docker Official Image with python 3.14."]);
    says("FROM python\n", &["a Docker Official Image", "maintained (as of", "No tag means `latest`"]);
    says("FROM python:latest\n", &["`latest` changes from time to time"]);
    says("FROM balenalib/raspberrypi33-python\n", &["No image of this name ever existed"]);
    says("FROM ghcr.io/a/b:1\n", &["an image that the catalogue does not know", "maintained is unknown"]);
    says("FROM scratch\n", &["`scratch` is empty", "There is no layer yet."]);
    let digest = format!("FROM python:3.12@sha256:{}\n", "0".repeat(64));
    says(
        &digest,
        &["a Docker Official Image", "maintained is unknown: the digest names one image", "it: unknown."],
    );
    says_not(&digest, "rebuilt");
    says("FROM library/Case:1\n", &["is not a valid image name"]);
    let pi = explained_for("raspberry-pi", "FROM python:3.12-slim\n")[0].text();
    assert!(pi.contains("What raspberry-pi gets of it: fallback.") && pi.contains("may be slower"), "{pi}");
    let nuc = explained_for("intel-nuc", "FROM arm32v7/python:3.12\n")[0].text();
    assert!(nuc.contains("gets of it: none."), "{nuc}");
}

#[test]
fn the_platform_of_a_stage_is_explained() {
    let cross = "has to be cross-compiled";
    let all =
        explained("FROM --platform=$BUILDPLATFORM golang:1.22 AS a\nFROM debian:12\nCOPY --from=a /a /a\n");
    assert!(all[0].text().contains("for the machine that builds: ") && all[0].text().contains(cross));
    // The image itself is for that machine.
    for text in [
        "FROM --platform=$BUILDPLATFORM alpine:3.22\n",
        "FROM --platform=$BUILDPLATFORM alpine:3.22 AS a\nFROM a\n",
        "FROM --platform=$BUILDPLATFORM scratch\n",
    ] {
        let said = explained(text)[0].text();
        assert!(said.contains("and so is the image: its programs run on raspberrypi3 only where"), "{said}");
        assert!(said.contains("Leave `--platform` out") && !said.contains(cross), "{said}");
    }
    says("FROM --platform=$TARGETPLATFORM python:3.12\n", &["which is what raspberrypi3 is", "exact"]);
    says("FROM --platform=linux/amd64 python:3.12\n", &["not made for raspberrypi3"]);
    says(
        "FROM --platform=linux/armv7hf python:3.12\n",
        &["which is not a platform", "Its platform is linux/arm/v7"],
    );
    // Names that an engine takes, too, and a system alone, of which nothing is known.
    for name in ["arm", "linux/armhf", "linux/arm/7", "linux/arm"] {
        says(&format!("FROM --platform={name} python:3.12\n"), &["which is what raspberrypi3 is", "exact"]);
    }
    for name in ["amd64", "linux/x86_64", "linux/aarch64"] {
        says(&format!("FROM --platform={name} python:3.12\n"), &["not made for raspberrypi3"]);
    }
    says_not("FROM --platform=linux python:3.12\n", "--platform");
    says("FROM --platform=armv7 python:3.12\n", &["which is not a platform."]);
    says("ARG TAG=3.12\nFROM python:${TAG}-slim\n", &["`python:3.12-slim`, a Docker Official Image"]);
    says("ARG TAG\nFROM $TAG\n", &["a variable without a value"]);
}

#[test]
fn stages_say_who_uses_them() {
    let text = "FROM golang:1.22 AS build\nFROM debian:12 AS idle\nFROM build AS more\nFROM scratch\n\
                COPY --from=build /a /a\nRUN --mount=type=bind,from=more,target=/m true\n";
    let all = explained(text);
    assert!(all[0].what.contains("The stage `more` builds on it and stage 3 takes files from it (line 5)."));
    assert!(all[1].what.contains("The image does not need it: a build leaves it out."), "{}", all[1].what);
    assert!(all[2].what.contains("Starts a stage where the stage `build` ended."), "{}", all[2].what);
    assert!(all[2].what.contains("Stage 3 takes files from it (line 6)."), "{}", all[2].what);
    assert!(all[3].what.contains("the last stage"));
    assert!(all[4].text().contains("from the stage `build`") && all[4].layer.contains("the stage `build`"));
    // A stage that only a trigger uses.
    let trigger = "FROM a:1 AS a\nFROM a:1 AS b\nONBUILD COPY --from=a /c /c\nFROM b\n";
    assert!(!explained(trigger)[0].what.contains("No other stage"));
    assert_eq!(all.iter().map(|one| one.stage).collect::<Vec<_>>(), [0, 1, 2, 3, 3, 3].map(Some));
    // The first of several CMDs, and one that is not in the last stage.
    let all = explained("FROM a AS b\nCMD a\nCMD [\"b\"]\nFROM b\n");
    assert!(all[1].text().contains("line 3 has another"));
    assert!(all[2].text().contains("This stage is not the last"));
}

#[test]
fn pitfalls_are_told_where_they_apply() {
    let from = |rest: &str| format!("FROM python:3.12\n{rest}\n");
    says(&from("RUN apt-get update"), &["An update by itself stays in the cache"]);
    says(&from("RUN apt-get install -y curl"), &["without `apt-get update`"]);
    says(&from("RUN apt-get update && apt-get install -y curl"), &["rm -rf /var/lib/apt/lists/*"]);
    let whole =
        "RUN apt-get update && apt-get install -yq curl \\\n && apt-get clean && rm -rf /var/lib/apt/lists/*";
    for piece in ["An update", "without `apt-get", "lists of packages stay", "needs `-y`"] {
        says_not(&from(whole), piece);
    }
    says(&from("RUN apt-get update && apt-get install curl"), &["needs `-y`"]);
    says(&from("RUN <<E\napt-get update\nE"), &["the script in the lines below", "An update by itself"]);
    says(&from("RUN pip install Flask"), &["--no-cache-dir", "No version is pinned for `Flask`"]);
    says_not(&from("RUN pip install --no-cache-dir Flask==3.1.3"), "No version is pinned");
    says_not(&from("RUN pip install --no-cache-dir Flask==3.1.3"), "leaves it out");
    says_not(&from("RUN pip install --no-cache Flask==3.1.3"), "leaves it out");
    let early = "COPY . .\nRUN pip install -r requirements.txt";
    says(&from(early), &["All files are copied before it, on line 2"]);
    let elsewhere = "COPY . .\nRUN pip install -r https://example.com/a.txt";
    says_not(&from(elsewhere), "All files are copied before it");
    assert!(!explained(&from(elsewhere))[1].text().contains("installs all of it again"));
    let all = explained(&from(early));
    assert!(all[1].text().contains("every change of a file installs all of it again"), "{}", all[1].text());
    let right = "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .";
    assert!(explained(&from(right))[1].text().contains("leaves what line 3 installs in the cache"));
    says_not(&from(right), "installs all of it again");
    says(&from("RUN pip install -r requirements.txt"), &["not in the image yet"]);
    says(&from("RUN install_packages curl"), &["in balena's base images"]);
    // Other images have a script of this name, and it may have been copied.
    says_not(&from("COPY install_packages /usr/bin/\nRUN install_packages curl"), "in balena's base images");
    says_not("FROM bitnami/minideb:bookworm\nRUN install_packages curl\n", "balena");
    says(&from("RUN apk add curl"), &["apk add --no-cache"]);
    says(&from("RUN cd /app"), &["`cd` holds for this RUN only"]);
    says(&from("COPY ../a b"), &["a leading `..` is dropped"]);
    says(
        &from("ADD http://a/b c"),
        &["Downloads `http://a/b` to `c`", "--checksum", "when what is downloaded has changed"],
    );
    says(&from("ADD a.tar.gz /"), &["is unpacked"]);
    says(&from("ENV INITSYSTEM on"), &["has no effect here", "write `ENV name=value`"]);
    says("FROM resin/raspberrypi3-python\nENV INITSYSTEM=on\n", &["in resin's base images only"]);
    says("FROM balenalib/raspberrypi3-python\nENV UDEV=1\n", &["show up in `/dev`"]);
    says(&from("EXPOSE 80"), &["It publishes nothing", "makes no layer"]);
    says(&from("CMD python app.py"), &["by a shell", "In the shell form", "only the last counts"]);
    says(&from("WORKDIR app"), &["does not start with `/`"]);
}

#[test]
fn what_is_in_a_mount_stays_in_no_layer() {
    let from = |rest: &str| format!("FROM debian:12\n{rest}\n");
    let lists = "lists of packages stay";
    let install = "apt-get update && apt-get install -y curl";
    says(&from(&format!("RUN {install}")), &[lists]);
    for target in
        ["target=/var/lib/apt/lists", "dst=/var/lib/apt", "destination=/var/lib/apt/", "target=/var"]
    {
        for kind in ["cache", "tmpfs"] {
            says_not(&from(&format!("RUN --mount=type={kind},{target} {install}")), lists);
        }
    }
    says_not(&from(&format!("RUN --mount=type=cache,target=$A {install}")), lists);
    says_not(
        &from(&format!("RUN --mount=type=secret,id=a --mount=type=cache,dst=/var/lib/apt {install}")),
        lists,
    );
    says(&from(&format!("RUN --mount=type=cache,target=/var/cache/apt {install}")), &[lists]);
    says(&from(&format!("RUN --mount=type=cache,target=/var/lib/ap {install}")), &[lists]);
    says(&from(&format!("RUN --mount=type=secret,id=a,target=/var/lib/apt {install}")), &[lists]);
    says_not(&from("RUN --mount=type=cache,target=/var/lib/apt apt-get update"), "An update by itself");
    let fetched = "RUN --mount=type=cache,target=/var/lib/apt/lists apt-get install -y curl";
    says_not(&from(fetched), "without `apt-get update`");
    let pip = |mount: &str| format!("FROM python:3.12\nRUN {mount} pip install a==1\n");
    says(&pip(""), &["--no-cache-dir"]);
    says(&pip("--mount=type=cache,target=/var/lib/apt"), &["--no-cache-dir"]);
    says_not(&pip("--mount=type=cache,target=/root/.cache/pip"), "--no-cache-dir");
    says_not(&pip("--mount=type=cache,target=/home/me/.cache"), "--no-cache-dir");
    says_not(&pip("--mount=type=tmpfs,target=/root"), "--no-cache-dir");
    let apk = |mount: &str| format!("FROM alpine:3.22\nRUN {mount} apk add curl\n");
    says(&apk(""), &["apk add --no-cache"]);
    says(&apk("--mount=type=cache,target=/root"), &["apk add --no-cache"]);
    says_not(&apk("--mount=type=cache,target=/var/cache/apk"), "apk add --no-cache");
    says_not(&apk("--mount=type=cache,target=/etc/apk/cache"), "apk add --no-cache");
    says(
        &from("RUN --mount=target=/a --mount=type=cache,target=/b x"),
        &[
            "The mounts (`target=/a` and `type=cache,target=/b`) exist",
            "or a file that is mounted with `bind`",
        ],
    );
}

#[test]
fn nothing_is_said_of_apt_where_it_is_not_known() {
    let from = |rest: &str| format!("FROM debian:12\n{rest}\n");
    let update = "without `apt-get update`";
    says(&from("RUN apt-get install -y curl"), &[update]);
    for install in [
        "apt-get install -y --update curl",
        "apt-get install -y -U curl",
        "apt-get -qq -y --update install curl",
        "apt-get -U install -y curl",
        "apt install -yU curl",
        "apt-get -o APT::Update=true install -y curl",
        "apt-get install -yoapt::update=1 curl",
        "apt-get install -y --update=true curl",
    ] {
        says_not(&from(&format!("RUN {install}")), update);
        says(&from(&format!("RUN {install}")), &["lists of packages stay"]);
    }
    for install in ["--update=false", "-o Dir=-U", "-t U", "-o APT::Update::Pre-Invoke=true"] {
        says(&from(&format!("RUN apt-get {install} install -y curl")), &[update]);
    }
    let set = "RUN echo 'APT::Update \"1\";' > /etc/apt/apt.conf.d/a\nRUN apt-get install -y curl";
    says_not(&from(set), update);
    for before in
        ["curl a | bash -", "./setup.sh", "/a/b.sh", "$SETUP", ". /a", "add-apt-repository -y ppa:a/b"]
    {
        says_not(&from(&format!("RUN {before} && apt-get install -y curl")), update);
    }
    says_not(&from("RUN apt-get install -y ./a.deb /tmp/b.deb"), update);
    says_not(&from("RUN apt-get install -y $DEB"), update);
    says(&from("RUN apt-get install -y postgresql-$MAJOR"), &[update]);
    // The files of another system.
    says_not(&from("RUN chroot /a apt-get install -y curl"), update);
    says_not(
        &from("RUN chroot /a sh -c 'apt-get update && apt-get install -y curl'"),
        "lists of packages stay",
    );
    // What a shell reads is known.
    says(&from("RUN bash <<E\napt-get install -y curl\nE"), &[update]);
    says(&from("RUN bash -c 'apt-get install -y curl'"), &[update]);
    says_not(&from("RUN bash -c \"$(curl a)\" && apt-get install -y curl"), update);
    says_not(&from("RUN f() { apt-get update; } && f && apt-get install -y curl"), update);
    for clean in [
        "rm -rf /var/lib/apt",
        "rm -rf /var/lib/{apt,dpkg}",
        "apt-get distclean",
        "rm -rf $LISTS",
        "find /var/lib/apt/lists -delete",
        "cd /var/lib/apt && rm -rf lists",
        "trap 'rm -rf /var/lib/apt/lists/*' EXIT",
        "python3 -c 'import shutil; shutil.rmtree(\"/var/lib/apt/lists\")'",
        "mv /var/lib/apt/lists /tmp && rm -r /tmp/lists",
    ] {
        let text = from(&format!("RUN apt-get update && apt-get install -y curl && {clean}"));
        says_not(&text, "lists of packages stay");
    }
    // In a stage of which only files are taken they take no space in the image.
    let stages = "FROM debian:12 AS a\nRUN apt-get update && apt-get install -y curl\nFROM debian:12\n";
    assert!(!explained(stages)[1].text().contains("lists of packages stay"));
    let asks = "Nobody can answer";
    says(&from("RUN apt-get update && apt-get install curl"), &[asks]);
    // What is no option, or the value of one.
    says(&from("RUN apt-get update && apt-get -oAcquire::http::Proxy=http://qq install curl"), &[asks]);
    says(&from("RUN apt-get update && apt-get install --yes=false curl"), &[asks]);
    for answered in [
        "yes | apt-get install curl",
        "apt-get install -qqy curl",
        "apt-get $A install curl",
        "apt-get install $A",
        "apt-get install --assume-yes curl",
        "apt-get install -q=2 curl",
        "apt-get install --dry-run curl",
        "apt-get install --quiet=2 curl",
        "apt-get -q -q install curl",
    ] {
        says_not(&from(&format!("RUN apt-get update && {answered}")), asks);
    }
    says_not("FROM balenalib/rpi-debian\nRUN apt-get install curl\n", asks);
    says_not("FROM mine\nRUN apt-get install curl\n", asks);
    says_not(&from("RUN echo 'APT::Get::Assume-Yes \"1\";' > /etc/apt/a\nRUN apt-get install curl"), asks);
    let alone = "An update by itself";
    says(&from("RUN apt-get update"), &[alone]);
    for also in [
        "apt-get upgrade -y",
        "xargs apt-get install -y < a",
        "mk-build-deps -i a",
        "./a.sh",
        "apt-cache policy a",
        "make deps",
        "./install",
    ] {
        says_not(&from(&format!("RUN apt-get update && {also}")), alone);
    }
}

#[test]
fn the_programs_of_a_run_are_those_of_its_commands() {
    let runs = |script: &str, names: &str| says(&format!("FROM debian:12\nRUN {script}\n"), &[names]);
    runs("echo ${A} b && wget -O x ${URL} --quiet", "Runs `echo` and `wget` in");
    runs("A=\"$(dpkg --print-architecture)\" && /opt/x/run -a", "Runs `dpkg` and `/opt/x/run` in");
    runs("set -eux; sudo -E env A=b make -j$(nproc) 2>&1 | tee log", "Runs `make`, `nproc` and `tee` in");
    runs("case $A in b|c) d;; esac", "Runs a script that has `d` in it, in");
    runs("[ -d /a ] && b; c", "Runs a script that has `b` and `c` in it, in");
    runs("f() (a; b); c", "Runs a script that has `a`, `b` and `c` in it, in");
    runs("chroot /a b && c", "Runs `chroot` and `c` in");
    runs("$A b", "Runs a command in");
    runs("cat <<E > /a\nb c\nE", "Runs `cat`, with the lines below as input, in");
    runs("<<E bash -e\nb\nE", "Runs `bash`, with the lines below as input, which have `b` in them, in");
    runs(
        "bash <<E && c\nif a; then b; fi\nE",
        "Runs `bash` and `c`, with the lines below as input, which have `a` and",
    );
    runs("<<E\nb c\nd\nE", "the script in the lines below, which has `b` and `d` in it,");
    runs("<<E\n#!/usr/bin/env python3\nimport a\nE", "the script in the lines below with `python3`,");
    says("FROM a:1\nSHELL [\"pwsh\", \"-c\"]\nRUN Get-Item b; c\n", &["Runs a command with `pwsh`,"]);
    says("FROM a:1\nRUN [\"bash\", \"-c\", \"b\"]\n", &["Runs `bash` without a shell around it"]);
}

#[test]
fn only_images_of_the_catalogue_are_called_official() {
    says("FROM myapp\n", &["`myapp`, an image that the catalogue does not know."]);
    says("FROM library/myapp:1\n", &["an image that the catalogue does not know."]);
    says("FROM arm32v7/myapp:1\n", &["an image that the catalogue does not know."]);
    says("FROM ghcr.io/balena-os/x:1\n", &["an image that the catalogue does not know."]);
    says("FROM node:99\n", &["a Docker Official Image", "have no tag `99`"]);
    says("FROM docker.io/library/alpine:3.22\n", &["a Docker Official Image"]);
    says(
        "FROM mcr.microsoft.com/dotnet/sdk:8.0-bookworm-slim\n",
        &["an image of mcr.microsoft.com with dotnet"],
    );
    says_not("FROM balenalib/raspberrypi33-python\n", "a base image of balena");
    says_not("FROM resin/raspberrypi3-python\n", "changes from time to time");
}

#[test]
fn what_starts_a_container() {
    let from = |rest: &str| format!("FROM a:1\n{rest}\n");
    says(
        &from("ENTRYPOINT [\"a\"]\nCMD b c"),
        &["the ENTRYPOINT: a shell that runs `b c`", "`-c` and this text"],
    );
    says(
        &from("ENTRYPOINT a\nCMD [\"b\"]"),
        &["It has no effect: the ENTRYPOINT on line 2 is in the shell form"],
    );
    says_not(&from("ENTRYPOINT exec a \"$@\"\nCMD [\"b\"]"), "no effect");
    says_not(&from("ENTRYPOINT exec a \"$@\""), "are ignored");
    says_not(&from("ENTRYPOINT exec a"), "signals");
    says_not(&from("CMD exec a"), "signal to stop");
    says(&from("CMD [\"bash\", \"-c\", \"a\"]"), &["without a shell around it"]);
    says_not(&from("USER 1000:1000"), "has to exist");
    says_not(&from("USER 0:0"), "permission");
    says(&from("USER app"), &["has to exist"]);
    says(&from("HEALTHCHECK NONE"), &["Turns off", "only whether the program runs"]);
    says_not(&from("HEALTHCHECK CMD true"), "curl");
    says(
        "FROM balenalib/rpi-debian\nENV UDEV=1\nENTRYPOINT [\"a\"]\nENV UDEV=1\n",
        &["That entrypoint does not run"],
    );
    let own = "FROM balenalib/rpi-debian\nENTRYPOINT [\"/usr/bin/entry.sh\"]\nENV UDEV=1\n";
    says(own, &["plugged in later show up"]);
    let removed = "FROM balenalib/rpi-debian\nENTRYPOINT []\nENV UDEV=1\n";
    says(removed, &["That entrypoint does not run here"]);
}

#[test]
fn an_entrypoint_is_that_at_the_end_of_the_stage() {
    // An empty one is none.
    let text = "FROM a:1\nENTRYPOINT [\"a\"]\nFROM a:1\nENTRYPOINT []\n";
    says(text, &["Takes away the ENTRYPOINT", "then runs the CMD of this stage"]);
    says_not(text, "Here: nothing");
    says("FROM a:1\nENTRYPOINT []\nCMD [\"b\", \"c\"]\n", &["Here: `b` with `c`, without a shell"]);
    says_not(
        "FROM a:1 AS a\nENTRYPOINT [\"e\"]\nFROM a\nENTRYPOINT []\nCMD b\n",
        "arguments of the ENTRYPOINT",
    );
    // A stage has that of the stage that it is built on.
    let text = "FROM a:1 AS a\nENTRYPOINT [\"e\"]\nFROM a\nCMD b\n";
    says(text, &["Gives the arguments of the ENTRYPOINT: a shell that runs `b`."]);
    says_not(text, "signal to stop");
    says("FROM a:1 AS a\nENTRYPOINT [\"e\"]\nFROM b:1\nCMD b\n", &["signal to stop"]);
    says("FROM a:1\nCMD [\"b\"]\nENTRYPOINT [\"e\"]\n", &["The CMD above gives its arguments."]);
    let both = explained("FROM a:1\nCMD [\"b\"]\nENTRYPOINT [\"e\"]\nCMD [\"c\"]\n");
    assert!(!both[2].text().contains("The CMD above"), "{}", both[2].text());
}

#[test]
fn values_without_effect_are_not_repeated() {
    let from = |rest: &str| format!("FROM a:1\n{rest}\n");
    says(
        &from("HEALTHCHECK --interval=0s --retries=0 CMD true"),
        &["Checks every 30s (the default)", "after 3 (the default) failures"],
    );
    says(&from("HEALTHCHECK --interval=10s --retries=10 CMD true"), &["every `10s`", "after `10` failures"]);
    // The name of a program, not a part of another name.
    for command in ["CMD /bin/my-curl-check", "CMD [\"test\", \"-e\", \"/tmp/wget-done\"]"] {
        says(&from(&format!("HEALTHCHECK {command}")), &["The program that checks has to be in the image."]);
    }
    for command in ["CMD /usr/bin/curl -f a", "CMD [\"curl\", \"a\"]", "CMD true && (curl a||exit 1)"] {
        says(&from(&format!("HEALTHCHECK {command}")), &["`curl` has to be in the image"]);
    }
    says(&from("STOPSIGNAL SIGKILL"), &["No program can handle this signal"]);
    says(&from("STOPSIGNAL SIGINT"), &["can clean up"]);
    says(&from("ONBUILD ADD a b"), &["Kept here: ADD."]);
}

#[test]
fn files_that_are_copied() {
    let from = |rest: &str| format!("FROM debian:12\n{rest}\n");
    let outside = "Nothing outside the build context";
    says(&from("COPY ../a b"), &[outside]);
    says(&from("COPY .. b"), &[outside]);
    says_not(&from("COPY ..a ..b/c ./..d /x/"), outside);
    says_not(&from("COPY --from=busybox / /b"), "Only these files");
    says(
        &from("COPY a <<E /c/\nhi\nE"),
        &["Copies `a` from the build context and the text in the lines below to"],
    );
    says(
        &from("COPY --from=b:1 /a <<E /c/\nhi\nE"),
        &["`/a` from the image `b:1` and the text in the lines"],
    );
    says(
        &from("COPY . <<E <<F /c/\nhi\nE\nho\nF"),
        &["the whole build context and the text in the lines below"],
    );
    says(
        &from("COPY <<E /c/\nhi\nE"),
        &["Writes the text in the lines below to `/c/`", "the text in the heredoc"],
    );
    says(&from("COPY <<E <<F /c/\nhi\nE\nho\nF"), &["Writes the text in the lines below to `/c/`"]);
    says(&from("COPY * /a/"), &["Copies `*` from the build context"]);
    says(&from("COPY . /a/"), &["Copies the whole build context"]);
    says(
        &from("ADD a https://example.com/b /c/"),
        &[
            "Adds `a` from the build context and what is downloaded from `https://example.com/b` to",
            "one of the copied files changes",
            "or when what is downloaded has changed, or when a layer",
        ],
    );
    let classic = run_as(Test::template(from("COPY ../a b")), "explain -d nuc --compat balena").ok();
    assert!(classic.text().contains("the build stops here"), "{}", classic.text());
}

#[test]
fn what_is_added_from_elsewhere() {
    let from = |rest: &str| format!("FROM debian:12\nARG HOST=https://x NAME\n{rest}\n");
    let digest = format!("sha256:{}", "0".repeat(64));
    let verified = from(&format!("ADD --checksum={digest} https://x/y /z"));
    says(&verified, &["rebuilt when another `--checksum` is given", "otherwise the build fails"]);
    says_not(&verified, "what is downloaded has changed");
    says_not(&verified, "may change");
    for repository in ["https://github.com/a/b.git#v1", "git@github.com:a/b.git", "$HOST/a.git", "git://x/y"]
    {
        let text = from(&format!("ADD {repository} /b"));
        says(
            &text,
            &[
                &format!(
                    "Checks out the Git repository `{repository}` into `/b`, without the folder `.git`."
                ),
                "rebuilt when the repository has another commit there",
            ],
        );
        says_not(&text, "Downloads");
        says_not(&text, "`--checksum`");
        let text = from(&format!("ADD --keep-git-dir=true {repository} /b"));
        says(&text, &["with the folder `.git`"]);
    }
    let commit = "0123456789abcdef0123456789abcdef01234567";
    says(&from(&format!("ADD https://x/a.git#{commit} /b")), &["rebuilt when another commit is named"]);
    says(&from("ADD https://x/a.git c /b/"), &["Adds `c` from the build context and the files of the Git"]);
    let classic =
        run_as(Test::template(from("ADD https://x/a.git /b")), "explain -d nuc --compat balena").ok();
    assert!(classic.text().contains("Downloads `https://x/a.git`"), "{}", classic.text());
    // A folder, and what is not known.
    says(&from("ADD github.com/a/b /b"), &["Adds `github.com/a/b` from the build context"]);
    says(&from("ADD $HOST/a /b"), &["Downloads `$HOST/a` to `/b`"]);
    says(&from("ADD $NONE /b"), &["Adds `$NONE` to `/b`", "what its variables stand for"]);
    let unpacked = "is unpacked there";
    says(
        &from("ADD --unpack https://x/y.tgz /z"),
        &["Downloads `https://x/y.tgz` to `/z`. An archive", unpacked],
    );
    says(&from("ADD --unpack=true https://x/y /z"), &[unpacked]);
    says(&from("ADD https://x/y.tgz /z"), &["An archive from a URL is not unpacked"]);
    says_not(&from("ADD --unpack=false https://x/y /z"), unpacked);
    says(&from("ADD --unpack=false a.tgz /z"), &["Nothing is unpacked"]);
    says_not(&from("ADD --unpack=false a.tgz /z"), "is unpacked, not copied");
    says(&from("ADD --unpack a.tgz /z"), &["is unpacked, not copied"]);
}

#[test]
fn files_of_a_stage_that_this_one_is_built_on_are_there_already() {
    let base = "FROM a:1 AS base\nFROM base AS mid\n";
    let behind = "stays behind";
    for last in
        ["COPY --from=base /a /b\n", "FROM mid\nCOPY --from=base /a /b\n", "FROM mid\nCOPY --from=mid / /b\n"]
    {
        let text = format!("{base}{last}");
        says(&text, &["This stage is built on that one"]);
        says_not(&text, behind);
    }
    says(&format!("{base}FROM a:1\nCOPY --from=mid /a /b\n"), &[behind]);
    says(&format!("{base}FROM base\nCOPY --from=mid /a /b\n"), &[behind]);
}

#[test]
fn what_a_change_of_the_source_installs_again() {
    let stage = |rest: &str| format!("FROM node:24 AS a\n{rest}\n");
    let said = |text: &str, at: usize| explained(text)[at].text();
    let alone = "leaves what line";
    assert!(said(&stage("COPY package.json .\nRUN npm ci"), 1).contains(alone));
    for before in ["COPY src /src\n", "COPY --from=b /c /c\n", "RUN --mount=type=bind,target=/s make\n"] {
        let text = format!("{before}COPY package.json .\nRUN npm ci");
        assert!(!said(&stage(&text), 2).contains(alone), "{text}");
        let text = stage(&format!("{before}FROM a\nCOPY package.json .\nRUN npm ci"));
        assert!(!said(&text, 3).contains(alone), "{text}");
    }
    let mounted = "COPY package.json .\nRUN --mount=type=bind,target=/s npm ci";
    assert!(!said(&stage(mounted), 1).contains(alone));
    let again = "every change of a file installs";
    assert!(said(&stage("COPY . .\nRUN npm ci"), 1).contains(again));
    assert!(!said(&stage("COPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci"), 3).contains(again));
    let stages = stage("COPY package.json .\nRUN npm ci\nFROM a\nCOPY . .\nRUN npm ci");
    assert!(!said(&stages, 4).contains(again));
    assert!(!said(&stage("COPY . .\nRUN go mod tidy && go mod vendor"), 1).contains(again));
}

/// The Dockerfiles of `tests/explain_files/`, in the shapes of well-known ones, each with what is wrong to
/// say and what is right: a line, what its text has to hold, and what it must not hold.
#[test]
fn large_dockerfiles_of_well_known_shapes() {
    let wrong_of_packages =
        ["lists of packages stay", "without `apt-get update`", "Nobody can answer", "An update by itself"];
    type Facts<'f> = &'f [(usize, &'f str, &'f str)];
    let facts: &[(&str, Facts)] = &[
        (
            "node-image",
            &[(9, "`dpkg`, `echo`, `apt-get`", "`amd64`"), (71, "arguments of the ENTRYPOINT", "")],
        ),
        ("postgres", &[(58, "a script that has", "_update_repo"), (10, "`apt-get` and `rm`", "")]),
        ("nginx", &[(67, "`apk` and `rm`", "--no-cache"), (70, "a layer of its own", "a layer before")]),
        (
            "php-fpm",
            &[(76, "Runs `cat`, with the lines below", "error_log"), (85, "for `$0`", "are ignored")],
        ),
        (
            "wordpress",
            &[
                (3, "a Docker Official Image with wordpress", "does not know"),
                (4, "a Docker Official Image", ""),
            ],
        ),
        (
            "ros",
            &[(8, "`cat` and `vcs`", "repositories"), (21, "`cp`", ""), (64, "`pip3`", "--no-cache-dir")],
        ),
        (
            "tensorflow",
            &[
                (31, "Runs `python3`", "`import`"),
                (41, "with `python3`", "apt-get"),
                (25, "numpy", "leaves it out"),
            ],
        ),
        (
            "jupyter",
            &[(68, "has to be in the image", "curl"), (56, "`jq`", "`>"), (43, "`flake8`", "leaves it out")],
        ),
        (
            "home-assistant",
            &[(18, "`curl`, `chmod` and `go2rtc`", "aarch64"), (58, "`pip`", "not in the image yet")],
        ),
        (
            "grafana",
            &[(60, "takes files from it", ""), (53, "does not need it", ""), (99, "", "has to exist")],
        ),
        (
            "golang-cross",
            &[
                (10, "All its files", ""),
                (16, "`git`, `echo` and `tee`", "VERSION"),
                (77, "permission", "exist"),
            ],
        ),
        (
            "rust-cross",
            &[(6, "a script that has `echo`", "linux/arm64"), (14, "`apt-get` and `rm`", "xargs")],
        ),
        ("dotnet", &[(15, "`bash`", ""), (35, "Runs `dotnet` without", ""), (63, "", "does not have them")]),
        (
            "java-maven",
            &[
                (61, "are ignored", "signals"),
                (62, "no effect", "Says what"),
                (36, "line 37 has another", ""),
            ],
        ),
        (
            "ffmpeg",
            &[
                (20, "`apt-get`", "autoconf"),
                (83, "stays behind", ""),
                (84, "arguments of the ENTRYPOINT", ""),
            ],
        ),
        (
            "opencv-jetson",
            &[
                (24, "`wget`, `unzip`", "sysconfig"),
                (37, "as input", "cv2"),
                (50, "is unpacked", ""),
                (52, "", "--checksum"),
            ],
        ),
        (
            "balena-udev",
            &[
                (22, "That entrypoint does not run", "show up"),
                (43, "`dpkg`", ""),
                (66, "a shell that runs", ""),
            ],
        ),
        (
            "deb-builder",
            &[
                (41, "`nproc`", "changelog"),
                (72, "`app`", ""),
                (73, "Runs `app`", "sudo"),
                (75, "last stage", ""),
            ],
        ),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain_files");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), facts.len());
    for (name, facts) in facts {
        let text = std::fs::read_to_string(folder.join(format!("{name}.Dockerfile"))).unwrap();
        assert!(text.lines().count() >= 60, "{name}");
        let all = explained_for("raspberrypi4-64", &text);
        for (line, right, wrong) in *facts {
            let one = all.iter().find(|one| one.start_line == *line);
            let said = one.unwrap_or_else(|| panic!("{name}:{line}")).text();
            assert!(said.contains(right), "{name}:{line}: `{right}` is not said: {said}");
            assert!(wrong.is_empty() || !said.contains(wrong), "{name}:{line}: `{wrong}` is said: {said}");
        }
        let said: Vec<String> = all.iter().map(Explained::text).collect();
        let found = |words: &str| -> Vec<usize> {
            let lines = all.iter().zip(&said).filter(|(_, said)| said.contains(words));
            lines.map(|(one, _)| one.start_line).collect()
        };
        let found: Vec<Vec<usize>> = wrong_of_packages.iter().map(|words| found(words)).collect();
        let right: [&[usize]; 4] = match *name {
            "ffmpeg" => [&[4], &[], &[], &[]],
            "dotnet" => [&[59], &[52], &[52], &[51]],
            "opencv-jetson" => [&[], &[23], &[], &[]],
            "deb-builder" => [&[], &[33], &[], &[]],
            _ => [&[], &[], &[], &[]],
        };
        assert_eq!(found, right, "{name}");
    }
}

#[test]
fn layers_say_what_makes_them_anew() {
    says("FROM a:1\nWORKDIR /\n", &["It makes no layer"]);
    says("FROM a:1\nWORKDIR /a\n", &["It makes a layer"]);
    let from = |rest: &str| format!("FROM python:3.12\n{rest}\n");
    says(&from("COPY a b"), &["one of the copied files changes"]);
    says(&from("RUN make"), &["when the text of the command or a layer before it changes"]);
    says(&from("ARG A"), &["It makes no layer", "run again"]);
    says(&from("ENV A=1"), &["It makes no layer", "run again"]);
    says(&from("LABEL a=b"), &["makes no layer, and changing it rebuilds none"]);
    says("ARG A=python\nFROM $A\n", &["`python`"]);
    assert!(explained("ARG A=python\nFROM $A\n")[0].text().contains("for FROM alone"));
}

#[test]
fn an_argument_beside_an_env_of_its_name() {
    let from = |rest: &str| format!("FROM a:1 AS a\nENV A=1\n{rest}");
    let all = "The commands after it see it: with another value";
    says(&from("ARG B=2\n"), &[all]);
    says(&from("FROM b:1\nARG A=2\n"), &[all]);
    for text in ["ARG A=2\n", "FROM a\nARG A=2\n"] {
        says(&from(text), &["in place of the ENV on line 2 that a container still gets"]);
        let classic = run_as(Test::template(from(text)), "explain -d nuc --compat balena").ok();
        let said = classic.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("has no effect: the ENV on line 2 goes before it."), "{said}");
    }
    says(&from("ARG A\n"), &["see what the build gives it, in place of the ENV on line 2"]);
    let said = |text: &str| explained(text)[1].text();
    assert!(said("FROM a:1\nARG A=2\nRUN b\nENV A=1\nRUN c\n").contains("The commands up to line 4 see it"));
    assert!(said("FROM a:1\nARG A=2\nENV A=$A\nRUN c\n").contains(all));
}

#[test]
fn arguments_of_the_platform_have_the_values_of_the_device() {
    let from = |rest: &str| format!("FROM a:1\n{rest}\n");
    let own = "what BuildKit itself sets";
    let all = from("ARG TARGETOS TARGETARCH TARGETVARIANT BUILDARCH");
    says(
        &all,
        &[
            own,
            "For raspberrypi3 `TARGETOS` is `linux`, `TARGETARCH` is `arm`, `TARGETVARIANT` is `v7` and \
             `BUILDARCH` is that of the machine that builds.",
        ],
    );
    says_not(&all, "secret");
    says_not(&all, "--build-arg");
    let aarch64 = explained_for("raspberrypi4-64", &all).last().unwrap().text();
    assert!(aarch64.contains("`TARGETARCH` is `arm64`, `TARGETVARIANT` is empty"), "{aarch64}");
    says(&from("ARG TARGETARCH VERSION"), &["`--build-arg` may set", "`TARGETARCH` is `arm`", "secret"]);
    says("ARG TARGETPLATFORM\nFROM a:1\nARG TARGETPLATFORM\n", &[own, "is `linux/arm/v7`"]);
    // A default hides the value.
    says_not(&from("ARG TARGETARCH=amd64"), own);
    says_not("ARG TARGETARCH=amd64\nFROM a:1\nARG TARGETARCH\n", own);
    let explain = |args: &str| run_as(Test::template(from("ARG BUILDARCH TARGETARCH")), args).ok();
    let run = explain("explain -d raspberrypi3 --build-platform linux/amd64");
    assert!(run.text().contains("`BUILDARCH` is `amd64`"), "{}", run.text());
    let run = explain("explain -d raspberrypi3 --build-arg TARGETARCH=hunter");
    assert!(!run.text().contains("`TARGETARCH` is"), "{}", run.text());
    let run = explain("explain -d raspberrypi3 --compat balena");
    assert!(run.text().contains("Only BuildKit sets `BUILDARCH` and `TARGETARCH`"), "{}", run.text());
}

#[test]
fn text_is_for_people() {
    let run = Test::template("# c\nFROM balenalib/%%BALENA_MACHINE_NAME%%-python:3.9\nRUN a \\\n    b\n");
    let run = run_as(run, "explain -d raspberrypi3").ok();
    let text = run.text();
    let head = "Dockerfile.template for raspberrypi3 (Raspberry Pi 3, linux/arm/v7)\n\n\
                2: FROM balenalib/raspberrypi3-python:3.9\n    Starts a stage";
    assert!(text.starts_with(head), "{text}");
    assert!(text.contains("\n3-4: RUN a \\\n         b\n"), "{text}");
    assert!(text.contains("> The template has `%%BALENA_MACHINE_NAME%%` here"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'));
    let narrow = Test::template("FROM python:3.12\n");
    let narrow = run_as(narrow, "explain -d raspberrypi3 --width 50").ok();
    assert!(narrow.text().lines().skip(1).all(|line| line.chars().count() <= 50), "{}", narrow.text());
}

/// The same files, with other arguments.
fn run_as(test: Test, args: &str) -> Test {
    let content = std::fs::read(test.path().join("Dockerfile.template")).unwrap();
    Test::new().file("Dockerfile.template", content).args(args)
}

#[test]
fn json_has_what_the_parser_makes_of_each_instruction() {
    let text = "ARG V=1\nFROM --platform=linux/arm/v7 python:$V AS %%BALENA_ARCH%%\nENV a=1 b=2\nENV c 3\n\
                RUN <<-E cat\n\thi\n\tE\nONBUILD COPY a b\nCMD [\"x\", \"y\"]\n";
    let run = run_as(Test::template(text), "explain -d raspberrypi3 --format json").ok();
    let value: serde_json::Value = serde_json::from_str(run.text()).unwrap();
    let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), 4);
    assert_eq!(value["source"], "Dockerfile.template");
    assert_eq!(value["device"], "raspberrypi3");
    assert_eq!(value["escape"], "\\");
    let all = value["instructions"].as_array().unwrap();
    let row = |at: usize| {
        let one = &all[at];
        assert_eq!(one.as_object().unwrap().len(), 8, "{one}");
        assert!(one["text"].as_str().unwrap().ends_with('.'), "{one}");
        serde_json::json!([
            one["keyword"],
            one["start_line"],
            one["end_line"],
            one["flags"],
            one["args"],
            one["stage"]
        ])
    };
    use serde_json::json;
    assert_eq!(row(0), json!(["arg", 1, 1, [], ["V=1"], null]));
    let flags = ["--platform=linux/arm/v7"];
    assert_eq!(row(1), json!(["from", 2, 2, flags, ["python:$V", "AS", "armv7hf"], 0]));
    assert_eq!(row(2), json!(["env", 3, 3, [], ["a", "1", "=", "b", "2", "="], 0]));
    assert_eq!(row(3), json!(["env", 4, 4, [], ["c", "3", ""], 0]));
    assert_eq!(row(4), json!(["run", 5, 7, [], ["<<-E cat"], 0]));
    let heredoc =
        json!([{"name": "E", "file_descriptor": 0, "expand": true, "chomp": true, "content": "\thi\n"}]);
    assert_eq!(all[4]["heredocs"], heredoc);
    assert_eq!(row(5), json!(["onbuild", 8, 8, [], ["COPY", "a", "b"], 0]));
    assert_eq!(row(6), json!(["cmd", 9, 9, [], ["x", "y"], 0]));
}

#[test]
fn json_and_markdown_of_odd_files() {
    let latin = b"FROM a\nENV x=\"\xe9\"\n";
    run_as(Test::template(latin), "explain -d nuc --format json")
        .refuses(["Dockerfile.template:2:8: error: JSON cannot hold bytes that are not UTF-8"]);
    run_as(Test::template(latin), "explain -d nuc --format markdown").ok();
    let ticks = run_as(Test::template("FROM a\nRUN <<E\n````\nE\n"), "explain -d nuc --format markdown").ok();
    assert!(ticks.text().contains("\n`````dockerfile\nRUN <<E\n````\nE\n`````\n"), "{}", ticks.text());
    let backtick = run_as(Test::template("# escape=`\nFROM a\n"), "explain -d nuc --format json").ok();
    assert!(backtick.text().contains("\"escape\": \"`\""), "{}", backtick.text());
    // What would act on a terminal is written out.
    let control = run_as(Test::template("FROM a\nLABEL a=\"\x1b[31m\u{202e}\"\n"), "explain -d nuc").ok();
    assert!(control.text().contains("\\u{1b}[31m\\u{202e}"), "{}", control.text());
}

#[test]
fn a_file_that_the_parser_refuses_gives_its_errors_in_the_template() {
    let text = "FROM %%BALENA_ARCH%%-a\nRUM %%BALENA_MACHINE_NAME%% x\nCOPY %%LOCALE%%\n";
    run_as(Test::template(text), "explain -d raspberrypi3 -D LOCALE=hunter2secret")
        .secret("hunter2secret")
        .refuses([
            "Dockerfile.template:2:1: error: unknown instruction: RUM",
            "2 | RUM %%BALENA_MACHINE_NAME%% x",
            "Dockerfile.template:3:1: error: COPY requires at least two arguments",
            "3 | COPY %%LOCALE%%",
        ]);
    let value = "FROM a\n%%LOCALE%% x\nENV %%LOCALE%%\nFROM b AS %%LOCALE%%\nHEALTHCHECK %%LOCALE%%\n";
    run_as(Test::template(value), "explain -d nuc -D LOCALE=HUNTER2SECRET")
        .secret("HUNTER2SECRET")
        .refuses(["Dockerfile.template:2:1: error: unknown instruction: %%LOCALE%%"]);
    let names =
        "FROM a AS %%LOCALE%%\nFROM b AS %%LOCALE%%\n%%OTHER%% x\nENV %%OTHER%%\nLABEL a=b %%LOCALE%%\n";
    let args = "explain -d nuc -D LOCALE=Hunter2Secret";
    let run = run_as(Test::template(names), args)
        .arg("-D")
        .arg("OTHER=topsecret in=hushhush \"clandestine\" whisper");
    run.secret("Hunter2Secret")
        .secret("hunter2secret")
        .secret("topsecret")
        .secret("whisper")
        .refuses(["error:"]);
    let long = format!("explain -d nuc -D LOCALE={}", "S3CRET".repeat(40));
    run_as(Test::template(value), &long).secret("S3CRET").refuses(["unknown instruction: %%LOCALE%%"]);
    run_as(Test::template("FROM a\nRUN x %%NOPE%%\n"), "explain -d nuc")
        .refuses(["2:7: error: unknown placeholder"]);
    // What only a build would find, as `check` does.
    run_as(Test::template("FROM a:1\nCOPY \"b c\" /d/\n"), "explain -d nuc")
        .refuses(["Dockerfile.template:2:6: error: a double quote is not closed"]);
    run_as(Test::template("FROM a:1\n"), "explain -d nuc --target nope")
        .refuses(["error: target stage `nope` could not be found"]);
    run_as(Test::template("FROM a\n"), "explain").cannot(["no device given: use -d SLUG"]);
    run_as(Test::template("FROM a\n"), "explain -d nucc").refuses(["unknown device type `nucc`"]);
    run_as(Test::template("FROM a\nMAINTAINER b\n"), "explain -d nuc").ok();
}

#[test]
fn the_same_flags_as_render() {
    let project = || {
        Test::new()
            .file("docker-compose.yml", "services: {web: {build: ./web}, api: {build: ./api}}\n")
            .file(
                "web/Dockerfile.template",
                "FROM %%BALENA_ARCH%%\nENV A=%%BALENA_SERVICE_NAME%% B=%%LOCALE%%\n",
            )
            .file("web/Other", "FROM other\n")
            .file("fleets.yaml", "fleets: {kiosk: {device: raspberrypi3, variables: {LOCALE: en}}}\n")
    };
    let run = project().args("explain --fleet kiosk --service web").ok();
    assert!(run.text().contains("ENV A=web B=en"), "{}", run.text());
    let run = project().args("explain -d nuc --service web --file Other").ok();
    assert!(run.text().contains("FROM other"), "{}", run.text());
    let run = Test::new().stdin("FROM %%BALENA_ARCH%%\n").args("explain -A aarch64 -").ok();
    assert!(run.text().starts_with("- for aarch64 (linux/arm64"), "{}", run.text());
    Test::new()
        .stdin("FROM a:1\nENV a b\nMAINTAINER c\nRUN a \\\n\n b\n")
        .args("explain -d nuc --strict -")
        .refuses(["error:"]);
}

#[test]
fn the_result_goes_into_a_file() {
    let run = page("{{ device }}\n").args("-o out.txt").writes().ok();
    assert_eq!(std::fs::read_to_string(run.folder.join("out.txt")).unwrap(), "raspberrypi3\n");
    assert!(run.stdout.is_empty());
    page("{{ device }}\n").args("-o page.txt").cannot(["the output is the page template itself"]);
    page("{{ device }}\n").args("-o Dockerfile.template").cannot(["the output is the template itself"]);
    page("{{ nope }}\n").args("-o out.txt").refuses(["page.txt:1:4: error:"]);
}

/// A page for a Raspberry Pi 3 with this template.
fn page(template: &str) -> Test {
    Test::new()
        .file("Dockerfile.template", "FROM python:3.12-alpine\nCOPY a b\nCMD [\"<b>\"]\n")
        .file("page.txt", template)
        .args("explain -d raspberrypi3 --template page.txt")
}

#[test]
fn a_page_template_of_ones_own() {
    let template = "{{ device }} {{ device_name }} {{ arch }} {{ platform }} {{ service }} {{ source }} \
                    {% if fleet %}{{ fleet }}{% else %}none{% endif %}\n\
                    {% for one in instructions -%}\n{{ loop.index }} {{ one.start_line }} {{ one.keyword | upper }} \
                    {{ one.args | join(sep=\",\") }}\n{% endfor %}{% raw %}{{ x }}{% endraw %}\n";
    page(template).stdout(
        "raspberrypi3 Raspberry Pi 3 armv7hf linux/arm/v7 main Dockerfile.template none\n\
         1 1 FROM python:3.12-alpine\n2 2 COPY a,b\n3 3 CMD <b>\n{{ x }}\n",
    );
    // Nobody asked for the format: markdown and a template go together.
    page("{{ device }}").args("--format markdown").stdout("raspberrypi3");
    page("{{ device }}").args("--format json").cannot(["a page template makes no JSON"]);
    // The explanations are there, and HTML is escaped where the name says that it is HTML.
    let html = Test::new()
        .file("Dockerfile.template", "FROM python:3.12-alpine\nCMD [\"<b>\"]\n")
        .file("page.html", "{% for one in instructions %}{{ one.what }}|{{ one.layer }}\n{% endfor %}")
        .args("explain -d raspberrypi3 --template page.html")
        .ok();
    assert!(html.text().contains("&lt;b&gt;") && !html.text().contains("<b>"), "{}", html.text());
    // Every field of the help.
    let all = "{{ source }}{% for i in instructions %}{{ i.keyword }}{{ i.start_line }}{{ i.end_line }}{{ i.stage }}\
               {{ i.flags }}{{ i.args }}{{ i.code }}{{ i.what }}{{ i.why }}{{ i.device }}{{ i.layer }}\
               {{ i.pitfalls }}{{ i.text }}{% endfor %}";
    page(all).ok();
}

#[test]
fn what_is_wrong_with_a_page_template_has_its_place() {
    page("a\n  {{ nope }}\n")
        .refuses(["page.txt:2:6: error: variable `nope` is not defined", "2 |   {{ nope }}"]);
    page("{% for i in instructions %}{{ i.nope }}{% endfor %}")
        .refuses(["page.txt:1:33: error: this is not defined", "start_line"]);
    page("{% for i in instructions %}\n{% for j in i.args %}{{ j }}{% endfor %}{{ x }}{% endfor %}")
        .refuses(["page.txt:2:44: error: variable `x` is not defined"]);
    // A name that is not there is no "false" and no empty text, either.
    for (text, place) in
        [("{% if nope %}{% endif %}", "1:7"), ("{{ device ~ nope }}", "1:13"), ("{{ nope or 1 }}", "1:4")]
    {
        page(text).refuses([
            &*format!("page.txt:{place}: error: variable `nope` is not defined"),
            "there are device",
        ]);
    }
    page("{% set a = 1 %}{% for b in [1] %}{{ a }}{{ b }}{{ loop.index }}{% set c = b %}{{ c }}{% endfor %}")
        .stdout("1111");
    page("{% if device %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}").stdout("1");
    page("{% if %}").refuses(["page.txt:1:7: error:"]);
    page("{% for i in instructions").refuses(["page.txt:1:"]);
    page("{{ a | nope }}\n{{ nope() }}").refuses([
        "page.txt:1:8: error: unknown filter `nope`",
        "page.txt:2:4: error: unknown function `nope`",
    ]);
    page("\u{e9}\u{e9}{{ nope }}").refuses(["page.txt:1:6: error: variable `nope`"]);
    Test::new()
        .file("Dockerfile", "FROM a\n")
        .args("explain -d nuc --template none.txt")
        .cannot(["none.txt: error: cannot read"]);
    Test::new()
        .file("Dockerfile", "FROM a\n")
        .file("page.txt", b"a\xff")
        .args("explain -d nuc --template page.txt")
        .refuses(["page.txt:1:2: error: a byte that is not UTF-8"]);
}

#[test]
fn a_page_template_reaches_nothing_else() {
    for call in ["get_env(name=\"HOME\")", "now()", "get_random(start=1, end=2)", "load_data(path=\"x\")"] {
        page(&format!("{{{{ {call} }}}}"))
            .env("HOME", "/home/me")
            .refuses(["page.txt:1:4: error: unknown function"]);
    }
    page("{% include \"Dockerfile.template\" %}")
        .refuses(["page.txt:1:4: error: a page cannot have the tag `include`"]);
    page("{% extends \"Dockerfile.template\" %}").refuses(["a page cannot have the tag `extends`"]);
    page("{% set_global a = 1 %}{% component a() %}{% endcomponent a %}")
        .refuses(["the tag `set_global`", "the tag `component`"]);
    page("{% set x %}a{% endset %}").refuses(["a `set` that takes a piece of the page"]);
    page("{{ [x for x in instructions] }}")
        .refuses(["page.txt:1:7: error: a page cannot have a loop inside"]);
    // What goes wrong with a value does not show it.
    page("{{ instructions[0].code | int }}")
        .secret("3.12")
        .refuses(["page.txt:1:27: error: this cannot be evaluated"]);
    page("{{ throw(message=instructions[0].code) }}").secret("3.12").refuses(["the page stops itself here"]);
}

#[test]
fn what_a_page_takes_is_limited() {
    let range = "{% for a in range(end=100000) %}";
    page(&format!("{range}{range}{range}{{% endfor %}}{{% endfor %}}{{% endfor %}}"))
        .refuses(["error: the loops of this page take more than 100000 rounds"]);
    page(&format!("{range}{{% endfor %}}")).stdout("");
    page(&format!("{range}{{{{ instructions }}}}{{% endfor %}}")).refuses(["the page is longer than 16 MiB"]);
    let growing = "{% set x = x ~ x ~ x ~ x ~ x ~ x ~ x ~ x %}".repeat(12);
    page(&format!("{{% set x = \"0123456789\" %}}{growing}")).refuses(["a value here is longer than 1 MiB"]);
    let growing = "{% set x = x | replace(from=\"a\", to=\"aaaaaaaaaaaaaaaaaaaaaaaaaa\") %}".repeat(12);
    page(&format!("{{% set x = \"a\" %}}{growing}")).refuses(["a value here is longer than 1 MiB"]);
    page("{% set a = range(end=99999) %}{{ a | join(sep=\"0123456789abcdef\") | length }}")
        .refuses(["a value here is longer than 1 MiB"]);
    page(&"a".repeat(70_000)).refuses(["the page template is longer than 64 KiB"]);
    let deep = "{% if true %}".repeat(3_000) + &"{% endif %}".repeat(3_000);
    page(&deep).refuses(["page.txt:1:"]);
    page(&format!("{{{{ {}1{} }}}}", "(".repeat(9_000), ")".repeat(9_000))).refuses(["page.txt:1:"]);
}

#[test]
fn markdown_of_the_shipped_templates() {
    for name in ["go", "node", "python", "python-legacy", "rust", "static"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(name);
        let run = Test::new().args("explain -d raspberrypi3 --format markdown").arg(root).ok();
        let text = run.text();
        assert!(
            text.starts_with("# `Dockerfile.template` for Raspberry Pi 3\n\nThe architecture is `armv7hf`")
        );
        assert_eq!(text.matches("\n## Line").count(), text.matches("```dockerfile\n").count());
        assert!(!text.contains("\n\n\n") && text.ends_with("\n") && !text.ends_with("\n\n"), "{text}");
    }
}

#[test]
fn whatever_parses_is_explained_in_sentences() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dockerfile/cases");
    let registry = Registry::embedded();
    let subject = Subject { arch: registry.arch("rpi"), ..Subject::default() };
    let request = Request::new(subject, &registry);
    let mut seen = 0;
    for case in std::fs::read_dir(cases).unwrap() {
        let text = std::fs::read(case.unwrap().path().join("Dockerfile")).unwrap();
        let source = Arc::new(Source::new("Dockerfile", text));
        let (file, _) = Dockerfile::read(&source);
        for one in explain(&file, &[], &request) {
            for paragraph in one.paragraphs() {
                assert!(paragraph.ends_with('.') && !paragraph.ends_with(".."), "{}: {paragraph}", one.code);
                assert!(!paragraph.contains(char::is_control), "{paragraph}");
                assert_eq!(paragraph.matches('`').count() % 2, 0, "{paragraph}");
            }
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
}

fn fragment() -> impl Strategy<Value = String> {
    let pieces = [
        "{%",
        "%}",
        "{{",
        "}}",
        "{#",
        "#}",
        "{% raw %}",
        "{% endraw %}",
        "{%--endraw%}",
        "{%-raw-%}",
        "{%- endraw -%}",
        "{% for a in range(end=3) %}",
        "{%- for a in [1, 2] -%}",
        "{% endfor %}",
        "{% set a = 1 %}",
        "{% set a = \"%}\" -%}",
        " \n ",
        "a",
        "\"",
        "'",
        "`",
        "\\",
        "{",
        "}",
        "%",
        "-",
        "#",
        "=",
        "for",
        "raw",
        "\u{a0}",
        "{{ device }}",
        "{% if a == 1 %}",
        "{% endif %}",
        "{{ '}}' }}",
        "{{ \"\\\"}}\" }}",
        "{#-",
        "-#}",
        "{# {% for #}",
        "{{ a ~ 1 }}",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

fn scope() -> PageScope<'static> {
    PageScope {
        device: Some("nuc"),
        device_name: None,
        arch: None,
        platform: None,
        fleet: None,
        service: "main",
        source: "Dockerfile",
        source_quoted: String::new(),
        title: String::new(),
        instructions: Vec::<PageEntry>::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// What is put in to count the loops changes no page, and the engine reads no loop that is not counted.
    #[test]
    fn the_counting_changes_no_page(template in fragment()) {
        let source = Arc::new(Source::new("page.txt", template.clone()));
        let ours = page::from_template(&source, &scope());
        let mut tera = tera::Tera::default();
        let plain = tera.add_raw_template("page.txt", &template).and_then(|()| {
            tera.render("page.txt", &tera::Context::from_serialize(&scope()).unwrap())
        });
        if let Ok(ours) = ours {
            prop_assert_eq!(Some(String::from_utf8(ours).unwrap()), plain.ok());
        }
    }
}

#[test]
fn build_arguments_of_the_project_count() {
    let run = Test::new()
        .file("docker-compose.yml", "services: {web: {build: {context: ., args: {BASE: 'node:24-slim'}}}}\n")
        .file("Dockerfile", "ARG BASE=node:22-slim\nFROM ${BASE}\n")
        .args("explain -d raspberrypi3")
        .ok();
    assert!(run.text().contains("Starts a stage from `node:24-slim`"), "{}", run.text());
}
