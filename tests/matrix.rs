//! `--format matrix`: each row has all that is needed to build it, in a clean checkout of the project.

mod common;

use std::collections::BTreeSet;

use common::{Test, sha256};
use serde_json::{Value, json};

const COMPOSE: &str = "services:
  web:
    build:
      context: web
      dockerfile: Dockerfile.template
      target: run
      args: {A: '1', B: 'x y', C: }
      labels: {a: 'costs ${D}'}
      additional_contexts: {base: ./base, img: 'docker-image://x'}
      secrets: [t]
      ssh: [default]
      network: host
      shm_size: 1g
      ulimits: {nproc: 3}
      extra_hosts: ['h:1.2.3.4']
      cache_from: ['r/w:c']
      no_cache: true
      pull: true
      provenance: false
  api: {build: ./api}
secrets: {t: {file: ./t.txt}}
";
const FLEETS: &str = "fleets:\n  kiosk-eu: {device: raspberrypi3}\n  kiosk-us: {device: raspberry-pi2}\n  edge: {devices: [nuc, raspberrypi4-64]}\n";

/// `web` differs between platforms, `api` does not.
fn project() -> Test {
    Test::new()
        .file("app/docker-compose.yml", COMPOSE)
        .file("app/.env", "D=$${5}\n")
        .file("app/web/Dockerfile.template", "FROM x/%%BALENA_ARCH%% AS run\nRUN echo ${A}\n")
        .file("app/api/Dockerfile", "FROM y\n")
        .file("app/fleets.yaml", FLEETS)
}

fn matrix() -> Test {
    project().args("batch -q --format matrix app")
}

fn rows(test: Test) -> Vec<Value> {
    let run = test.ok();
    assert_eq!(run.text().lines().count(), 1);
    run.json()["include"].as_array().unwrap().clone()
}

fn named<'r>(rows: &'r [Value], name: &str) -> &'r Value {
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {rows:#?}"))
}

#[test]
fn a_runner_can_have_several_labels() {
    let runner = |flag: &str| {
        let rows = rows(matrix().arg("--runner").arg(flag).args("--tag r.example/{service}:v1"));
        named(&rows, "api-arm64")["runner"].clone()
    };
    let both = json!(["self-hosted", "arm64"]);
    assert_eq!(runner("linux/arm64=self-hosted,arm64"), both);
    assert_eq!(runner("linux/arm64/v8=[self-hosted, arm64]"), both);
    assert_eq!(runner("linux/arm64=[\"self-hosted\", 'arm64']"), both);
    assert_eq!(runner("linux/arm64=my arm"), json!("my arm"));
    assert_eq!(runner("linux/arm64=[arm]"), json!("arm"));
    assert_eq!(runner("linux/arm/v7=a,b"), json!("ubuntu-24.04-arm"));
    for wrong in [
        "linux/arm64=",
        "linux/arm64=[]",
        "linux/arm64=a,",
        "linux/arm64=[a",
        "linux/arm64={group: a}",
        "arm64=a",
    ] {
        matrix().arg("--runner").arg(wrong).cannot(["--runner", "expected PLATFORM=LABEL"]);
    }
    // `linux/arm64` is `linux/arm64/v8`.
    for second in ["linux/arm64=b", "linux/arm64/v8=b", "linux/arm64/v8=a"] {
        matrix().args("--runner linux/arm64/v8=a --runner").arg(second).cannot([
            "--runner: error: the platform `linux/arm64/v8` is given twice",
            "linux/arm64/v8=LABEL,LABEL",
        ]);
    }
}

/// B2: a row has everything that the build needs.
#[test]
fn a_row_can_be_built() {
    let rows = rows(matrix().args("--runner linux/arm/v7=my-pi --tag r.example/{service}:v1"));
    let names: Vec<&Value> = rows.iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["api-amd64", "api-armv7", "api-arm64", "web-amd64", "web-arm64", "web-armv7"]);
    let text = "FROM x/armv7hf AS run\nRUN echo ${A}\n";
    let mut web = named(&rows, "web-armv7").clone();
    let labels = web["labels"].as_object_mut().unwrap();
    labels.retain(|name, _| !name.starts_with("org.opencontainers.image."));
    assert_eq!(
        web,
        json!({
            "name": "web-armv7",
            "bake_target": "web-armv7",
            "service": "web",
            "fleet": "kiosk-eu",
            "device": "raspberrypi3",
            "arch": "armv7hf",
            "platform": "linux/arm/v7",
            "runner": "my-pi",
            "fleets": ["kiosk-eu", "kiosk-us"],
            "for": ["kiosk-eu", "kiosk-us"],
            "tags": ["r.example/web:v1"],
            "cache_scope": "web-armv7",
            "sha256": sha256(text),
            "context": "app/web",
            "inline": text,
            "args": {"A": "1", "B": "x y"},
            "target": "run",
            "output": "type=image,name=r.example/web,push-by-digest=true,name-canonical=true,store=false",
            "labels": {"a": "costs ${5}"},
            "contexts": {"base": "app/base", "img": "docker-image://x"},
            "cache_from": ["r/w:c"],
            "secrets": ["id=t,src=app/t.txt"],
            "ssh": ["default"],
            "network": "host",
            "shm_size": "1073741824",
            "ulimits": ["nproc=3:3"],
            "extra_hosts": {"h": "1.2.3.4"},
            "entitlements": ["network.host"],
            "no_cache": true,
            "pull": true,
            "attest": ["type=provenance,disabled=true"],
        })
    );
    // Of a target for several platforms, each is a row, with the target's name for bake.
    for (name, platform, runner) in [
        ("api-amd64", "linux/amd64", "ubuntu-24.04"),
        ("api-arm64", "linux/arm64/v8", "ubuntu-24.04-arm"),
        ("api-armv7", "linux/arm/v7", "my-pi"),
    ] {
        let row = named(&rows, name);
        assert_eq!(
            (&row["bake_target"], &row["platform"], &row["runner"]),
            (&json!("api"), &json!(platform), &json!(runner))
        );
        assert_eq!(
            (&row["inline"], &row["context"], &row["args"]),
            (&json!("FROM y\n"), &json!("app/api"), &json!({}))
        );
        assert_eq!((&row["cache_scope"], &row["tags"]), (&json!(name), &json!(["r.example/api:v1"])));
    }
    assert_eq!(named(&rows, "api-armv7")["for"], json!(["kiosk-eu", "kiosk-us"]));
}

/// The targets are those of the bake file, which differs from the rows in its escaped texts alone.
#[test]
fn a_row_is_what_the_bake_file_says() {
    let args = "--tag r.example/{service}:v1 --image-version 3 --image-revision abc --image-created 2026-11-30T12:00:00Z --cache-to type=gha,scope={build}";
    let rows = rows(matrix().args(args));
    let run = project().args("batch -q --format bake --by-digest app").args(args).ok();
    let bake = run.json();
    assert_eq!(rows.len(), 6);
    for row in &rows {
        let target = &bake["target"][row["bake_target"].as_str().unwrap()];
        let plain = |value: &Value| value.to_string().replace("$${", "${").replace("%%{", "%{");
        for (field, of_bake) in [
            ("inline", "dockerfile-inline"),
            ("context", "context"),
            ("labels", "labels"),
            ("target", "target"),
            ("secrets", "secret"),
            ("contexts", "contexts"),
        ] {
            assert_eq!(row[field].to_string(), plain(&target[of_bake]), "{field} of {}", row["name"]);
        }
        assert_eq!(row["output"], target["output"][0]);
        // Jobs that write a cache at the same time each have one of their own.
        assert_eq!(row["cache_to"], json!([format!("type=gha,scope={}", row["name"].as_str().unwrap())]));
        let platforms = target["platforms"].as_array().unwrap();
        assert!(platforms.contains(&row["platform"]), "{row:#}");
    }
    let version = &rows[0]["labels"]["org.opencontainers.image.version"];
    assert_eq!(version, "3");
}

#[test]
fn dockerfiles_can_be_files() {
    let run = matrix().file("app/web/Dockerfile.dockerignore", "*\n").args("--files build/df").writes().ok();
    let rows = run.json()["include"].as_array().unwrap().clone();
    for row in &rows {
        assert_eq!(row.get("inline"), None);
        // From where the job runs, as `docker build -f` has it.
        let path = row["dockerfile"].as_str().unwrap();
        assert_eq!(path, format!("build/df/{}/Dockerfile", row["bake_target"].as_str().unwrap()));
        let bytes = std::fs::read(run.folder.join(path)).unwrap();
        assert_eq!(row["sha256"], sha256(bytes));
    }
    assert!(run.folder.join("build/df/web-armv7/Dockerfile.dockerignore").is_file());
    let other = || matrix().args("--files df").file("df/web-armv7/Dockerfile", "FROM mine\n").writes();
    other().cannot(["df/web-armv7/Dockerfile: error: this file was not made by dtpl batch", "--force"]);
    assert_eq!(other().args("--force").ok().json()["include"].as_array().unwrap().len(), 6);
    // Of a part, the files of its rows and no others.
    let mut count = 0;
    for part in 1..=4 {
        let run = matrix().args(&format!("--files df --shard {part}/4")).writes().ok();
        let rows = run.json()["include"].as_array().unwrap().clone();
        count += rows.len();
        let targets: BTreeSet<&str> = rows.iter().map(|row| row["bake_target"].as_str().unwrap()).collect();
        let folders = std::fs::read_dir(run.folder.join("df")).unwrap().map(|entry| entry.unwrap());
        let folders: BTreeSet<String> = folders
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        assert_eq!(folders.iter().map(String::as_str).collect::<BTreeSet<_>>(), targets);
    }
    assert_eq!(count, 6);
}

#[test]
fn without_a_tag_there_is_nothing_to_push_to() {
    let rows = rows(matrix());
    for row in &rows {
        assert_eq!((&row["tags"], row.get("output")), (&json!([]), None));
    }
    // Tags of the compose file are those of the image, whatever its builds are.
    let compose = "services: {web: {image: 'r.example/web:v3', build: web}}\n";
    let tagged = Test::new()
        .file("docker-compose.yml", compose)
        .file("web/Dockerfile.template", "FROM x/%%BALENA_ARCH%%\n")
        .args("batch -q --format matrix -d nuc,raspberrypi3");
    for row in self::rows(tagged) {
        assert_eq!(row["tags"], json!(["r.example/web:v3"]));
        assert!(row["output"].as_str().unwrap().contains("name=r.example/web,"));
        assert_eq!((&row["fleets"], row["for"].as_array().unwrap().len()), (&json!([]), 1));
    }
}

/// Beyond 256 rows: matrices of at most so many, which together have every row once.
#[test]
fn more_rows_than_github_takes_are_several_matrices() {
    let matrix = |count: usize| {
        let fleets: String = (0..count).map(|number| format!("  f{number}: {{device: nuc}}\n")).collect();
        Test::new()
            .file("Dockerfile.template", "FROM x/%%BALENA_APP_NAME%%\n")
            .file("fleets.yaml", format!("fleets:\n{fleets}"))
            .args("batch -q --format matrix")
            .ok()
    };
    assert_eq!(matrix(256).json()["include"].as_array().unwrap().len(), 256);
    for (count, sizes) in [(257, vec![256, 1]), (600, vec![256, 256, 88])] {
        let run = matrix(count);
        assert_eq!(run.text().lines().count(), 1);
        let matrices = run.json().as_array().unwrap().clone();
        let of = |matrix: &Value| matrix["include"].as_array().unwrap().clone();
        assert_eq!(matrices.iter().map(|matrix| of(matrix).len()).collect::<Vec<_>>(), sizes);
        let names: BTreeSet<String> =
            matrices.iter().flat_map(of).map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.len(), count);
    }
}

/// Where the compose file builds for ARMv6 alone, devices of ARMv7 get the same image: it is built once.
#[test]
fn devices_that_get_one_image_are_one_row() {
    let compose = "services: {web: {build: {context: web, platforms: [linux/arm/v6]}}}\n";
    let matrix = || {
        Test::new()
            .file("docker-compose.yml", compose)
            .file("web/Dockerfile", "FROM x\n")
            .args("batch -q --format matrix -d raspberrypi3,raspberry-pi --tag r.example/web:{platform}")
    };
    let rows = rows(matrix());
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let row = &rows[0];
    assert_eq!(
        (&row["name"], &row["platform"], &row["for"], &row["tags"]),
        (
            &json!("web"),
            &json!("linux/arm/v6"),
            &json!(["raspberry-pi", "raspberrypi3"]),
            &json!(["r.example/web:linux-arm-v6"])
        )
    );
    // In parts it is built once, too.
    let of_part = |part: usize| self::rows(matrix().args(&format!("--shard {part}/3"))).len();
    assert_eq!((1..=3).map(of_part).sum::<usize>(), 1);
    // Two platforms stay two rows.
    let all = Test::new()
        .file("docker-compose.yml", compose.replace("v6]", "v6, linux/arm64]"))
        .file("web/Dockerfile", "FROM x\n")
        .args("batch -q --format matrix -d raspberrypi3,raspberry-pi,raspberrypi4-64 --tag r.example/web:{platform}");
    let all = self::rows(all);
    let of_rows: Vec<_> = all.iter().map(|row| (&row["name"], &row["platform"], &row["tags"][0])).collect();
    assert_eq!(
        of_rows,
        [
            (&json!("web-armv6"), &json!("linux/arm/v6"), &json!("r.example/web:linux-arm-v6")),
            (&json!("web-arm64"), &json!("linux/arm64/v8"), &json!("r.example/web:linux-arm64-v8"))
        ]
    );
}

#[test]
fn a_row_that_needs_another_says_so() {
    let compose = "services: {web: {build: {context: web, additional_contexts: {base: 'service:api'}}}, api: {build: ./api}}\n";
    let run = Test::new()
        .file("docker-compose.yml", compose)
        .file("web/Dockerfile", "FROM base\n")
        .file("api/Dockerfile", "FROM x\n")
        .args("batch --format matrix -d nuc")
        .ok();
    run.says(&["docker-compose.yml: warning: the rows of `web` need the image of `api`", "--format bake"]);
    assert_eq!(
        named(run.json()["include"].as_array().unwrap(), "web")["contexts"],
        json!({"base": "target:api"})
    );
}

#[test]
fn what_no_row_could_hold_is_refused() {
    matrix().args("--tag r.example/all:v1").refuses(["`r.example/all:v1` would be the tag of 4 builds"]);
    matrix().args("--by-digest").cannot(["only --format bake takes --by-digest"]);
    let binary = Test::new().file("Dockerfile", b"FROM x\n# \xe9\n").args("batch --format matrix -d nuc");
    binary.refuses(["Dockerfile: error: ", "--files DIR"]);
    let platform = "services: {web: {build: web, platform: linux/arm64}}\n";
    let run = Test::new().file("docker-compose.yml", platform).file("web/Dockerfile", "FROM x\n");
    run.args("batch --format matrix -d nuc").refuses(["`web` is not built for linux/amd64"]);
}

/// The commands that docs/matrix.md shows, with a `docker` that writes down what it is called with.
#[cfg(unix)]
#[test]
fn the_commands_of_the_docs_build_a_row() {
    use std::os::unix::fs::PermissionsExt as _;

    if common::tool("jq").is_none() {
        return;
    }
    let docs = include_str!("../docs/matrix.md");
    let mut blocks = docs.split("```sh\n").filter_map(|block| block.split("```").next());
    let commands = blocks.find(|block| block.contains("row.json")).unwrap();
    let compose =
        "services: {web: {build: {context: web, target: run, args: {A: \"it's\\n$$x\", B: '1'}}}}\n";
    let run = Test::new()
        .file("docker-compose.yml", compose)
        .file("web/Dockerfile", "FROM x AS run\n# $y\\n %s\n")
        .args("batch -q --format matrix -d nuc --tag r.example/{service}:1")
        .ok();
    let row = &run.json()["include"][0];
    // A clean checkout, and the row.
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let docker = "#!/bin/sh\nprintf '%s\\0' \"$@\" > called; cat > stdin\n";
    std::fs::write(path("docker"), docker).unwrap();
    std::fs::set_permissions(path("docker"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(path("row.json"), row.to_string()).unwrap();
    let search = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut shell = std::process::Command::new("sh");
    let status = shell.args(["-eu", "-c", commands]).current_dir(folder.path()).env("PATH", search).status();
    assert!(status.unwrap().success());
    let called = std::fs::read_to_string(path("called")).unwrap();
    let called: Vec<&str> = called.trim_end_matches('\0').split('\0').collect();
    assert_eq!(called[..7], ["buildx", "build", "--push", "--file", "-", "--metadata-file", "web.json"]);
    let output = "type=image,name=r.example/web,push-by-digest=true,name-canonical=true,store=false";
    let rest = ["--target", "run", "--platform", "linux/amd64", "--output", output, "web"];
    assert_eq!(called[called.len() - rest.len()..], rest);
    assert_eq!(called[7..11], ["--build-arg", "A=it's\n$x", "--build-arg", "B=1"]);
    assert_eq!(std::fs::read_to_string(path("stdin")).unwrap(), "FROM x AS run\n# $y\\n %s\n");
}

/// A platform has the names that it has in a compose file.
#[test]
fn a_platform_of_runner_may_have_another_name() {
    let matrix = |runner: &str| {
        Test::new()
            .file("Dockerfile", "FROM x\n")
            .args("batch -d raspberrypi3,raspberrypi4-64,nuc --format matrix --runner")
            .arg(runner)
    };
    let runner = |run: common::Run, platform: &str| {
        let rows = run.json()["include"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["platform"] == platform).unwrap()["runner"].clone()
    };
    for (name, platform) in [
        ("linux/arm", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/aarch64", "linux/arm64/v8"),
        ("linux/arm64", "linux/arm64/v8"),
        ("LINUX/x86_64", "linux/amd64"),
    ] {
        let found = runner(matrix(&format!("{name}=own")).ok(), platform);
        assert_eq!(found, json!("own"), "{name}");
    }
    for name in ["linux", "arm64", "linux/riscv64", "linux/arm/v9", ""] {
        matrix(&format!("{name}=own")).cannot(["--runner"]);
    }
    matrix("linux/arm64=a").args("--runner linux/aarch64=b").cannot(["`linux/arm64/v8` is given twice"]);
}
