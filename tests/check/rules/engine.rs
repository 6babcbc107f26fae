//! Rules that say what BuildKit's own checks say (`docker build --check`), in the same cases and at the same lines.

use super::super::case::{Case, catches, catches_not};
use super::py;
use dtpl::Severity;

/// The lines at which a rule finds something.
#[track_caller]
fn lines(rule: &str, dockerfile: &str) -> Vec<usize> {
    let found = Case::new(dockerfile).findings().into_iter().filter(|finding| finding.rule == rule);
    found.map(|finding| finding.source.position(finding.span.start).line).collect()
}

/// What another frontend reads may be in any language.
#[test]
fn a_file_for_another_frontend_is_not_judged() {
    let text = |frontend: &str| {
        format!("# syntax={frontend}\nFROM alpine:3.22\nINCLUDE+ Dockerfile.common\nRUN true\n")
    };
    for other in ["edrevo/dockerfile-plus", "example.com/my/frontend:2"] {
        let findings = Case::new(&text(other)).findings();
        let seen: Vec<(&str, Severity)> =
            findings.iter().map(|found| (&*found.rule, found.severity)).collect();
        assert_eq!(seen, [("syntax", Severity::Info)], "{findings:?}");
        assert_eq!(findings[0].span, 9..9 + other.len());
    }
    for dockers in
        ["docker/dockerfile:1", "docker/dockerfile@sha256:0", "mirror.example.com/docker/dockerfile:1"]
    {
        assert!(Case::new(&text(dockers)).rules().contains(&"syntax".to_owned()), "{dockers}");
        assert!(Case::new(&text(dockers)).findings().iter().any(|found| found.severity == Severity::Error));
    }
    let given = Case::new("FROM alpine:3.22\nINCLUDE+ a\n").build_arg("BUILDKIT_SYNTAX", "x/y:1").findings();
    assert!(given.iter().all(|found| found.severity == Severity::Info), "{given:?}");
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
    // If the build needs that stage.
    let apart = "FROM alpine:3.22 AS a\nONBUILD WORKDIR x\nFROM a\nFROM alpine:3.22\n";
    assert!(lines("relative-workdir", apart).is_empty());
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
    // A value that is part of the name is not shown.
    let case = Case::new(&py("ENV %%NAME%%_KEY=1")).define("NAME", "qzk\\ wxv");
    let found = case.findings().into_iter().find(|finding| finding.rule == "secret-in-variable").unwrap();
    assert_eq!(found.message, "`%%NAME%%_KEY` is the name of a secret, which stays in the image");
    // A name with a variable, if its value is known.
    catches("secret-in-variable", "FROM alpine:3.22\nARG A=API\nENV ${A}_TOKEN=1\n");
    catches("secret-in-variable", "FROM scratch\nENV ${A}_KEY=1\n");
    catches_not("secret-in-variable", "FROM alpine:3.22\nENV ${A}_KEY=1\n");
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

#[test]
fn definition_description() {
    let asked = |rest: &str| format!("# check=experimental=all\nFROM alpine:3.22 AS b\n{rest}");
    catches("definition-description", &asked("# foo\nARG A\n"));
    // Blank lines between do not matter, but a line with nothing but # does.
    let file = asked(
        "# x\n\n\nARG A\nRUN true\nARG A\n# y\nRUN a \\\n# z\n b\nARG A\n# x\n#\nARG A\n  # A b\nARG A\n## A\n\
         ARG A\n#\tA b\nARG A\n# y\n# B c\nARG A B\n# x\nONBUILD ARG A\n# C\nFROM alpine:3.22 AS c\n",
    );
    assert_eq!(lines("definition-description", &file), [6, 18, 20, 29]);
    let named = "# check=experimental=InvalidDefinitionDescription;skip=InvalidDefinitionDescription\n";
    catches("definition-description", &format!("{named}# foo\nARG A\nFROM alpine:3.22\n"));
    catches_not("definition-description", &asked("# A is it\nARG A\n"));
    catches_not("definition-description", "# foo\nARG A\nFROM alpine:3.22\n");
    catches_not(
        "definition-description",
        "# check=experimental=CopyIgnoredFile\n# foo\nARG A\nFROM alpine:3.22\n",
    );
}

#[test]
fn undefined_variables_in_flags_and_heredocs() {
    for used in [
        "RUN --mount=type=cache,target=/x,id=$ID true",
        "COPY --chown=$U a b",
        "COPY --chmod=${M:-755} a b",
        "ADD --checksum=$C http://example.com/a b",
        "COPY <<E /x\n'$HERE'\nE",
        "ADD <<-E /x\n\t$HERE\n\tE",
    ] {
        catches("undefined-variable", &format!("FROM scratch\n{used}\n"));
        catches_not("undefined-variable", &format!("FROM alpine:3.22\n{used}\n"));
    }
    for fine in
        ["COPY <<'E' /x\n$HERE\nE", "COPY <<E /x\n\\$HERE\nE", "RUN <<E\n$HERE\nE", "COPY --exclude=$E a b"]
    {
        catches_not("undefined-variable", &format!("FROM scratch\n{fine}\n"));
    }
    let heredoc = "FROM scratch\nCOPY <<E /x\na\n$HERE\nE\n";
    assert_eq!(lines("undefined-variable", heredoc), [4]);
    catches("syntax", "FROM scratch\nCOPY <<E /x\n${HERE\nE\n");
    // The commands of a RUN are no matter of BuildKit's own check.
    let found = catches("undefined-variable", &py("RUN echo $TARGETARCH"));
    assert_eq!(found.engine_rule, None);
}

#[test]
fn what_an_onbuild_triggers_has_the_place_of_the_from() {
    for (rule, triggers) in [
        ("undefined-variable", "ONBUILD COPY $S /"),
        ("legacy-env", "ONBUILD ENV A b"),
        ("secret-in-variable", "ONBUILD ENV API_TOKEN=1"),
        ("multiple-cmd", "ONBUILD CMD [\"a\"]\nONBUILD CMD [\"b\"]"),
    ] {
        let file = format!("FROM scratch AS one\n{triggers}\n");
        catches_not(rule, &file);
        let line = file.lines().count() + 1;
        assert_eq!(lines(rule, &format!("{file}FROM one\n")), [line], "{rule}");
        catches_not(rule, &format!("{file}FROM one\nFROM scratch\n"));
    }
    let triggered = catches("legacy-env", "FROM alpine:3.22 AS a\nONBUILD ENV A b\nFROM a\n");
    assert_eq!(triggered.message, "the ONBUILD on line 2: ENV uses the old form, without `=`");
    let replaced = "FROM scratch AS one\nONBUILD CMD [\"a\"]\nFROM one\nCMD [\"b\"]\n";
    assert_eq!(lines("multiple-cmd", replaced), [3]);
}

/// The rules that find something, with how much it matters.
fn found(case: &Case) -> Vec<(String, Severity)> {
    case.findings().into_iter().map(|finding| (finding.rule, finding.severity)).collect()
}

#[test]
fn the_check_directive_is_obeyed() {
    let file =
        |directive: &str| format!("{directive}\nFROM python:3.13-alpine\nWORKDIR a\nCMD a\nEXPOSE 80\n");
    let found = |directive: &str| found(&Case::new(&file(directive)));
    let own = |rule: &str, severity| (rule.to_owned(), severity);
    let [workdir, command] =
        [own("relative-workdir", Severity::Warning), own("shell-form-command", Severity::Warning)];
    let expose = own("expose-publishes-nothing", Severity::Info);
    assert_eq!(found("# check=skip=WorkdirRelativePath"), [command.clone(), expose.clone()]);
    // The value ends at the first blank.
    assert_eq!(
        found("# check = skip=WorkdirRelativePath, JSONArgsRecommended"),
        [command.clone(), expose.clone()]
    );
    assert_eq!(found("# check=skip=WorkdirRelativePath,JSONArgsRecommended"), vec![expose.clone()]);
    assert_eq!(found("# check=skip=all"), vec![expose.clone()]);
    assert_eq!(found("#!/usr/bin/x\n# check=skip=all"), vec![expose.clone()]);
    // Names are compared as they are.
    assert_eq!(
        found("# CHECK=skip=workdirrelativepath,relative-workdir"),
        [workdir.clone(), command.clone(), expose.clone()]
    );
    // With it, a build ends; what only dtpl says does not end it.
    let errors = [own("shell-form-command", Severity::Error), expose.clone()];
    assert_eq!(found("# check=error=T;skip=WorkdirRelativePath"), errors);
    let classic = Case::new(&file("# check=error=true;skip=all")).classic();
    assert!(self::found(&classic).contains(&workdir), "{:?}", self::found(&classic));
    // Above an instruction it is a comment.
    catches("relative-workdir", &py("# check=skip=WorkdirRelativePath\nWORKDIR a"));
    // What ends the build is said all the same, unless it is named.
    let image = |directive: &str| {
        Case::new(&format!("{directive}\nFROM balenalib/amd64-debian:bookworm\n")).devices("wrong-platform")
    };
    assert!(!image("# check=skip=all").is_empty());
    assert!(image("# check=skip=InvalidBaseImagePlatform").is_empty());
    // No engine builds with an image of several platforms, if none fits.
    catches("wrong-platform", "# check=skip=InvalidBaseImagePlatform\nFROM node:24-alpine\n");
    // A check that is experimental cannot be turned off.
    catches("missing-copy-source", "# check=skip=CopyIgnoredFile\nFROM alpine:3.22\nCOPY secret /\n");
}

#[test]
fn a_wrong_check_option_is_an_error() {
    for (directive, message) in [
        ("skip", "invalid check option `skip`"),
        ("foo=a", "invalid check option `foo`"),
        ("SKIP=A", "invalid check option `SKIP`"),
        ("error=maybe", "invalid check option `error=maybe`"),
        ("error=true;", "invalid check option ``"),
        ("skip=A; error=true", "invalid check option ``"),
        ("skip=all;experimental=all;error=true;skip=a", "invalid check option `error=true;skip=a`"),
    ] {
        let file = format!("# check={directive}\nFROM alpine:3.22\n");
        let found = catches("syntax", &file);
        assert_eq!((&*found.message, found.severity), (message, Severity::Error), "{directive}");
        assert!(Case::new(&file).classic().rules().is_empty(), "{directive}");
    }
    catches_not("syntax", "# check=skip=\nFROM alpine:3.22\n");
    catches_not("syntax", "# check=skip=NoSuchCheck;error=False\nFROM alpine:3.22\n");
}

#[test]
fn the_build_argument_goes_before_the_check_directive() {
    let file = |directive: &str| format!("{directive}FROM python:3.13-alpine\nWORKDIR a\nCMD a\n");
    let found = |directive: &str, value: &str| {
        found(&Case::new(&file(directive)).build_arg("BUILDKIT_DOCKERFILE_CHECK", value))
    };
    let own = |rule: &str, severity| (rule.to_owned(), severity);
    let [workdir, command] =
        ["relative-workdir", "shell-form-command"].map(|rule| own(rule, Severity::Warning));
    assert_eq!(found("", "skip=WorkdirRelativePath"), vec![command.clone()]);
    // It ends at no blank.
    assert_eq!(found("", "skip=WorkdirRelativePath, JSONArgsRecommended"), []);
    assert_eq!(found("# check=skip=JSONArgsRecommended\n", ""), [workdir.clone(), command.clone()]);
    assert_eq!(found("# check=error=true\n", "skip=JSONArgsRecommended"), vec![workdir.clone()]);
    assert_eq!(found("# check=foo\n", "skip=JSONArgsRecommended"), vec![workdir.clone()]);
    let errors = ["relative-workdir", "shell-form-command"].map(|rule| own(rule, Severity::Error));
    assert_eq!(found("# check=skip=JSONArgsRecommended\n", "error=true"), errors);
    let wrong = Case::new(&file("")).build_arg("BUILDKIT_DOCKERFILE_CHECK", "qzkwxvjj");
    let wrong = wrong.findings().into_iter().find(|finding| finding.rule == "syntax").unwrap();
    assert_eq!(wrong.message, "invalid check option in the build argument BUILDKIT_DOCKERFILE_CHECK");
    // An ARG in the file is no build argument.
    let declared = "ARG BUILDKIT_DOCKERFILE_CHECK=skip=all\n";
    assert_eq!(self::found(&Case::new(&file(declared))), [workdir, command]);
    let described = Case::new("# foo\nARG A\nFROM alpine:3.22\n")
        .build_arg("BUILDKIT_DOCKERFILE_CHECK", "experimental=all");
    assert!(!described.devices("definition-description").is_empty());
}

#[test]
fn the_comments_of_hadolint_are_obeyed() {
    let file = |comment: &str| format!("FROM alpine:3.22\n{comment}\nWORKDIR a\nCMD a\n");
    for comment in
        ["# hadolint ignore=DL3000", "#hadolint ignore=SC2046, DL3000", "# hadolint global ignore=DL3000"]
    {
        catches_not("relative-workdir", &file(comment));
        catches("shell-form-command", &file(comment));
        catches_not("unknown-ignore", &file(comment));
    }
    catches("relative-workdir", &file("# hadolint ignore=DL3025"));
    catches_not("shell-form-command", &file("# hadolint global ignore=DL3000,DL3025"));
    catches_not("untagged-base-image", "# hadolint ignore=DL3007\nFROM alpine:latest\n");
    catches_not("untagged-base-image", "# hadolint global ignore=DL3006\n\nFROM alpine\n");
}
