//! What a build of a Dockerfile does: stages, images, variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use dtpl::dockerfile::expansion::Env;
use dtpl::dockerfile::{
    Base, Budget, BuildOptions, Builder, Dockerfile, Evaluation, ImageUse, Mount, StagePlatform, Value,
};
use dtpl::{Place, Source};

fn env(pairs: &[(&str, &str)]) -> Env {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect()
}

fn evaluated(text: &str, options: &BuildOptions) -> Evaluation {
    let source = Arc::new(Source::new("Dockerfile", text));
    Dockerfile::parse(&source).unwrap().evaluate(options)
}

fn on(platform: &str, text: &str) -> Evaluation {
    evaluated(text, &BuildOptions::of_platform(platform))
}

fn image(reference: &str) -> Base {
    Base::Image(reference.to_owned())
}

fn bases(text: &str, given: &[(&str, &str)]) -> Vec<Base> {
    let args = env(given);
    let found = evaluated(text, &BuildOptions { args: &args, ..BuildOptions::of_platform("linux/arm/v7") });
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    found.stages.into_iter().map(|stage| stage.base).collect()
}

/// The messages of all faults, each with the text at its place.
fn faults<'t>(text: &'t str, found: &Evaluation) -> Vec<(String, &'t str)> {
    let of_place = |place: &Place| match place {
        Place::Text(_, span) => &text[span.clone()],
        _ => panic!(),
    };
    found.faults.iter().map(|fault| (fault.message.clone(), of_place(&fault.place))).collect()
}

/// The stages that are built.
fn built(found: &Evaluation) -> Vec<usize> {
    (0..found.stages.len()).filter(|&at| found.stages[at].is_built).collect()
}

/// The images that a build needs.
fn needed(found: &Evaluation) -> Vec<&str> {
    found.images.iter().filter(|image| image.is_built).map(|image| &*image.name).collect()
}

#[test]
fn arguments_before_the_first_from_are_put_into_it() {
    let text = "ARG IMAGE=debian\nARG TAG=12 FULL=${IMAGE}:\"$TAG\"\nFROM $FULL-${NONE:-slim}\n";
    // An `ARG` sees those before it, also on its own line.
    assert_eq!(bases(text, &[]), [image("debian:12-slim")]);
    assert_eq!(bases(text, &[("TAG", "13"), ("NONE", "x")]), [image("debian:13-slim")]);
    assert_eq!(bases(text, &[("FULL", "y"), ("OTHER", "z")]), [image("y-slim")]);
}

#[test]
fn the_order_of_arguments_counts() {
    assert_eq!(bases("ARG A=$B\nARG B=1\nFROM x$A$B\n", &[]), [image("x1")]);
    assert_eq!(bases("ARG A=1\nARG A=2$A\nFROM x$A\n", &[]), [image("x21")]);
    // What a stage declares is not seen by the next FROM.
    assert_eq!(bases("FROM a\nARG A=1\nFROM x$A\n", &[]), [image("a"), image("x")]);
}

/// An argument without a value may be given one: what depends on it is unknown, and a fault only where a
/// build without it ends.
#[test]
fn an_argument_without_a_value_is_unknown() {
    assert_eq!(bases("ARG A\nFROM debian:12$A\n", &[]), [Base::Unknown]);
    assert_eq!(bases("ARG A\nARG B=12$A\nFROM debian:$B\nFROM x\n", &[]), [Base::Unknown, image("x")]);
    assert_eq!(bases("ARG A\nFROM debian:$A\n", &[("A", "12")]), [image("debian:12")]);
    for (text, place) in [
        ("ARG BUILD_FROM\nFROM ${BUILD_FROM}\n", "${BUILD_FROM}"),
        ("ARG V\nFROM alpine:${V}\n", "alpine:${V}"),
        ("ARG A\nARG B=$A\nARG C=${B}\nFROM $C\n", "$C"),
        ("ARG REG\nFROM $REG/app\n", "$REG/app"),
    ] {
        let found = on("linux/amd64", text);
        let found = faults(text, &found);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].1, place);
        assert!(found[0].0.contains("has no value"), "{found:?}");
    }
    let found = on("linux/amd64", "ARG BUILD_FROM\nFROM ${BUILD_FROM}\n");
    let help = found.faults.iter().next().unwrap().help.join("\n");
    assert_eq!(help, "give it one with --build-arg BUILD_FROM=VALUE, or a default: ARG BUILD_FROM=VALUE");
}

#[test]
fn the_platform_is_as_buildkit_writes_it() {
    let text = "FROM a/$TARGETARCH${TARGETVARIANT:+-$TARGETVARIANT}\nFROM b/$TARGETOS-$TARGETVARIANT-x\n\
                FROM c/${TARGETPLATFORM//\\//-}\n";
    let expected = [
        ("linux/arm64/v8", ["a/arm64", "b/linux--x", "c/linux-arm64"]),
        ("linux/arm64", ["a/arm64", "b/linux--x", "c/linux-arm64"]),
        ("linux/amd64/v1", ["a/amd64", "b/linux--x", "c/linux-amd64"]),
        ("linux/arm/v6", ["a/arm-v6", "b/linux-v6-x", "c/linux-arm-v6"]),
        ("linux/arm", ["a/arm-v7", "b/linux-v7-x", "c/linux-arm-v7"]),
        ("linux/386", ["a/386", "b/linux--x", "c/linux-386"]),
    ];
    for (platform, images) in expected {
        let stages = on(platform, text).stages;
        let found: Vec<Base> = stages.into_iter().map(|stage| stage.base).collect();
        assert_eq!(found, images.map(image), "{platform}");
    }
}

#[test]
fn a_declared_default_hides_the_value_of_the_engine() {
    let text = "ARG TARGETARCH=amd64\nFROM x-$TARGETARCH\n";
    assert_eq!(bases(text, &[]), [image("x-amd64")]);
    assert_eq!(bases(text, &[("TARGETARCH", "s390x")]), [image("x-s390x")]);
    assert_eq!(bases("ARG TARGETARCH\nFROM x-$TARGETARCH\n", &[]), [image("x-arm")]);
    assert_eq!(bases("FROM x-$TARGETARCH\n", &[("TARGETARCH", "arm64")]), [image("x-arm64")]);
}

#[test]
fn the_machine_that_builds_is_known_only_if_it_is_said() {
    let text = "FROM --platform=$BUILDPLATFORM a AS x\nFROM tools-$BUILDARCH\nFROM x\n";
    let unknown = on("linux/arm/v7", text);
    assert!(unknown.faults.is_empty());
    assert_eq!(unknown.stages[0].platform, StagePlatform::Builder);
    assert_eq!(unknown.stages[1].base, Base::Unknown);
    // A stage on another one is for the platform of that one.
    assert_eq!(unknown.stages[2].platform, StagePlatform::Builder);
    let options = BuildOptions::of_platform("linux/arm/v7");
    let known = evaluated(text, &BuildOptions { build_platform: Some("linux/amd64"), ..options });
    assert_eq!(known.stages[0].platform, StagePlatform::Named("linux/amd64".into()));
    assert_eq!(known.stages[1].base, image("tools-amd64"));
}

#[test]
fn a_base_may_be_a_stage_or_nothing() {
    let text = "ARG S=one\nFROM a AS One\nFROM $S\nFROM One\nFROM scratch\nFROM two AS two\nFROM two\n";
    let expected = [image("a"), Base::Stage(0), image("One"), Base::Scratch, image("two"), Base::Stage(4)];
    assert_eq!(bases(text, &[]), expected);
}

#[test]
fn buildkit_builds_what_the_target_needs() {
    let text = "FROM a AS unused\nFROM b AS base\nFROM c AS tools\nCOPY --from=deep /x /x\n\
                FROM d AS mounted\nFROM base AS last\nCOPY --from=tools /x /x\n\
                RUN --mount=type=bind,from=mounted,target=/m x\nCOPY --from=img:1 /y /y\n";
    let found = on("linux/amd64", text);
    assert_eq!(built(&found), [1, 2, 3, 4]);
    assert_eq!(needed(&found), ["b", "c", "deep", "d", "img:1"]);
    let options = BuildOptions::of_platform("linux/amd64");
    let tools = evaluated(text, &BuildOptions { target: Some("TOOLS"), ..options });
    assert_eq!((built(&tools), needed(&tools)), (vec![2], vec!["c", "deep"]));
    let classic =
        evaluated(text, &BuildOptions { builder: Builder::Classic, target: Some("tools"), ..options });
    assert_eq!((built(&classic), needed(&classic)), (vec![0, 1, 2], vec!["a", "b", "c", "deep"]));
}

#[test]
fn a_target_that_is_missing_is_a_fault() {
    let text = "FROM a AS build\nFROM b AS release\n";
    let options = BuildOptions { target: Some("relaese"), ..BuildOptions::of_platform("linux/amd64") };
    let found = evaluated(text, &options);
    assert_eq!(faults(text, &found)[0].0, "target stage `relaese` could not be found");
    assert_eq!(found.faults.iter().next().unwrap().help, ["did you mean `release`?"]);
    assert!(built(&found).is_empty());
}

#[test]
fn images_are_found_wherever_they_are_named() {
    let text = "# syntax=docker/dockerfile:1 \nFROM --platform=linux/arm64 a:1\nCOPY --from=b:2 x y\n\
                RUN --mount=type=bind,source=/x,from=c:3,target=/y z\nCOPY --from=scratch q r\n";
    let found = on("linux/amd64", text);
    let seen: Vec<(&str, ImageUse, &str)> =
        found.images.iter().map(|image| (&*image.name, image.by, &text[image.span.clone()])).collect();
    assert_eq!(seen[0], ("docker/dockerfile:1", ImageUse::Syntax, "docker/dockerfile:1"));
    assert_eq!(seen[1], ("a:1", ImageUse::From, "a:1"));
    assert_eq!(seen[2], ("b:2", ImageUse::Copy, "b:2"));
    assert_eq!((seen[3].0, seen[3].1, seen.len()), ("c:3", ImageUse::Mount, 4));
    // What is copied is for the platform of the build, whatever that of the stage is.
    assert_eq!(found.images[1].platform, StagePlatform::Named("linux/arm64".into()));
    assert_eq!(found.images[2].platform, StagePlatform::Target);
}

#[test]
fn the_image_of_a_syntax_line_is_its_first_word_whatever_its_bytes_are() {
    for (value, word) in [
        (&b"a/b\xe9c:1"[..], &b"a/b\xe9c:1"[..]),
        (b"\xff\xff", b"\xff\xff"),
        ("a/b\u{a0}c".as_bytes(), "a/b\u{a0}c".as_bytes()),
        (b"a/b:1\t--x", b"a/b:1\t--x"),
        (b"a/b:1 \xe9", b"a/b:1"),
    ] {
        let text = [b"# syntax=", value, b"\nFROM a:1\n"].concat();
        let source = Arc::new(Source::new("Dockerfile", text.clone()));
        let (file, _) = Dockerfile::read(&source);
        let found = file.evaluate(&BuildOptions::of_platform("linux/amd64"));
        assert_eq!(&text[found.images[0].span.clone()], word);
        assert_eq!(found.images[0].name, String::from_utf8_lossy(word));
    }
}

#[test]
fn a_named_context_is_no_image() {
    let text = "FROM base AS one\nFROM alpine\nFROM docker.io/library/alpine:latest\nCOPY --from=assets a b\n\
                FROM debian AS two\nFROM two\n";
    let contexts = BTreeMap::from(
        ["base", "alpine", "assets", "two"].map(|name| (name.to_owned(), format!("./{name}"))),
    );
    let options = BuildOptions { contexts: &contexts, ..BuildOptions::of_platform("linux/amd64") };
    let found = evaluated(text, &options);
    assert!(found.images.is_empty(), "{:?}", found.images);
    assert_eq!(found.stages[3].base, Base::Context("two".to_owned()));
    assert_eq!(found.stages[4].base, Base::Stage(3));
}

#[test]
fn a_named_context_takes_the_place_of_a_stage() {
    let text =
        "FROM a AS one\nFROM b AS build\nCOPY --from=one x y\nRUN --mount=from=c,target=/x z\nFROM build\n";
    let contexts = BTreeMap::from([("build".to_owned(), "./src".to_owned())]);
    let options = BuildOptions { contexts: &contexts, ..BuildOptions::of_platform("linux/amd64") };
    let found = evaluated(text, &options);
    assert_eq!(built(&found), [2]);
    assert!(needed(&found).is_empty(), "{:?}", needed(&found));
    let contexts = BTreeMap::from([("build".to_owned(), "docker-image://d:1".to_owned())]);
    let found = evaluated(text, &BuildOptions { contexts: &contexts, ..options });
    assert_eq!((built(&found), needed(&found)), (vec![2], vec!["d:1"]));
    // What its ONBUILD would trigger is not there either.
    let text = "FROM b AS build\nONBUILD COPY --from=c:1 x y\nFROM build\n";
    assert!(needed(&evaluated(text, &options)).is_empty());
    assert_eq!(needed(&on("linux/amd64", text)), ["b", "c:1"]);
}

#[test]
fn a_named_context_can_be_an_image() {
    let text = "FROM base AS one\nFROM debian AS two\nFROM two\nCOPY --from=assets a b\nRUN --mount=from=more,target=/x y\n";
    let value = |image: &str| format!("docker-image://{image}");
    let images = [("base", "a:1"), ("two", "b:2"), ("assets", "c:3"), ("more", "d@sha256:0")];
    let contexts = BTreeMap::from(images.map(|(name, image)| (name.to_owned(), value(image))));
    let options = BuildOptions { contexts: &contexts, ..BuildOptions::of_platform("linux/amd64") };
    let found = evaluated(text, &options);
    let seen: Vec<(&str, &str)> =
        found.images.iter().map(|image| (&*image.name, &text[image.span.clone()])).collect();
    assert_eq!(seen, [("a:1", "base"), ("b:2", "debian"), ("c:3", "assets"), ("d@sha256:0", "more")]);
}

#[test]
fn triggers_of_a_stage_run_in_the_stage_built_on_it() {
    let text =
        "FROM a AS base\nONBUILD COPY --from=img:1 x y\nONBUILD ENV A=1\nFROM base\nWORKDIR /$A\nFROM b\n";
    let found = on("linux/amd64", text);
    let by_trigger = found.images.iter().find(|image| image.name == "img:1").unwrap();
    assert_eq!(by_trigger.stage, Some(1));
    assert!(found.undefined.is_empty());
}

#[test]
fn triggers_are_not_evaluated_again_and_again_without_a_limit() {
    let many = "ONBUILD COPY --from=busybox a b\n".repeat(3_000);
    let text = format!(
        "FROM t AS tools\nFROM scratch AS base\nONBUILD ENV A=1\n{many}ONBUILD COPY --from=tools a b\n{}WORKDIR /$A\nFROM last\nUSER $A\n",
        "FROM base AS last\n".repeat(3_000)
    );
    let source = Arc::new(Source::new("Dockerfile", text));
    let (file, _) = Dockerfile::read(&source);
    let found = file.evaluate(&BuildOptions::of_platform("linux/amd64"));
    // Every stage would have 3,000 images.
    assert!((3_000..60_000).contains(&found.images.len()), "{}", found.images.len());
    let mut visited = 0;
    for stage in 0..file.stages.len() {
        found.walk(&file, stage, |_, _| visited += 1);
    }
    assert!((3_000..60_000).contains(&visited), "{visited}");
    // What is not evaluated is not said to be unset, or not needed.
    assert!(found.undefined.is_empty() && found.stages[0].is_built);
    assert_eq!(found.stages.iter().filter(|stage| stage.is_built).count(), 4);
}

#[test]
fn words_that_share_a_budget_are_limited_together() {
    let text = format!("FROM scratch\nENV A={}\nUSER a\n", "a".repeat(60_000));
    let source = Arc::new(Source::new("Dockerfile", text));
    let file = Dockerfile::parse(&source).unwrap();
    let mut budget = Budget::default();
    let mut expanded = Vec::new();
    file.evaluate(&BuildOptions::of_platform("linux/amd64")).walk(&file, 0, |_, environment| {
        expanded.extend((0..18).map(|_| environment.expand(b"$A", b'\\', &mut budget).is_some()));
    });
    // A mebibyte is less than 18 times its length.
    assert_eq!(expanded[18..], [&[true; 17][..], &[false]].concat());
}

/// The value of `X` before every instruction of the last stage.
fn values_of_x(text: &str, options: &BuildOptions) -> Vec<String> {
    let source = Arc::new(Source::new("Dockerfile", text));
    let file = Dockerfile::parse(&source).unwrap();
    let found = file.evaluate(options);
    let mut values = Vec::new();
    found.walk(&file, file.stages.len() - 1, |_, environment| {
        values.push(match environment.get("X") {
            Value::Known(value) | Value::Assumed(value, _) => String::from_utf8_lossy(value).into_owned(),
            other => format!("{other:?}"),
        });
    });
    values
}

#[test]
fn variables_follow_the_instructions() {
    let options = BuildOptions::of_platform("linux/arm/v7");
    let text =
        "ARG X=global\nFROM scratch\nRUN a\nARG X\nRUN b\nENV X=env Y=$X\nRUN $Y\nARG X=later\nRUN d\n";
    let expected = ["Unset", "Unset", "global", "global", "env", "env", "later"];
    assert_eq!(values_of_x(text, &options), expected);
    // What an image sets is not known; what a stage sets goes on in those that are built on it.
    let text = "FROM a AS b\nARG X=1\nENV Z=2\nFROM b\nRUN a\nENV X=$X$Z\nRUN b\n";
    assert_eq!(values_of_x(text, &options), ["1", "1", "12"]);
    assert_eq!(values_of_x("FROM a\nRUN b\n", &options), ["Unknown"]);
    // For the classic builder, arguments end with their stage, and ENV goes before them.
    let classic = BuildOptions { builder: Builder::Classic, ..options };
    assert_eq!(values_of_x("FROM scratch AS b\nARG X=1\nFROM b\nRUN a\n", &classic), ["Unset"]);
    assert_eq!(values_of_x("FROM scratch\nENV X=1\nARG X=2\nRUN a\n", &classic), ["Unset", "1", "1"]);
    assert_eq!(values_of_x("FROM scratch\nARG TARGETARCH\nENV X=$TARGETARCH\nRUN a\n", &classic)[2], "");
}

#[test]
fn undefined_variables_are_those_that_nothing_can_set() {
    let text = "FROM scratch\nENV VERSION=1\nWORKDIR /$VERSON/$PATH\nLABEL a=$Z b=${Y:-1}\nARG N\nUSER $N\n\
                FROM alpine\nWORKDIR /$Q/$TARGETARCH\nARG TARGETARCH\nCOPY $TARGETARCH /\n";
    let found = on("linux/amd64", text);
    let names: Vec<&str> = found.undefined.iter().map(|variable| &*variable.name).collect();
    assert_eq!(names, ["VERSON", "Z", "Y", "TARGETARCH"]);
    assert_eq!(found.undefined[0].near.as_deref(), Some("VERSION"));
    assert_eq!(&text[found.undefined[0].span.clone()], "$VERSON");
    let found = on("linux/amd64", "ARG TAG=1\nFROM alpine:$TGA\nFROM --platform=$TARGETARHC b\n");
    let names: Vec<&str> = found.undeclared.iter().map(|variable| &*variable.name).collect();
    assert_eq!(names, ["TGA", "TARGETARHC"]);
    assert_eq!(found.undeclared[1].near.as_deref(), Some("TARGETARCH"));
}

#[test]
fn what_cannot_be_resolved_is_told_with_its_place() {
    let text =
        "ARG A=${B?b}\nARG C=x${D\nFROM $E\nFROM --platform=$E a\nFROM b:${F:?f}\nFROM \"\nWORKDIR ${G}${\n";
    let found = on("linux/amd64", text);
    let found = faults(text, &found);
    let found: Vec<(&str, &str)> = found.iter().map(|(message, place)| (&**message, *place)).collect();
    assert_eq!(
        found,
        [
            ("B: b", "${B?b}"),
            ("`${` is not closed", "${D"),
            ("base name ($E) should not be blank: nothing sets E", "$E"),
            ("empty platform value from expression $E", "--platform=$E"),
            ("F: f", "${F:?f}"),
            ("a double quote is not closed", "\""),
            ("`${` is not closed", "${"),
        ]
    );
}

#[test]
fn names_that_need_an_argument_are_found() {
    let args = env(&[("A", "x:1")]);
    let options = BuildOptions { args: &args, ..BuildOptions::of_platform("linux/amd64") };
    let text = "ARG A\nARG B=y\nFROM $A\nFROM $B\nFROM A:b\n";
    let found = evaluated(text, &options);
    let places: Vec<&str> = found.invalid_defaults.iter().map(|span| &text[span.clone()]).collect();
    assert_eq!(places, ["$A", "A:b"]);
}

#[test]
fn a_chain_of_arguments_does_not_explode() {
    let mut text = String::from("ARG A0=xxxxxxxxxx\n");
    for level in 1..60 {
        text += &format!("ARG A{level}=$A{0}$A{0}\n", level - 1);
    }
    text += &"FROM $A59\n".repeat(1000);
    let found = on("linux/amd64", &text);
    assert!(found.faults.iter().any(|fault| fault.message.contains("too long")));
    assert!(found.stages.iter().all(|stage| stage.base == Base::Unknown));
    // As many stages, each with the variables of all before it.
    let mut text = String::from("FROM a AS s0\n");
    for at in 1..20_000 {
        text += &format!("ENV V{at}=1\nFROM s{} AS s{at}\n", at - 1);
    }
    assert_eq!(built(&on("linux/amd64", &text)).len(), 20_000);
}

#[test]
fn values_of_mounts_are_checked_with_their_variables() {
    let text = "FROM alpine:3.22\nARG KIND=foo GOOD=cache UNKNOWN\n\
                RUN --mount=type=$KIND,target=/x a\nRUN --mount=type=$GOOD,target=/x,sharing=${GOOD} a\n\
                RUN --mount=type=$UNKNOWN,target=/x,size=1 a\nRUN --mount=type=cache,target=/x,mode=$GOOD a\n";
    let found = faults(text, &on("linux/arm64", text));
    // A message has no part of a value.
    let expected = [
        ("unsupported mount type \"$KIND\"", "$KIND"),
        ("unsupported sharing value \"${GOOD}\"", "${GOOD}"),
        ("invalid value $GOOD for mode", "$GOOD"),
    ];
    assert_eq!(found, expected.map(|(message, place)| (message.to_owned(), place)));
    assert!(found.iter().all(|fault| !fault.0.contains("foo")));
}

#[test]
fn a_mount_does_not_cover_the_root() {
    let refused = |text: &str| faults(text, &on("linux/arm64", text)).len();
    assert_eq!(refused("FROM alpine:3.22\nRUN --mount=type=cache,target=/ a\n"), 1);
    assert_eq!(refused("FROM scratch\nRUN --mount=type=tmpfs a\n"), 1);
    assert_eq!(refused("FROM alpine:3.22\nWORKDIR /a\nRUN --mount=target=.. a\n"), 1);
    assert_eq!(refused("FROM alpine:3.22 AS a\nWORKDIR /\nFROM a\nRUN --mount=type=bind a\n"), 1);
    // BuildKit does not clean a path.
    assert_eq!(refused("FROM alpine:3.22\nRUN --mount=target=// a\nRUN --mount=target=/.. a\n"), 0);
    assert_eq!(refused("FROM alpine:3.22\nWORKDIR /app\nRUN --mount=type=cache a\n"), 0);
    // The working directory of an image is not known, and secrets have a place of their own.
    assert_eq!(refused("FROM alpine:3.22\nRUN --mount=type=cache a\nRUN --mount=type=ssh a\n"), 0);
    assert_eq!(refused("FROM scratch\nRUN --mount=type=secret,id=a,env=A a\n"), 0);
}

#[test]
fn a_mount_is_where_the_command_sees_it() {
    let text = "FROM alpine:3.22\nARG D=cache\nWORKDIR /var/lib\nRUN --mount=type=cache,target=apt \\\n  \
                --mount=type=secret,id=a/b --mount=type=secret,id=a,env=A --mount=target=/$D/./x,from=a a\n";
    let source = Arc::new(Source::new("Dockerfile", text));
    let file = Dockerfile::parse(&source).unwrap();
    let mut places = Vec::new();
    file.evaluate(&BuildOptions::of_platform("linux/arm64")).walk(&file, 0, |instruction, environment| {
        let mounts = Mount::of_known(instruction, file.escape, environment, &mut Budget::default());
        places.extend(mounts.iter().map(|mount| mount.place(environment.workdir())));
    });
    let place = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(places, [place("/var/lib/apt"), place("/run/secrets/b"), None, place("/cache/./x")]);
    let mounts: Vec<Mount> = Mount::of(&file.instructions[3]).collect();
    assert_eq!((mounts[3].place(None), mounts[0].place(None)), (None, None));
}

#[test]
fn values_are_checked_with_their_variables() {
    let refused = |text: &str| {
        let found = on("linux/arm64", text);
        faults(text, &found).into_iter().map(|(message, _)| message).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(refused("FROM alpine:3.22\nENV P=\"80 90\"\nEXPOSE $P ${NONE}\n"), none);
    assert_eq!(
        refused("FROM alpine:3.22\nENV P=\"80 90\"\nEXPOSE \"$P\"\n"),
        ["invalid containerPort: \"$P\""]
    );
    assert_eq!(
        refused("FROM alpine:3.22\nARG P=foo\nEXPOSE ${P}/tcp\n"),
        ["invalid containerPort: ${P}/tcp"]
    );
    assert_eq!(refused("FROM alpine:3.22\nARG S=KILL N\nSTOPSIGNAL SIG$S\nSTOPSIGNAL $N\n"), none);
    assert_eq!(refused("FROM alpine:3.22\nARG S=KILT\nSTOPSIGNAL SIG$S\n"), ["invalid signal: SIG$S"]);
    let chmod = "invalid chmod parameter: '$M'. it should be octal string and between 0 and 07777";
    assert_eq!(refused("FROM alpine:3.22\nARG M=999\nCOPY --chmod=$M a b\n"), [chmod]);
    assert_eq!(refused("FROM scratch\nVOLUME $NONE\n"), ["VOLUME specified can not be an empty string"]);
    // In a trigger, what is wrong ends the build of a stage on it.
    let trigger = "FROM alpine:3.22 AS a\nONBUILD STOPSIGNAL FOO\n";
    assert_eq!(refused(trigger), none);
    assert_eq!(refused(&format!("{trigger}FROM a\n")), ["invalid signal: FOO"]);
}
