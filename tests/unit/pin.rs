//! Pinning: where digests are written, what stays as it is, and which images are refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::dockerfile::expansion::Env;
use crate::dockerfile::{BuildOptions, Builder, Dockerfile};
use crate::image::Reference;
use crate::lock::{LockFile, PinOptions, Pins, pin, pin_text};
use crate::project::Choice;
use crate::project::dockerfile_choice::FileForm;
use crate::render::{Layers, Limits, Origin, Variables};
use crate::source::Source;
use crate::subject::Subject;
use crate::workspace::ServiceFiles;

/// The digest of this number.
fn digest(number: usize) -> String {
    format!("sha256:{}", number.to_string().repeat(64))
}

/// A lock file with some images: each has an index for three platforms, but `single:1` and `arm:1`.
fn lock() -> LockFile {
    let mut text = String::from("images:\n");
    let images = ["python:3.12", "python:3.12-slim", "alpine:latest", "nginx:1.27", "docker/dockerfile:1"];
    for (number, image) in images.iter().enumerate() {
        let digest = digest(number + 1);
        text.push_str(&format!("  {image}: {{digest: '{digest}', platforms: {{"));
        for platform in ["linux/arm/v7", "linux/arm64", "linux/amd64"] {
            text.push_str(&format!("{platform}: 'sha256:{}', ", "f".repeat(64)));
        }
        text.push_str("}}\n");
    }
    text.push_str(&format!("  single:1: {{digest: '{0}', platforms: {{linux/amd64: '{0}'}}}}\n", digest(6)));
    text.push_str(&format!("  arm:1: {{digest: '{}', platforms: [linux/arm/v7]}}\n", digest(7)));
    text.push_str("  acme/base: {platforms: [linux/arm64]}\n");
    LockFile::parse(&Arc::new(Source::new("images.lock.yaml", text))).unwrap()
}

struct Case {
    text: String,
    platform: &'static str,
    args: Env,
    contexts: BTreeMap<String, String>,
    target: Option<&'static str>,
    builder: Builder,
}

fn case(text: &str) -> Case {
    Case {
        text: text.to_owned(),
        platform: "linux/arm64",
        args: Env::new(),
        contexts: BTreeMap::new(),
        target: None,
        builder: Builder::BuildKit,
    }
}

impl Case {
    fn result(&self) -> Result<String, String> {
        let build = BuildOptions {
            args: &self.args,
            contexts: &self.contexts,
            target: self.target,
            builder: self.builder,
            ..BuildOptions::of_platform(self.platform)
        };
        let source = Arc::new(Source::new("Dockerfile", self.text.as_str()));
        let pinned = pin_text(&source, &PinOptions { build, lock: &lock() });
        pinned.map(|text| String::from_utf8(text).unwrap()).map_err(|faults| faults.to_string())
    }

    /// The result has the digest of a number where `expected` has `@1`; and it stays when it is pinned again.
    #[track_caller]
    fn becomes(&self, expected: &str) {
        let mut expected = expected.to_owned();
        for number in 1..=7 {
            expected = expected.replace(&format!("@{number}"), &format!("@{}", digest(number)));
        }
        let pinned = self.result().unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(pinned, expected);
        let again = Case { text: pinned, args: self.args.clone(), contexts: self.contexts.clone(), ..*self };
        assert_eq!(again.result().unwrap(), expected, "pinned again");
    }

    #[track_caller]
    fn is_refused(&self, pieces: &[&str]) {
        let faults = self.result().expect_err("it is refused");
        let mut rest = &*faults;
        for piece in pieces {
            let at = rest.find(piece).unwrap_or_else(|| panic!("`{piece}` does not follow in:\n{faults}"));
            rest = &rest[at + piece.len()..];
        }
    }
}

#[test]
fn every_image_gets_its_digest() {
    case("FROM python:3.12-slim AS build\nRUN make\nFROM alpine\nCOPY --from=build /a /a\n")
        .becomes("FROM python:3.12-slim@2 AS build\nRUN make\nFROM alpine@3\nCOPY --from=build /a /a\n");
    case("FROM docker.io/library/python:3.12\n").becomes("FROM docker.io/library/python:3.12@1\n");
    case("from python:3.12").becomes("from python:3.12@1");
}

#[test]
fn copy_mount_and_syntax_are_pinned_too() {
    case("# syntax=docker/dockerfile:1\nFROM scratch\nCOPY --from=nginx:1.27 /a /a\n")
        .becomes("# syntax=docker/dockerfile:1@5\nFROM scratch\nCOPY --from=nginx:1.27@4 /a /a\n");
    case("FROM alpine\nRUN --mount=type=bind,from=nginx:1.27,target=/n --mount=from=python:3.12,target=/p x\n")
        .becomes(
            "FROM alpine@3\nRUN --mount=type=bind,from=nginx:1.27@4,target=/n --mount=from=python:3.12@1,target=/p x\n",
        );
    // The classic builder knows neither.
    let mut classic = case("# syntax=docker/dockerfile:1\nFROM alpine\n");
    classic.builder = Builder::Classic;
    classic.becomes("# syntax=docker/dockerfile:1\nFROM alpine@3\n");
}

#[test]
fn a_digest_is_written_behind_the_argument_that_only_the_tag_uses() {
    case("ARG TAG=3.12\nFROM python:${TAG}\n").becomes("ARG TAG=3.12@1\nFROM python:${TAG}\n");
    case("ARG TAG=3.12-slim\nFROM python:$TAG AS x\n")
        .becomes("ARG TAG=3.12-slim@2\nFROM python:$TAG AS x\n");
    case("ARG A=1 BASE=python:3.12 B\nFROM $BASE\n").becomes("ARG A=1 BASE=python:3.12@1 B\nFROM $BASE\n");
}

#[test]
fn a_digest_is_written_in_the_from_where_the_argument_has_another_use() {
    case("ARG V=3.12\nFROM python:${V}-slim\n").becomes("ARG V=3.12\nFROM python:${V}-slim@2\n");
    case("ARG NAME=python\nFROM ${NAME}:3.12\n").becomes("ARG NAME=python\nFROM ${NAME}:3.12@1\n");
    // Two images from one ARG, a stage that takes it over, and an ARG that is made of it.
    case("ARG V=3.12\nFROM python:$V AS a\nFROM python:$V-slim\n")
        .becomes("ARG V=3.12\nFROM python:$V@1 AS a\nFROM python:$V-slim@2\n");
    case("ARG V=3.12\nFROM python:$V\nARG V\nRUN echo $V\n")
        .becomes("ARG V=3.12\nFROM python:$V@1\nARG V\nRUN echo $V\n");
    case("ARG V=3.12\nFROM python:$V\nONBUILD ARG V\n")
        .becomes("ARG V=3.12\nFROM python:$V@1\nONBUILD ARG V\n");
    case("ARG V=3.12\nARG W=$V\nFROM python:$V\n").becomes("ARG V=3.12\nARG W=$V\nFROM python:$V@1\n");
    case("ARG V=3.12\nFROM --platform=linux/${V:+arm64} python:$V\n")
        .becomes("ARG V=3.12\nFROM --platform=linux/${V:+arm64} python:$V@1\n");
    case("ARG V=3.11\nARG V=3.12\nFROM python:$V\n").becomes("ARG V=3.11\nARG V=3.12\nFROM python:$V@1\n");
    case("ARG V\nFROM python:${V:-3.12}\n")
        .is_refused(&["Dockerfile:2:6: error: the image `python:${V:-3.12}`"]);
    case("ARG V=\"3.12\"\nFROM python:$V\n").becomes("ARG V=\"3.12\"\nFROM python:$V@1\n");
}

#[test]
fn a_build_argument_decides_which_image_it_is() {
    let mut given = case("ARG TAG=3.11\nFROM python:$TAG\n");
    given.args = Env::from([("TAG".to_owned(), b"3.12".to_vec())]);
    given.becomes("ARG TAG=3.11\nFROM python:$TAG@1\n");
    case("ARG TAG\nFROM python:$TAG\n").is_refused(&["Dockerfile:2:", "error: "]);
    case("ARG TAG=3.11\nFROM python:$TAG\n").is_refused(&[
        "Dockerfile:2:6: error: `python:$TAG` is not in images.lock.yaml",
        "= help: `dtpl lock` adds what is missing",
    ]);
}

#[test]
fn stages_scratch_and_build_contexts_are_no_images() {
    case("FROM scratch AS a\nFROM a\nCOPY --from=0 / /\nRUN --mount=from=a,target=/a x\n")
        .becomes("FROM scratch AS a\nFROM a\nCOPY --from=0 / /\nRUN --mount=from=a,target=/a x\n");
    let mut named = case("FROM base\nCOPY --from=files / /\nCOPY --from=web / /\n");
    named.contexts = BTreeMap::from([
        ("base".to_owned(), "docker-image://unknown:1".to_owned()),
        ("files".to_owned(), "../files".to_owned()),
        ("web".to_owned(), "docker-image://nginx:1.27".to_owned()),
    ]);
    named.becomes("FROM base\nCOPY --from=files / /\nCOPY --from=web / /\n");
}

#[test]
fn text_that_is_no_image_stays() {
    case("FROM alpine\nRUN <<EOF\nFROM python:3.12\nEOF\nCOPY <<X /Dockerfile\nFROM python:3.12\nX\n# FROM python:3.12\n")
        .becomes(
            "FROM alpine@3\nRUN <<EOF\nFROM python:3.12\nEOF\nCOPY <<X /Dockerfile\nFROM python:3.12\nX\n# FROM python:3.12\n",
        );
    // What a later build triggers is no part of this one.
    case("FROM alpine\nONBUILD COPY --from=unknown:1 / /\n")
        .becomes("FROM alpine@3\nONBUILD COPY --from=unknown:1 / /\n");
    // Two stages trigger it: it is written once.
    case("FROM alpine AS a\nONBUILD COPY --from=nginx:1.27 / /\nFROM a AS b\nFROM a\nCOPY --from=b / /\n").becomes(
        "FROM alpine@3 AS a\nONBUILD COPY --from=nginx:1.27@4 / /\nFROM a AS b\nFROM a\nCOPY --from=b / /\n",
    );
}

#[test]
fn lines_are_kept_however_they_end_and_go_on() {
    case("FROM python:3.12\r\nRUN a\r\n").becomes("FROM python:3.12@1\r\nRUN a\r\n");
    case("FROM \\\n# note\n  python:3.12 \\\n  AS x\nRUN a\n")
        .becomes("FROM \\\n# note\n  python:3.12@1 \\\n  AS x\nRUN a\n");
    case("FROM pyth\\\non:3.12\n").becomes("FROM pyth\\\non:3.12@1\n");
    case("# escape=`\nFROM python:3.12 `\n  AS x\n").becomes("# escape=`\nFROM python:3.12@1 `\n  AS x\n");
    case("FROM \"python:3.12\"\n").becomes("FROM \"python:3.12\"@1\n");
    case("\u{feff}FROM python:3.12\n").becomes("\u{feff}FROM python:3.12@1\n");
    case("FROM alpine\nCOPY --from=nginx:1.27 \\\n  a b\n")
        .becomes("FROM alpine@3\nCOPY --from=nginx:1.27@4 \\\n  a b\n");
}

#[test]
fn an_image_is_needed_for_the_platform_that_it_is_taken_for() {
    let mut other = case("FROM arm:1\n");
    other.platform = "linux/amd64";
    other.is_refused(&[
        "Dockerfile:1:6: error: `arm:1` is in images.lock.yaml, but not for linux/amd64",
        "= help: it is there for linux/arm/v7",
        "= help: `dtpl lock --update arm:1` asks the registry again",
    ]);
    // An image without an index: its own digest, for its platform.
    let mut single = case("FROM single:1\n");
    single.is_refused(&["not for linux/arm64/v8"]);
    single.platform = "linux/amd64";
    single.becomes("FROM single:1@6\n");
    case("FROM --platform=linux/arm/v7 arm:1\n").becomes("FROM --platform=linux/arm/v7 arm:1@7\n");
    case("FROM --platform=linux/amd64 arm:1\n")
        .is_refused(&["Dockerfile:1:29: error: ", "not for linux/amd64"]);
    // The machine that builds may be any.
    case("FROM --platform=$BUILDPLATFORM single:1 AS a\nFROM alpine\nCOPY --from=a / /\n")
        .becomes("FROM --platform=$BUILDPLATFORM single:1@6 AS a\nFROM alpine@3\nCOPY --from=a / /\n");
    // What a processor also runs is there for it.
    let mut older = case("FROM arm:1\n");
    older.platform = "linux/arm64";
    older.becomes("FROM arm:1@7\n");
    // A stage that is not built for this platform needs no image for it.
    case("FROM single:1 AS base-amd64\nFROM alpine AS base-arm64\nFROM base-$TARGETARCH\n")
        .becomes("FROM single:1@6 AS base-amd64\nFROM alpine@3 AS base-arm64\nFROM base-$TARGETARCH\n");
}

#[test]
fn all_images_that_are_not_locked_are_named() {
    let text = "# syntax=docker/dockerfile:1.9\nFROM python:3.11 AS a\nFROM acme/base:7\nCOPY --from=nginx:1.26 / /\n\
                RUN --mount=from=busybox,target=/b x\n";
    case(text).is_refused(&[
        "Dockerfile:1:10: error: `docker/dockerfile:1.9` is not in images.lock.yaml",
        "Dockerfile:2:6: error: `python:3.11` is not in",
        // The entry of a repository has no digest.
        "Dockerfile:3:6: error: `acme/base:7` is not in",
        "Dockerfile:4:13: error: `nginx:1.26` is not in",
        "Dockerfile:5:18: error: `busybox` is not in",
    ]);
}

#[test]
fn a_digest_that_is_there_stays_and_has_to_be_that_of_the_lock_file() {
    let text = format!("FROM python:3.12@{}\nCOPY --from=nginx@{} / /\n", digest(1), digest(9));
    case(&text).becomes(&text);
    case(&format!("FROM python@{}\n", digest(1))).becomes(&format!("FROM python@{}\n", digest(1)));
    case(&format!("FROM other@{}\n", digest(1))).becomes(&format!("FROM other@{}\n", digest(1)));
    case(&format!("FROM python:3.12@{}\n", digest(9))).is_refused(&[
        "Dockerfile:1:6: error: `python:3.12@sha256:9",
        "has another digest in images.lock.yaml",
        &format!("= help: the file has {}: write it here", digest(1)),
        "`dtpl lock --update python:3.12`",
    ]);
}

#[test]
fn one_digest_cannot_stand_for_images_of_several_platforms() {
    case("FROM python:3.12-${TARGETARCH/arm64/slim}\n").is_refused(&[
        "Dockerfile:1:6: error: `python:3.12-${TARGETARCH/arm64/slim}` is another image on another platform",
        "FROM base-$TARGETARCH",
    ]);
    // A tag that is the same everywhere only looks like it.
    case("FROM python:3.12${TARGETARCH:+-slim}\n").becomes("FROM python:3.12${TARGETARCH:+-slim}@2\n");
}

#[test]
fn what_cannot_be_written_is_refused_and_not_guessed() {
    // Behind the closing quote would be another field.
    case("FROM alpine\nRUN --mount=\"from=nginx:1.27,target=/n\" x\n")
        .is_refused(&["Dockerfile:2:5: error: no digest can be written behind"]);
    case("FROM alpine\nCOPPY a b\n").is_refused(&["unknown instruction"]);
    case("# syntax=acme/other:1\nFROM alpine\n").is_refused(&["Dockerfile:1:10: error: the frontend"]);
    case("FROM python:$NO\n").is_refused(&["Dockerfile:1:"]);
}

#[test]
fn positions_lead_back_into_the_template() {
    let text = "# a\nFROM python:%%MY_TAG%%\nRUN echo %%MY_TAG%% é\n";
    let source = Source::new("Dockerfile.template", text);
    let choice = Choice {
        path: "Dockerfile.template".to_owned(),
        name: "Dockerfile".to_owned(),
        form: FileForm::Template,
    };
    let service =
        ServiceFiles::of_file(source, choice, "main", std::path::Path::new(""), &Limits::default()).unwrap();
    let found = service.template(&Subject::default()).unwrap();
    let mut variables = Variables::new();
    variables.set_standard("MY_TAG", "3.12-slim");
    let layers = [&variables];
    let render = || found.template.render(&Subject::default(), Layers(&layers), &Limits::default()).unwrap();
    let pins = Pins::new(Arc::new(lock()), Builder::BuildKit);
    let plain = render();
    let pinned = pin(render(), &service, Some("linux/arm64"), &pins).unwrap();
    let bytes = pinned.to_bytes();
    let expected = format!("# a\nFROM python:3.12-slim@{}\nRUN echo 3.12-slim é\n", digest(2));
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(pinned.len(), bytes.len() as u64);
    assert_eq!(pinned.to_source().bytes(), bytes);
    let mut written = Vec::new();
    pinned.write_to(&mut written).unwrap();
    assert_eq!(written, bytes);
    // Every byte before and after the digest has the origin that it had.
    let at = expected.find('@').unwrap();
    let end = at + digest(2).len() + 1;
    for offset in 0..=bytes.len() {
        let before = match offset {
            _ if offset < at => offset,
            _ if offset < end => at - 1,
            _ => offset - (end - at),
        };
        assert_eq!(pinned.origin(offset), plain.origin(before), "{offset}");
    }
    assert!(matches!(pinned.origin(at + 3), Origin::Value { name: "MY_TAG", .. }));
    let whole = pinned.to_template(&(4 + "FROM ".len()..end));
    assert_eq!(&text[whole], "python:%%MY_TAG%%");
    // A fault is at its place in the template, without the value.
    let mut secret = Variables::new();
    secret.define("MY_TAG", "hunter2".to_owned(), crate::diagnostic::Place::Flag("-D")).unwrap();
    let layers = [&secret];
    let rendering = found.template.render(&Subject::default(), Layers(&layers), &Limits::default()).unwrap();
    let faults = pin(rendering, &service, Some("linux/arm64"), &pins).unwrap_err().to_string();
    assert!(faults.starts_with("Dockerfile.template:2:6: error: `python:%%MY_TAG%%` is not in"), "{faults}");
    assert!(!faults.contains("hunter2"), "{faults}");
}

/// Lines of Dockerfiles, with images of the lock file and a few others.
const LINES: [&str; 40] = [
    "ARG V=3.12",
    "ARG V=3.12 ",
    "ARG V",
    "ARG W=nginx:1.27",
    "ARG X=\"3.12\"",
    "ARG V=$W",
    "ARG V='3.12'",
    "ARG V=\\",
    "FROM python:$V",
    "FROM python:${V}",
    "FROM python:${V}-slim AS a",
    "FROM $W AS b",
    "FROM ${W}",
    "FROM python:${V:-3.12}",
    "FROM \"alpine\"",
    "FROM alpine AS a",
    "FROM a",
    "FROM scratch",
    "FROM --platform=$BUILDPLATFORM nginx:1.27 AS c",
    "FROM pyth\\",
    "on:3.12",
    "FROM unknown:$V",
    "FROM alpine # x",
    "COPY --from=nginx:1.27 / /",
    "COPY --from=a / /",
    "COPY --from=\"nginx:1.27\" / /",
    "RUN --mount=from=nginx:1.27,target=/n x",
    "RUN --mount=\"from=nginx:1.27,target=/n\" x",
    "ONBUILD COPY --from=nginx:1.27 / /",
    "ONBUILD ARG V",
    "RUN <<E",
    "FROM python:3.12",
    "E",
    "# syntax=docker/dockerfile:1",
    "# FROM alpine",
    "",
    "RUN echo $V \\",
    "ENV V=3.12-slim",
    "FROM python@sha256:1111111111111111111111111111111111111111111111111111111111111111",
    "FROM alpine\tAS  a",
];

/// Whatever the file, digests are all that is added, and every image that was known has one.
#[test]
fn nothing_but_digests_is_added() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) };
    let line = (0..LINES.len(), prop::bool::weighted(0.1));
    let files = (prop::collection::vec(line, 0..9), any::<bool>(), any::<bool>());
    let pinned = std::cell::Cell::new(0);
    let test = |(lines, classic, given): (Vec<(usize, bool)>, bool, bool)| {
        let mut text = String::new();
        for (line, is_dos) in lines {
            text.push_str(LINES[line]);
            text.push_str(if is_dos { "\r\n" } else { "\n" });
        }
        let mut file = case(&text);
        file.builder = if classic { Builder::Classic } else { Builder::BuildKit };
        if given {
            file.args = Env::from([("V".to_owned(), b"3.12".to_vec())]);
        }
        let Ok(result) = file.result() else { return Ok(()) };
        pinned.set(pinned.get() + usize::from(result != text));
        check_digests(&mut file, result)
    };
    TestRunner::new(config).run(&files, test).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(pinned.get() > 300, "{} files have digests", pinned.get());
}

fn check_digests(file: &mut Case, pinned: String) -> Result<(), TestCaseError> {
    let strip = |text: &str| {
        let parts: Vec<&str> = text.split("@sha256:").collect();
        let rest = parts.iter().skip(1).map(|part| &part[64..]);
        std::iter::once(parts[0]).chain(rest).collect::<String>()
    };
    prop_assert_eq!(strip(&pinned), strip(&file.text));
    let evaluated = |text: &str| {
        let source = Arc::new(Source::new("Dockerfile", text));
        let (read, _) = Dockerfile::read(&source);
        let build = BuildOptions {
            args: &file.args,
            builder: file.builder,
            ..BuildOptions::of_platform("linux/arm64")
        };
        let evaluation = read.evaluate(&build);
        (evaluation.images, read.instructions.len())
    };
    let ((before, instructions), (after, same)) = (evaluated(&file.text), evaluated(&pinned));
    prop_assert_eq!((before.len(), instructions), (after.len(), same));
    for (old, new) in before.iter().zip(&after) {
        prop_assert_eq!(strip(&new.name), strip(&old.name));
        // A stage that is not built may name anything.
        let is_image = old.is_built || Reference::parse(&old.name).is_ok();
        prop_assert!(!is_image || new.name.contains("@sha256:"), "{}", new.name);
    }
    // It stays as it is when it is pinned again.
    file.text.clone_from(&pinned);
    prop_assert_eq!(file.result(), Ok(pinned));
    Ok(())
}
