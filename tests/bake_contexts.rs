//! Folders in bake files and matrices: build contexts that are other services or have the names of such, and projects
//! in folders whose names bake reads as more than one.

mod common;

use common::{Run, Test};
use serde_json::{Value, json};

/// A project with the services `web`, which has these fields of `build`, and others.
fn project(folder: &str, web: &str, others: &str) -> Test {
    let compose = format!("services:\n  web:\n    build:\n      context: ./web\n      {web}\n{others}");
    let path = |file: &str| if folder == "." { file.to_owned() } else { format!("{folder}/{file}") };
    Test::new()
        .file(&path("docker-compose.yml"), &compose)
        .file(&path("web/Dockerfile"), "FROM x\n")
        .file(&path("api/Dockerfile"), "FROM y\n")
        .args(&format!("batch {folder} -d nuc"))
}

/// A project in the folder `proj` with this compose file.
fn compose_file(compose: &str) -> Test {
    Test::new()
        .file("proj/docker-compose.yml", compose)
        .file("proj/web/Dockerfile", "FROM x\n")
        .file("proj/api/Dockerfile", "FROM y\n")
        .args("batch proj -d nuc")
}

fn contexts(run: &Run) -> Value {
    let file: Value = serde_json::from_slice(&run.stdout).unwrap();
    file["target"]["web"]["contexts"].clone()
}

const API: &str = "  api: {build: ./api}\n";
const FORMATS: [&str; 2] = ["--format bake", "--format matrix"];

#[test]
fn targets_are_services_wherever_they_are_written() {
    for folder in [".", "app"] {
        for place in ["additional_contexts", "x-bake: {contexts"] {
            let end = if place.starts_with("x-bake") { "}" } else { "" };
            let fields = |target: &str| format!("{place}: {{b: '{target}'}}{end}");
            let run = project(folder, &fields("target:api"), API).args("--format bake").ok();
            assert_eq!(contexts(&run), json!({"b": "target:api"}), "{folder} {place}");
            for format in FORMATS {
                project(folder, &fields("target:gone"), API).args(format).refuses([
                    "docker-compose.yml:5:",
                    "error: this context is no service that is built",
                    "the services that are built are api, web; a folder of this name is written ./target:NAME",
                ]);
            }
            // Only bake has targets.
            project(folder, &fields("target:gone"), API).args("--format ndjson").ok();
        }
        let flag = |value: &str| {
            project(folder, "target: a", API)
                .args(&format!("--service web --service api --build-context b={value}"))
        };
        let none = flag("docker-image://x").args("--format bake").ok();
        assert_eq!(contexts(&none), json!({"b": "docker-image://x"}));
        for format in FORMATS {
            flag("target:gone").args(format).refuses([
                "--build-context: error: `web` is built with the service `gone`, which is not there",
                "the services that are built are api, web",
            ]);
        }
    }
    let web = project(".", "target: a", API).args("--service web --build-context b=target:api");
    web.args("--format bake").refuses([
        "--build-context: error: `web` is built with the service `api`, which is left out",
        "name both with --service",
    ]);
}

#[test]
fn folders_with_the_names_of_targets() {
    let fields = "additional_contexts: {b: './target:api', c: './service:api', d: './docker-image://x'}";
    let run = project(".", fields, API).args("--format bake --build-context e=./target:x").ok();
    let expected =
        json!({"b": "./target:api", "c": "./service:api", "d": "./docker-image://x", "e": "./target:x"});
    assert_eq!(contexts(&run), expected);
}

#[test]
fn services_that_are_left_out_as_contexts() {
    for (base, why, help) in [
        (
            "{build: {context: ., dockerfile_inline: FROM z}}",
            "which has its Dockerfile in the compose file: left out",
            "write its Dockerfile into a file",
        ),
        (
            "{build: 'https://git.example/r.git'}",
            "which is built from an address on a network: left out",
            "push its image, and name it instead: docker-image://IMAGE",
        ),
    ] {
        let others = format!("  base: {base}\n");
        for (fields, column) in
            [("additional_contexts: {b: 'service:base'}", 32), ("x-bake: {contexts: {b: 'target:base'}}", 30)]
        {
            for format in FORMATS {
                let place = format!(
                    "docker-compose.yml:5:{column}: error: `web` is built with the service `base`, {why}"
                );
                let run = project(".", fields, &others).args(format).refuses([place.as_str(), help]);
                assert!(!run.stderr.contains("--service"), "{}", run.stderr);
            }
        }
    }
    let image = project(".", "target: a", "  base: {image: x}\n").args("--build-context b=service:base");
    image.args("--format bake").refuses([
        "--build-context: error: `web` is built with the service `base`, which is only an image",
        "docker-image://IMAGE",
    ]);
    let selected =
        project(".", "additional_contexts: {b: 'service:api'}", API).args("--service web --format bake");
    selected.refuses([
        "docker-compose.yml:5:32: error: `web` is built with the service `api`, which is left out",
    ]);
}

#[test]
fn ssh_keys_in_a_folder_with_a_comma() {
    for (fields, column) in [("ssh: ['d=/k', 'k=./key', default]", 21), ("x-bake: {ssh: 'd=/k k=key'}", 21)] {
        for format in FORMATS {
            let expected = format!(
                "docker-compose.yml:5:{column}: error: bake cannot read an SSH key in a folder with a comma in its name"
            );
            project("x,y", fields, "").args(format).refuses([expected.as_str(), "--relative-to DIR"]);
            let inside = project("x,y", fields, "").args(format).args("--relative-to x,y").ok();
            assert!(String::from_utf8_lossy(&inside.stdout).contains("k=key"));
        }
    }
    project("x,y", "ssh: [default, 'k=/key']", "").args("--format bake").ok();
}

#[test]
fn services_that_are_contexts_of_each_other() {
    let of = |web: &str, api: &str| {
        compose_file(&format!(
            "services:\n  web:\n    build: {{context: ./web, additional_contexts: {{{web}}}}}\n  api:\n    build: {{context: ./api, additional_contexts: {{{api}}}}}\n"
        ))
    };
    for format in FORMATS {
        of("y: 'service:api'", "x: 'service:web'").args(format).refuses([
            "docker-compose.yml:3:54: error: these services are contexts of each other: api -> web -> api",
            "leave one of the contexts out",
        ]);
        of("y: 'service:web'", "x: 'service:web'")
            .args(format)
            .refuses(["docker-compose.yml:3:54: error: the service `web` is a context of itself"]);
        // One that is not built has no say.
        of("y: 'docker-image://y'", "x: 'service:web'").args(format).ok();
    }
    of("y: 'service:api'", "x: 'service:web'").args("--format ndjson").ok();
    let three = "services:
  a: {build: {context: ./web, additional_contexts: {n: 'service:b'}}}
  b: {build: {context: ./web, additional_contexts: {n: 'service:c'}}}
  c: {build: {context: ./web, x-bake: {contexts: {n: 'target:a'}}}}
";
    let circle =
        "docker-compose.yml:4:54: error: these services are contexts of each other: a -> b -> c -> a";
    compose_file(three).args("--format bake").refuses([circle]);
}

/// As many ways lead through services that are all contexts of each other as nobody can wait for.
#[test]
fn a_circle_of_many_services_ends() {
    let mut compose = "services:\n".to_owned();
    for service in 0..30 {
        let contexts: Vec<String> = (0..30).map(|other| format!("a{other}: 'service:s{other}'")).collect();
        let contexts = contexts.join(", ");
        compose +=
            &format!("  s{service}: {{build: {{context: ./web, additional_contexts: {{{contexts}}}}}}}\n");
    }
    compose_file(&compose).args("--format bake").refuses(["the service `s0` is a context of itself"]);
    compose_file(&compose).args("--format merge --tag r/{service}:1").ok();
}

/// A chain of services can be longer than the stack of a thread is deep.
#[test]
fn a_long_chain_of_contexts_is_built() {
    let count = 3_000;
    let service = |number: usize| {
        let next = if number + 1 < count {
            format!(", additional_contexts: {{c: 'service:s{}'}}", number + 1)
        } else {
            String::new()
        };
        format!("  s{number}: {{build: {{context: .{next}}}}}\n")
    };
    let compose: String = (0..count).map(service).collect();
    let run = Test::new()
        .file("docker-compose.yml", format!("services:\n{compose}"))
        .file("Dockerfile", "FROM c\n")
        .shell("ulimit -s 512;")
        .args("batch -q -d nuc --format bake")
        .ok();
    let file = run.json();
    assert_eq!(file["target"]["s0"]["contexts"]["c"], "target:s1");
    assert_eq!(file["target"].as_object().unwrap().len(), count);
}
