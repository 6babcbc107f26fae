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
