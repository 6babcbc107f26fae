//! The manifests for Kubernetes: their numbers agree, and their pods build everything once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::{DTPL, FLEETS, document, documents, folder};
use crate::scripts::{Docker, path_with};

/// The Indexed Job.
pub fn job() -> Value {
    document("deploy/kubernetes/build-job.yaml")
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

#[test]
fn the_number_of_shares_is_the_same_everywhere() {
    let job = job();
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"], "Indexed");
    assert_eq!(spec["parallelism"], spec["completions"]);
    let plan = &spec["template"]["spec"]["initContainers"][1];
    assert_eq!(plan["env"][0]["name"], "SHARD_COUNT");
    assert_eq!(plan["env"][0]["value"].as_str().unwrap(), spec["completions"].to_string());
    let builders = documents("deploy/kubernetes/buildkitd.yaml");
    let sets: Vec<&Value> = builders.iter().filter(|document| document["kind"] == "StatefulSet").collect();
    assert_eq!(sets.len(), 2);
    let script = spec["template"]["spec"]["containers"][0]["args"][0].as_str().unwrap();
    for set in sets {
        assert_eq!(set["spec"]["replicas"], spec["completions"]);
        // The name of a pod of the set, at the service that the set names.
        let address = format!(
            "tcp://{}-$JOB_COMPLETION_INDEX.{}:1234",
            set["metadata"]["name"].as_str().unwrap(),
            set["spec"]["serviceName"].as_str().unwrap()
        );
        assert!(script.contains(&address), "{address}: {script}");
    }
    let policy = builders.iter().find(|document| document["kind"] == "NetworkPolicy").unwrap();
    let allowed = &policy["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"];
    assert_eq!(*allowed, spec["template"]["metadata"]["labels"]);
}

/// The bake file of the pod with an index, as Kubernetes starts dtpl in it.
fn plan(index: u64, project: &Path, output: &Path) -> Value {
    let job = job();
    let container = &job["spec"]["template"]["spec"]["initContainers"][1];
    let count = container["env"][0]["value"].as_str().unwrap();
    let args = strings(&container["args"]).into_iter().map(|arg| {
        let arg = arg.replace("$(JOB_COMPLETION_INDEX)", &index.to_string());
        arg.replace("$(SHARD_COUNT)", count).replace("/work/bake.json", output.to_str().unwrap())
    });
    let result = Command::new(DTPL).args(args).current_dir(project).output().unwrap();
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    serde_json::from_slice(&fs::read(output).unwrap()).unwrap()
}

#[test]
fn the_pods_build_every_target_once() {
    let project = folder(FLEETS);
    let file = project.path().join("bake.json");
    let mut built = Vec::new();
    let completions = job()["spec"]["completions"].as_u64().unwrap();
    assert!(completions > 1);
    for index in 0..completions {
        let bake = plan(index, project.path(), &file);
        let targets = strings(&bake["group"]["default"]["targets"]).len();
        assert!(targets > 0, "the share {index} is empty");
        // The tags that a share pushes are of builds that no other share has.
        let tags = bake["target"].as_object().unwrap().values().filter_map(|target| target.get("tags"));
        built.extend(tags.flat_map(strings).map(str::to_owned).collect::<BTreeSet<String>>());
        assert_eq!(run(&project, &file, index).status.code(), Some(0));
    }
    let mut expected: Vec<String> = ["shop", "kiosk", "lab"]
        .iter()
        .flat_map(|fleet| {
            ["web", "api"].map(|service| format!("registry.example.com/{fleet}/{service}:latest"))
        })
        .collect();
    expected.sort();
    built.sort();
    assert_eq!(built, expected);
}

/// Runs the script of the pod that builds, with a `docker` that writes down its calls.
fn run(project: &tempfile::TempDir, bake: &Path, index: u64) -> std::process::Output {
    let job = job();
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let command = strings(&container["command"]);
    let script = container["args"][0].as_str().unwrap().replace("/work/bake.json", bake.to_str().unwrap());
    let docker = Docker::new();
    let mut process = Command::new(command[0]);
    process.args(&command[1..]).arg(script).current_dir(project.path());
    process.env("PATH", path_with(&docker)).env("JOB_COMPLETION_INDEX", index.to_string());
    let output = process.output().unwrap();
    let calls = docker.calls();
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert!(calls[0].ends_with(&format!("tcp://buildkitd-amd64-{index}.buildkitd:1234")), "{calls:?}");
    assert!(calls[2].starts_with("buildx bake --builder farm --file "), "{calls:?}");
    output
}
