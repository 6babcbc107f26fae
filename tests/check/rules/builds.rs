//! Rules about what a build does: stages, arguments, platforms, build contexts.

use dtpl::Severity;

use super::super::case::{Case, catches, catches_not};

/// The messages of all errors.
fn errors(case: &Case) -> Vec<String> {
    let findings = case.findings().into_iter().filter(|finding| finding.severity == dtpl::Severity::Error);
    findings.map(|finding| finding.message).collect()
}

/// What is found beside the end of life of images.
fn findings(dockerfile: &str) -> Vec<String> {
    Case::new(dockerfile).rules()
}

#[test]
fn stages_are_chosen_by_the_platform() {
    let of_arch = "FROM alpine:3.22 AS b_arm64\nFROM alpine:3.22 AS b_armv7\nFROM alpine:3.22 AS b_armv6\n\
                   FROM alpine:3.22 AS b_amd64\nFROM b_${TARGETARCH}${TARGETVARIANT}\n";
    assert!(findings(of_arch).is_empty(), "{:?}", findings(of_arch));
    // A stage that a device does not use is not judged for it.
    let one_is_wrong = "FROM alpine:3.22 AS base-arm\nFROM ubuntu:24.04 AS base-arm64\n\
                        FROM ubuntu:24.04 AS base-amd64\nFROM base-$TARGETARCH\n";
    assert!(findings(one_is_wrong).is_empty(), "{:?}", findings(one_is_wrong));
    assert!(findings("FROM ubuntu:24.04 AS other\nFROM alpine:3.22\n").is_empty());
    catches("wrong-platform", "FROM ubuntu:24.04 AS other\nFROM alpine:3.22\nCOPY --from=other /a /b\n");
    catches("wrong-platform", "FROM ubuntu:24.04 AS other\nFROM other\n");
    let target = Case::new("FROM ubuntu:24.04 AS other\nFROM alpine:3.22\n").target("other");
    assert_eq!(target.devices("wrong-platform"), ["raspberry-pi"]);
}

#[test]
fn missing_stage() {
    let found = catches(
        "missing-stage",
        "FROM alpine:3.22 AS base-arm\nFROM alpine:3.22 AS base-arm64\nFROM base-$TARGETARCH\n",
    );
    assert_eq!(found.message, "there is no stage `base-amd64` for amd64");
    assert_eq!(found.help, ["there are base-arm, base-arm64"]);
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["intel-nuc"]);
    catches("missing-stage", "FROM alpine:3.22 AS aarch64-base\nFROM %%BALENA_ARCH%%-base\n");
    catches("missing-stage", "ARG KIND=debug\nFROM alpine:3.22 AS app-release\nFROM app-${KIND}\n");
    let variables = "ARG MODE=release\nFROM alpine:3.22 AS debug-arm64\nFROM alpine:3.22 AS release-arm64\nFROM $MODE-$TARGETARCH\n";
    let found = catches("missing-stage", variables);
    assert_eq!(found.help, ["there are release-arm64"]);
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["intel-nuc"]);
    catches_not("missing-stage", "ARG A=x\nFROM alpine:3.22 AS build\nFROM $A-$TARGETARCH\n");
    catches_not("missing-stage", "FROM alpine:3.22 AS build\nFROM $TARGETARCH/alpine:3.22\n");
    catches_not("missing-stage", "ARG BASE=debian\nFROM alpine:3.22 AS build\nFROM $BASE\n");
    let misspelt = "FROM alpine:3.22 AS build\nFROM buidl\n";
    catches_not("missing-stage", misspelt);
    assert_eq!(catches("untagged-base-image", misspelt).help, ["did you mean the stage `build`?"]);
    let numbered = "FROM alpine:3.22\nFROM alpine:3.22\nRUN --mount=from=0,target=/x ls /x\n";
    assert!(catches("untagged-base-image", numbered).help[0].contains("not its number"));
    let alone = Case::new("FROM alpine:3.22 AS base-arm\nFROM base-$TARGETARCH\n");
    assert_eq!(alone.rules(), ["missing-stage", "missing-stage"]);
    let later = catches(
        "missing-stage",
        "FROM base-$TARGETARCH\nFROM alpine:3.22 AS base-amd64\nFROM base-amd64\nCOPY --from=0 a b\n",
    );
    assert!(later.help[0].starts_with("it comes later"), "{:?}", later.help);
    // Without a stage that is alike, it is an image.
    catches_not("missing-stage", "FROM alpine:3.22 AS build\nFROM base-$TARGETARCH\n");
}

#[test]
fn images_outside_from_get_the_same_rules() {
    let found = catches("wrong-platform", "FROM alpine:3.22\nCOPY --from=node:24-alpine /x /x\n");
    assert_eq!(found.devices.iter().collect::<Vec<_>>(), ["raspberry-pi", "raspberrypi3"]);
    assert_eq!(found.span, 29..43);
    catches(
        "unmaintained-base-image",
        "FROM alpine:3.22\nRUN --mount=type=bind,from=python:2.7,target=/p x\n",
    );
    catches("untagged-base-image", "FROM alpine:3.22\nCOPY --from=nginx /x /x\n");
    catches("missing-base-image", "FROM alpine:3.22\nCOPY --from=balenalib/raspberrypi3-python:9.99 /x /x\n");
    catches("invalid-image-reference", "FROM alpine:3.22\nCOPY --from=Nginx:1 /x /x\n");
    let found = catches("untagged-base-image", "# syntax=docker/dockerfile\nFROM alpine:3.22\n");
    assert_eq!(found.help, ["give a version, such as docker/dockerfile:1"]);
    let with_syntax = findings("# syntax=docker/dockerfile:1\nFROM alpine:3.22\n");
    assert!(with_syntax.is_empty(), "{with_syntax:?}");
    // A stage, a number, a trigger that nothing is built on.
    catches_not("untagged-base-image", "FROM alpine:3.22 AS a\nFROM alpine:3.22\nCOPY --from=0 /x /x\n");
    catches_not("untagged-base-image", "FROM alpine:3.22\nONBUILD COPY --from=nginx /x /x\n");
}

#[test]
fn the_version_of_a_block_is_in_its_path() {
    catches_not("untagged-base-image", "FROM bh.cr/org/block-%%BALENA_ARCH%%/1.1.0\n");
    catches("untagged-base-image", "FROM bh.cr/org/block-%%BALENA_ARCH%%\n");
    catches("untagged-base-image", "FROM ghcr.io/org/block/part\n");
}

#[test]
fn a_named_context_is_no_image() {
    let compose =
        "services:\n  web:\n    build:\n      context: .\n      additional_contexts: {base: ./base}\n";
    let case = Case::new("FROM base\n").file("docker-compose.yml", compose);
    assert!(case.rules().is_empty(), "{:?}", case.rules());
    let list = compose.replace("{base: ./base}", "[base=./base]");
    assert!(
        Case::new("FROM base\nCOPY --from=base x y\n").file("docker-compose.yml", &list).rules().is_empty()
    );
    assert!(Case::new("FROM base\n").build_context("base", "./base").rules().is_empty());
    assert_eq!(Case::new("FROM other\n").build_context("base", "./base").rules(), ["untagged-base-image"]);
}

#[test]
fn a_build_argument_decides_what_is_built() {
    let text = "ARG BUILD_FROM\nFROM ${BUILD_FROM}\n";
    let without = Case::new(text);
    assert_eq!(errors(&without), ["base name (${BUILD_FROM}) should not be blank: BUILD_FROM has no value"]);
    assert!(without.findings()[0].help[0].contains("--build-arg BUILD_FROM=VALUE"));
    let with = Case::new(text).build_arg("BUILD_FROM", "alpine:3.22");
    assert_eq!(with.rules(), ["needs-build-argument"]);
    let compose = "services:\n  web:\n    build: {context: ., args: {BUILD_FROM: 'alpine:3.22'}}\n";
    assert!(errors(&Case::new(text).file("docker-compose.yml", compose)).is_empty());
    // What depends on it is unknown, not wrong.
    let unknown = Case::new("ARG TAG\nFROM alpine:3.22$TAG\nARG F\nCOPY $F /x\n");
    assert!(unknown.rules().is_empty(), "{:?}", unknown.rules());
}

#[test]
fn hidden_platform_argument() {
    let found = catches("hidden-platform-argument", "ARG TARGETARCH=amd64\nFROM alpine:3.22\n");
    assert!(!found.devices.contains("intel-nuc") && found.devices.contains("raspberrypi3"));
    catches("hidden-platform-argument", "FROM alpine:3.22\nARG TARGETARCH=amd64\n");
    catches("hidden-platform-argument", "FROM alpine:3.22\nARG A TARGETVARIANT=v7\n");
    catches("hidden-platform-argument", "FROM alpine:3.22\nARG TARGETARCH=${TARGETARCH:-amd64}\n");
    catches_not("hidden-platform-argument", "ARG TARGETARCH\nFROM alpine:3.22\n");
    catches_not("hidden-platform-argument", "ARG TARGETARCH=${TARGETARCH:-amd64}\nFROM alpine:3.22\n");
    catches_not("hidden-platform-argument", "ARG BUILDPLATFORM=linux/amd64\nFROM alpine:3.22\n");
    let classic = Case::new("FROM alpine:3.22\nARG TARGETARCH=amd64\n").classic();
    assert!(classic.devices("hidden-platform-argument").is_empty());
}

#[test]
fn undefined_variable() {
    let found =
        catches("undefined-variable", "FROM alpine:3.22\nRUN wget https://example.com/t-$TARGETARCH\n");
    assert_eq!(found.span.len(), "$TARGETARCH".len());
    assert_eq!(found.message, "nothing sets `$TARGETARCH` here: it is empty");
    catches("undefined-variable", "FROM alpine:3.22\nRUN <<E\necho ${TARGETPLATFORM:-x}\nE\n");
    catches("undefined-variable", "ARG TARGETARCH\nFROM alpine:3.22\nRUN echo $TARGETARCH\n");
    catches("undefined-variable", "FROM scratch\nCOPY a /$NOWHERE/\n");
    catches("undefined-variable", "FROM alpine:3.22\nCOPY page.erb /$TARGETARCH/\n");
    catches(
        "undefined-variable",
        "FROM alpine:3.22 AS a\nARG TARGETARCH\nFROM alpine:3.22\nRUN echo $TARGETARCH\n",
    );
    for fine in [
        "ARG TARGETARCH\nRUN echo $TARGETARCH\n",
        "RUN TARGETARCH=$(uname -m); echo $TARGETARCH\n",
        "RUN for TARGETARCH in a b; do echo $TARGETARCH; done\n",
        "RUN echo \\$TARGETARCH $TARGETARCHES\n",
        "COPY page.erb $HOME\n",
        "ENV TARGETARCH=x\nRUN echo $TARGETARCH\n",
    ] {
        catches_not("undefined-variable", &format!("FROM alpine:3.22\n{fine}"));
    }
    catches_not(
        "undefined-variable",
        "FROM alpine:3.22 AS a\nARG TARGETARCH\nFROM a\nRUN echo $TARGETARCH\n",
    );
}

#[test]
fn undeclared_argument() {
    let found = catches("undeclared-argument", "ARG TAG=3.22\nFROM alpine:${TGA:-3.22}\n");
    assert_eq!(found.help, ["did you mean `TAG`?"]);
    catches("undeclared-argument", "FROM alpine:3.22\nARG X=1\nFROM alpine:3.22$X\n");
    catches("undeclared-argument", "FROM --platform=${P:-linux/arm64} alpine:3.22\n");
    // Where the build ends because of it, there is one error.
    assert_eq!(Case::new("FROM $NONE\n").rules(), ["syntax"]);
    catches_not("undeclared-argument", "FROM --platform=$BUILDPLATFORM alpine:3.22\n");
}

#[test]
fn needs_build_argument() {
    let case = Case::new("ARG B\nARG C=alpine:3.22\nFROM $B AS a\nFROM $C\n").build_arg("B", "alpine:3.21");
    assert_eq!(case.rules(), ["needs-build-argument"]);
    assert!(Case::new("ARG B=alpine:3.22\nFROM $B\n").build_arg("B", "alpine:3.21").rules().is_empty());
    catches_not("needs-build-argument", "ARG B\nFROM $B\n");
}

#[test]
fn a_default_in_a_command_is_taken_for_every_device() {
    let found =
        catches("undefined-variable", "FROM alpine:3.22\nRUN wget https://x.org/a-${TARGETARCH:-amd64}\n");
    assert_eq!(found.message, "nothing sets `$TARGETARCH` here: every device gets the default");
    assert_eq!(found.span, 42..54);
}

#[test]
fn platform_never_matches() {
    let text = |name: &str| {
        format!(
            "FROM alpine:3.22\nARG TARGETPLATFORM TARGETARCH TARGETVARIANT\nRUN case {name} echo a ;; *) echo b ;; esac\n"
        )
    };
    let found = catches("platform-never-matches", &text("\"$TARGETPLATFORM\" in linux/arm64/v8)"));
    assert_eq!(
        (&*found.message, &*found.help[0]),
        ("the builder never says `linux/arm64/v8`", "write `linux/arm64`")
    );
    for wrong in [
        "${TARGETARCH} in aarch64)",
        "$TARGETARCH in 'armhf')",
        "\"${TARGETARCH}/${TARGETVARIANT}\" in arm64/v8)",
        "$TARGETARCH$TARGETVARIANT in arm64v8)",
        "$TARGETPLATFORM in linux/arm)",
        "$TARGETPLATFORM in linux/arm/7)",
        "${TARGETARCH} in armv7hf)",
        "$TARGETVARIANT in 7)",
    ] {
        catches("platform-never-matches", &text(wrong));
    }
    catches(
        "platform-never-matches",
        "FROM alpine:3.22\nARG TARGETARCH\nRUN if [ \"$TARGETARCH\" = x86_64 ]; then x; fi\n",
    );
    for fine in [
        "$TARGETPLATFORM in linux/arm64/v8|linux/arm64)",
        "$TARGETPLATFORM in linux/arm64*)",
        "$TARGETARCH in arm)",
        "$TARGETVARIANT in v8)",
        "$TARGETARCH$TARGETVARIANT in armv7)",
        "$(uname -m) in aarch64)",
        "\"$TARGETARCH$X\" in aarch64)",
    ] {
        catches_not("platform-never-matches", &text(fine));
    }
}

#[test]
fn unhandled_platform() {
    let text = |arg: &str, branches: &str| {
        format!("FROM alpine:3.22\n{arg}RUN case \"$TARGETPLATFORM\" in {branches} esac && echo $T\n")
    };
    let two = "linux/amd64) T=x ;; linux/arm64) T=y ;; *) exit 1 ;;";
    let case = format!("case \"$TARGETPLATFORM\" in {two} esac");
    for uncertain in [
        format!("RUN [ -z \"$STRICT\" ] || {{ echo x; {case}; }}"),
        format!("RUN {{ echo x; {case}; }} | cat"),
        format!("RUN [ -n \"$X\" ] && (echo x; {case})"),
        format!("RUN <<EOF\n[ -n \"$X\" ] &&\n{case}\nEOF"),
        format!("RUN {case} | cat"),
        format!("RUN {case} & wait"),
        format!("RUN [ \"$TARGETPLATFORM\" = linux/arm/v7 ] && exit 0; {case}"),
        format!("RUN if [ -n \"$X\" ]; then exec y; fi; {case}"),
        format!("RUN f() {case}; f"),
    ] {
        let file = format!("FROM alpine:3.22\nARG TARGETPLATFORM\n{uncertain}\n");
        catches_not("unhandled-platform", &file);
    }
    for certain in [
        format!("RUN set -e; [ -f x ] && y; {case}; z | cat"),
        format!("RUN {{ echo x; }}; {case} > log"),
        format!("RUN <<EOF\n[ -n \"$X\" ] &&\n  x\n{case}\nEOF"),
        format!("RUN {case} && z || exit 1"),
    ] {
        let file = format!("FROM alpine:3.22\nARG TARGETPLATFORM\n{certain}\n");
        catches("unhandled-platform", &file);
    }
    let case = Case::new(&text("ARG TARGETPLATFORM\n", two));
    assert_eq!(case.devices("unhandled-platform"), ["raspberry-pi", "raspberrypi3"]);
    // Without the ARG it is empty for every device.
    let case = Case::new(&text("", two));
    assert!(case.devices("unhandled-platform").is_empty());
    assert_eq!(case.devices("undefined-variable").len(), 5);
    for fine in [
        "linux/amd64) T=x ;; linux/arm64) T=y ;; *) T=z ;;",
        "linux/amd64) T=x ;; linux/arm*) T=y ;; *) exit 1 ;;",
        "linux/amd64) T=x ;; linux/arm64) T=y ;;",
        "linux/amd64) T=x ;; *) T=$(uname -m) || exit 1 ;;",
        "linux/amd64) T=x ;; *) exit 0 ;;",
        "linux/s390x) exit 1 ;;",
    ] {
        let case = Case::new(&text("ARG TARGETPLATFORM\n", fine));
        assert!(case.devices("unhandled-platform").is_empty(), "{fine}");
    }
    // Where the script may go on after it, nothing is said.
    let case = "case $TARGETARCH in amd64) ;; *) echo no; exit 1 ;; esac";
    let run = |script: &str| format!("FROM alpine:3.22\nARG TARGETARCH\nRUN {script}\n");
    for ends in
        [case.to_owned(), format!("{case} || :"), format!("set -e; a && {case}"), format!("{case}; b")]
    {
        assert_eq!(Case::new(&run(&ends)).devices("unhandled-platform").len(), 4, "{ends}");
    }
    for goes_on in [
        format!("({case}) || a"),
        format!("f() {{ {case}; }}; f || a"),
        format!("if [ -f a ]; then {case}; fi"),
        format!("[ -f a ] && {case}; b"),
        format!("a || {case}"),
        format!("for TARGETARCH in amd64; do {case}; done"),
        format!("a | {case}; b"),
        case.replace("exit 1", "false"),
        case.replace("exit 1", "return 1"),
    ] {
        assert!(Case::new(&run(&goes_on)).devices("unhandled-platform").is_empty(), "{goes_on}");
    }
    catches_not("unhandled-platform", "FROM alpine:3.22\nARG A\nRUN case $A in a) b ;; *) exit 1 ;; esac\n");
    let over_lines = "FROM alpine:3.22\nARG TARGETARCH\nRUN set -e; \\\n  case \"${TARGETARCH}\" in \\\n    # the common one\n    \
                      amd64 | arm64) x ;; \\\n    *) echo \"no $TARGETARCH\" >&2 && exit 1 ;; \\\n  esac\n";
    assert_eq!(Case::new(over_lines).devices("unhandled-platform"), ["raspberry-pi", "raspberrypi3"]);
}

#[test]
fn missing_goarm() {
    let text = |run: &str| {
        format!(
            "FROM --platform=$BUILDPLATFORM golang:1.25-alpine AS b\nARG TARGETARCH TARGETVARIANT\n{run}FROM alpine:3.22\nCOPY --from=b /a /a\n"
        )
    };
    let case = Case::new(&text("RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /a .\n"));
    assert_eq!(case.devices("missing-goarm"), ["raspberry-pi"]);
    catches("missing-goarm", &text("RUN export GOARCH=${TARGETARCH} && go install ./cmd/a\n"));
    catches("missing-goarm", &text("ENV GOARCH=$TARGETARCH\nRUN go build .\n"));
    for fine in [
        "RUN GOARCH=$TARGETARCH GOARM=6 go build .\n",
        "ENV GOARM=6\nRUN GOARCH=$TARGETARCH go build .\n",
        "RUN GOARCH=amd64 go build .\n",
        "RUN go build .\n",
        "RUN GOARCH=$TARGETARCH go test ./...\n",
    ] {
        catches_not("missing-goarm", &text(fine));
    }
    catches_not(
        "missing-goarm",
        "FROM golang:1.25-alpine\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build .\n",
    );
}

#[test]
fn copied_files_are_looked_up_for_each_device() {
    let text = "FROM alpine:3.22\nARG TARGETPLATFORM\nCOPY dist/$TARGETPLATFORM/app /app\n";
    let case = |text: &str| {
        let built = ["amd64", "arm64", "arm/v7"];
        built.iter().fold(Case::new(text), |case, name| case.file(&format!("dist/linux/{name}/app"), ""))
    };
    let found = case(text);
    assert_eq!(found.devices("missing-copy-source"), ["raspberry-pi"]);
    let help = &found.findings()[0].help[0];
    assert!(help.starts_with("for rpi it is `dist/linux/arm/v6/app`; "), "{help}");
    assert_eq!(case(&text.replace("COPY", "ADD")).devices("missing-copy-source"), ["raspberry-pi"]);
    catches("missing-copy-source", "FROM alpine:3.22\nARG F=manage.pyy\nCOPY $F .\n");
    catches("missing-copy-source", "FROM alpine:3.22\nRUN --mount=type=bind,source=nothere,target=/x y\n");
    catches("missing-copy-source", "FROM alpine:3.22\nENV D=src\nRUN --mount=source=$D/x.py,target=/x y\n");
    catches_not(
        "missing-copy-source",
        "FROM alpine:3.22\nENV D=src\nRUN --mount=source=$D/main.py,target=/x y\n",
    );
    catches_not(
        "missing-copy-source",
        "FROM alpine:3.22\nRUN --mount=type=cache,source=nothere,target=/x y\n",
    );
    catches_not("missing-copy-source", "FROM alpine:3.22\nCOPY $FROM_BASE/x .\n");
    // A stage that is not built copies nothing.
    catches_not("missing-copy-source", "FROM alpine:3.22\nCOPY nothere .\nFROM alpine:3.22\n");
}

#[test]
fn what_git_ignores_is_made_before_the_build() {
    let case =
        |ignored: &str| Case::new("FROM alpine:3.22\nCOPY dist/app /app\n").file(".gitignore", ignored);
    for ignored in ["dist\n", "/dist/\n", "app\n", "dist/*\n"] {
        let findings = case(ignored).findings();
        assert_eq!(findings[0].severity, dtpl::Severity::Info, "{ignored}");
    }
    for other in ["/app\n", "dist\n!dist\n", "# dist\n"] {
        assert_eq!(case(other).findings()[0].severity, dtpl::Severity::Error, "{other}");
    }
}

#[test]
fn a_dockerfile_may_have_an_ignore_file_of_its_own() {
    let text = "FROM alpine:3.22\nCOPY src /src\n";
    let case = || Case::new(text).file(".dockerignore", "*\n");
    assert_eq!(case().rules(), ["missing-copy-source"]);
    assert!(case().file("Dockerfile.dockerignore", "*\n!src\n").rules().is_empty());
    // The classic builder does not read it.
    assert_eq!(
        case().file("Dockerfile.dockerignore", "*\n!src\n").classic().rules(),
        ["missing-copy-source"]
    );
    let named = "services:\n  web: {build: {context: ., dockerfile: build/web.Dockerfile}}\n";
    let case = case().called("build/web.Dockerfile").file("docker-compose.yml", named);
    assert_eq!(case.rules(), ["missing-copy-source"]);
    let case = case.file("build/web.Dockerfile.dockerignore", "*\n!src\n");
    assert!(case.rules().is_empty(), "{:?}", case.rules());
}

#[test]
fn buildkit_syntax() {
    let text = "FROM alpine:3.22\nRUN --mount=type=cache,target=/x a\nRUN <<E\nb\nE\nRUN --mount=type=tmpfs,target=/y --network=none c\n";
    let case = Case::new(text).classic();
    let found = &case.findings()[0];
    let expected = "the classic builder does not know RUN --mount (lines 2, 6), RUN --network (line 6), heredocs (line 3)";
    assert_eq!((&*found.rule, &*found.message), ("buildkit-syntax", expected));
    assert_eq!(case.rules(), ["buildkit-syntax"]);
    catches_not("buildkit-syntax", text);
    for wrong in [
        "COPY --link src /x",
        "ADD --chmod=755 src /x",
        "HEALTHCHECK --start-interval=5s CMD x",
        "ONBUILD RUN --mount=type=ssh x",
    ] {
        assert!(
            Case::new(&format!("FROM alpine:3.22\n{wrong}\n"))
                .classic()
                .rules()
                .contains(&"buildkit-syntax".to_owned()),
            "{wrong}"
        );
    }
    for fine in [
        "COPY --chown=1:1 src /x",
        "HEALTHCHECK --start-period=5s CMD x",
        "RUN echo --mount=x",
        "COPY --from=0 a /b",
    ] {
        let case = Case::new(&format!("FROM alpine:3.22 AS a\nFROM alpine:3.22\n{fine}\n")).classic();
        assert!(case.rules().is_empty(), "{fine}: {:?}", case.rules());
    }
    assert!(case.findings()[0].help[0].contains("BuildKit"));
}

#[test]
fn the_classic_builder_builds_every_stage_up_to_the_target() {
    let unused = "FROM ubuntu:24.04 AS other\nFROM alpine:3.22\n";
    assert!(Case::new(unused).rules().is_empty());
    assert_eq!(Case::new(unused).classic().devices("wrong-platform"), ["raspberry-pi"]);
    let after = "FROM alpine:3.22 AS first\nFROM ubuntu:24.04\n";
    assert!(Case::new(after).classic().target("first").rules().is_empty());
    // It gives no arguments of the platform.
    let of_arch = "FROM alpine:3.22 AS base-arm\nFROM base-$TARGETARCH\n";
    assert!(Case::new(of_arch).classic().rules().contains(&"invalid-image-reference".to_owned()));
    let builder = Case::new("FROM --platform=$BUILDPLATFORM golang:1.25-alpine\n").classic();
    assert_eq!(builder.findings()[0].message, "empty platform value from expression $BUILDPLATFORM");
    assert!(Case::new("ARG BUILDPLATFORM=linux/amd64\nFROM --platform=$BUILDPLATFORM alpine:3.22 AS b\nFROM alpine:3.22\n").classic().devices("syntax").is_empty());
    // What is not declared is empty, and nothing says so but the build.
    assert!(
        Case::new("FROM alpine:3.22\nARG TARGETARCH\nRUN echo $TARGETARCH\n").classic().rules().is_empty()
    );
}

#[test]
fn a_default_that_the_build_replaces_is_not_judged() {
    let text = "FROM alpine:3.22\nARG ARCH=amd64\nRUN wget https://example.com/t-$ARCH.tar.gz\n";
    assert!(Case::new(text).build_arg("ARCH", "arm64").devices("foreign-arch").is_empty());
    assert!(!Case::new(text).devices("foreign-arch").is_empty());
    assert!(!Case::new(text).build_arg("OTHER", "arm64").devices("foreign-arch").is_empty());
}

#[test]
fn one_cause_is_one_error() {
    assert_eq!(Case::new("FROM alpine:3.22\n%%EXTRAS%%\n").rules(), ["unknown-placeholder"]);
    let platform = Case::new("FROM --platform=linux/%%BALENA_ARCH%% alpine:3.22\n");
    assert_eq!(platform.rules(), ["impossible-platform"]);
    assert_eq!(Case::new("FROM %%BASE%%\nRUN x\n").rules(), ["unknown-placeholder"]);
}

#[test]
fn needs_newer_engine() {
    let found = |text: &str| {
        let findings = Case::new(text).findings();
        let ours = findings.into_iter().filter(|finding| finding.rule == "needs-newer-engine");
        ours.map(|finding| (finding.severity, finding.message)).collect::<Vec<_>>()
    };
    let noted = |text: &str, expected: &str| {
        let message = format!("{expected} or newer");
        assert_eq!(found(text), [(Severity::Info, message)], "{text}");
    };
    noted("FROM alpine:3.22\nRUN << EOF\ntrue\nEOF\n", "a heredoc with a blank after << needs Docker 28.2");
    let secret = "FROM alpine:3.22\nRUN --mount=type=secret,id=t,env=T true\nRUN --mount=type=secret,id=u,env=U true\n";
    noted(secret, "--mount=type=secret with env= needs Docker 27.3");
    noted("FROM alpine:3.22\nCOPY --exclude=*.md src /x\n", "COPY --exclude needs Docker 28.5");
    noted("FROM alpine:3.22\nCOPY --chmod=u+x src /x\n", "--chmod with letters needs Docker 28.0");
    noted("FROM alpine:3.22\nADD --unpack src /x\n", "ADD --unpack needs Docker 28.3");
    noted(
        "FROM alpine:3.22\nARG V=1.2\nENV W=${V%.*}\n",
        "a variable with #, % or / in ${} needs Docker 26.0",
    );
    noted(
        "FROM alpine:3.22\nHEALTHCHECK --start-interval=1s CMD x\n",
        "HEALTHCHECK --start-interval needs Docker 25.0",
    );
    // Every engine that builds with BuildKit takes these.
    let old = "FROM alpine:3.22\nRUN --mount=type=cache,target=/x --network=none true\nRUN <<E\ntrue\nE\n\
               COPY --link --chmod=755 src /x\nENV V=${W:-x}\nRUN echo ${V%.*}\n";
    assert_eq!(found(old), []);

    catches_not("needs-newer-engine", old);

    let refused = |text: &str| matches!(&found(text)[..], [(Severity::Error, _)]);
    let parents = catches("needs-newer-engine", "FROM alpine:3.22\nCOPY --parents src /x\n");
    assert_eq!(parents.help, ["begin the file with # syntax=docker/dockerfile:1.20"]);
    assert!(refused("FROM alpine:3.22\nRUN --security=insecure true\n"));
    assert!(refused("FROM alpine:3.22\nRUN --device=gpu true\n"));
    let with = |syntax: &str, line: &str| format!("# syntax={syntax}\nFROM alpine:3.22\n{line}\n");
    let parents = "COPY --parents src /x";
    assert!(refused(&with("docker/dockerfile:1.19", parents)));
    assert!(refused(&with("docker/dockerfile:1", "RUN --device=gpu true")));
    assert!(refused(&with("docker/dockerfile:1.3", "RUN <<E\ntrue\nE")));
    for (syntax, line) in [
        ("docker/dockerfile:1.20", parents),
        ("docker/dockerfile:1.20.1", parents),
        ("docker.io/docker/dockerfile:1.7-labs", parents),
        ("docker/dockerfile-upstream:1-labs", parents),
        ("docker/dockerfile:1", parents),
        ("docker/dockerfile", parents),
        ("docker/dockerfile:1-labs", "RUN --device=gpu true"),
        ("docker/dockerfile:1.3-labs", "RUN <<E\ntrue\nE"),
        // Of these nothing is known.
        ("docker/dockerfile:experimental", parents),
        ("example.com/frontend:1.2", parents),
        ("docker/dockerfile:1", "COPY --exclude=*.md src /x"),
    ] {
        assert_eq!(found(&with(syntax, line)), [], "{syntax} {line}");
    }
}
