//! Rules that say what BuildKit's own checks say (`docker build --check`), in the same cases and at the same lines.

use super::super::case::{Case, catches, catches_not};
use super::py;

/// The lines at which a rule finds something.
#[track_caller]
fn lines(rule: &str, dockerfile: &str) -> Vec<usize> {
    let found = Case::new(dockerfile).findings().into_iter().filter(|finding| finding.rule == rule);
    found.map(|finding| finding.source.position(finding.span.start).line).collect()
}

#[test]
fn stage_name_casing() {
    catches("stage-name-casing", "FROM alpine:3.22 AS Build\n");
    catches("stage-name-casing", "FROM alpine:3.22 AS buildX\n");
    catches_not("stage-name-casing", "FROM alpine:3.22 AS build-1\nFROM alpine:3.22 AS %%BALENA_ARCH%%\n");
}

#[test]
fn from_as_casing() {
    let found = catches("from-as-casing", "FROM alpine:3.22 as a\n");
    assert_eq!((found.span, &*found.help), (17..19, &["write `AS`".to_owned()][..]));
    catches("from-as-casing", "FROM alpine:3.22 aS a\n");
    catches("from-as-casing", "from alpine:3.22 AS a\n");
    catches_not("from-as-casing", "from alpine:3.22 as a\nFROM alpine:3.22 AS b\nFrom alpine:3.22 as c\n");
}

#[test]
fn instruction_casing() {
    catches("instruction-casing", "FROM alpine:3.22\nRun true\n");
    let mixed = "from alpine:3.22 as a\nFROM alpine:3.22 AS b\nrun a\nenv A=b\nRUN a\narg c\n";
    assert_eq!(lines("instruction-casing", mixed), [2, 5]);
    // As many of each: upper case.
    assert_eq!(lines("instruction-casing", "FROM alpine:3.22\ncmd [\"a\"]\n"), [2]);
    let triggers = "FROM alpine:3.22\nONBUILD env A=1\nonbuild ENV A=1\nENV A=b\n";
    assert_eq!(lines("instruction-casing", triggers), [3]);
    // Before the first FROM none is counted.
    catches_not("instruction-casing", "arg A=1\narg B=1\narg C=1\nFROM alpine:3.22\n");
    catches_not("instruction-casing", "from alpine:3.22\nrun true\n");
}

#[test]
fn empty_continuation() {
    let found = catches("empty-continuation", &py("RUN a \\\n\n b \\\n\n c"));
    // From the empty line to the last one of the instruction.
    let place = |at| found.source.position(at).line;
    assert_eq!((place(found.span.start), place(found.span.end)), (3, 6));
    catches("empty-continuation", &py("RUN a \\\n # b\n  \n c"));
    catches_not("empty-continuation", &py("RUN a \\\n #\n b\n\nRUN <<E\n\nE"));
    catches_not("syntax", &py("RUN a \\\n\n b"));
}

#[test]
fn duplicate_stage_name() {
    let stages = "FROM alpine:3.22 AS a\nFROM alpine:3.22 AS b\nFROM alpine:3.22 AS A\n";
    catches("duplicate-stage-name", stages);
    assert_eq!(lines("duplicate-stage-name", stages), [3]);
    catches_not("duplicate-stage-name", "FROM alpine:3.22 AS a\nFROM alpine:3.22 AS a2\n");
}

#[test]
fn reserved_stage_name() {
    catches("reserved-stage-name", "FROM alpine:3.22 AS scratch\n");
    catches("reserved-stage-name", "FROM alpine:3.22 AS Context\n");
    catches_not("reserved-stage-name", "FROM scratch AS contexts\n");
}

#[test]
fn maintainer_deprecated() {
    catches("maintainer-deprecated", &py("MAINTAINER a"));
    catches("maintainer-deprecated", &py("maintainer A B <c@example.org>"));
    catches_not("maintainer-deprecated", &py("LABEL maintainer=a"));
}

#[test]
fn relative_workdir() {
    catches("relative-workdir", &py("WORKDIR app"));
    catches("relative-workdir", &py("ARG D=app\nWORKDIR $D"));
    // What an ONBUILD triggers has the place of the FROM that triggers it.
    assert_eq!(lines("relative-workdir", "FROM alpine:3.22 AS a\nONBUILD WORKDIR x\nFROM a\n"), [3]);
    let stages =
        "FROM alpine:3.22 AS a\nWORKDIR /x\nFROM a\nWORKDIR b\nFROM alpine:3.22\nWORKDIR b\nWORKDIR c\n";
    assert_eq!(lines("relative-workdir", stages), [6]);
    catches_not("relative-workdir", &py("WORKDIR /app\nWORKDIR sub"));
    catches_not("relative-workdir", &py("WORKDIR \"/app\""));
    // It may be absolute.
    catches_not("relative-workdir", &py("ARG D\nWORKDIR $D/app"));
    catches_not("relative-workdir", &py("WORKDIR $HOME"));
    catches_not("relative-workdir", &py("ONBUILD WORKDIR app"));
}

#[test]
fn shell_form_command() {
    catches("shell-form-command", &py("CMD echo $X"));
    catches("shell-form-command", &py("ENTRYPOINT [\"a\", b]\nSHELL [\"/bin/sh\", \"-c\"]"));
    let based =
        "FROM alpine:3.22 AS a\nSHELL [\"/bin/sh\", \"-c\"]\nFROM a\nCMD a\nFROM alpine:3.22\nCMD a\n";
    assert_eq!(lines("shell-form-command", based), [6]);
    catches_not("shell-form-command", &py("SHELL [\"/bin/bash\", \"-c\"]\nCMD a"));
    catches_not("shell-form-command", &py("CMD [\"a\"]\nHEALTHCHECK CMD a\nRUN a"));
}

#[test]
fn redundant_target_platform() {
    catches("redundant-target-platform", "FROM --platform=$TARGETPLATFORM alpine:3.22\n");
    catches("redundant-target-platform", "FROM --platform=\"${TARGETPLATFORM}\" alpine:3.22\n");
    catches("redundant-target-platform", "FROM --platform=${TARGETPLATFORM:-linux/arm64} alpine:3.22\n");
    catches_not("redundant-target-platform", "FROM --platform=linux/$TARGETARCH alpine:3.22\n");
    catches_not("redundant-target-platform", "FROM --platform=$BUILDPLATFORM alpine:3.22\n");
    catches_not("redundant-target-platform", "ARG P=$TARGETPLATFORM\nFROM --platform=$P alpine:3.22\n");
    let classic = Case::new("FROM --platform=$TARGETPLATFORM alpine:3.22\n").classic();
    assert!(classic.devices("redundant-target-platform").is_empty());
}

#[test]
fn secret_in_variable() {
    for secret in ["API_TOKEN", "auth", "DB_PASSWORD", "GPG_KEY", "A_KEY_B", "my_token", "Secret"] {
        catches("secret-in-variable", &py(&format!("ENV {secret}=1")));
        catches("secret-in-variable", &py(&format!("ARG B=1 {secret}")));
    }
    catches("secret-in-variable", &py("ENV \"DB_PASSWORD\"=1"));
    catches("secret-in-variable", &py("ENV GPG_KEY 3"));
    for fine in
        ["PUBLIC_KEY", "KEY_VERSION", "TOKEN_FILE", "tokens", "TOKEN2", "myauth", "x-key", "KEYMAP", "pass"]
    {
        catches_not("secret-in-variable", &py(&format!("ENV {fine}=1")));
    }
    // Nothing of it is in the image.
    catches_not("secret-in-variable", "ARG API_TOKEN=1\nFROM alpine:3.22\n");
    catches_not("secret-in-variable", &py("LABEL key=1\nRUN --mount=type=secret,id=key true"));
}

#[test]
fn expose_format() {
    catches("expose-format", &py("EXPOSE 8080:80"));
    catches("expose-format", &py("EXPOSE 127.0.0.1::80"));
    catches("expose-format", &py("ARG P=[::1]:8080:80/tcp\nEXPOSE $P"));
    catches_not("expose-format", &py("EXPOSE 80 443/udp :81 8000-8010"));
    catches_not("expose-format", &py("ARG P\nEXPOSE $P:80"));
}

#[test]
fn expose_protocol_casing() {
    catches("expose-protocol-casing", &py("EXPOSE 80/TCP"));
    catches("expose-protocol-casing", &py("EXPOSE 80 90-91/Udp"));
    catches_not("expose-protocol-casing", &py("EXPOSE 80/tcp 81/udp 82/sctp 83"));
}

#[test]
fn a_stage_named_after_its_platform_may_have_it() {
    let stage = |platform: &str, name: &str| format!("FROM --platform={platform} alpine:3.22 {name}\n");
    for (platform, name) in [
        ("linux/arm64", "AS build_arm64"),
        ("linux/amd64", "AS Build-AMD64"),
        ("linux/x86_64", "AS amd64"),
        ("linux/arm/v7", "AS armv7"),
        ("linux/arm64", "AS linux"),
    ] {
        catches_not("constant-platform", &stage(platform, name));
    }
    for (platform, name) in [("linux/arm64", "AS build"), ("amd64", ""), ("linux/x86_64", "AS x86_64")] {
        catches("constant-platform", &stage(platform, name));
    }
}
