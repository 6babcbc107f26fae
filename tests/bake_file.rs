//! `dtpl batch --format bake`: targets and their names, groups, tags, labels, caches, paths, and what is refused.

mod common;

use std::collections::BTreeMap;

use common::{Run, Test};
use serde_json::{Value, json};

const COMPOSE: &str = "services: {web: {build: ./web}, db: {image: \"postgres:17\"}, api: {build: {context: ./api, target: run, args: {A: '1', B: }}}}\n";
const FLEETS: &str = "fleets:\n  kiosk-eu: {device: raspberrypi3}\n  kiosk-us: {device: raspberry-pi2}\n  edge: {devices: [jetson-nano, raspberrypi4-64]}\n";

/// Two services, one that depends on the device type and one on the arch.
fn project() -> Test {
    Test::new()
        .file("docker-compose.yml", COMPOSE)
        .file("web/Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\nRUN echo ${X} %%{y}\n")
        .file("api/Dockerfile.template", "FROM y/%%BALENA_ARCH%%\n")
        .file("fleets.yaml", FLEETS)
        .args("batch")
}

fn bake(run: &Run) -> Value {
    serde_json::from_slice(&run.stdout).unwrap()
}

/// The tags of every target that has some.
fn tags(bake: &Value) -> BTreeMap<String, Vec<String>> {
    let targets = bake["target"].as_object().unwrap().iter();
    let texts =
        |tags: &Value| tags.as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect();
    targets.filter_map(|(name, target)| Some((name.clone(), texts(target.get("tags")?)))).collect()
}

fn targets(bake: &Value, group: &str) -> Vec<String> {
    let all = bake["group"][group]["targets"].as_array().unwrap_or_else(|| panic!("{group}")).iter();
    all.map(|target| target.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_bake_file_has_a_target_for_each_distinct_build() {
    let run = project().args("--format bake --tag r/{fleet}/{service}:{device}").ok();
    let file = bake(&run);
    let builds = ["api-arm64", "api-armv7", "web-jetson-nano", "web-raspberry-pi2", "web-raspberrypi3"];
    assert_eq!(targets(&file, "default"), [&builds[..], &["web-raspberrypi4-64"]].concat());
    let api = &file["target"]["api-armv7"];
    assert_eq!(api["dockerfile-inline"], "FROM y/armv7hf\n");
    assert_eq!(api["context"], "api");
    assert_eq!(api["target"], "run");
    // An argument without a value takes one from the environment, which is not ours to know.
    assert_eq!(api["args"], json!({ "A": "1" }));
    assert_eq!(api["platforms"], json!(["linux/arm/v7"]));
    assert_eq!(api["tags"], json!(["r/kiosk-eu/api:raspberrypi3", "r/kiosk-us/api:raspberry-pi2"]));
    assert_eq!(api["description"], "api for kiosk-eu, kiosk-us on linux/arm/v7");
    let web = &file["target"]["web-raspberrypi3"];
    assert_eq!(web["tags"], json!(["r/kiosk-eu/web:raspberrypi3"]));
    assert_eq!(web["dockerfile-inline"], "FROM x/raspberrypi3\nRUN echo $${X} %%%{y}\n");
    // The names by digest are groups of one.
    let groups = file["group"].as_object().unwrap();
    let digests = groups.keys().filter(|name| name.len() == "web-".len() + 12 && name.starts_with("web-"));
    assert_eq!(digests.count(), 4, "{groups:?}");
}

/// B1: a build that fleets share is one target, and the group of a fleet moves the tags of that fleet alone.
#[test]
fn the_group_of_a_fleet_has_no_tag_of_another() {
    let two = || project().args("--format bake --fleet kiosk-eu --fleet kiosk-us");
    let file = bake(&two().args("--tag r/{fleet}/{service}:v1 --tag q/{fleet}-{service}").ok());
    let tags = tags(&file);
    for fleet in ["kiosk-eu", "kiosk-us"] {
        let of_group = targets(&file, fleet).into_iter().flat_map(|target| tags[&target].clone());
        let mut of_group: Vec<String> = of_group.collect();
        of_group.sort();
        of_group.dedup();
        let mut expected: Vec<String> = Vec::new();
        for service in ["api", "web"] {
            expected.push(format!("q/{fleet}-{service}"));
            expected.push(format!("r/{fleet}/{service}:v1"));
        }
        expected.sort();
        assert_eq!(of_group, expected);
    }
    // Both fleets have the one build, which has the tags of both.
    assert_eq!(targets(&file, "kiosk-eu"), ["kiosk-eu-api", "web-raspberrypi3"]);
    assert_eq!(file["target"]["kiosk-eu-api"]["inherits"], json!(["api"]));
    assert_eq!(tags["api"].len(), 4);
    // Tags that do not name the fleet are those of all: no target of its own.
    let file = bake(&two().args("--tag r/{service}:1 --service api").ok());
    assert_eq!(targets(&file, "kiosk-eu"), ["api"]);
    let file = bake(&two().ok());
    assert_eq!(targets(&file, "kiosk-eu"), ["api", "web-raspberrypi3"]);
}

/// Names that an edit of the Dockerfile does not change, by the coarsest that tells the builds apart.
#[test]
fn a_target_keeps_its_name() {
    let names = |template: &str, args: &str| {
        let run = Test::new()
            .file("docker-compose.yml", "services: {web: {build: .}, d.b: {build: .}}\n")
            .file("Dockerfile.template", template)
            .file("fleets.yaml", FLEETS)
            .args("batch --format bake --service web")
            .args(args);
        targets(&bake(&run.ok()), "default")
    };
    for edit in ["", "RUN a\n"] {
        assert_eq!(names(&format!("FROM x\n{edit}"), ""), ["web"]);
        assert_eq!(names(&format!("FROM %%BALENA_ARCH%%\n{edit}"), ""), ["web-arm64", "web-armv7"]);
        let own = names(&format!("FROM x\nENV A=%%BALENA_APP_NAME%%\n{edit}"), "");
        assert_eq!(own, ["web-edge", "web-kiosk-eu", "web-kiosk-us"]);
    }
    let two = names("FROM x\nENV A=%%BALENA_MACHINE_NAME%%\n", "-d raspberrypi3,nuc");
    assert_eq!(two, ["web-amd64", "web-armv7"]);
    let file = Test::new()
        .file("docker-compose.yml", "services: {a.b: {build: .}, a_b: {build: .}}\n")
        .file("Dockerfile.template", "FROM x\n")
        .args("batch --format bake -d nuc");
    assert_eq!(targets(&bake(&file.ok()), "default"), ["a_b", "a_b-2"]);
}

/// A fleet and a service of one name: the group is called otherwise.
#[test]
fn a_fleet_may_have_the_name_of_a_service() {
    let run = Test::new()
        .file("docker-compose.yml", "services: {web: {build: .}, api: {build: .}}\n")
        .file("Dockerfile", "FROM x\n")
        .file("fleets.yaml", "fleets: {web: {device: nuc}}\n")
        .args("batch --format bake");
    let file = bake(&run.ok());
    assert_eq!(targets(&file, "web-fleet"), ["api", "web"]);
    assert!(file["group"].get("web").is_none());
}

/// B3, and its neighbours: what one platform has in the name of an image for several.
#[test]
fn a_tag_of_an_image_for_several_platforms_names_none_of_them() {
    let shared = |args: &str| {
        Test::new()
            .file("Dockerfile", "FROM x\n")
            .file("fleets.yaml", "fleets: {a: {devices: [nuc, raspberrypi3]}}\n")
            .args("batch --format bake")
            .args(args)
    };
    let refused =
        "would give several names to one image, which is for several platforms: linux/amd64, linux/arm/v7";
    shared("--tag r/{fleet}/{service}:{arch}").refuses([
        &format!("--tag: error: `{{arch}}` {refused}"),
        "leave it out: --tag 'r/{fleet}/{service}'",
    ]);
    shared("--tag r/x:v1-{platform}").refuses(["`{platform}` would give", "--tag 'r/x:v1'"]);
    shared("--cache-to type=gha,scope={arch}")
        .refuses(["--cache-to: error: `{arch}` would give", "leave {arch} out, or put {build} in its place"]);
    shared("--tag r/{fleet}:1 --tag r/{arch}").refuses(["leave it out"]);
    // Of one platform each, it is a name like others.
    let run = project().args("--format bake --tag r/{service}/{device}:{arch}").ok();
    assert!(run.text().contains("r/api/raspberrypi3:armv7hf"));
    let run = shared("--tag r/{service}:{device}").ok();
    assert_eq!(tags(&bake(&run))["main"], ["r/main:intel-nuc", "r/main:raspberrypi3"]);
}

#[test]
fn a_tag_has_the_organization_and_the_version() {
    let fleets =
        r#"[{"app_name": "kiosk", "slug": "acme/kiosk", "is_for__device_type": [{"slug": "intel-nuc"}]}]"#;
    let of_balena = |args: &str| {
        Test::new()
            .file("Dockerfile", "FROM x\n")
            .file("fleets.json", fleets)
            .args("batch --format bake --fleets fleets.json")
            .args(args)
    };
    let run = of_balena("--tag r/{org}/{fleet}:{version} --image-version 1.2.3").ok();
    assert_eq!(tags(&bake(&run))["main"], ["r/acme/kiosk:1.2.3"]);
    of_balena("--tag r/{org}:{version}").refuses(["{version} has no value", "--image-version"]);
    project()
        .args("--format bake --tag r/{org}/{fleet}/{service}")
        .refuses(["fleets have no organization to put in place of {org}: kiosk-eu, kiosk-us, edge"]);
}

/// What is wrong with a flag is said once, however many fleets and services there are.
#[test]
fn a_cause_that_all_tags_have_is_one_error() {
    let batch = |fleets: usize, args: &str| {
        let names: String =
            (0..fleets).map(|n| format!("  f{n}: {{devices: [raspberrypi3, nuc]}}\n")).collect();
        Test::new()
            .file("docker-compose.yml", "services: {web: {build: .}, api: {build: .}}\n")
            .file("Dockerfile.template", "FROM x:%%BALENA_ARCH%%\n")
            .file("fleets.yaml", format!("fleets:\n{names}"))
            .args("batch")
            .args(args)
    };
    let one = |run: common::Run, expected: &[&str]| {
        run.says(expected);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    };
    for format in ["--format bake --by-digest", "--format matrix", "--format merge", "--format bake"] {
        let run =
            batch(5, format).args("--image-version 1.0+b --tag r/{fleet}/{service}/{device}:{version}").run();
        let expected = "--image-version: error: `1.0+b` cannot be the version in the tag `r/{fleet}/{service}/{device}:{version}`: after the colon";
        one(run, &[expected, "such as --image-version 1.0-b"]);
        let run = batch(5, format)
            .args("--image-version feature/x --tag r/{fleet}/{service}/{device}:{version}")
            .run();
        let expected = "`feature/x` cannot be the version in the tag `r/{fleet}/{service}/{device}:{version}`: after the colon";
        one(run, &[expected, "such as --image-version feature-x"]);
        let run = batch(5, format).args("--tag r/{org}/{fleet}/{service}/{device}").run();
        one(
            run,
            &["--tag: error: 5 fleets have no organization to put in place of {org}: f0, f1, f2 and 2 more"],
        );
        let run = batch(5, format).args("--tag r/X{fleet}/{service}/{device}").run();
        one(
            run,
            &[
                "--tag: error: `r/X{fleet}/{service}/{device}` is not a tag: a repository has to be in lower case",
            ],
        );
        let run = batch(5, format).args("--tag r/{fleet}/{service}/{device}:1@sha256:12").run();
        one(
            run,
            &[
                "--tag: error: `r/{fleet}/{service}/{device}:1@sha256:12` is not a tag: an image that is built cannot be given a digest: leave out the `@`",
            ],
        );
    }
    one(
        batch(3, "--format bake --tag r/{org}/{service}").run(),
        &["3 fleets have no organization to put in place of {org}: f0, f1, f2\n"],
    );
    one(
        batch(1, "--format bake --tag r/{org}/{service}").run(),
        &["`f0` has no organization to put in place of {org}\n"],
    );
    let devices = "--format bake --tag r/{org}/{service} -d raspberrypi3,nuc";
    one(batch(1, devices).run(), &["2 device types have no organization to put in place of {org}: "]);
    one(
        batch(5, "--format bake --cache-to type=registry,ref={org}").run(),
        &["--cache-to: error: 5 fleets have no organization"],
    );
    // A version that no tag of this template can have, and one that is too long.
    let run =
        batch(2, "--format bake --image-version Beta --tag r/{version}/{fleet}/{service}/{device}").run();
    one(run, &["--image-version: error: `Beta` cannot be the version in the tag"]);
    assert!(
        !batch(2, "--format bake --image-version Beta --tag r/{version}/{fleet}/{service}/{device}")
            .run()
            .stderr
            .contains("such as")
    );
    let long = "1".repeat(200);
    let run = batch(2, "--format bake --tag r/{fleet}/{service}/{device}:{version} --image-version")
        .arg(&long)
        .run();
    one(run, &["--image-version: error: `111"]);
    // What only one of them has is an error of its own.
    let run = batch(2, "--format bake --image-version 1.0 --tag r/{service}{device}:-{fleet}").run();
    one(run, &["`r/{service}{device}:-{fleet}` is not a tag"]);
}

/// An image that has no name since its tags are at fault is no second error.
#[test]
fn a_build_whose_tags_are_at_fault_has_no_other_error_for_it() {
    let project = |image: &str| {
        Test::new()
            .file("docker-compose.yml", format!("services: {{web: {{build: ., image: '{image}'}}}}\n"))
            .file("Dockerfile", "FROM x\n")
    };
    for (image, args, expected) in [
        (
            "",
            "--format bake --by-digest --tag r/{service}:{platform}",
            "would give several names to one image",
        ),
        ("", "--format bake --by-digest --tag r/{org}", "have no organization"),
        (
            "r/Web",
            "--format bake --by-digest",
            "docker-compose.yml:1:35: error: this cannot be the name of an image of `web`: a repository has to be in lower case",
        ),
        ("r/Web", "--format merge", "this cannot be the name of an image of `web`"),
        (
            "r/web:1@sha256:1",
            "--format bake --by-digest",
            "cannot be given a digest: leave out the `@` and what follows it",
        ),
        ("r/web:1@sha256:1", "--format matrix", "cannot be given a digest"),
    ] {
        let image = if image.is_empty() { "r/web" } else { image };
        let run = project(image).args("batch -d raspberrypi3,raspberrypi4-64").args(args).run();
        assert_eq!(run.status, 1, "{}", run.stderr);
        run.says(&[expected]);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    }
}

#[test]
fn an_image_says_what_it_is_made_of() {
    let labels = |dockerfile: &str, args: &str| {
        let run = Test::new()
            .file("docker-compose.yml", "services: {web: {build: {context: ., labels: {own: a, org.opencontainers.image.title: b}}}, api: {build: .}}\n")
            .file("Dockerfile", dockerfile)
            .args("batch --format bake -d nuc,raspberrypi3")
            .args(args);
        let file = bake(&run.ok());
        let targets = &file["target"];
        (targets["web"]["labels"].clone(), targets["api"]["labels"].clone())
    };
    let digest = format!("sha256:{}", "a".repeat(64));
    let (web, api) = labels(&format!("FROM python:3.12@{digest} AS a\nFROM a\n"), "");
    let base = json!({
        "org.opencontainers.image.base.name": "docker.io/library/python:3.12",
        "org.opencontainers.image.base.digest": digest,
        "org.opencontainers.image.title": "api",
    });
    assert_eq!(api, base);
    // What the compose file says goes before.
    assert_eq!((&web["own"], &web["org.opencontainers.image.title"]), (&json!("a"), &json!("b")));
    let flags = "--image-version 2 --image-revision abc --image-created 2026-01-02T03:04:05Z";
    let (_, api) = labels("ARG TARGETARCH\nFROM x-$TARGETARCH\n", flags);
    let expected = json!({
        "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
        "org.opencontainers.image.revision": "abc",
        "org.opencontainers.image.title": "api",
        "org.opencontainers.image.version": "2",
    });
    // The base image is another for each platform.
    assert_eq!(api, expected);
    assert_eq!(labels("FROM scratch\n", "").1, json!({"org.opencontainers.image.title": "api"}));
    for time in [
        "ééééééééééééé",
        "2026-13-01T00:00:00Z",
        "2026-01-02T03:04:05.Z",
        "yesterday",
        "2026-01-02",
        "2026-01-02T03:04:05",
    ] {
        project().args("--format bake --image-created").arg(time).cannot(["--image-created"]);
    }
}

#[test]
fn targets_inherit_labels_and_no_tags() {
    let file = bake(&project().args("--format bake --inherit docker-metadata-action").ok());
    assert_eq!(file["target"]["docker-metadata-action"], json!({}));
    let api = &file["target"]["api-armv7"];
    assert_eq!(api["inherits"], json!(["docker-metadata-action"]));
    // Its tags would be the same for each target.
    assert_eq!(api["tags"], json!([]));
    assert!(api["labels"].get("org.opencontainers.image.title").is_none());
    project().args("--format bake --inherit a.b").cannot(["--inherit", "letters, digits"]);
}

#[test]
fn each_build_has_its_cache() {
    let run = project()
        .args("--format bake --cache-from type=registry,ref=r/c:{build} --cache-to type=gha,scope={service}-{arch}")
        .ok();
    let file = bake(&run);
    let api = &file["target"]["api-armv7"];
    assert_eq!(api["cache-from"], json!(["type=registry,ref=r/c:api-armv7"]));
    assert_eq!(api["cache-to"], json!(["type=gha,scope=api-armv7hf"]));
    project().args("--format bake --cache-to {buil}").cannot(["unknown placeholder `{buil}`", "{build}"]);
    project().args("--format bake --tag r/{build}").cannot(["unknown placeholder `{build}`"]);
}

/// Different Dockerfiles for the platforms of one image, which only digests can make.
#[test]
fn builds_for_different_platforms_have_one_tag_by_digest() {
    let own = |args: &str| {
        Test::new()
            .file("Dockerfile.template", "FROM x\n")
            .file("Dockerfile.armv7hf", "FROM y\n")
            .args("batch --format bake -d nuc,raspberrypi3,raspberrypi4-64")
            .args(args)
    };
    own("--tag r/app:1").refuses([
        "`r/app:1` would be the tag of two builds, main-amd64-arm64 and main-armv7",
        "--by-digest",
    ]);
    let file = bake(&own("--tag r/app:1 --by-digest").ok());
    for target in ["main-amd64-arm64", "main-armv7"] {
        let target = &file["target"][target];
        assert_eq!(
            target["output"],
            json!(["type=image,name=r/app,push-by-digest=true,name-canonical=true,store=false"])
        );
        assert!(target.get("tags").is_none());
    }
    own("--by-digest").refuses(["the build main-amd64-arm64 has no name to push it to", "--tag"]);
    // Of one platform, two builds are two images.
    let same = Test::new()
        .file("Dockerfile.template", "FROM %%BALENA_MACHINE_NAME%%\n")
        .args("batch --format bake -d raspberrypi3,raspberry-pi2 --tag r/app:1 --by-digest");
    same.refuses(["`r/app:1` would be the tag of two builds"]);
}

/// B5: contexts are relative to where bake is started, or to the folder that is named.
#[test]
fn paths_are_relative_to_where_bake_runs() {
    let test = Test::new()
        .file(
            "app/docker-compose.yml",
            "services: {web: {build: {context: web, additional_contexts: {b: ../b}}}}\n",
        )
        .file("app/web/Dockerfile", "FROM b\n")
        .file("b/x", "");
    let folder = test.path().to_owned();
    let contexts = |run: &Run| {
        let file = bake(run);
        let web = file["target"]["web"].clone();
        (web["context"].as_str().unwrap().to_owned(), web["contexts"]["b"].as_str().unwrap().to_owned())
    };
    let expected = |context: &str, other: &str| (context.to_owned(), other.to_owned());
    let run = test.args("batch --format bake -d nuc").arg(folder.join("app").to_str().unwrap()).ok();
    assert_eq!(contexts(&run), expected("app/web", "b"));
    let other = |args: &str| {
        Test::new()
            .file(
                "app/docker-compose.yml",
                "services: {web: {build: {context: web, additional_contexts: {b: ../b}}}}\n",
            )
            .file("app/web/Dockerfile", "FROM b\n")
            .file("ci/x", "")
            .args("batch --format bake -d nuc app")
            .args(args)
    };
    assert_eq!(contexts(&other("").ok()), expected("app/web", "b"));
    assert_eq!(contexts(&other("--relative-to app").ok()), expected("web", "../b"));
    let run = other("--relative-to ci").ok();
    assert_eq!(contexts(&run), expected("../app/web", "../b"));
    run.says(&["docker buildx bake needs --allow=fs.read=../app/web --allow=fs.read=../b"]);
    let spaced = Test::new()
        .file(
            "a b/docker-compose.yml",
            "services: {web: {build: {context: ., secrets: [s]}}}\nsecrets: {s: {file: ../t.txt}}\n",
        )
        .file("a b/Dockerfile", "FROM b\n")
        .file("ci/x", "")
        .args("batch --format bake -d nuc --relative-to ci")
        .arg("a b");
    spaced.ok().says(&["needs '--allow=fs.read=../a b' --allow=fs.read=../t.txt"]);
    other("--relative-to none").cannot(["none: error: this is not a directory"]);
}

#[test]
fn platforms_with_the_same_dockerfile_are_one_target() {
    let run = Test::new()
        .file("app/Dockerfile", "FROM debian\n")
        .args("batch --format bake -d raspberrypi3,nuc app")
        .ok();
    let file = bake(&run);
    let targets: Vec<_> = file["target"].as_object().unwrap().values().collect();
    assert_eq!(targets.len(), 1);
    assert_eq!(targets[0]["platforms"], json!(["linux/amd64", "linux/arm/v7"]));
    // Bake looks for contexts from where it is started.
    assert_eq!(targets[0]["context"], "app");
}

#[test]
fn a_bake_file_has_what_flags_and_compose_say_of_a_build() {
    let compose = "services:\n  web:\n    build: {context: web, args: {A: '1', B: '2'}, additional_contexts: {base: ./base, img: 'docker-image://x'}}\n";
    let run = Test::new()
        .file("app/docker-compose.yml", compose)
        .file("app/web/Dockerfile.template", "FROM base AS one\nFROM img\n")
        .args("batch --format bake -d nuc --build-arg B=3 --target one --build-context extra=more app")
        .ok();
    let file = bake(&run);
    let target = file["target"].as_object().unwrap().values().next().unwrap();
    assert_eq!(target["args"], json!({"A": "1", "B": "3"}));
    assert_eq!(target["target"], "one");
    let contexts = json!({"base": "app/base", "extra": "app/more", "img": "docker-image://x"});
    assert_eq!(target["contexts"], contexts);
}

/// P9: each field of a build has its place in bake; one without a word there is a warning.
#[test]
fn a_bake_file_has_every_field_of_a_build() {
    let compose = "services:
  web:
    image: r/web
    build:
      context: web
      labels: {a: b}
      cache_from: ['r/w:c']
      cache_to: [type=inline]
      extra_hosts: ['h:1.2.3.4', 'h:::1']
      shm_size: 1g
      ssh: [default, key=./id]
      secrets: [t, {source: v, target: w}]
      network: host
      additional_contexts: {other: 'service:api', base: ./base}
      tags: [r/x:1]
      platforms: [linux/amd64, linux/arm64]
      args: {A: null, B: 1.20}
      ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}
      no_cache: true
      pull: true
      provenance: false
      isolation: default
  api: {build: ./api}
secrets: {t: {file: ./t.txt}, v: {environment: V}}
";
    let project = || {
        Test::new()
            .file("app/docker-compose.yml", compose)
            .file("app/web/Dockerfile", "FROM other\n")
            .file("app/api/Dockerfile", "FROM scratch\n")
    };
    let run = project().args("batch --format bake -d nuc app").ok();
    run.says(&[
        "app/docker-compose.yml:22:18: warning: a bake file has no word for `isolation`",
        "warning: this build argument has no value: left out",
        "docker buildx bake needs --allow=network.host",
    ]);
    let file = bake(&run);
    let mut target = file["target"]["web"].clone();
    target.as_object_mut().unwrap().retain(|field, _| !["dockerfile-inline", "context"].contains(&&**field));
    assert_eq!(
        target,
        json!({
            "platforms": ["linux/amd64"],
            "args": {"B": "1.2"},
            "contexts": {"base": "app/base", "other": "target:api"},
            "tags": ["r/web", "r/x:1"],
            "labels": {"a": "b", "org.opencontainers.image.title": "web"},
            "description": "web for intel-nuc on linux/amd64",
            "cache-from": ["r/w:c"],
            "cache-to": ["type=inline"],
            "extra-hosts": {"h": "1.2.3.4,::1"},
            "network": "host",
            "no-cache": true,
            "pull": true,
            "secret": ["id=t,src=app/t.txt", "id=w,env=V"],
            "shm-size": "1073741824",
            "ssh": ["default", "key=app/id"],
            "ulimits": ["nofile=1:2", "nproc=3:3"],
            "entitlements": ["network.host"],
            "attest": ["type=provenance,disabled=true"],
        })
    );
    // Two images cannot have one tag, and a device needs its platform.
    let run = project().args("batch --format bake -d nuc,raspberrypi3 app");
    run.refuses([
        "app/docker-compose.yml:16:18: error: `web` is not built for linux/arm/v7, the platform of the device",
    ]);
    let template = ("app/web/Dockerfile.template", "FROM x-%%BALENA_ARCH%%\n");
    project().file(template.0, template.1).args("batch --format bake -d nuc,raspberrypi4-64 app").refuses([
        "app/docker-compose.yml:15:13: error: `web` has several builds, which cannot have the same tags",
        "give a --tag with ",
    ]);
    let several = project().file(template.0, template.1);
    let run = several.args("batch --format bake -d nuc,raspberrypi4-64 --tag r/{service}:{device} app").ok();
    assert!(String::from_utf8_lossy(&run.stdout).contains("r/web:intel-nuc"));
    // Without the service whose image is a context.
    project()
        .args("batch --format bake -d nuc --service web app")
        .refuses(["is built with the service `api`"]);
    let platform = "services: {web: {build: web, platform: linux/arm64}}\n";
    let run = Test::new().file("app/docker-compose.yml", platform).file("app/web/Dockerfile", "FROM x\n");
    run.args("batch --format bake -d nuc app").refuses(["1:40: error: `web` is not built for linux/amd64"]);
}

/// D12: an ignore file that belongs to a Dockerfile is read beside a Dockerfile in a file.
#[test]
fn an_ignore_file_of_a_dockerfile_needs_a_dockerfile_in_a_file() {
    let project = |name: &str| {
        Test::new()
            .file("web/docker-compose.yml", "services: {web: {build: ./c}, api: {build: .}}\n")
            .file("web/c/Dockerfile.template", "FROM x/%%BALENA_ARCH%%\n")
            .file("web/Dockerfile", "FROM y\n")
            .file(name, "*\n")
            .args("batch -d nuc web --format")
    };
    for format in ["bake", "matrix"] {
        let refused = "web/c/Dockerfile.dockerignore: error: a builder does not read this file";
        project("web/c/Dockerfile.dockerignore").args(format).refuses([refused, "--files DIR"]);
    }
    let run = project("web/c/.dockerignore").args("bake").ok();
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
    let run = project("web/c/Dockerfile.dockerignore").args("bake --files out").writes().ok();
    let file = bake(&run);
    assert_eq!(file["target"]["web"]["dockerfile"], "../../out/web/Dockerfile");
    assert_eq!(file["target"]["api"]["dockerfile"], "../out/api/Dockerfile");
    assert!(file["target"]["web"].get("dockerfile-inline").is_none());
    // The way out of a context above goes through the name of the folder that bake runs in.
    let above = project("web/c/Dockerfile.dockerignore")
        .args("bake --files ci/out --relative-to ci")
        .file("ci/x", "");
    let file = bake(&above.writes().ok());
    assert_eq!(file["target"]["web"]["context"], "../web/c");
    assert_eq!(file["target"]["web"]["dockerfile"], "../../ci/out/web/Dockerfile");
    let read = |path: &str| std::fs::read_to_string(run.folder.join("out").join(path)).unwrap();
    assert_eq!(read("web/Dockerfile"), "FROM x/amd64\n");
    assert_eq!(read("web/Dockerfile.dockerignore"), "*\n");
    assert!(!run.folder.join("out/api/Dockerfile.dockerignore").exists());
}

/// Files that somebody else made are never replaced.
#[test]
fn a_folder_of_dockerfiles_replaces_only_its_own() {
    let project = || {
        Test::new()
            .file("app/Dockerfile", "FROM x\n")
            .file("out/main/Dockerfile", "FROM mine\n")
            .args("batch --format bake -d nuc app --files out")
    };
    project().cannot(["out/main/Dockerfile: error: this file was not made by dtpl batch", "--force"]);
    let run = project().arg("--force").writes().ok();
    assert_eq!(std::fs::read_to_string(run.folder.join("out/main/Dockerfile")).unwrap(), "FROM x\n");
    // What an earlier run made is replaced.
    let again = |template: &str| {
        std::fs::write(run.folder.join("app/Dockerfile"), template).unwrap();
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_dtpl"))
            .args(["batch", "--format", "bake", "-q", "-d", "nuc", "app", "--files", "out"])
            .current_dir(&run.folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read_to_string(run.folder.join("out/main/Dockerfile")).unwrap()
    };
    assert_eq!(again("FROM y\n"), "FROM y\n");
    assert_eq!(again("FROM y\n"), "FROM y\n");
    for folder in ["/", "app", "."] {
        let run =
            Test::new().file("app/Dockerfile", "FROM x\n").args("batch --format bake -d nuc app --files");
        run.arg(folder).cannot(["name a folder of its own with --files"]);
    }
    project().args("--check -o bake.json").cannot(["--files", "--check"]);
    // An ignore file that is gone is not obeyed any more.
    let ignore = run.folder.join("app/Dockerfile.dockerignore");
    std::fs::write(&ignore, "*\n").unwrap();
    again("FROM y\n");
    assert!(run.folder.join("out/main/Dockerfile.dockerignore").exists());
    std::fs::remove_file(&ignore).unwrap();
    again("FROM y\n");
    assert!(!run.folder.join("out/main/Dockerfile.dockerignore").exists());
}

/// The bake file does not replace what is written beside it; another name in the folder is free.
#[test]
fn a_bake_file_is_none_of_the_files_that_are_written_with_it() {
    let project = |output: &str| {
        Test::new()
            .file("app/Dockerfile", "FROM x\n")
            .args("batch --format bake -d nuc app --files out -o")
            .arg(output)
            .writes()
    };
    for output in ["out/main/Dockerfile", "out/manifest.json", "app/../out/./manifest.json"] {
        let run = project(output).cannot(["error: --files writes a file of this name"]);
        assert!(!run.folder.join("out").exists(), "{output}");
    }
    let run = project("out/bake.json").ok();
    assert!(run.folder.join("out/main/Dockerfile").is_file() && run.folder.join("out/bake.json").is_file());
}

/// More parts than builds: bake takes a file whose group has no targets, and none whose map of targets is empty.
#[test]
fn a_part_may_have_nothing_to_build() {
    let part = |shard: &str| {
        let run =
            Test::new().file("Dockerfile", "FROM x\n").args("batch --format bake -d nuc --shard").arg(shard);
        bake(&run.ok())
    };
    let parts = [part("1/2"), part("2/2")];
    assert_eq!(parts.iter().filter(|file| targets(file, "default") == ["main"]).count(), 1);
    assert!(parts.contains(&json!({"group": {"default": {"targets": []}}})), "{parts:?}");
}

/// A part of the builds has the targets that it needs of other parts, so that bake finds them; without tags.
#[test]
fn a_part_has_the_targets_that_are_its_contexts() {
    let part = |shard: &str| {
        let run = Test::new()
            .file("docker-compose.yml", "services: {web: {image: r/web, build: {context: ., additional_contexts: {base: 'service:base'}}}, base: {image: r/base, build: .}}\n")
            .file("Dockerfile", "FROM base\n")
            .args("batch --format bake -d nuc --shard")
            .arg(shard);
        bake(&run.ok())
    };
    let parts = [part("1/2"), part("2/2")];
    let of_web = parts.iter().find(|file| targets(file, "default") == ["web"]).unwrap();
    assert_eq!(of_web["target"]["web"]["contexts"], json!({"base": "target:base"}));
    assert!(of_web["target"]["base"].get("tags").is_none());
    let of_base = parts.iter().find(|file| targets(file, "default") == ["base"]).unwrap();
    assert_eq!(of_base["target"]["base"]["tags"], json!(["r/base"]));
    assert!(of_base["target"].get("web").is_none());
}

/// A build on the image of another service is another build wherever that image is.
#[test]
fn a_build_has_the_base_of_its_own_device_and_fleet() {
    let contexts = |base: &str, args: &str| {
        let run = Test::new()
            .file("docker-compose.yml", "services: {web: {build: {context: web, additional_contexts: {base: 'service:base'}}}, base: {build: base}}\n")
            .file("web/Dockerfile", "FROM base\n")
            .file("base/Dockerfile.template", base)
            .file("fleets.yaml", "fleets: {a: {device: nuc}, b: {device: nuc}}\n")
            .args("batch --format bake")
            .args(args);
        let file = bake(&run.ok());
        let names = targets(&file, "default").into_iter().filter(|name| name.starts_with("web"));
        let with = names.map(|name| {
            let context = file["target"][&name]["contexts"]["base"].as_str().unwrap().to_owned();
            (name, context)
        });
        with.collect::<Vec<_>>()
    };
    let pair = |name: &str, context: &str| (name.to_owned(), context.to_owned());
    assert_eq!(
        contexts("FROM %%BALENA_ARCH%%/debian\n", "-d raspberrypi3,raspberrypi4-64"),
        [pair("web-arm64", "target:base-arm64"), pair("web-armv7", "target:base-armv7")]
    );
    assert_eq!(
        contexts("FROM x\nENV A=%%BALENA_APP_NAME%%\n", ""),
        [pair("web-a", "target:base-a"), pair("web-b", "target:base-b")]
    );
    assert_eq!(contexts("FROM x\n", ""), [pair("web", "target:base")]);
}

/// Parts are built on different machines: what one must not do, two must not do together.
#[test]
fn two_parts_cannot_have_the_same_tag() {
    for part in ["1/2", "2/2"] {
        Test::new()
            .file("Dockerfile.template", "FROM %%BALENA_ARCH%%\n")
            .args("batch --format bake -d nuc,raspberrypi3,raspberrypi4-64,raspberry-pi --tag r/x:1 --shard")
            .arg(part)
            .refuses(["`r/x:1` would be the tag of 4 builds"]);
    }
}

/// A fleet that shares the builds of others moves none of them to another part.
#[test]
fn a_fleet_that_shares_builds_moves_none() {
    let parts = |fleets: &str| -> Vec<Vec<String>> {
        let part = |number: usize| {
            let services: Vec<String> = (0..6).map(|service| format!("s{service}: {{build: .}}")).collect();
            let run = Test::new()
                .file("docker-compose.yml", format!("services: {{{}}}\n", services.join(", ")))
                .file("Dockerfile", "FROM x\n")
                .file("fleets.yaml", format!("fleets: {{{fleets}}}\n"))
                .args("batch --format bake --shard")
                .arg(format!("{number}/3"));
            targets(&bake(&run.ok()), "default")
        };
        (1..=3).map(part).collect()
    };
    let before = parts("m: {device: nuc}");
    assert!(before.iter().all(|part| part.len() == 2), "{before:?}");
    assert_eq!(parts("m: {device: nuc}, b: {device: nuc}, z: {device: nuc}"), before);
}

/// Names of groups and targets never meet.
#[test]
fn no_two_things_of_a_bake_file_have_one_name() {
    let file = |services: &str, fleets: &str, args: &str| {
        let run = Test::new()
            .file("docker-compose.yml", format!("services: {{{services}}}\n"))
            .file("Dockerfile.template", "FROM %%BALENA_ARCH%%\n")
            .file("fleets.yaml", format!("fleets: {{{fleets}}}\n"))
            .args("batch --format bake")
            .args(args);
        bake(&run.ok())
    };
    let both = file("web: {build: .}", "web: {device: nuc}, web-fleet: {device: nuc}", "--tag r/{fleet}");
    assert_eq!(targets(&both, "web-fleet-2"), ["web-fleet-2-web"]);
    assert_eq!(targets(&both, "web-fleet"), ["web-fleet-web"]);
    let several = file(
        "web: {build: .}, kiosk-web: {build: .}, web-armv7: {build: .}",
        "kiosk: {device: nuc}, other: {device: nuc}, third: {device: raspberrypi3}",
        "--tag r/{fleet}/{service}",
    );
    let groups = several["group"].as_object().unwrap();
    let targets = several["target"].as_object().unwrap();
    let twice: Vec<&String> = groups.keys().filter(|name| targets.contains_key(*name)).collect();
    assert_eq!(twice, Vec::<&String>::new());
    let used = groups.values().flat_map(|group| group["targets"].as_array().unwrap());
    assert!(used.into_iter().all(|name| targets.contains_key(name.as_str().unwrap())));
    Test::new()
        .file("docker-compose.yml", "services: {web: {build: .}}\n")
        .file("Dockerfile", "FROM x\n")
        .args("batch --format bake -d nuc --inherit web")
        .refuses(["--inherit: error: `web` is a target of this file"]);
}

/// Services whose names are one word to bake have numbers, which do not depend on what is in the Dockerfiles.
#[test]
fn numbers_of_names_do_not_change_with_an_edit() {
    let names = |edit: &str| -> BTreeMap<String, String> {
        let run = Test::new()
            .file("docker-compose.yml", "services: {a.b: {build: x}, a_b: {build: y}}\n")
            .file("x/Dockerfile", format!("FROM x\n{edit}"))
            .file("y/Dockerfile", "FROM y\n")
            .args("batch --format bake -d nuc");
        let file = bake(&run.ok());
        let targets = file["target"].as_object().unwrap().iter();
        targets.map(|(name, target)| (name.clone(), target["context"].as_str().unwrap().to_owned())).collect()
    };
    for edit in ["RUN a\n", "RUN b\n", "RUN c\n", "RUN d\n"] {
        assert_eq!(names(edit), names(""));
    }
}

/// Values of a cache may be secrets.
#[test]
fn what_a_cache_says_is_not_printed() {
    let run = Test::new()
        .file("Dockerfile", "FROM x\n")
        .args("batch --format bake -d nuc,raspberrypi3 --cache-to type=s3,secret_access_key=HUSH,name={arch}")
        .refuses(["--cache-to: error: `{arch}` would give several names"]);
    assert!(!run.stderr.contains("HUSH"), "{}", run.stderr);
}

#[test]
fn what_compose_says_for_bake_is_read() {
    let compose = "services:
  web:
    build:
      context: .
      tags: [r/a:1]
      x-bake:
        tags: [r/b:1]
        cache-from: [type=gha]
        cache-to: type=inline
        secret: ['id=a,src=./a.txt']
        ssh: [default]
        output: [type=docker]
        no-cache-filter: [two]
        pull: true
";
    let project = || Test::new().file("docker-compose.yml", compose).file("Dockerfile", "FROM x\n");
    let file = bake(&project().args("batch --format bake -d nuc").ok());
    let web = &file["target"]["web"];
    for (field, expected) in [
        ("tags", json!(["r/a:1", "r/b:1"])),
        ("cache-from", json!(["type=gha"])),
        ("cache-to", json!(["type=inline"])),
        ("secret", json!(["id=a,src=a.txt"])),
        ("ssh", json!(["default"])),
        ("output", json!(["type=docker"])),
        ("no-cache-filter", json!(["two"])),
        ("pull", json!(true)),
    ] {
        assert_eq!(web[field], expected, "{field}");
    }
    // Two names of one image are pushed together; another output is not of use then.
    let warning = "docker-compose.yml:12:17: warning: left out, as the image is pushed by its digest";
    let run = project().args("batch --format bake -d nuc --by-digest --tag r/{service}:2").ok();
    run.says(&[warning]);
    assert!(bake(&run)["target"]["web"]["output"][0].as_str().unwrap().contains("push-by-digest=true"));
    let warning = "docker-compose.yml:12:17: warning: a row of a matrix has no such output: left out";
    project().args("batch --format matrix -d nuc --tag r/{service}:2").ok().says(&[warning]);
}

#[test]
fn what_bake_could_not_tell_apart_is_refused() {
    project().args("--format bake --tag r/{fleet}/{service}:{arch}").refuses([
        "`r/edge/web:aarch64` would be the tag of two builds, web-jetson-nano and web-raspberrypi4-64",
        "{device}",
    ]);
    let fleets = |names: &str| {
        Test::new()
            .file("Dockerfile", "FROM x\n")
            .file("fleets.yaml", format!("fleets: {{{names}}}\n"))
            .args("batch --format bake")
    };
    fleets("a.b: {device: nuc}, a_b: {device: nuc}")
        .refuses(["the group of `a_b` in the bake file would be `a_b`, like the group of `a.b`"]);
    fleets("default: {device: nuc}").refuses(["the group of all"]);
    fleets("Kiosk: {device: nuc}").args("--tag r/{fleet}").refuses([
        "`r/Kiosk` is not a tag",
        "lower case",
        "{fleet} is `Kiosk` here",
    ]);
}
