//! The rows of a matrix, each built as by a job of a CI, and joined: the images are those that bake makes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::farm::{Farm, batch, run};
use super::registry;

const PLATFORMS: &str = "linux/amd64,linux/arm64,linux/arm/v7";

/// When everything was made, so that two builds give the same bytes.
const MADE: &str = "1700000000";

const COMPOSE: &str = "
services:
  agent: {build: ./agent}
  api:
    build:
      context: ./api
      target: run
      network: none
      args: {COLOUR: 'blue or $$green \"both\"'}
      labels: {example.team: \"it's us\"}
      additional_contexts: {more: ./more}
  web: {build: ./web}
";

const FLEETS: &str = "fleets: {shop: {device: intel-nuc}, edge: {devices: [raspberrypi3, raspberrypi4-64]}, kiosk: {device: raspberrypi3}}\n";

/// A repository: `api` has the same Dockerfile for all, `agent` another for each arch, `web` one of its own for ARMv7.
fn write_project(folder: &Path, base: &str) {
    let files = [
        ("docker-compose.yml", COMPOSE.to_owned()),
        ("fleets.yaml", FLEETS.to_owned()),
        ("agent/Dockerfile.template", format!("FROM {base}\nLABEL arch=%%BALENA_ARCH%%\nCOPY name /name\n")),
        ("agent/name", "agent".to_owned()),
        (
            "api/Dockerfile",
            format!(
                "FROM {base} AS run\nARG COLOUR\nCOPY name /name\nCOPY --from=more text /text\nRUN echo \"$COLOUR\" >/colour\n\nFROM run AS test\nRUN false\n"
            ),
        ),
        ("api/name", "api".to_owned()),
        ("more/text", "more".to_owned()),
        ("web/Dockerfile.template", format!("FROM {base}\nCOPY name /name\n")),
        (
            "web/Dockerfile.armv7hf",
            format!("FROM {base}\nCOPY name /name\nRUN --network=none echo 32 >/bits\n"),
        ),
        ("web/name", "web".to_owned()),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let who = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
    for args in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "--message", "first"]] {
        run(Command::new("git").args(who).args(args).current_dir(folder), "").ok();
    }
}

/// Every tag below a folder of the registry, with the digest of the image for each platform.
fn images(farm: &Farm, below: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for name in registry::tags(farm).into_keys() {
        if let Some(short) = name.strip_prefix(below) {
            let (repository, tag) = name.split_once(':').unwrap();
            found.insert(short.to_owned(), registry::platforms(farm, repository, tag));
        }
    }
    found
}

/// The options that give images their names, in a folder of the registry.
fn tags(farm: &Farm, below: &str) -> Vec<String> {
    let tag = |tag: &str| ["--tag".to_owned(), format!("{}/{below}{{service}}:{tag}", farm.registry())];
    [tag("1"), tag("{fleet}")].concat()
}

fn with<'a>(format: &'a str, tags: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    let tags = tags.iter().map(String::as_str);
    ["--format", format].into_iter().chain(tags).chain(more.iter().copied()).collect()
}

/// Runs what `--format merge` prints for the files of metadata in a folder.
fn merge(farm: &Farm, project: &Path, tags: &[String], builder: &str, metadata: &Path) {
    let mut files: Vec<_> = fs::read_dir(metadata).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let files = files.iter().flat_map(|file| ["--metadata", file.to_str().unwrap()]);
    let script = batch(project, &with("merge", tags, &files.collect::<Vec<_>>()));
    println!("{script}");
    let said = run(farm.with_docker(Command::new("sh").arg("-e")).env("BUILDX_BUILDER", builder), &script);
    assert!(said.is_done, "{}\nthe registry was sent:\n{}", said.show(), registry::manifests_sent(farm));
}

pub fn is_run(farm: &mut Farm) {
    for worker in ["bake", "jobs"] {
        farm.tell("start", worker);
        farm.create_builder(worker, &[(worker, PLATFORMS)]);
    }
    let base = farm.push_base("bake", PLATFORMS);
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    write_project(project, &base);

    // Each row with a cache of its own.
    let names = tags(farm, "matrix/");
    let matrix: Value = serde_json::from_str(&batch(project, &with("matrix", &names, &[]))).unwrap();
    let rows = matrix["include"].as_array().unwrap();
    let (row_files, metadata) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for row in rows {
        farm.buildx(&["prune", "--all", "--force", "--builder", "jobs"], "").ok();
        let file = row_files.path().join(format!("{}.json", row["name"].as_str().unwrap()));
        fs::write(&file, row.to_string()).unwrap();
        let mut runner = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/farm/runner"));
        farm.with_docker(runner.arg(project).arg(&file).arg(metadata.path()));
        run(runner.env("BUILDX_BUILDER", "jobs").env("SOURCE_DATE_EPOCH", MADE), "").ok();
    }
    assert!(images(farm, "matrix/").is_empty(), "a row has moved a tag");
    merge(farm, project, &names, "jobs", metadata.path());
    let by_jobs = images(farm, "matrix/");

    // The same by bake, pushed by digest.
    let names = tags(farm, "bake/");
    let file = batch(project, &with("bake", &names, &["--by-digest"]));
    let built = tempfile::tempdir().unwrap();
    let metadata = built.path().join("built.json");
    let mut args: Vec<String> =
        ["bake", "--builder", "bake", "--push", "-f", "-", "--metadata-file"].map(str::to_owned).into();
    args.push(metadata.to_str().unwrap().to_owned());
    let targets: Value = serde_json::from_str(&file).unwrap();
    // Whether `--push` or `--set` comes first is not certain, so that `push` is given with the rest. Without
    // `store=false`, an engine also keeps what it pushes under the name of the repository, and fails where two builds of
    // one repository end at the same time: "already exists".
    for (name, target) in targets["target"].as_object().unwrap() {
        if let Some(output) = target["output"][0].as_str() {
            args.extend([
                "--set".to_owned(),
                format!("{name}.output={output},push=true,rewrite-timestamp=true,store=false"),
            ]);
        }
    }
    args.extend(["--set", "*.attest=type=provenance,disabled=true"].map(str::to_owned));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut bake = farm.command(&args);
    run(bake.current_dir(project).env("SOURCE_DATE_EPOCH", MADE), &file).ok();
    assert!(images(farm, "bake/").is_empty(), "--by-digest has moved a tag");
    merge(farm, project, &names, "bake", built.path());
    let by_bake = images(farm, "bake/");

    // And with tags, what bake can push so: a Dockerfile for all platforms of a tag.
    let names = tags(farm, "tags/");
    let file = batch(project, &with("bake", &names, &["--service", "api"]));
    let output = "*.output=type=image,push=true,rewrite-timestamp=true";
    let mut bake = farm.command(&["bake", "--builder", "bake", "--push", "-f", "-", "--set", output]);
    run(bake.current_dir(project).env("SOURCE_DATE_EPOCH", MADE), &file).ok();
    let by_tags = images(farm, "tags/");

    println!("{} rows, {} tags", rows.len(), by_jobs.len());
    for (name, platforms) in &by_jobs {
        println!("{name}: {:?}", platforms.keys().collect::<Vec<_>>());
    }
    // A tag for all, and one for each of three fleets.
    assert_eq!(by_jobs.len(), 3 * (1 + 3));
    assert_eq!(by_jobs.keys().collect::<Vec<_>>(), by_bake.keys().collect::<Vec<_>>());
    for (name, platforms) in &by_jobs {
        let (service, tag) = name.split_once(':').unwrap();
        let of_service = &by_jobs[&format!("{service}:1")];
        if tag == "1" {
            let platforms: Vec<&str> = platforms.keys().map(String::as_str).collect();
            assert_eq!(platforms, ["linux/amd64", "linux/arm/v7", "linux/arm64"], "{service}");
            assert_eq!(of_service, &by_bake[name], "{name}");
        }
        // bake gives a fleet that shares a target all platforms of it, jobs give it its own.
        assert!(
            platforms.iter().all(|(platform, digest)| by_bake[name].get(platform) == Some(digest)),
            "{name}"
        );
        let others = &by_bake[name];
        assert!(others.iter().all(|(platform, digest)| of_service.get(platform) == Some(digest)), "{name}");
    }
    let of_api = by_bake.into_iter().filter(|(name, _)| name.starts_with("api:"));
    assert_eq!(by_tags, of_api.collect());
    registry::is_whole(farm);
}
