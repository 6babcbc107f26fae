//! Rules about placeholders, comments and characters, and about which file is read.

use super::super::case::{Case, catches, catches_not};
use super::py;
use dtpl::Severity;

#[test]
fn malformed_placeholder() {
    for wrong in ["%%balena_arch%%", "%%ARCH2%%", "%%BALENA_ARCH%", "%%BALENA-ARCH%%", "%% BALENA_ARCH %%"] {
        catches("malformed-placeholder", &py(&format!("ENV A={wrong}")));
    }
    catches("malformed-placeholder", &py("RUN echo %%A%% %% BALENA_ARCH %%"));
    // Formats are no placeholders.
    catches_not("malformed-placeholder", &py("RUN date +%d%m%y && echo 100%%"));
    catches_not("malformed-placeholder", &py("RUN date +%%Y%%m%%d && printf '%%s %%d'"));
    // Not closed.
    catches("malformed-placeholder", &py("ENV A=%%BALENA_ARCH"));
    catches("malformed-placeholder", &py("RUN get %%DTPL_GOARCH && make"));
    catches_not("malformed-placeholder", &py("RUN date +%%FORMAT && echo %%MY_NAME"));
    let case = "FROM python:3.1%%BALENA_ARCH\n";
    assert_eq!(catches("malformed-placeholder", case).severity, Severity::Error);
    catches_not("invalid-image-reference", case);
    for wrong in ["%%", "alpine:%%", "alpine:%%%", "%%FOO"] {
        catches("invalid-image-reference", &format!("FROM {wrong}\n"));
    }
    // What cannot be built is an error.
    let found = catches("malformed-placeholder", "FROM balenalib/%%balena_arch%%-debian:bookworm\n");
    assert_eq!(found.severity, Severity::Error);
    let found = catches("malformed-placeholder", &py("ENV A=%%balena_arch%%"));
    assert_eq!(found.severity, Severity::Warning);
}

#[test]
fn unknown_placeholder() {
    let found = catches("unknown-placeholder", &py("ENV A=%%BALENA_ARHC%%"));
    assert_eq!((found.severity, found.span), (Severity::Error, 30..45));
    assert_eq!(found.help, ["did you mean `BALENA_ARCH`?"]);
    // The builder knows these in every build.
    let found = catches("unknown-placeholder", &py("ENV A=%%BALENA_RELEASE_HASH%%"));
    assert_eq!(found.severity, Severity::Info);
    catches_not("unknown-placeholder", &py("ENV A=%%BALENA_ARCH%%"));
}

#[test]
fn placeholder_in_comment() {
    assert_eq!(catches("placeholder-in-comment", "# %%BALENA_ARCH%%\nFROM a:1\n").severity, Severity::Info);
    catches("placeholder-in-comment", "# syntax=docker/dockerfile:%%BALENA_ARCH%%\nFROM a:1\n");
    catches("placeholder-in-comment", &py("COPY <<E /x\n# %%BALENA_ARCH%%\nE"));
    catches_not("placeholder-in-comment", &py("ENV A=%%BALENA_ARCH%% # b"));
}

#[test]
fn placeholder_in_plain_dockerfile() {
    const TEXT: &str = "FROM balenalib/%%BALENA_ARCH%%-debian:bookworm\n";
    let plain = Case::new(TEXT).called("Dockerfile");
    assert!(plain.rules().contains(&"placeholder-in-plain-dockerfile".to_owned()), "{:?}", plain.rules());
    catches_not("placeholder-in-plain-dockerfile", TEXT);
}

#[test]
fn hidden_character() {
    catches("hidden-character", "FROM a:1\rRUN b\n");
    catches("hidden-character", &py("RUN echo \u{202E}esrever"));
    catches_not("hidden-character", "FROM a:1\r\nRUN b \u{e9}\r\n");
}

#[test]
fn doubtful_value() {
    let with = |value: &str| Case::new("FROM debian:%%TAG%%\n").define("TAG", value).rules();
    for (value, is_caught) in [("", true), ("bookworm-slim", false)] {
        let rules = with(value);
        assert_eq!(rules.contains(&"doubtful-value".to_owned()), is_caught, "{value:?}: {rules:?}");
    }
    catches_not("doubtful-value", &py("ENV A=%%BALENA_ARCH%%"));
}

#[test]
fn javascript_in_template() {
    catches("javascript-in-template", &py("RUN echo '<%= name %>' > /page.erb"));
    // The tags are on two lines.
    catches_not("javascript-in-template", &py("RUN echo '<%='\nRUN echo '%>'"));
}

#[test]
fn no_dockerfile() {
    // Of the devices some are of another arch than the Dockerfile's.
    let other = Case::new("FROM debian:bookworm-slim\n").called("Dockerfile.aarch64").findings();
    let found = other.iter().find(|found| found.rule == "no-dockerfile").unwrap();
    assert!(found.devices.contains("raspberrypi3") && !found.devices.contains("jetson-nano"), "{found:?}");
    catches_not("no-dockerfile", &py("CMD a"));
}

#[test]
fn unused_dockerfile() {
    let found = |case: Case| -> Vec<(String, String)> {
        let findings = case.findings();
        let found = findings.iter().filter(|found| found.rule == "unused-dockerfile");
        found.map(|found| (found.message.clone(), found.help.join(" "))).collect()
    };
    let plain = || Case::new("FROM debian:bookworm-slim\n");
    let case = plain()
        .file("Dockerfile.arm64", "")
        .file("dockerfile.template", "")
        .file("Dockerfile.template.txt", "");
    let there = "`Dockerfile.template` is there already: remove one of the two".to_owned();
    let letters =
        "`dockerfile.template` is never taken: upper and lower case letters differ in names".to_owned();
    let text = "`Dockerfile.template.txt` is never taken: it ends in `.txt`".to_owned();
    let arm64 = "`Dockerfile.arm64` is never taken: balena's name is `aarch64`".to_owned();
    let expected =
        [(arm64, "rename it to `Dockerfile.aarch64`".to_owned()), (text, there.clone()), (letters, there)];
    assert_eq!(found(case), expected);
    let case = plain()
        .file("Dockerfile.rpi4", "")
        .file("raspberrypi3.Dockerfile", "")
        .file("Dockerfile-template", "");
    let names: Vec<String> =
        found(case).into_iter().map(|(message, help)| format!("{message}; {help}")).collect();
    assert_eq!(
        names,
        [
            "`Dockerfile-template` is never taken: `Dockerfile.` has to come first; `Dockerfile.template` is there \
             already: remove one of the two",
            "`Dockerfile.rpi4` is never taken: the device type is called `raspberrypi4-64`; rename it to \
             `Dockerfile.raspberrypi4-64`",
            "`raspberrypi3.Dockerfile` is never taken: the name has to begin with `Dockerfile`; rename it to \
             `Dockerfile.raspberrypi3`",
        ]
    );
    for name in ["Dockerfile.dev", "Dockerfile.prod", "Dockerfile.test", "web.Dockerfile", "Dockerfile-dev"] {
        assert_eq!(found(plain().file(name, "")), [], "{name}");
    }
    let compose = "services:\n  a: {build: .}\n  b: {build: {context: ., dockerfile: Dockerfile-arm64}}\n";
    let case = plain().file("docker-compose.yml", compose).file("Dockerfile-arm64", "FROM debian:12\n");
    assert_eq!(found(case), []);
    // What another service has is taken.
    let compose = "services:\n  a: {build: .}\n  b: {build: {context: ., dockerfile: Dockerfile.arm64}}\n";
    let case = plain().file("docker-compose.yml", compose).file("Dockerfile.arm64", "FROM debian:12\n");
    assert_eq!(found(case.file("Dockerfile.arm64.template", "FROM debian:12\n")), []);
    let alone = plain().file("docker-compose.yml", "services: {a: {build: src}}\n");
    let alone = alone.file("src/Dockerfile.RaspberryPi3", "FROM debian:12\n").findings();
    assert!(alone.iter().any(|found| found.rule == "unused-dockerfile"));
    let none = alone.iter().find(|found| found.rule == "no-dockerfile").unwrap();
    let there = "the folder has Dockerfile.RaspberryPi3, main.py, requirements.txt".to_owned();
    assert!(none.help.contains(&there), "{none:?}");
    catches_not("unused-dockerfile", "FROM debian:12\n");
}

#[test]
fn invalid_ignore_pattern() {
    let lines = |text: &str| -> Vec<usize> {
        let findings = Case::new("FROM debian:12\n").file(".dockerignore", text).findings();
        let found = findings.iter().filter(|found| found.rule == "invalid-ignore-pattern");
        found.map(|found| found.source.line(found.span.start)).collect()
    };
    for refused in [
        "[a", "!", "! ", "![a", "a[]", "a[^]", "[-a]", "[a-", "[a-]", "[z-a]", "a\\", "src\\obj", "**/[",
        "a*[b",
    ] {
        assert_eq!(lines(&format!("# [\nlog\n  {refused}\n")), [3], "{refused}");
    }
    for fine in [
        "[a]",
        "[^a]",
        "[!a]",
        "-a]",
        "a]",
        "\\[a",
        "[\\]]",
        "[a-z0-9]*",
        "a/../../b",
        "!!",
        "a\\*",
        "[a/../b",
        "(a",
        "+a",
        "**",
        "..",
        "/",
        "#[",
        "\u{FEFF}# [",
        "[a*]",
        "*.{a,b}",
    ] {
        assert_eq!(lines(fine), [0; 0], "{fine}");
    }
    assert_eq!(lines(&format!("a\n{}\n", "b".repeat(4_097))), [2]);
    assert_eq!(lines(&"b".repeat(4_096)), [0; 0]);
    // What is before and around the path does not count.
    assert_eq!(lines(&format!("!{}", "b".repeat(4_096))), [0; 0]);
    assert_eq!(lines(&format!("! /./{}/\n", "b".repeat(4_096))), [0; 0]);
    assert_eq!(lines(&format!("!{}\n", "b".repeat(4_097))), [1]);
    // Each line that is neither empty nor a comment is one of those that are read.
    assert_eq!(lines(&format!("{}x\n", "/\n\n# c\n".repeat(10_000))), [30_001]);
    let sent = |before: &str| {
        let ignored = format!("{}page.erb\n", before.repeat(10_000));
        let case = Case::new("FROM debian:12\nCOPY page.erb /\n").file(".dockerignore", &ignored);
        !case.rules().contains(&"missing-copy-source".to_owned())
    };
    assert_eq!((sent("/\n"), sent("# c\n")), (true, false));
    assert_eq!(lines(&"a\n".repeat(10_002)), [10_001]);
    assert_eq!(lines(&"[\n".repeat(10_002)).len(), 100);
    // The builder takes what is only too much for dtpl.
    let severity = |text: &str| {
        let findings = Case::new("FROM debian:12\n").file(".dockerignore", text).findings();
        findings.iter().find(|found| found.rule == "invalid-ignore-pattern").map(|found| found.severity)
    };
    assert_eq!(severity(&"b".repeat(4_097)), Some(Severity::Warning));
    assert_eq!(severity(&"a\n".repeat(10_001)), Some(Severity::Warning));
    assert_eq!(severity("[a"), Some(Severity::Error));
    assert_eq!(severity(&format!("[{}", "b".repeat(4_097))), Some(Severity::Error));
    catches_not("invalid-ignore-pattern", "FROM debian:12\n");
}

#[test]
fn unread_ignore_file() {
    let rules = |name: &str| Case::new("FROM debian:12\n").file(name, "x\n").rules();
    for name in [
        "Dockerfile.template.dockerignore",
        "Dockerfile.raspberrypi3.dockerignore",
        "Dockerfile.amd64.dockerignore",
    ] {
        assert!(rules(name).contains(&"unread-ignore-file".to_owned()), "{name}");
    }
    for name in [
        "Dockerfile.dockerignore",
        "Dockerfile.prod.dockerignore",
        ".dockerignore",
        "x.template.dockerignore",
    ] {
        assert!(!rules(name).contains(&"unread-ignore-file".to_owned()), "{name}");
    }
    catches_not("unread-ignore-file", "FROM debian:12\n");
}

#[test]
fn unknown_ignore() {
    let text = |comment: &str| format!("FROM python:3.13-alpine\n{comment}\nENV A b\n");
    // There may be blanks around the names, and a reason behind them.
    for comment in [
        "# dtpl ignore=legacy-env",
        "#dtpl ignore = multiple-cmd , legacy-env because",
        "# dtpl  ignore= legacy-env",
    ] {
        catches_not("legacy-env", &text(comment));
        catches_not("unknown-ignore", &text(comment));
    }
    catches("legacy-env", &text("# dtpl ignore=multiple-cmd legacy-env"));
    catches("unknown-ignore", &text("# dtpl ignore="));
    catches("unknown-ignore", &text("# dtpl ignore=legacy-environment"));
}
