//! Tags of images from `--tag` and from compose files: which are refused, and what is said about them.

mod common;

use common::Test;
use serde_json::{Value, json};

fn template(text: &str) -> Test {
    Test::new().file("Dockerfile.template", text)
}

/// A service with one Dockerfile for a Raspberry Pi, and another for the rest.
fn two_dockerfiles(compose: &str) -> Test {
    Test::new()
        .file("docker-compose.yml", compose)
        .file("web/Dockerfile", "FROM x\n")
        .file("web/Dockerfile.armv7hf", "FROM y\n")
        .args("batch -d nuc,raspberrypi3")
}

fn two_services(web: &str, api: &str) -> Test {
    Test::new()
        .file(
            "docker-compose.yml",
            format!("services:\n  web: {{build: web, {web}}}\n  api: {{build: api, {api}}}\n"),
        )
        .file("web/Dockerfile", "FROM x\n")
        .file("api/Dockerfile", "FROM y\n")
        .args("batch -d nuc,raspberrypi3")
}

/// The last push would win.
#[test]
fn a_tag_of_the_compose_file_belongs_to_one_build() {
    for (web, api) in [
        ("image: 'r.example/a:1'", "image: 'r.example/a:1'"),
        ("image: r.example/a", "image: 'r.example/a:latest'"),
        ("image: a", "image: 'docker.io/library/a:latest'"),
    ] {
        for format in ["bake", "matrix", "merge"] {
            two_services(web, api).args(&format!("--format {format}")).refuses([
                "docker-compose.yml:3:",
                "error: this would be the tag of ",
                "api",
                "web",
            ]);
        }
        two_services(web, api).args("--format bake --tag r.example/{service}").ok();
    }
    let run = two_services("image: 'r.example/a:1'", "image: 'r.example/a:2'").args("--format bake").ok();
    assert_eq!(run.json()["target"]["api"]["tags"], json!(["r.example/a:2"]));
    // What a flag says is compared by what it means, too.
    two_services("image: a", "image: b")
        .args("--format bake --tag r.example/{service} --tag r.example/web:latest")
        .refuses(["`r.example/web:latest` would be the tag of two builds, api and web"]);
}

#[test]
fn a_tag_of_the_compose_file_has_to_be_one() {
    for image in ["'a b'", "r.example/App", "app/", "-x", "'x,push=true'", "'${TOKEN}:${TOKEN} x'"] {
        for format in ["bake --by-digest", "matrix", "merge"] {
            let run = two_services(&format!("image: {image}"), "image: b")
                .file(".env", "TOKEN=hush\n")
                .args(&format!("--format {format}"))
                .refuses(["docker-compose.yml:2:28: error: this cannot be the name of an image of `web`: "]);
            assert!(!run.stderr.contains("hush"), "{}", run.stderr);
        }
    }
}

/// Two Dockerfiles are two images, unless they are joined.
#[test]
fn a_name_that_several_builds_cannot_have_is_told() {
    let compose = "services: {web: {image: 'r.example/web:1', build: ./web}}\n";
    let run = two_dockerfiles(compose).args("--format bake").ok();
    run.says(&[
        "docker-compose.yml:1:25: warning: `web` has several builds, which cannot have one name: left out",
        "--by-digest",
    ]);
    assert_eq!(run.json()["target"]["web-amd64"].get("tags"), None);
    for format in ["bake --by-digest", "matrix", "bake --tag r.example/{arch}"] {
        let run = two_dockerfiles(compose).args(&format!("--format {format}")).ok();
        assert!(!run.stderr.contains("several builds"), "{}", run.stderr);
    }
}

/// What is left out of a file fails a build server that asks for it.
#[test]
fn strict_makes_errors_of_what_is_left_out() {
    let compose = "services: {web: {build: {context: web, isolation: default, args: [N], network: host}}}\n";
    let project = || {
        let project = Test::new().file("docker-compose.yml", compose).file("web/Dockerfile", "FROM x\n");
        project.args("batch -d nuc")
    };
    for format in ["bake", "matrix"] {
        let run = project().args(&format!("--format {format}"));
        run.ok().says(&[
            "no word for `isolation`",
            "this build argument has no value",
            "needs --allow=network.host",
        ]);
        project().args(&format!("--format {format} --strict")).refuses([
            "error: a bake file has no word for `isolation`",
            "error: this build argument has no value",
        ]);
    }
    let tagged = "services: {web: {image: 'r.example/web:1', build: ./web}}\n";
    Test::new()
        .file("docker-compose.yml", tagged)
        .file("web/Dockerfile.template", "FROM x/%%BALENA_ARCH%%\n")
        .args("batch -d nuc,raspberrypi3 --format bake --strict")
        .refuses(["error: `web` has several builds"]);
}

#[test]
fn all_mistakes_in_tags_are_told_at_once() {
    template("FROM x\n")
        .args("batch -d nuc --format bake --tag r/{Fleet}:1 --tag r/{nope}:1 --cache-to type=gha,scope={zzz}")
        .cannot([
            "--tag: error: unknown placeholder `{Fleet}`",
            "did you mean `{fleet}`?",
            "--tag: error: unknown placeholder `{nope}`",
            "use one of {fleet}, {org}",
            "--cache-to: error: unknown placeholder `{zzz}`",
            "{build}",
        ]);
    // Also with what is wrong with files.
    two_services("image: a", "image: b")
        .file("web/Dockerfile.dockerignore", "*\n")
        .args("--format bake --tag r.example/all")
        .refuses([
            "web/Dockerfile.dockerignore: error: a builder does not read this file",
            "`r.example/all` would be",
        ]);
}

/// One mistake is one message, for however many fleets.
#[test]
fn a_tag_of_many_builds_is_told_once() {
    let fleets: String = (0..600).map(|number| format!("  f{number}: {{device: nuc}}\n")).collect();
    let run = template("FROM x:%%BALENA_APP_NAME%%\n")
        .file("fleets.yaml", format!("fleets:\n{fleets}"))
        .args("batch --format bake --tag r.example/app:1")
        .refuses([
            "`r.example/app:1` would be the tag of 600 builds: main-f0, main-f1, main-f10 and 597 more",
        ]);
    assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
}

/// A placeholder is suggested only if it differs between all of the builds.
#[test]
fn what_tells_builds_apart_is_suggested() {
    let template_of_both = "FROM x/%%BALENA_MACHINE_NAME%%\nENV L=%%LL%%\n";
    let of_devices = "FROM x/%%BALENA_MACHINE_NAME%%\n";
    let both = ("one.yaml", "fleets: {shop: {devices: [nuc, raspberrypi3]}}\n");
    let alike = (
        "alike.yaml",
        "fleets: {eu: {device: nuc, variables: {LL: a}}, us: {device: nuc, variables: {LL: b}}}\n",
    );
    let mixed = (
        "mixed.yaml",
        "fleets: {eu: {devices: [raspberrypi4-64, jetson-nano], variables: {LL: a}}, us: {devices: [jetson-nano, raspberrypi4-64], variables: {LL: b}}}\n",
    );
    for (template_text, (file, fleets), tag, help) in [
        // Two Dockerfiles of one fleet, which has only one name.
        (of_devices, both, "r.example/{fleet}", "into it: one of {device}, {arch}\n"),
        ("FROM x\nENV L=%%LL%%\n", alike, "r.example/app", "into it: {fleet}\n"),
        ("FROM x\nENV L=%%LL%%\n", alike, "r.example/app:{arch}", "into it: {fleet}\n"),
        // Each fleet and each device type has two of the four; those of one fleet differ by the device type.
        (template_of_both, mixed, "r.example/{fleet}", "into it: {device}\n"),
        (template_of_both, mixed, "r.example/app", "into it: several of {fleet}, {device}, {arch}\n"),
    ] {
        template(template_text)
            .file(file, fleets)
            .args("batch --format bake --fleets")
            .arg(file)
            .args(&format!("--tag {tag}"))
            .refuses(["would be the tag of", "put what tells them apart ", help]);
    }
    two_services("", "")
        .args("--format bake --tag r.example/app")
        .refuses(["put what tells them apart into it: {service}\n"]);
}

/// The reason is the one that Docker has, and the cause is named.
#[test]
fn a_text_that_is_no_tag_has_its_reason() {
    let long = "x".repeat(300);
    for (tag, reasons) in [
        ("r.e/x:1:2", ["`:` is not allowed in a tag", ""]),
        ("r:5000/x:a:b", ["`:` is not allowed in a tag", ""]),
        ("r.e/x:1,r.e/x:2", ["is not a tag", "give each tag with a --tag of its own"]),
        (&format!("r.e/{long}:1"), ["at most 255 characters", ""]),
        ("r.e/{service}:1", ["a repository has to be in lower case", "{service} is `Web` here"]),
        ("r.e/{fleet}/x:1", ["`r.e/Kiosk.EU/x:1` is not a tag", "{fleet} is `Kiosk.EU` here"]),
    ] {
        Test::new()
            .file("docker-compose.yml", "services: {Web: {build: .}}\n")
            .file("Dockerfile", "FROM x\n")
            .file("fleets.yaml", "fleets: {Kiosk.EU: {device: nuc}}\n")
            .args("batch --format bake --tag")
            .arg(tag)
            .refuses(reasons);
    }
    // The organization comes with the name where two have a fleet of it.
    let list = r#"[{"app_name": "kiosk", "slug": "acme/kiosk", "device_type": "intel-nuc"},
        {"app_name": "kiosk", "slug": "other/kiosk", "device_type": "intel-nuc"}]"#;
    let fleets = |tag: &str| {
        template("FROM x:%%BALENA_APP_SLUG%%\n")
            .file("list.json", list)
            .args("batch --format bake -D BALENA_APP_SLUG=a --fleets list.json --tag")
            .arg(tag)
    };
    fleets("r/x:{fleet}").refuses(["{fleet} is `acme/kiosk` here: write {org}-{fleet}"]);
    fleets("r/x:{org}-{fleet}").ok();
    // Of a compose file nothing is repeated: it may be the value of a variable.
    for (image, reason) in [
        ("'r.e/a:b:c'", "after the colon"),
        ("'r.e/a:${V}'", "after the colon"),
        ("'r.e/${V}/a'", "an image's name has small letters"),
        ("'${V}.e/a'", "what precedes the first slash is no host"),
        ("'r.e/A${V}'", "a repository has to be in lower case"),
        (&format!("r.e/{long}"), "a repository has at most 255 characters"),
    ] {
        let run = two_services(&format!("image: {image}"), "image: b")
            .file(".env", "V=se:cret\n")
            .args("--format merge")
            .refuses([
                "docker-compose.yml:2:28: error: this cannot be the name of an image of `web`: ",
                reason,
            ]);
        assert!(!run.stderr.contains("cret"), "{}", run.stderr);
    }
    // Words in one text, which bake takes for a list.
    template("FROM x\n")
        .file(
            "docker-compose.yml",
            "services:\n  app:\n    build:\n      context: .\n      x-bake:\n        tags: 'a B'\n",
        )
        .args("batch -d nuc --format bake")
        .refuses(["docker-compose.yml:6:15: error: this cannot be the name"]);
}

/// `{fleet}` has the organization only where nothing else tells fleets of one name apart.
#[test]
fn an_organization_is_not_written_twice() {
    let fleet = |organization: &str, name: &str| json!({"app_name": name, "slug": format!("{organization}/{name}"), "is_for__device_type": [{"slug": "raspberrypi3"}]});
    let fleets = json!([fleet("acme", "kiosk"), fleet("beta", "kiosk"), fleet("acme", "solo")]);
    let tags = |tag: &str| -> Vec<Value> {
        let run = template("FROM x\n")
            .file("fleets.json", fleets.to_string())
            .args(&format!("batch --fleets fleets.json --format bake --tag {tag}"))
            .ok();
        run.json()["target"]["main"]["tags"].as_array().unwrap().clone()
    };
    assert_eq!(
        tags("r.example/{org}/{fleet}/{service}:1"),
        ["r.example/acme/kiosk/main:1", "r.example/acme/solo/main:1", "r.example/beta/kiosk/main:1"]
    );
    assert_eq!(
        tags("r.example/{fleet}:1"),
        ["r.example/acme/kiosk:1", "r.example/beta/kiosk:1", "r.example/solo:1"]
    );
}

/// An environment variable sets a flag, as README says.
#[test]
fn flags_of_images_have_variables() {
    let run = || template("FROM x\n").args("batch -d nuc --format bake --tag r.example/{service}");
    let output = run().env("DTPL_BY_DIGEST", "true").ok().json()["target"]["main"]["output"].clone();
    assert!(output[0].as_str().unwrap().contains("push-by-digest=true"), "{output}");
    assert!(run().env("DTPL_BY_DIGEST", "0").ok().json()["target"]["main"].get("output").is_none());
    let run = run().env("DTPL_FILES", "made").writes().ok();
    assert!(run.folder.join("made/main/Dockerfile").is_file());
    let moved = Test::new()
        .file("app/Dockerfile", "FROM x\n")
        .file("other/note", "")
        .args("batch app -d nuc --format bake")
        .env("DTPL_RELATIVE_TO", "other")
        .ok();
    assert_eq!(moved.json()["target"]["main"]["context"], "../app");
    template("FROM x\n")
        .file("main.json", "{}")
        .args("batch -d nuc --format merge --tag r.example/{service}")
        .env("DTPL_METADATA", "main.json")
        .refuses(["no digest of the build main"]);
}

/// The unknown name is what explains the missing digest.
#[test]
fn a_result_with_an_unknown_name_is_told_with_what_is_missing() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    template("FROM x\n")
        .file("old.json", json!({"man": {"containerimage.digest": digest}}).to_string())
        .args("batch -d nuc --format merge --tag r.example/{service} --metadata old.json")
        .refuses(["`man`: no build has this name", "did you mean `main`?", "no digest of the build main"]);
}

/// An image is for the fleets whose tags it has, and not for all that share its build.
#[test]
fn an_image_of_the_merge_names_its_own_fleets() {
    let fleets = "fleets:\n  a: {devices: [raspberrypi3, intel-nuc]}\n  b: {device: raspberrypi3}\n  c: {device: raspberrypi4-64}\n";
    let project = || Test::new().file("Dockerfile", "FROM x\n").file("fleets.yaml", fleets);
    let images = |tag: &str| -> Vec<(String, Value)> {
        let run = project().args(&format!("batch --format merge --tag {tag}")).ok();
        let rows = run.json()["include"].as_array().unwrap().clone();
        rows.iter().map(|row| (row["image"].as_str().unwrap().to_owned(), row["fleets"].clone())).collect()
    };
    assert_eq!(
        images("r.example/{fleet}:1"),
        [
            ("r.example/a".to_owned(), json!(["a"])),
            ("r.example/b".to_owned(), json!(["b"])),
            ("r.example/c".to_owned(), json!(["c"]))
        ]
    );
    assert_eq!(images("r.example/{service}:1"), [("r.example/main".to_owned(), json!(["a", "b", "c"]))]);
    // Tags of one repository that have the same builds are one image.
    assert_eq!(
        images("r.example/x:{device}").into_iter().map(|(_, fleets)| fleets).collect::<Vec<_>>(),
        [json!(["a"]), json!(["a", "b"]), json!(["c"])]
    );
}

/// A group keeps its meaning when a Dockerfile is added.
#[test]
fn the_group_of_a_service_is_no_fleets() {
    let fleets = "fleets:\n  web: {device: raspberrypi3}\n  lab: {device: intel-nuc}\n";
    let project = || {
        Test::new()
            .file("docker-compose.yml", "services: {web: {build: web}, api: {build: api}}\n")
            .file("web/Dockerfile", "FROM x\n")
            .file("api/Dockerfile", "FROM y\n")
            .file("fleets.yaml", fleets)
            .args("batch --format bake")
    };
    let one = project().ok().json();
    assert_eq!(
        (&one["group"]["web-fleet"]["targets"], one["group"].get("web")),
        (&json!(["api", "web"]), None)
    );
    let two = project().file("web/Dockerfile.armv7hf", "FROM z\n").ok().json();
    assert_eq!(two["group"]["web"]["targets"], json!(["web-amd64", "web-armv7"]));
    assert_eq!(two["group"]["web-fleet"]["targets"], json!(["api", "web-armv7"]));
    // Services of one word.
    let services = "services: {a.b: {build: web}, a_b: {build: api}}\n";
    let words = Test::new()
        .file("docker-compose.yml", services)
        .file("web/Dockerfile.template", "FROM x/%%BALENA_ARCH%%\n")
        .file("api/Dockerfile.template", "FROM y/%%BALENA_ARCH%%\n")
        .args("batch -d nuc,raspberrypi3 --format bake")
        .ok()
        .json();
    let groups = words["group"].as_object().unwrap();
    let of_services: Vec<&Value> = groups
        .iter()
        .filter(|(name, _)| ["a_b", "a_b-2"].contains(&name.as_str()))
        .map(|(_, group)| &group["targets"])
        .collect();
    assert_eq!(of_services.len(), 2, "{groups:#?}");
    assert!(of_services.iter().all(|targets| targets.as_array().unwrap().len() == 2), "{of_services:?}");
}

/// Both are told where two tags of one service are wrong, each at its place.
#[test]
fn every_wrong_tag_of_a_service_has_its_place() {
    let compose = "services: {web: {build: {context: web, tags: [r/BAD, r/b:1, r/WORSE], x-bake: {tags: 'r/c:1'}}}, api: {build: {context: web, x-bake: {tags: ['r/d:1', 'r/c:1']}}}}\n";
    let project = |compose: &str| {
        let project = Test::new().file("docker-compose.yml", compose).file("web/Dockerfile", "FROM x\n");
        project.args("batch -d nuc --format bake")
    };
    let wrong = "this cannot be the name of an image of `web`";
    project(compose).refuses([
        format!("docker-compose.yml:1:47: error: {wrong}").as_str(),
        format!("docker-compose.yml:1:61: error: {wrong}").as_str(),
    ]);
    project(&compose.replace("BAD", "bad").replace("WORSE", "worse")).refuses([
        "docker-compose.yml:1:151: error: this would be the tag of two builds, api and web",
        "or all of them tags with --tag and {service} in it",
    ]);
}

/// Services that are the same build, and run one image.
#[test]
fn services_with_one_image_can_share_its_build() {
    let refused = |worker: &str| {
        Test::new()
            .file(
                "docker-compose.yml",
                format!(
                    "services:\n  web: {{image: app, build: {{context: web, args: {{A: 1}}}}}}\n  worker: {{image: app, build: {worker}}}\n"
                ),
            )
            .file("web/Dockerfile", "FROM x\n")
            .file("other/Dockerfile", "FROM x\n")
            .args("batch -d nuc --format bake")
            .refuses(["error: this would be the tag of two builds, web and worker"])
    };
    let help = "leave `build` out of all but one";
    refused("{context: ./web, args: [A=1]}").says(&[help]);
    for worker in ["other", "{context: web, args: {A: 2}}", "{context: web, args: {A: 1}, target: x}"] {
        let run = refused(worker);
        assert!(!run.stderr.contains(help), "{worker}: {}", run.stderr);
    }
}

/// A way out is only offered where it leads out.
#[test]
fn builds_for_one_platform_are_not_one_image() {
    let compose = "services: {web: {image: r/web, build: {context: web, platforms: [linux/arm/v6]}}}\n";
    let run = Test::new()
        .file("docker-compose.yml", compose)
        .file("web/Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\n")
        .args("batch -d raspberry-pi,raspberrypi3 --format bake")
        .ok();
    run.says(&[
        "which cannot have one name",
        "a --tag with one of {fleet}, {device}, {arch} in it",
        "on 1 platform",
    ]);
    assert!(!run.stderr.contains("--by-digest"), "{}", run.stderr);
    // They are not called after a platform that they are not built for.
    let targets: Vec<String> = run.json()["target"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(targets, ["web-raspberry-pi", "web-raspberrypi3"]);
}

/// A comma in the name of a fleet is not the end of a field.
#[test]
fn a_cache_is_filled_field_by_field() {
    let run = template("FROM x\n")
        .file("fleets.yaml", "fleets: {'a,b': {device: nuc}}\n")
        .args("batch --format bake")
        .args("--cache-to type=gha,scope={fleet} --cache-from type=registry,ref=r/{build}")
        .ok();
    let target = run.json()["target"]["main"].clone();
    assert_eq!(target["cache-to"], json!(["type=gha,\"scope=a,b\""]));
    assert_eq!(target["cache-from"], json!(["type=registry,ref=r/main"]));
}

/// A CI sets a variable for one call, and other calls see it as well.
#[test]
fn variables_of_flags_that_a_format_lacks_do_nothing() {
    for format in ["plan", "ndjson", "merge --tag r/{service}", "matrix", "tar", "tree -o rendered"] {
        let run = |set: bool| {
            let run = template("FROM x\n").args(&format!("batch -q -d nuc --format {format}")).writes();
            let set_all = |run: Test| {
                let all = [
                    ("DTPL_METADATA", "missing.json"),
                    ("DTPL_INHERIT", "docker-metadata-action"),
                    ("DTPL_BY_DIGEST", "true"),
                ];
                all.into_iter().fold(run, |run, (name, value)| run.env(name, value))
            };
            // A merge reads the results of builds.
            let run = if set && !format.starts_with("merge") { set_all(run) } else { run };
            let run = if set && !format.starts_with("matrix") { run.env("DTPL_FILES", "made") } else { run };
            let run = run.ok();
            assert!(!run.folder.join("made").exists(), "{format}");
            run.stdout.clone()
        };
        assert_eq!(run(true), run(false), "{format}");
    }
    template("FROM x\n")
        .args("batch -d nuc -o rendered/ --format tree")
        .writes()
        .ok()
        .then("batch -d nuc --check -o rendered/")
        .env("DTPL_FILES", "made")
        .ok();
}

/// Bake asks before it lends an SSH agent, and before it reads or writes outside of the folder that it runs in.
#[test]
fn what_bake_has_to_be_allowed_is_named() {
    let needs = |compose: &str, args: &str| {
        let run = Test::new()
            .file("app/docker-compose.yml", compose)
            .file("app/web/Dockerfile", "FROM x\n")
            .file("app/.env", "NAME=hush\n")
            .args(&format!("batch app -d nuc --format bake {args}"))
            .ok();
        assert!(!run.stderr.contains("hush"), "{}", run.stderr);
        let line = run.stderr.lines().find_map(|line| line.split_once("docker buildx bake needs "));
        line.map(|(_, flags)| flags.to_owned()).unwrap_or_default()
    };
    let build = |more: &str| format!("services: {{web: {{build: {{context: ./web, {more}}}}}}}\n");
    for (more, args, expected) in [
        ("ssh: [default]", "", "--allow=ssh"),
        ("ssh: ['a=./key']", "", ""),
        ("ssh: ['a=../../key']", "", "--allow=fs.read=../key"),
        ("additional_contexts: {b: '../../base'}", "", "--allow=fs.read=../base"),
        ("additional_contexts: {b: '../../${NAME}'}", "", "--allow=fs.read=PATH"),
        ("additional_contexts: {b: '../${NAME}'}", "", ""),
        ("cache_to: ['type=local,dest=/cache/x']", "", "--allow=fs.write=/cache/x"),
        ("cache_from: ['type=local,src=../c', 'type=registry,ref=r/c']", "", "--allow=fs.read=../c"),
        ("x-bake: {output: ['type=local,dest=../out']}", "", "--allow=fs.write=../out"),
        ("no_cache: true", "--cache-to type=local,dest=../c/{build}", "--allow=fs.write=../c"),
        ("x-bake: {output: [../out]}", "", "--allow=fs.write=../out"),
        ("x-bake: {output: ['-']}", "", ""),
        ("x-bake: {output: ['type=tar,dest=../o.tar']}", "", "--allow=fs.write=../o.tar"),
        ("x-bake: {output: ['type=registry,dest=../o']}", "", ""),
        ("no_cache: true", "--build-context b=../../b", "--allow=fs.read=../b"),
        ("no_cache: true", "--build-context b=/etc --build-context c=./c", "--allow=fs.read=/etc"),
        ("no_cache: true", "--build-context b=docker-image://x", ""),
        ("network: host, privileged: true", "", "--allow=network.host --allow=security.insecure"),
    ] {
        assert_eq!(needs(&build(more), args), expected, "{more} {args}");
    }
}

/// For a folder that is not there, bake asks for what is above it. Files it makes itself.
#[test]
fn folders_of_caches_and_outputs_have_to_be_there() {
    let run = |more: &str| {
        Test::new()
            .file("docker-compose.yml", format!("services: {{web: {{build: {{context: ./web, {more}}}}}}}\n"))
            .file("web/Dockerfile", "FROM x\n")
            .args("batch -d nuc --format bake")
            .ok()
    };
    for (more, folders) in [
        ("cache_to: ['type=local,dest=../no such']", "'../no such'"),
        ("cache_from: ['type=local,src=../c'], x-bake: {output: [../o/p]}", "../c ../o/p"),
        ("x-bake: {output: ['type=local,dest=/none/x']}", "/none/x"),
    ] {
        run(more).says(&[&format!("mkdir -p {folders}\n")]);
    }
    for more in [
        "cache_to: ['type=local,dest=..']",
        "x-bake: {output: ['type=oci,dest=../i.tar']}",
        "ssh: ['a=../k']",
    ] {
        let run = run(more);
        assert!(run.stderr.contains("needs --allow=") && !run.stderr.contains("mkdir"), "{}", run.stderr);
    }
}

/// Bake follows links before it looks whether a path is in the folder that it runs in.
#[cfg(unix)]
#[test]
fn links_out_of_the_folder_have_to_be_allowed() {
    let compose = "services: {web: {build: {context: ./web, secrets: [s], additional_contexts: {b: link}}}}\n\
                   secrets: {s: {file: ./key}}\n";
    let project = |key: &str, link: &str| {
        let test = Test::new()
            .file("in/p/docker-compose.yml", compose)
            .file("in/p/web/Dockerfile", "FROM x\n")
            .file("in/p/own/x", "")
            .file("key", "");
        let folder = test.path().join("in/p");
        std::os::unix::fs::symlink(key, folder.join("key")).unwrap();
        std::os::unix::fs::symlink(link, folder.join("link")).unwrap();
        test
    };
    let bake = "batch -d nuc --format bake --relative-to in in/p";
    project("../../key", "own").args(bake).ok().says(&["bake needs --allow=fs.read=p/key\n"]);
    project("own/x", "../..").args(bake).ok().says(&["bake needs --allow=fs.read=p/link\n"]);
    // A path that goes up and comes back is inside, and so is what a link in the folder leads to.
    let run = project("../../in/p/own/x", "own").args(bake).ok();
    assert!(!run.stderr.contains("--allow"), "{}", run.stderr);
    let test = project("own/x", "own");
    let absolute = test.path().join("in/p/own");
    let run = test.args(bake).arg("--build-context").arg(format!("c={}", absolute.display())).ok();
    assert!(!run.stderr.contains("--allow"), "{}", run.stderr);
}

/// Builds that run beside each other and write one cache or output.
#[test]
fn what_several_builds_write_over_each_other_is_warned_about() {
    let run = |more: &str, args: &str| {
        Test::new()
            .file(
                "docker-compose.yml",
                format!("services:\n  web: {{build: {{context: web, {more}}}}}\n  api: {{build: {{context: api}}}}\n"),
            )
            .file("web/Dockerfile.template", "FROM x/%%BALENA_ARCH%%\n")
            .file("api/Dockerfile", "FROM x\n")
            .file("fleets.yaml", "fleets:\n  a: {device: nuc}\n  b: {device: raspberrypi3}\n")
            .file(".env", "HUSH=hush\n")
            .args(&format!("batch {args}"))
            .ok()
    };
    let two = "2 builds write this cache, each over the one before: web-amd64, web-armv7";
    for (more, args, expected) in [
        ("cache_to: ['type=registry,ref=r/x:y']", "--format bake", two),
        ("cache_to: ['type=local,dest=c/${HUSH}']", "--format bake", two),
        ("cache_to: ['type=gha', 'type=gha,mode=max']", "--format matrix", two),
        ("x-bake: {cache-to: 'r/x:y'}", "--format bake", two),
        ("cache_to: [type=inline], x-bake: {cache-to: 'r/x:y'}", "--format bake", two),
        ("cache_to: [type=inline]", "--format bake", ""),
        ("no_cache: false", "--format bake --cache-to type=gha,scope={build}", ""),
        ("no_cache: false", "--format matrix --cache-to type=registry,ref=r/c:{build}", ""),
        (
            "no_cache: false",
            "--format bake --cache-to type=local,dest=c",
            "3 builds write this cache, each over the one before: api, web-amd64, web-armv7",
        ),
        (
            "no_cache: false",
            "--format matrix --cache-to type=gha,scope={fleet}",
            "2 builds write this cache, each over the one before: api-amd64, web-amd64",
        ),
        // A row of each platform of the api.
        (
            "no_cache: false",
            "--format matrix --service api --cache-to type=gha,scope={service}",
            "2 builds write this cache, each over the one before: api-amd64, api-armv7",
        ),
        ("no_cache: false", "--format bake --service api --cache-to type=gha,scope={service}", ""),
        (
            "x-bake: {output: ['type=local,dest=out']}",
            "--format bake",
            "2 builds write this output, each over the one before: web-amd64, web-armv7",
        ),
        ("x-bake: {output: ['type=docker']}", "--format bake", ""),
        (
            "x-bake: {output: ['type=local,dest=out']}",
            "--format bake --shard 1/2",
            "2 builds write this output",
        ),
    ] {
        let run = run(more, args);
        match expected {
            "" => assert!(!run.stderr.contains("each over"), "{more} {args}: {}", run.stderr),
            _ => {
                let warning = format!("warning: {expected}");
                assert!(run.stderr.contains(&warning), "{more} {args}: {}", run.stderr);
            }
        }
        assert!(!run.stderr.contains("hush"), "{}", run.stderr);
    }
}
