//! What compose files say about builds, in bake files and matrices: paths, `x-bake`, and what bake could not do.

mod common;

use common::{Run, Test};
use serde_json::{Value, json};

/// A project in the folder `proj` with two services.
fn project(compose: &str) -> Test {
    Test::new()
        .file("proj/docker-compose.yml", compose)
        .file("proj/web/Dockerfile", "FROM x\n")
        .file("proj/api/Dockerfile", "FROM y\n")
        .args("batch proj -d nuc")
}

/// The build `web`, of which the fields are given.
fn web(fields: &str) -> Test {
    project(&format!("services:\n  web:\n    build:\n      context: ./web\n{fields}"))
}

fn target(run: &Run) -> Value {
    let file: Value = serde_json::from_slice(&run.stdout).unwrap();
    file["target"]["web"].clone()
}

fn row(run: &Run) -> Value {
    let matrix: Value = serde_json::from_slice(&run.stdout).unwrap();
    matrix["include"][0].clone()
}

const BAKE: &str = "--format bake";
const MATRIX: &str = "--format matrix";

#[test]
fn ssh_keys_are_paths_of_the_project() {
    let fields = "      ssh: ['a=./key', 'b=/abs/k', 'c=./k1,../k2', default]\n";
    let expected = json!(["a=proj/key", "b=/abs/k", "c=proj/k1,k2", "default"]);
    assert_eq!(target(&web(fields).args(BAKE).ok())["ssh"], expected);
    assert_eq!(row(&web(fields).args(MATRIX).ok())["ssh"], expected);
    let other = target(&web(fields).args("--format bake --relative-to proj/web").ok());
    assert_eq!(other["ssh"], json!(["a=../key", "b=/abs/k", "c=../k1,../../k2", "default"]));
    let map = target(&web("      ssh: {default: , a: key}\n").args(BAKE).ok());
    assert_eq!(map["ssh"], json!(["a=proj/key", "default"]));
}

/// As `docker buildx bake --print` of both tested versions has them, from the folder of the compose file.
#[test]
fn fields_of_x_bake_do_what_they_do_for_bake() {
    let compose = "services:
  web:
    image: img:1
    build:
      context: ./web
      tags: [own:1]
      ssh: ['a=./key', 'b=./b']
      secrets: [s, t]
      cache_from: ['type=gha']
      cache_to: ['type=local,dest=own']
      platforms: [linux/arm64]
      pull: true
      no_cache: true
      additional_contexts: {c: ./own}
      x-bake:
        tags: [own:1, bake:1]
        ssh: 'a=./k2,/k3 d=kx'
        secret: ['id=s,src=./q', 'type=env,id=k,src=V', '\"id=x,y\",source=z']
        cache-from: ['type=gha', r/x]
        cache-to: type=inline
        platforms: linux/amd64
        output: type=docker type=image
        pull: false
        no-cache: false
        no-cache-filter: [st, st]
        contexts: {c: ./bake, d: ./dd, e: 'target:api', f: 'docker-image://x'}
  api: {build: ./api}
secrets: {s: {file: ./sec}, t: {environment: T}}
";
    let file = target(&project(compose).args(BAKE).ok());
    for (field, expected) in [
        ("tags", json!(["bake:1", "own:1"])),
        ("ssh", json!(["a=proj/k2,/k3", "b=proj/b", "d=proj/kx"])),
        ("secret", json!(["id=s,src=proj/q", "id=t,env=T", "id=k,env=V", "\"id=x,y\",src=proj/z"])),
        ("cache-from", json!(["type=gha", "r/x"])),
        ("cache-to", json!(["type=local,dest=own", "type=inline"])),
        ("platforms", json!(["linux/amd64"])),
        ("output", json!(["type=docker", "type=image"])),
        ("pull", Value::Null),
        ("no-cache", Value::Null),
        ("no-cache-filter", json!(["st"])),
        ("contexts", json!({"c": "proj/own", "d": "proj/dd", "e": "target:api", "f": "docker-image://x"})),
    ] {
        assert_eq!(file[field], expected, "{field}");
    }
    // The name of the image is a tag where `x-bake` has none.
    let own = project("services: {web: {image: 'i:1', build: {context: ./web, x-bake: {pull: true}}}}\n");
    let own = target(&own.args(BAKE).ok());
    assert_eq!((&own["tags"], &own["pull"]), (&json!(["i:1"]), &json!(true)));
}

#[test]
fn what_bake_does_not_read_of_x_bake() {
    for format in [BAKE, MATRIX] {
        web("      x-bake:\n        zzz: 1\n        cache_from: [a]\n").args(format).ok().says(&[
            "proj/docker-compose.yml:6:9: warning: `x-bake` has no field `zzz`: left out",
            "proj/docker-compose.yml:7:9: warning: `x-bake` has no field `cache_from`: left out",
            "did you mean `cache-from`?",
        ]);
        for (field, expected) in [
            ("contexts: {a: 'target:gone'}", ":6:23: error: this context is no service that is built"),
            ("contexts: [a=b]", ":6:19: error: `contexts` of `x-bake` is a map of texts"),
            ("pull: 'true'", ":6:15: error: `pull` of `x-bake` is `true` or `false`"),
            ("tags: {a: b}", ":6:15: error: `tags` of `x-bake` is a list of texts"),
            ("secret: ['src=a']", ":6:18: error: this secret has no `id`"),
            ("secret: ['id=a,srx=a']", ":6:18: error: bake does not know a part of this secret"),
        ] {
            web(&format!("      x-bake:\n        {field}\n")).args(format).refuses([expected]);
        }
    }
    // Docker Compose does not look at it.
    web("      x-bake: {contexts: [a=b]}\n").args("--format ndjson").ok();
}

#[test]
fn home_folders_are_refused() {
    let fields = "      ssh: ['a=~/k']
      secrets: [s]
      additional_contexts: {z: ~/ctx}
      x-bake: {ssh: 'b=x,~/k', secret: ['id=q,src=~/q'], contexts: {y: '~'}}
secrets: {s: {file: ~/k}}
";
    let expected = [":5:13: error: bake does not know the home folder `~`", "write the path from the root"];
    for format in [BAKE, MATRIX] {
        let run = web(fields).args(format).refuses(expected);
        for place in [":5:13:", ":7:32:", ":8:21:", ":8:41:", ":8:72:", ":9:21:"] {
            assert!(run.stderr.contains(place), "{place} in {}", run.stderr);
        }
        let flag = web("      target: a\n").args(format).args("--build-context z=~/x");
        let run = flag.refuses([
            "--build-context: error: bake does not know the home folder `~`",
            "relative to the project; of a folder of the project whose name begins with `~`, write `./~NAME`",
        ]);
        assert!(!run.stderr.contains("-D HOME"), "{}", run.stderr);
    }
    web(fields).args("--format ndjson").ok();
    // The place of a flag's context is not that of the compose file's.
    web("      additional_contexts: {z: ~/ctx}\n").args(BAKE).args("--build-context z=./x").ok();
}

#[test]
fn names_that_begin_with_a_tilde_are_not_home_folders() {
    let fields = "      ssh: ['a=./~k']
      secrets: [s]
      additional_contexts: {z: ./~ctx}
      x-bake: {contexts: {y: './~y'}}
secrets: {s: {file: ./~s}}
";
    let file = target(&web(fields).args(BAKE).args("--build-context x=./~x").ok());
    assert_eq!(file["ssh"], json!(["a=proj/~k"]));
    assert_eq!(file["secret"], json!(["id=s,src=proj/~s"]));
    assert_eq!(file["contexts"], json!({"x": "proj/~x", "y": "proj/~y", "z": "proj/~ctx"}));
}

#[test]
fn secrets_with_commas_and_quotation_marks() {
    let fields = |file: &str| format!("      secrets: [s]\nsecrets: {{s: {{file: {file}}}}}\n");
    for (file, expected) in [
        ("'./x,env=PATH'", "id=s,\"src=proj/x,env=PATH\""),
        ("'./q\"x'", "id=s,\"src=proj/q\"\"x\""),
        ("'./a=b c'", "id=s,src=proj/a=b c"),
    ] {
        let run = web(&fields(file)).args(BAKE).ok();
        assert_eq!(target(&run)["secret"], json!([expected]));
        let run = web(&fields(file)).args(MATRIX).ok();
        assert_eq!(row(&run)["secrets"], json!([expected]));
    }
    let expected = ":6:21: error: a bake file cannot have a secret with a carriage return in it";
    web(&fields("\"./a\\rb\"")).args(BAKE).refuses([expected]);
}

#[test]
fn external_secrets_are_refused() {
    for external in ["true", "'true'"] {
        // A secret of `x-bake` in its place does not help, as bake reads the file first.
        for x_bake in ["", "      x-bake: {secret: [id=s]}\n"] {
            let secrets = format!("secrets: {{s: {{external: {external}}}}}\n");
            let test = || web(&format!("{x_bake}      secrets: [s]\n{secrets}"));
            let help = "`file` or `environment` instead of `external`";
            for format in [BAKE, MATRIX] {
                test().args(format).refuses([":25: error: bake has no external secrets", help]);
            }
            test().args("--format ndjson").ok();
        }
    }
    // One that no build takes is not looked at.
    web("secrets: {s: {external: true}}\n").args(BAKE).ok();
    web("      secrets: [s]\nsecrets: {s: {external: false, environment: S}}\n").args(BAKE).ok();
}

#[test]
fn a_dockerfile_without_instructions_is_refused() {
    for text in ["", "\n", "# a comment\n\n", "\u{feff}"] {
        for format in [BAKE, MATRIX, "--format bake --files out", "--format matrix --files out"] {
            let test = web("").file("proj/web/Dockerfile.template", text).args(format);
            test.refuses([
                "proj/web/Dockerfile.template: error: file with no instructions",
                "a Dockerfile needs at least a FROM",
            ]);
        }
    }
}

#[test]
fn entitlements_that_bake_does_not_know() {
    let fields = "      entitlements: ['${TOKEN}', network.host, device=x]\n";
    let test = || web(fields).file("proj/.env", "TOKEN=hunter2SECRET\n").secret("hunter2SECRET");
    for format in [BAKE, MATRIX] {
        let help = "the entitlements are network.host, security.insecure and device";
        test().args(format).refuses([":5:22: error: bake does not know this entitlement", help]);
    }
    let known = web("      entitlements: [security.insecure, network.host]\n").args(BAKE).ok();
    known.says(&["needs --allow=network.host --allow=security.insecure"]);
}

#[test]
fn caches_that_bake_cannot_read() {
    for bad in ["type=local,dest=c,a\"b", "type=s3,HUSH", "dest=HUSH", "type=HUSH,\"a=b", ""] {
        for flag in ["--cache-to", "--cache-from"] {
            let test = web("").args(BAKE).args(flag).arg(bad).secret("HUSH");
            test.cannot([flag, "bake cannot read this cache"]);
        }
        if bad.is_empty() {
            continue;
        }
        for field in ["cache_from", "cache_to"] {
            let test = web(&format!("      {field}: ['{bad}']\n")).args(BAKE).secret("HUSH");
            test.refuses(["error: bake cannot read this cache"]);
        }
    }
    for good in ["r/x", "type=gha,scope={build}", "type=local,\"dest=a,b\""] {
        let file = target(&web("").args(BAKE).arg("--cache-from").arg(good).ok());
        assert_eq!(file["cache-from"], json!([good.replace("{build}", "web")]));
    }
}

#[test]
fn build_arguments_that_are_none_are_not_shown() {
    for (text, why) in
        [("=hunter2SECRET", "a name before `=`"), ("hunter2SECRET", "NAME=VALUE, found no `=`")]
    {
        for flag in ["--build-arg", "--build-context"] {
            web("").args(flag).arg(text).secret("hunter2SECRET").cannot([flag, why]);
        }
        let of_environment = web("").env("DTPL_BUILD_ARG", text).secret("hunter2SECRET");
        of_environment.cannot(["--build-arg", why]);
    }
}

#[test]
fn platforms_of_x_bake_without_that_of_the_device() {
    web("      x-bake:\n        platforms: [linux/arm/v7]\n").args(BAKE).refuses([
        "docker-compose.yml:6:20: error: `web` is not built for linux/amd64",
        "add linux/amd64, or leave `build.x-bake.platforms` out",
    ]);
    web("      platforms: [linux/arm/v7]\n      x-bake: {platforms: [linux/arm64]}\n").args(BAKE).refuses([
        "docker-compose.yml:5:18: error: `web` is not built for linux/amd64",
        "add linux/amd64, or leave `build.platforms` out",
    ]);
}

#[test]
fn times_are_of_days_that_there_are() {
    let created = |time: &str| web("").args(BAKE).args("--image-created").arg(time);
    for bad in
        ["2026-02-30T12:00:00Z", "2026-02-29T12:00:00Z", "2026-04-31T12:00:00Z", "2026-13-01T12:00:00Z"]
    {
        created(bad).cannot(["--image-created"]);
    }
    // The first is what builds have that are the same at any time.
    for good in ["1970-01-01T00:00:00Z", "2024-02-29T12:00:00.5Z", "2200-12-31T23:59:60Z"] {
        let labels = &target(&created(good).ok())["labels"];
        assert_eq!(labels["org.opencontainers.image.created"], *good);
    }
}

#[test]
fn a_service_name_that_is_too_long() {
    let compose = |length: usize| format!("services: {{{}: {{build: ./web}}}}\n", "a".repeat(length));
    project(&compose(400)).refuses(["a name has at most 128 characters, and this has 400"]);
    project(&compose(128)).ok();
}

/// What a variable leaves empty is nothing, as it is for bake.
#[test]
fn empty_texts_are_left_out() {
    let compose = "services:
  web:
    image: '${IMG:-}'
    build:
      context: ./web
      tags: ['${IMG:-}', r/y]
      cache_from: ['${CACHE:-}', type=gha]
      x-bake: {tags: [''], cache-to: ['', type=inline], output: ['']}
";
    let file = target(&project(compose).args(BAKE).ok());
    assert_eq!(file["tags"], json!(["r/y"]));
    assert_eq!(file["cache-from"], json!(["type=gha"]));
    assert_eq!((&file["cache-to"], &file["output"]), (&json!(["type=inline"]), &Value::Null));
    assert_eq!(row(&project(compose).args(MATRIX).ok())["tags"], json!(["r/y"]));
    let none = "services: {web: {image: '', build: {context: ./web, x-bake: {tags: ['']}}}}\n";
    assert_eq!(target(&project(none).args(BAKE).ok())["tags"], Value::Null);
}

/// As `docker buildx bake --print` reads them.
#[test]
fn values_that_bake_accepts_in_x_bake() {
    let x_bake = |fields: &str| web(&format!("      x-bake:\n        {fields}\n"));
    for (word, expected) in [
        ("yes", json!(true)),
        ("'on'", json!(true)),
        ("Y", json!(true)),
        ("NO", Value::Null),
        ("off", Value::Null),
    ] {
        let fields = format!("{{no-cache: {word}, pull: {word}}}");
        let file = target(&web(&format!("      pull: true\n      x-bake: {fields}\n")).args(BAKE).ok());
        assert_eq!((&file["no-cache"], &file["pull"]), (&expected, &expected), "{word}");
    }
    for (fields, field, expected) in [
        ("tags: [~, 'r/x:1']", "tags", json!(["r/x:1"])),
        ("platforms: [~]", "platforms", json!(["linux/amd64"])),
        ("platforms: linux/amd64,linux/arm64", "platforms", json!(["linux/amd64"])),
        ("platforms: ['linux/arm64,linux/amd64']", "platforms", json!(["linux/amd64"])),
        ("contexts: {a: ~, b: './c', d: ''}", "contexts", json!({"b": "proj/c"})),
        ("secret: [~, '', id=a]", "secret", json!(["id=a"])),
        ("ssh: [~, '', default]", "ssh", json!(["default"])),
    ] {
        assert_eq!(target(&x_bake(fields).args(BAKE).ok())[field], expected, "{fields}");
        x_bake(fields).args(MATRIX).ok();
    }
    for (fields, expected) in [
        ("no-cache: 1", "`no-cache` of `x-bake` is `true` or `false`"),
        ("no-cache: yEs", "`no-cache` of `x-bake` is `true` or `false`"),
        ("pull: ''", "`pull` of `x-bake` is `true` or `false`"),
        ("tags: [[a]]", "`tags` of `x-bake` is a list of texts"),
        ("contexts: {a: [b]}", "`contexts` of `x-bake` is a map of texts"),
        ("platforms: 'linux/amd64, linux/arm64'", "bake cannot read these platforms"),
    ] {
        x_bake(fields).args(BAKE).refuses([expected]);
    }
    x_bake("platforms: linux/arm64,linux/arm/v7").args(BAKE).refuses(["`web` is not built for linux/amd64"]);
}

/// A value that bake cannot read makes it refuse the whole file, with words that name no place.
#[test]
fn values_that_bake_cannot_read_are_refused() {
    for (fields, at, message, help) in [
        ("provenance: max", "5:19", "bake cannot read this attestation", "such as mode=max"),
        ("provenance: 'yes'", "5:19", "bake cannot read this attestation", "NAME=VALUE"),
        (
            "provenance: 'mode=max,disabled=yes'",
            "5:19",
            "bake cannot read this attestation",
            "`true` or `false`",
        ),
        ("sbom: x", "5:13", "bake cannot read this attestation", "generator=IMAGE"),
        (
            "x-bake: {output: [type=local,dest=../o]}",
            "5:25",
            "bake cannot read this output",
            "needs dest=PATH",
        ),
        ("x-bake: {output: 'type=image,push'}", "5:24", "bake cannot read this output", "NAME=VALUE"),
        ("x-bake: {output: ['dest=o,x=y']}", "5:25", "bake cannot read this output", "needs a type"),
        ("ulimits: {nofiles: 1024}", "5:17", "bake knows no limit `nofiles`", "did you mean `nofile`?"),
        ("ulimits: {nofile: {soft: 9, hard: 2}}", "5:25", "soft limit above the hard one", "or below it"),
        (
            "ulimits: {nofile: {soft: -1, hard: 2}}",
            "5:25",
            "a hard limit below no soft limit",
            "-1 is no limit",
        ),
    ] {
        for format in [BAKE, MATRIX, "--format bake --by-digest --tag r/a"] {
            let place = format!("proj/docker-compose.yml:{at}: error: ");
            let run = web(&format!("      {fields}\n")).args(format);
            // An output that is left out does not matter.
            if fields.contains("output") && format != BAKE {
                assert!(!run.ok().stderr.contains("error"));
            } else {
                run.refuses([&*place, message, help]);
            }
        }
    }
    for (fields, field, value) in [
        ("provenance: mode=max", "attest", json!(["type=provenance,mode=max"])),
        ("provenance: '1'", "attest", json!(["type=provenance"])),
        ("sbom: 'f'", "attest", json!(["type=sbom,disabled=true"])),
        ("ulimits: {nofile: {soft: 1, hard: -1}, core: -1}", "ulimits", json!(["core=-1:-1", "nofile=1:-1"])),
        ("x-bake: {output: ['type=local,dest=o']}", "output", json!(["type=local,dest=o"])),
        ("network: none", "network", json!("none")),
    ] {
        let run = web(&format!("      {fields}\n")).args(BAKE).ok();
        assert_eq!(target(&run)[field], value, "{fields}");
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    }
}

/// What stops only the build is a warning: the file may be for another machine.
#[test]
fn what_stops_the_build_later_is_warned_of() {
    for network in ["bridge", "service:app", "backend"] {
        let run = web(&format!("      network: {network}\n")).args(BAKE).ok();
        run.says(&["proj/docker-compose.yml:5:16: warning: a build has no other network than "]);
        assert_eq!(target(&run)["network"], json!(network));
    }
    let contexts = "      additional_contexts: {l: ./lib, i: 'docker-image://x', w: ./web}\n";
    let run = web(contexts).args(BAKE).ok();
    run.says(&["proj/docker-compose.yml:5:32: warning: this build context is not a folder"]);
    assert_eq!(run.stderr.matches("warning").count(), 1, "{}", run.stderr);
    web("")
        .args(BAKE)
        .args("--build-context x=nodir")
        .ok()
        .says(&["--build-context: warning: this build context is not"]);
    // A name can be the value of a variable, as in a list.
    let run = web("      network: bridge\n      additional_contexts: ['${N}=${N}']\n")
        .file("proj/.env", "N=Hunter2xyz\n");
    let run = run.args(BAKE).ok();
    run.says(&["this build context is not a folder"]);
    assert!(!run.stderr.contains("Hunter2xyz"), "{}", run.stderr);
    // Two services with one text have one mistake.
    let twice = "services:\n  web: &web\n    build: {context: ./web, network: x, additional_contexts: {l: ./lib}}\n  api: *web\n";
    let run = project(twice).args(BAKE).ok();
    assert_eq!(run.stderr.matches("warning").count(), 2, "{}", run.stderr);
    let there = web(contexts).file("proj/lib/a", "").args(BAKE).ok();
    assert!(!there.stderr.contains("warning"), "{}", there.stderr);
}

/// A service in a profile that is not enabled is not missing: the message says how to enable it.
#[test]
fn a_service_that_profiles_leave_out_is_told_from_one_that_is_not_there() {
    let compose = |context: &str| {
        project(&format!(
            "services:\n  api: {{build: ./api, profiles: [dev]}}\n  web:\n    build:\n      context: ./web\n{context}"
        ))
    };
    let left_out = "the service `api` is in a profile that is not enabled";
    compose("").args(BAKE).args("--service api --profile prod").refuses([left_out, "with --profile"]);
    compose("").args(BAKE).args("--service app --profile prod").refuses(["the project has no service `app`"]);
    compose("").args(BAKE).args("--service api --profile dev").ok();
    compose("").args(BAKE).args("--service api").ok();
    let context = compose("      additional_contexts: {x: 'service:api'}\n");
    context.args(BAKE).args("--profile prod").refuses([
        "proj/docker-compose.yml:6:32: error: the context is the service `api`, which is in a profile that is not enabled",
        "with --profile",
    ]);
}

/// Of a file that a service is extended from, Compose reads only the service.
#[test]
fn a_secret_of_an_extended_file_has_to_be_in_the_main_one() {
    let main = "services:\n  z: {extends: {file: sub/other.yaml, service: z}}\n";
    let with = |main: &str| {
        project(main)
            .file(
                "proj/sub/other.yaml",
                "services:\n  z: {build: {context: ../web, secrets: [m]}}\nsecrets: {m: {file: ./m}}\n",
            )
            .args(BAKE)
    };
    with(main).refuses([
        "proj/sub/other.yaml:2:42: error: there is no secret `m`",
        "write it under `secrets:` in proj/docker-compose.yml",
    ]);
    let others = format!("{main}secrets: {{other: {{file: ./m}}}}\n");
    with(&others).refuses(["there is no secret `m`", "write it under `secrets:` in proj/docker-compose.yml"]);
    with(&format!("{main}secrets: {{mm: {{file: ./m}}}}\n")).refuses(["did you mean `mm`?"]);
    with(&format!("{main}secrets: {{m: {{file: ./m}}}}\n")).ok();
}
