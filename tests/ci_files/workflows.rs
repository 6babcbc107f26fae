//! The workflow templates: the scripts of their steps, with the rows that dtpl plans.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::{DTPL, FLEETS, document, folder, write};
use crate::runner::{Outcome, Runner};
use crate::scripts::{Docker, path_with};

pub const WORKFLOWS: [&str; 2] = ["deploy/github/dtpl-images.yml", "deploy/github/dtpl-build-rows.yml"];

const TAGS: [&str; 2] =
    ["--tag=ghcr.io/my-org/{fleet}-{service}:latest", "--tag=ghcr.io/my-org/{fleet}-{service}:{version}"];

/// What `dtpl batch` prints with the settings of the workflow.
fn batch(folder: &Path, args: &[&str]) -> Value {
    let mut command = Command::new(DTPL);
    command.args(["batch", "--quiet", "--image-version=abc"]).args(TAGS).args(args).current_dir(folder);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// Runs the scripts of a job.
fn job(workflow: &str, name: &str, folder: &Path, docker: &Docker, values: &[(&str, &str)]) -> Outcome {
    let definition = document(workflow);
    let mut runner = Runner::new(folder, &[]);
    runner.programs = path_with(docker).split(':').map(str::to_owned).collect();
    let tags = definition["env"]["TAGS"].as_str().unwrap_or_default();
    runner.environment = vec![("TAGS".to_owned(), tags.to_owned())];
    runner.environment.extend(
        std::env::var("DTPL_BUILDX_CURRENT").ok().map(|path| ("DTPL_BUILDX_CURRENT".to_owned(), path)),
    );
    runner.expressions =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let steps: Vec<Value> = definition["jobs"][name]["steps"].as_array().unwrap().clone();
    let scripts: Vec<Value> = steps.into_iter().filter(|step| step.get("run").is_some()).collect();
    assert!(!scripts.is_empty());
    runner.run(&definition, &scripts)
}

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

/// The tags of the workflow are those of the tests below.
#[test]
fn the_tags_are_those_of_the_template() {
    let tags = document(WORKFLOWS[0])["env"]["TAGS"].as_str().unwrap().to_owned();
    let given: Vec<String> = tags.lines().map(|tag| format!("--tag={tag}")).collect();
    assert_eq!(given, TAGS);
}

#[test]
fn every_row_is_built_and_the_digests_get_their_tags() {
    let project = folder(FLEETS);
    let matrix = batch(project.path(), &["--format=matrix", "--files=dtpl-build"]);
    batch(
        project.path(),
        &["--format=bake", "--files=dtpl-build", "--by-digest", "--output=dtpl-build/bake.json"],
    );
    let rows = matrix["include"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    let metadata = folder(&[]);
    for (number, row) in rows.iter().enumerate() {
        let [name, target, platform] =
            ["name", "bake_target", "platform"].map(|field| row[field].as_str().unwrap());
        let docker = Docker::new();
        let values = [("matrix.name", name), ("matrix.bake_target", target), ("matrix.platform", platform)];
        let outcome = job(WORKFLOWS[1], "row", project.path(), &docker, &values);
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        assert_eq!(
            docker.calls(),
            [format!(
                "buildx bake --file dtpl-build/bake.json --set *.platform={platform} --push --metadata-file metadata/{name}.json {target}"
            )]
        );
        if let Some(printed) = docker.printed() {
            let built = &printed["target"][target];
            assert_eq!(built["platforms"], serde_json::json!([platform]), "{printed}");
            assert!(built["output"].to_string().contains("push-by-digest"), "{printed}");
            assert!(built.get("tags").is_none(), "{printed}");
        }
        fs::remove_dir(project.path().join("metadata")).unwrap();
        let written = serde_json::json!({target: {"containerimage.digest": digest(number)}});
        fs::write(metadata.path().join(format!("{name}.json")), written.to_string()).unwrap();
    }

    fs::rename(metadata.path(), project.path().join("metadata")).unwrap();
    let docker = Docker::new();
    let outcome = job(WORKFLOWS[0], "merge", project.path(), &docker, &[("github.sha", "abc")]);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    let calls = docker.calls();
    assert!(calls.iter().all(|call| call.starts_with("buildx imagetools create ")), "{calls:?}");
    // Each digest is in the image of its row's tags, and all tags are given.
    let mut tags = BTreeSet::new();
    for (number, row) in rows.iter().enumerate() {
        for tag in row["tags"].as_array().unwrap() {
            let tag = tag.as_str().unwrap();
            let call = calls.iter().find(|call| call.contains(&format!("--tag {tag} ")));
            let call = call.unwrap_or_else(|| panic!("{tag}: {calls:?}"));
            assert!(call.contains(&digest(number)), "{tag}: {call}");
            tags.insert(tag.to_owned());
        }
    }
    let given: usize = calls.iter().map(|call| call.matches("--tag ").count()).sum();
    assert_eq!(given, tags.len());

    // Without the digest of one row no tag moves.
    fs::remove_file(project.path().join(format!("metadata/{}.json", rows[2]["name"].as_str().unwrap())))
        .unwrap();
    let docker = Docker::new();
    let outcome = job(WORKFLOWS[0], "merge", project.path(), &docker, &[("github.sha", "abc")]);
    assert_eq!(outcome.failed.as_deref(), Some("Give the images their tags"));
    assert_eq!(docker.calls(), [""; 0]);
    assert!(outcome.log.contains(rows[2]["name"].as_str().unwrap()), "{}", outcome.log);
}

/// A `docker` that fails makes the steps fail.
#[test]
fn a_failed_build_fails_the_step() {
    let project = folder(FLEETS);
    write(project.path(), &[("bin/docker", "#!/bin/bash\nexit 3\n")]);
    let status = Command::new("chmod").args(["+x", "bin/docker"]).current_dir(project.path()).status();
    assert!(status.unwrap().success());
    let definition = document(WORKFLOWS[1]);
    let mut runner = Runner::new(project.path(), &[]);
    runner.programs = vec![project.path().join("bin").display().to_string()];
    for name in ["matrix.name", "matrix.bake_target", "matrix.platform"] {
        runner.expressions.insert(name.to_owned(), "x".to_owned());
    }
    let steps = definition["jobs"]["row"]["steps"].as_array().unwrap();
    let script: Vec<Value> = steps.iter().filter(|step| step.get("run").is_some()).cloned().collect();
    assert!(runner.run(&definition, &script).failed.is_some());
}
