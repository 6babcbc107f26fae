//! The workflow templates: the scripts of their steps, with the rows that dtpl plans.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::{DTPL, FLEETS, document, folder, write};
use crate::runner::{Outcome, Runner, replaced};
use crate::scripts::{Docker, path_with};

pub const WORKFLOWS: [&str; 2] = ["deploy/github/dtpl-images.yml", "deploy/github/dtpl-build-rows.yml"];

/// The folders of a runner, as GitHub lays them out: the checkout, which is clean, and `runner.temp`.
struct Machine {
    work: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Machine { work: tempfile::tempdir().unwrap() };
        write(&machine.checkout(), FLEETS);
        fs::create_dir(machine.temporary()).unwrap();
        machine
    }

    fn checkout(&self) -> PathBuf {
        self.work.path().join("shop/shop")
    }

    fn temporary(&self) -> PathBuf {
        self.work.path().join("_temp")
    }

    /// The folder that a step of a job names, which uploads or downloads an artifact.
    fn artifact(&self, workflow: &str, job: &str, uses: &str) -> PathBuf {
        let definition = document(workflow);
        let steps = definition["jobs"][job]["steps"].as_array().unwrap().clone();
        let is_it = |step: &&Value| step["uses"].as_str().is_some_and(|name| name.starts_with(uses));
        let steps: Vec<&Value> = steps.iter().filter(is_it).collect();
        assert_eq!(steps.len(), 1, "{workflow} {job} {uses}");
        let temporary = self.temporary().display().to_string();
        let known = BTreeMap::from([("runner.temp".to_owned(), temporary)]);
        self.checkout().join(replaced(steps[0]["with"]["path"].as_str().unwrap(), &known))
    }

    /// The files of the checkout. A build context can be all of it.
    fn checked_out(&self) -> BTreeSet<PathBuf> {
        files(&self.checkout())
    }

    /// Runs the action of this project as the job `plan` calls it.
    fn plan(&self) -> Outcome {
        let definition = document(WORKFLOWS[0]);
        let steps = definition["jobs"]["plan"]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["id"] == "dtpl").unwrap();
        let known = BTreeMap::from([
            ("runner.temp".to_owned(), self.temporary().display().to_string()),
            ("env.TAGS".to_owned(), definition["env"]["TAGS"].as_str().unwrap().to_owned()),
            ("github.sha".to_owned(), "abc".to_owned()),
        ]);
        let given = step["with"].as_object().unwrap().iter();
        let mut inputs: Vec<(String, String)> =
            given.map(|(name, value)| (name.clone(), replaced(value.as_str().unwrap(), &known))).collect();
        inputs.push(("program".to_owned(), DTPL.to_owned()));
        let inputs: Vec<(&str, &str)> =
            inputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (checkout, action) = (self.checkout(), document("action.yml"));
        let mut runner = Runner::new(&checkout, &inputs);
        runner.expressions.insert("github.action_repository".to_owned(), String::new());
        runner.run(&action, action["runs"]["steps"].as_array().unwrap())
    }

    /// Runs the scripts of a job.
    fn job(&self, workflow: &str, name: &str, docker: &Docker, values: &[(&str, &str)]) -> Outcome {
        let definition = document(workflow);
        let (checkout, temporary) = (self.checkout(), self.temporary());
        let mut runner = Runner::new(&checkout, &[]);
        runner.temporary = Some(&temporary);
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
}

/// The files of a folder, with their paths in it.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

/// What the actions for artifacts do: the files of one folder are in another.
fn hand_over(from: &Path, to: &Path) {
    for name in files(from) {
        let to = to.join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from.join(&name), to).unwrap();
    }
}

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

#[test]
fn every_row_is_built_and_the_digests_get_their_tags() {
    let planner = Machine::new();
    let clean = planner.checked_out();
    let plan = planner.plan();
    assert_eq!(plan.failed, None, "{}", plan.log);
    assert_eq!(planner.checked_out(), clean);
    let planned = planner.artifact(WORKFLOWS[0], "plan", "actions/upload-artifact@");
    let bake: Value = serde_json::from_slice(&fs::read(planned.join("bake.json")).unwrap()).unwrap();
    let matrices: Value = serde_json::from_str(plan.output("matrix", "matrices")).unwrap();
    let rows = matrices[0]["include"].as_array().unwrap();
    assert_eq!((matrices.as_array().unwrap().len(), rows.len()), (1, 6));
    let merger = Machine::new();
    let metadata = merger.artifact(WORKFLOWS[0], "merge", "actions/download-artifact@");
    for (number, row) in rows.iter().enumerate() {
        let [name, target, platform] =
            ["name", "bake_target", "platform"].map(|field| row[field].as_str().unwrap());
        let (machine, docker) = (Machine::new(), Docker::new());
        let checkout = machine.checkout();
        hand_over(&planned, &machine.artifact(WORKFLOWS[1], "row", "actions/download-artifact@"));
        let values = [("matrix.name", name), ("matrix.bake_target", target), ("matrix.platform", platform)];
        let outcome = machine.job(WORKFLOWS[1], "row", &docker, &values);
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        let temporary = machine.temporary();
        let build = temporary.join("dtpl-build").display().to_string();
        let written = machine.artifact(WORKFLOWS[1], "row", "actions/upload-artifact@");
        assert_eq!(
            docker.calls(),
            [format!(
                "buildx bake --file {build}/bake.json --allow fs.read={build} --set *.platform={platform} --push --metadata-file {}/{name}.json {target}",
                written.display()
            )]
        );
        // The build context is what a clean checkout has, and the Dockerfile is where bake looks for it.
        assert_eq!(machine.checked_out(), clean);
        let [context, dockerfile] =
            ["context", "dockerfile"].map(|field| bake["target"][target][field].as_str().unwrap());
        let found = fs::read_to_string(checkout.join(context).join(dockerfile));
        assert!(found.unwrap().starts_with("FROM alpine"), "{dockerfile}");
        if let Some(printed) = docker.printed() {
            let built = &printed["target"][target];
            assert_eq!(built["platforms"], serde_json::json!([platform]), "{printed}");
            assert!(built["output"].to_string().contains("push-by-digest"), "{printed}");
            assert!(built.get("tags").is_none(), "{printed}");
        }
        let call = &docker.calls()[0];
        if number == 0
            && let Some(said) = docker.asked(call, &checkout)
        {
            assert!(said.contains("waiting for connection"), "{said}");
            let refused = docker.asked(&call.replace(&format!("--allow fs.read={build} "), ""), &checkout);
            assert!(refused.unwrap().contains("additional privileges requested"));
        }
        assert!(written.is_dir());
        let result = serde_json::json!({target: {"containerimage.digest": digest(number)}});
        fs::write(written.join(format!("{name}.json")), result.to_string()).unwrap();
        hand_over(&written, &metadata);
    }

    let docker = Docker::new();
    let outcome = merger.job(WORKFLOWS[0], "merge", &docker, &[("github.sha", "abc")]);
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
    // Those of the workflow, for each fleet and service.
    assert_eq!(tags.len(), 2 * 3 * 2);
    let given: usize = calls.iter().map(|call| call.matches("--tag ").count()).sum();
    assert_eq!(given, tags.len());

    // Without the digest of one row no tag moves.
    fs::remove_file(metadata.join(format!("{}.json", rows[2]["name"].as_str().unwrap()))).unwrap();
    let docker = Docker::new();
    let outcome = merger.job(WORKFLOWS[0], "merge", &docker, &[("github.sha", "abc")]);
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
