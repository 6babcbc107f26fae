//! Programs and packages that images have or lack.

use crate::case::{Case, catches, catches_not};
use dtpl::Severity;

/// A setting of npm.
const UNSAFE: &str = concat!("un", "safe-perm");
const SLIM: &str = "FROM debian:bookworm-slim\n";

fn slim(rest: &str) -> String {
    format!("{SLIM}{rest}\n")
}

fn installed(packages: &str) -> String {
    format!("{SLIM}RUN apt-get update && apt-get install -y --no-install-recommends {packages}\n")
}

#[test]
fn missing_program() {
    let found = catches("missing-program", &slim("RUN curl -fsSL http://example.com/x"));
    assert_eq!(found.severity, Severity::Error);
    assert!(found.message.contains("`curl`") && found.message.contains("debian:bookworm-slim"), "{found:?}");
    catches("missing-program", &slim("RUN sudo ls"));
    catches("missing-program", "FROM python:3.12-slim\nRUN git clone http://example.com/x.git\n");
    catches("missing-program", "FROM node:22-slim\nRUN wget http://example.com/x\n");
    // What counts is whether it is installed before.
    let late = slim("RUN curl -fsSL http://example.com/x\nRUN apt-get update && apt-get install -y curl");
    catches("missing-program", &late);
    catches_not("missing-program", &(installed("curl") + "RUN curl -fsSL http://example.com/x\n"));
    // Another package may bring it.
    catches_not("missing-program", &(installed("build-essential") + "RUN make && gcc -c a.c\n"));
    catches_not(
        "missing-program",
        "FROM python:3.12\nRUN curl -fsSL http://example.com/x && git --version\n",
    );
    // What is not certain to run, or is known to be asked for.
    catches_not("missing-program", &slim("RUN command -v curl || true"));
    catches_not("missing-program", &slim("RUN if [ -x /usr/bin/curl ]; then curl http://example.com/x; fi"));
    // Nothing is known of these images, or of what came into them.
    catches_not("missing-program", "FROM example.com/a:1\nRUN curl http://example.com/x\n");
    catches_not("missing-program", &slim("COPY --from=example.com/a:1 / /\nRUN curl http://example.com/x"));
    catches_not(
        "missing-program",
        &slim("COPY --from=example.com/a:1 /x/curl /usr/local/bin/\nRUN curl http://a.example/x"),
    );
    let own =
        Case::new(&slim("COPY sudo /usr/local/bin/sudo\nRUN sudo ls")).file("sudo", "#!/bin/sh\n\"$@\"\n");
    assert!(!own.rules().contains(&"missing-program".to_owned()));
}

#[test]
fn missing_program_of_a_shell() {
    catches("missing-program", "FROM alpine:3.23\nSHELL [\"/bin/bash\", \"-c\"]\nRUN ls\n");
    catches("missing-program", "FROM node:22-alpine\nCMD [\"bash\", \"start.sh\"]\n");
    catches_not(
        "missing-program",
        "FROM alpine:3.23\nRUN apk add --no-cache bash\nSHELL [\"/bin/bash\", \"-c\"]\nRUN ls\n",
    );
    catches_not("missing-program", &slim("SHELL [\"/bin/bash\", \"-c\"]\nRUN ls"));
}

#[test]
fn missing_program_in_a_script() {
    let project = |script: &str| {
        Case::new(&slim("COPY start.sh /\nCMD [\"bash\", \"/start.sh\"]")).file("start.sh", script)
    };
    let findings = project("#!/bin/bash\ncurl -s http://example.com/\nudevadm trigger\n").findings();
    let found: Vec<_> = findings.iter().filter(|finding| finding.rule == "missing-program").collect();
    assert_eq!(found.len(), 2, "{findings:?}");
    let lines: Vec<usize> = found.iter().map(|finding| finding.source.line(finding.span.start)).collect();
    assert!(found.iter().all(|finding| finding.source.name().ends_with("start.sh")), "{found:?}");
    assert!(found.iter().all(|finding| finding.severity == Severity::Warning));
    assert_eq!(lines, [2, 3]);
    assert!(project("#!/bin/bash\nbalena-idle\n").rules().contains(&"balena-script".to_owned()));
    assert!(!project("#!/bin/bash\nexec sleep infinity\n").rules().contains(&"missing-program".to_owned()));
}

#[test]
fn balena_script() {
    catches("balena-script", &slim("CMD [\"balena-idle\"]"));
    catches("balena-script", &slim("ENTRYPOINT [\"/usr/bin/entry.sh\"]"));
    catches("balena-script", &slim("RUN vcgencmd measure_temp"));
    // The project brings its own.
    let own = Case::new(&slim("COPY entry.sh /usr/bin/entry.sh\nENTRYPOINT [\"/usr/bin/entry.sh\"]"));
    assert!(!own.file("entry.sh", "#!/bin/sh\nexec \"$@\"\n").rules().contains(&"balena-script".to_owned()));
    catches_not("balena-script", "FROM balenalib/raspberrypi3-debian:bookworm\nCMD [\"balena-idle\"]\n");
}

#[test]
fn foreign_package_manager() {
    let found = catches("foreign-package-manager", "FROM alpine:3.23\nRUN apt-get update\n");
    assert!(found.help[0].contains("apk add"), "{found:?}");
    assert_eq!(found.severity, Severity::Error);
    catches("foreign-package-manager", "FROM python:3.12-alpine\nRUN apt-get install -y curl\n");
    catches("foreign-package-manager", &slim("RUN apk add --no-cache curl"));
    catches("foreign-package-manager", &slim("RUN install_packages git"));
    catches_not(
        "foreign-package-manager",
        "FROM balenalib/raspberrypi3-debian:bookworm\nRUN install_packages git\n",
    );
    catches_not("foreign-package-manager", "FROM bitnami/minideb:bookworm\nRUN install_packages git\n");
    catches_not("foreign-package-manager", &slim("RUN if command -v apk; then apk add curl; fi"));
}

#[test]
fn apt_without_yes() {
    let found = catches("apt-without-yes", &slim("RUN apt-get update && apt-get install curl"));
    assert_eq!(found.severity, Severity::Error);
    catches("apt-without-yes", "FROM python:3.12-slim\nRUN apt update && apt install git\n");
    catches("apt-without-yes", &slim("RUN apt-get update && apt-get -q install git"));
    for answered in [
        "RUN apt-get update && apt-get -y install curl",
        "RUN apt-get update && apt-get install -qq curl",
        "RUN yes | apt-get install curl",
        "RUN echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/90yes\nRUN apt-get install curl",
        "COPY 90yes /etc/apt/apt.conf.d/\nRUN apt-get install curl",
    ] {
        catches_not("apt-without-yes", &slim(answered));
    }
    // These images answer by themselves.
    catches_not("apt-without-yes", "FROM balenalib/raspberrypi3-debian:bookworm\nRUN apt-get install curl\n");
    catches_not("apt-without-yes", "FROM example.com/a:1\nRUN apt-get install curl\n");
}

#[test]
fn apt_key() {
    let found = catches("apt-key", &slim("RUN apt-key add k"));
    assert!(found.message.contains("gnupg"), "{found:?}");
    let found = catches("apt-key", "FROM debian:trixie-slim\nRUN apt-key add k\n");
    assert!(found.message.contains("no `apt-key`"), "{found:?}");
    catches_not("apt-key", &(installed("gnupg") + "RUN apt-key add k\n"));
    catches_not("apt-key", "FROM python:3.12-bookworm\nRUN apt-key add k\n");
}

#[test]
fn archived_release() {
    catches("archived-release", "FROM debian:buster\nRUN apt-get update && apt-get install -y curl\n");
    catches("archived-release", "FROM balenalib/raspberrypi3-debian:stretch\nRUN install_packages curl\n");
    catches("archived-release", "FROM python:3.7-slim-buster\nRUN apt-get update\n");
    catches_not("archived-release", &slim("RUN apt-get update"));
    let changed =
        "RUN sed -i s/deb.example.com/archive.debian.org/ /etc/apt/sources.list && apt-get update\n";
    catches_not("archived-release", &format!("FROM debian:buster\n{changed}"));
    catches_not("archived-release", "FROM debian:buster\nRUN ls\n");
}

#[test]
fn missing_package() {
    let found = catches("missing-package", &installed("libav-tools"));
    assert!(found.help[0].contains("ffmpeg"), "{found:?}");
    catches("missing-package", &installed("curl oracle-java8-jdk"));
    catches("missing-package", &installed("libpython3.9"));
    catches(
        "missing-package",
        "FROM node:22-bookworm\nRUN apt-get update && apt-get install -y chromium-browser\n",
    );
    let found = catches("missing-package", &installed("ttf-mscorefonts-installer"));
    assert!(found.message.contains("contrib"), "{found:?}");
    for there in
        ["curl", "python-dev-is-python3", "libjpeg-dev", "default-jdk", "gawk", "curl:armhf", "./a.deb"]
    {
        catches_not("missing-package", &installed(there));
    }
    // A value is not for a message.
    catches_not("missing-package", &slim("ARG P=libav-tools\nRUN apt-get update && apt-get install -y $P"));
    // Only on the processor that has it.
    let guarded = "RUN apt-get update && case \"$(dpkg --print-architecture)\" in amd64) apt-get install -y intel-gpu-tools;; esac";
    catches_not("missing-package", &slim(guarded));
    // Another archive may have it, and of other distributions nothing is known.
    let other = "RUN echo 'deb http://a.example/ bookworm main' > /etc/apt/sources.list.d/a.list\n";
    let install = "RUN apt-get update && apt-get install -y --no-install-recommends some-agent\n";
    catches_not("missing-package", &format!("{SLIM}{other}{install}"));
    catches_not("missing-package", &format!("FROM ubuntu:noble\n{install}"));
    catches_not("missing-package", &format!("FROM debian:buster\n{install}"));
    catches_not(
        "missing-package",
        &slim("ARG P\nRUN apt-get update && apt-get install -y $P lib${P}-x linux-*"),
    );
}

#[test]
fn package_version() {
    catches("package-version", &installed("curl=7.64.0-4+deb10u2"));
    catches("package-version", &installed("nginx=1.17.4-1~buster"));
    catches_not("package-version", &installed("curl=7.88.1-10+deb12u5"));
    catches_not("package-version", &installed("curl=7.88.*"));
    catches_not("package-version", &installed("curl"));
}

#[test]
fn other_release() {
    let source = |release: &str| {
        slim(&format!(
            "RUN echo 'deb http://x.example/debian {release} main' > /etc/apt/sources.list.d/x.list"
        ))
    };
    let found = catches("other-release", &source("buster"));
    assert!(found.message.contains("names buster"), "{found:?}");
    catches_not("other-release", &source("bookworm"));
    catches_not("other-release", &source("stable"));
    let archive = "RUN echo 'deb http://archive.debian.org/debian buster main' >> /etc/apt/sources.list";
    catches_not("other-release", &slim(archive));
    let copy = |version: &str| {
        let folder = format!("/usr/local/lib/python{version}/site-packages");
        format!("FROM python:3.12 AS build\nFROM python:3.12-slim\nCOPY --from=build {folder} {folder}\n")
    };
    assert!(catches("other-release", &copy("3.7")).message.contains("Python 3.7"));
    catches_not("other-release", &copy("3.12"));
    let mirror = "RUN curl http://a.example/dists/buster/Release && ls foo.deb && echo buster";
    catches_not("other-release", &slim(mirror));
    catches_not("other-release", &slim("ENV NGINX_VERSION=1.17.4-1~buster"));
    catches_not("other-release", &slim("# deb http://x.example/debian buster main\nRUN ls"));
}

#[test]
fn debian_python() {
    let found = catches("debian-python", "FROM python:3.12-slim\nRUN apt-get install -y python3-dev\n");
    assert!(found.help[0].contains("headers"), "{found:?}");
    catches("debian-python", "FROM python:3.12\nRUN apt-get update && apt-get install -y python3-numpy\n");
    catches_not("debian-python", "FROM python:3.12-slim\nRUN apt-get install -y gcc libffi-dev\n");
    catches_not("debian-python", &installed("python3-numpy"));
    let meant = "FROM python:3.12-slim\nENV PYTHONPATH=/usr/lib/python3/dist-packages\nRUN apt-get install -y python3-gi\n";
    catches_not("debian-python", meant);
}

#[test]
fn externally_managed_python() {
    let pip = |command: &str| installed("python3-pip python3-venv") + command + "\n";
    let found = catches("externally-managed-python", &pip("RUN pip3 install flask"));
    assert_eq!(found.severity, Severity::Error);
    assert!(found.help[0].contains("venv"), "{found:?}");
    catches("externally-managed-python", &pip("RUN python3 -m pip install --upgrade pip"));
    catches("externally-managed-python", &pip("RUN pip install -r requirements.txt"));
    catches(
        "externally-managed-python",
        "FROM alpine:3.23\nRUN apk add --no-cache py3-pip && pip3 install flask\n",
    );
    for allowed in [
        "RUN pip3 install --break-system-packages flask",
        "RUN pip3 install --target /app flask",
        "RUN pip3 install -t /app flask",
        "ENV PIP_BREAK_SYSTEM_PACKAGES=1\nRUN pip3 install flask",
        "RUN PIP_BREAK_SYSTEM_PACKAGES=1 pip3 install flask",
        "RUN rm /usr/lib/python3.11/EXTERNALLY-MANAGED && pip3 install flask",
        "RUN python3 -m venv /v && /v/bin/pip install flask",
        "RUN python3 -m venv /v && . /v/bin/activate && pip install flask",
        "RUN python3 -m venv /v\nENV PATH=/v/bin:$PATH\nRUN pip install flask",
        "RUN pip3 download flask",
    ] {
        catches_not("externally-managed-python", &pip(allowed));
    }
    catches_not("externally-managed-python", "FROM python:3.12-slim\nRUN pip install flask\n");
    catches_not(
        "externally-managed-python",
        "FROM debian:bullseye\nRUN apt-get install -y python3-pip && pip3 install flask\n",
    );
}

#[test]
fn missing_certificates() {
    let fetch = "RUN curl -fsSLO https://example.com/file\n";
    let found = catches("missing-certificates", &(installed("curl") + fetch));
    assert_eq!(found.severity, Severity::Error);
    catches("missing-certificates", &(installed("git") + "RUN git clone https://example.com/x.git\n"));
    catches(
        "missing-certificates",
        "FROM node:22-slim\nRUN apt-get update && apt-get install -y --no-install-recommends wget\nRUN wget https://example.com/x\n",
    );
    catches_not("missing-certificates", &(installed("curl ca-certificates") + fetch));
    // Recommended by curl, and needed by pip.
    catches_not(
        "missing-certificates",
        &format!("{SLIM}RUN apt-get update && apt-get install -y curl git\n{fetch}"),
    );
    catches_not("missing-certificates", &(installed("curl python3-pip") + fetch));
    catches_not("missing-certificates", &(installed("curl") + "RUN curl -fsSLOk https://example.com/file\n"));
    catches_not("missing-certificates", &(installed("curl") + "RUN curl -fsSLO http://example.com/file\n"));
    catches_not("missing-certificates", &format!("FROM python:3.12\n{fetch}"));
    catches_not("missing-certificates", "FROM alpine:3.23\nRUN wget https://example.com/file\n");
}

#[test]
fn removed_command() {
    let found = catches("removed-command", &format!("FROM node:22-slim\nRUN npm config set {UNSAFE} true\n"));
    assert!(found.message.contains(UNSAFE), "{found:?}");
    let found = catches("removed-command", "FROM golang:1.26\nRUN go get github.com/x/y\n");
    assert!(found.help[0].contains("go install"), "{found:?}");
    catches_not("removed-command", "FROM node:22-slim\nRUN npm config set fund false && npm ci\n");
    let module = Case::new("FROM golang:1.26\nCOPY go.mod ./\nRUN go get github.com/x/y\n")
        .file("go.mod", "module a\n");
    assert!(!module.rules().contains(&"removed-command".to_owned()));
    catches_not("removed-command", "FROM golang:1.20\nENV GO111MODULE=off\nRUN go get github.com/x/y\n");
    catches_not("removed-command", &format!("FROM example.com/node:22\nRUN npm config set {UNSAFE} true\n"));
}

#[test]
fn uninstallable_requirement() {
    let list = |requirements: &str| {
        Case::new("FROM python:3.12-slim\nWORKDIR /app\nCOPY old.txt ./\nRUN pip install -r old.txt\n")
            .file("old.txt", requirements)
    };
    let findings = list("requests==2.32.0\nFlask==0.10.1\n").findings();
    let found = findings.iter().find(|finding| finding.rule == "uninstallable-requirement").unwrap();
    assert!(
        found.source.name().ends_with("old.txt") && found.source.line(found.span.start) == 2,
        "{found:?}"
    );
    assert!(found.message.contains("Flask 0.10.1"), "{found:?}");
    let is_told =
        |requirements: &str| list(requirements).rules().contains(&"uninstallable-requirement".to_owned());
    assert!(is_told("PyYAML==5.4.1\n") && is_told("numpy==1.21.0 ; python_version >= '3'\n"));
    for fine in
        ["Flask==3.1.3\n", "flask>=0.10.1\n", "# Flask==0.10.1\n", "PyYAML==5.4.1; python_version < '3'\n"]
    {
        assert!(!is_told(fine), "{fine}");
    }
    catches("uninstallable-requirement", "FROM python:3.12\nRUN pip install numpy==1.21.0\n");
    catches_not("uninstallable-requirement", "FROM python:3.9\nRUN pip install numpy==1.21.0\n");
    catches_not("uninstallable-requirement", "FROM example.com/python:3.12\nRUN pip install numpy==1.21.0\n");
}

#[test]
fn missing_file() {
    let found = catches("missing-file", &slim("RUN sed -i 's/main/main contrib/' /etc/apt/sources.list"));
    assert!(found.help[0].contains("debian.sources"), "{found:?}");
    catches("missing-file", "FROM python:3.12-slim\nRUN cat /etc/apt/sources.list\n");
    let found = catches("missing-file", &slim("RUN echo 'pi ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/pi"));
    assert_eq!(found.severity, Severity::Error);
    for there in [
        "RUN echo 'deb http://a.example/ x main' > /etc/apt/sources.list && sed -i s/a/b/ /etc/apt/sources.list",
        "COPY sources.list /etc/apt/\nRUN sed -i s/a/b/ /etc/apt/sources.list",
        "RUN sed -i s/a/b/ /etc/apt/sources.list.d/debian.sources",
        "RUN [ ! -e /etc/apt/sources.list ] || sed -i s/a/b/ /etc/apt/sources.list",
    ] {
        catches_not("missing-file", &slim(there));
    }
    catches_not("missing-file", "FROM debian:bullseye\nRUN sed -i s/a/b/ /etc/apt/sources.list\n");
    catches_not("missing-file", &(installed("sudo") + "RUN echo 'pi ALL=(ALL) ALL' > /etc/sudoers.d/pi\n"));
}
