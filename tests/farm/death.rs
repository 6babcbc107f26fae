//! A worker that is gone from one moment to the next while it builds: what buildx says, what is in the registry then,
//! and the same command after the worker has come back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::farm::{Farm, batch};
use super::registry;

/// Two for each worker.
const DEVICES: &str = "intel-nuc,genericx86-64-ext,raspberrypi4-64,raspberrypi5";
const PC: &str = "linux/amd64";
const ARM: &str = "linux/arm64";

/// `web` has a Dockerfile for each device type, `api` one for all. Both take as long as `seconds` says.
fn write_project(folder: &Path, base: &str, seconds: u32) {
    for (service, label) in [("web", "LABEL device=%%BALENA_MACHINE_NAME%%\n"), ("api", "")] {
        let context = folder.join(service);
        fs::create_dir_all(&context).unwrap();
        fs::write(context.join("name"), service).unwrap();
        let template = format!("FROM {base}\n{label}COPY name /name\nRUN --network=none sleep {seconds}\n");
        fs::write(context.join("Dockerfile.template"), template).unwrap();
    }
    fs::write(folder.join("docker-compose.yml"), "services: {api: {build: ./api}, web: {build: ./web}}\n")
        .unwrap();
}

/// Runs a build and kills a worker as soon as something runs on it; gives all that buildx says.
fn bake_and_kill(farm: &mut Farm, project: &Path, file: &str, worker: &str) -> String {
    let mut command = farm.command(&["bake", "--builder", "farm", "--push", "-f", "-"]);
    command.current_dir(project).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut buildx = command.spawn().unwrap();
    // A few kilobytes, which a pipe holds.
    buildx.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    let (mut said, mut is_killed) = (String::new(), false);
    for line in BufReader::new(buildx.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        // The line that announces the step, as in `#12 [api linux/amd64 3/3] RUN ...`.
        if !is_killed && line.contains("] RUN ") && line.contains(PC) {
            farm.tell("kill", worker);
            is_killed = true;
        }
        said.push_str(&line);
        said.push('\n');
    }
    let status = buildx.wait().unwrap();
    assert!(is_killed, "no build ran on {worker}:\n{said}");
    assert!(!status.success(), "a build without its worker succeeded:\n{said}");
    said
}

/// The bake target that buildx says has failed.
#[track_caller]
fn failed_target(said: &str) -> &str {
    let failed = said.lines().find_map(|line| line.strip_prefix("ERROR: target ")?.split_once(": "));
    failed.unwrap_or_else(|| panic!("no target is named:\n{said}")).0
}

fn target(file: &str, name: &str) -> Value {
    let file: Value = serde_json::from_str(file).unwrap();
    file["target"][name].clone()
}

/// The platforms of every tag but the base image's.
fn platforms(farm: &Farm) -> BTreeMap<String, BTreeSet<String>> {
    let names = registry::tags(farm).into_keys().filter(|name| name != "base:1");
    let platforms = names.map(|name| {
        let (repository, tag) = name.split_once(':').unwrap();
        let platforms = registry::platforms(farm, repository, tag).into_keys().collect();
        (name, platforms)
    });
    platforms.collect()
}

pub fn of_a_worker(farm: &mut Farm) {
    for worker in ["pc", "arm"] {
        farm.tell("start", worker);
    }
    farm.create_builder("farm", &[("pc", PC), ("arm", ARM)]);
    let base = farm.push_base("farm", &format!("{PC},{ARM}"));
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    let tag = format!("{}/{{service}}:{{fleet}}", farm.registry());
    let bake_file = || batch(project, &["-d", DEVICES, "--format", "bake", "--tag", &tag]);
    let args = ["bake", "--builder", "farm", "--push", "-f", "-"];

    // An old version of everything.
    write_project(project, &base, 0);
    farm.buildx_in(project, &args, &bake_file()).ok();
    let old = registry::tags(farm);
    let old_platforms = platforms(farm);
    assert_eq!(old.len(), 1 + 2 * 4);

    write_project(project, &base, 10);
    let file = bake_file();
    let said = bake_and_kill(farm, project, &file, "pc");
    let failed = failed_target(&said);
    let target = target(&file, failed);
    let description = target["description"].as_str().unwrap();
    println!("failed: {failed}, {description}");
    let (service, of) = description.split_once(" for ").unwrap();
    assert!(["api", "web"].contains(&service) && failed.starts_with(service), "{failed}: {description}");
    assert!(["intel-nuc", "genericx86-64-ext"].iter().any(|device| of.contains(device)), "{description}");
    assert!(target["platforms"].to_string().contains(PC), "{said}");

    // Every tag is what it was, or all of the new: here nothing was done before the worker died.
    let (tags, images, blobs) = registry::is_whole(farm);
    println!("after the death: {tags} tags lead to {images} images with {blobs} blobs");
    assert_eq!(registry::tags(farm), old);
    assert_eq!(platforms(farm), old_platforms);

    // As long as it is not there, nothing for its platforms is built elsewhere.
    let without = farm.buildx_in(project, &args, &file);
    assert!(!without.is_done, "{}", without.show());
    assert_eq!(registry::tags(farm), old);

    farm.tell("start", "pc");
    farm.buildx_in(project, &args, &file).ok();
    let new = registry::tags(farm);
    assert_eq!(new.keys().collect::<Vec<_>>(), old.keys().collect::<Vec<_>>());
    for (name, digest) in &new {
        assert_eq!(*digest == old[name], name == "base:1", "{name}");
    }
    assert_eq!(platforms(farm), old_platforms);
    registry::is_whole(farm);
}
