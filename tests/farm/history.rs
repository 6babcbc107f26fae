//! What a worker has built, as its BuildKit remembers it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::farm::Farm;

/// The builds of a worker, each with its platforms: of a bake target, those that are the worker's. The base image is
/// left out, which is the only one without a base image.
///
/// The worker needs a builder that has its name and no other node.
pub fn builds(farm: &Farm, worker: &str) -> Vec<BTreeSet<String>> {
    let listed = farm.buildx(&["history", "ls", "--builder", worker, "--format", "json"], "").ok().stdout;
    let mut builds = Vec::new();
    for line in listed.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        // BUILDER/NODE/ID
        let id = record["ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let inspect = ["history", "inspect", "--builder", worker, "--format", "json", id];
        let build: Value = serde_json::from_str(&farm.buildx(&inspect, "").ok().stdout).unwrap();
        if build["Materials"].as_array().is_some_and(|materials| !materials.is_empty()) {
            let platforms = build["Platform"].as_array().unwrap().iter();
            builds.push(platforms.map(|platform| platform.as_str().unwrap().to_owned()).collect());
        }
    }
    builds
}
