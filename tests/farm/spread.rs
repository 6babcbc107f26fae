//! A project of six services and forty device types on four platforms: on a worker for PCs and one for ARM, and on one
//! worker for everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use super::farm::{Farm, batch, devices, is_whole_run};
use super::{history, registry};

const PC: &str = "linux/amd64,linux/386";
const ARM: &str = "linux/arm64,linux/arm/v7";

/// The percentage of a processor that a worker has: the workers of a farm do not share one, those of this test do.
const SPEED: &str = "50";

/// How many device types of each platform are taken: forty, or a fourth of them.
const DEVICES: [(&str, usize); 4] =
    [("linux/amd64", 14), ("linux/386", 6), ("linux/arm64/v8", 10), ("linux/arm/v7", 10)];
const FEWER_DEVICES: [(&str, usize); 4] =
    [("linux/amd64", 3), ("linux/386", 2), ("linux/arm64/v8", 3), ("linux/arm/v7", 2)];

/// Four services are the same for all, one differs by the processor, one by the device type. Each has something to
/// work on.
fn write_project(folder: &Path, base: &str) {
    let mut compose = String::from("services:\n");
    for service in ["agent", "api", "broker", "cache", "display", "web"] {
        let label = match service {
            "agent" => "LABEL arch=%%BALENA_ARCH%%\n",
            "display" => "LABEL device=%%BALENA_MACHINE_NAME%%\n",
            _ => "",
        };
        let context = folder.join(service);
        fs::create_dir(&context).unwrap();
        let work = "RUN --network=none head -c 20000000 /dev/zero | sha256sum >/sum\n";
        fs::write(
            context.join("Dockerfile.template"),
            format!("FROM {base}\n{label}COPY name /name\n{work}"),
        )
        .unwrap();
        fs::write(context.join("name"), service).unwrap();
        compose.push_str(&format!("  {service}: {{build: ./{service}}}\n"));
    }
    fs::write(folder.join("docker-compose.yml"), compose).unwrap();
}

/// As an image has a platform: the variant that every 64-bit ARM processor has is not written.
fn of_image(platform: &str) -> String {
    platform.replace("arm64/v8", "arm64")
}

/// The platforms that each tag has to have, by the Dockerfiles alone: those of all device types that have the same one
/// of a service.
fn expected(project: &Path, devices: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lines = batch(project, &["-q", "-d", devices, "--format", "ndjson"]);
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |object: &Value, key: &str| object[key].as_str().unwrap().to_owned();
    let build = |object: &Value| (text(object, "service"), text(object, "sha256"));
    let mut platforms = BTreeMap::<_, BTreeSet<String>>::new();
    for object in &objects {
        platforms.entry(build(object)).or_default().insert(of_image(&text(object, "platform")));
    }
    let name = |object: &Value| format!("{}:{}", text(object, "service"), text(object, "device"));
    objects.iter().map(|object| (name(object), platforms[&build(object)].clone())).collect()
}

/// How many images for each platform a worker has to build, by the bake file, if it has these platforms.
fn expected_share(bake: &str, of_worker: &str) -> BTreeMap<String, usize> {
    let bake: Value = serde_json::from_str(bake).unwrap();
    let targets = bake["group"]["default"]["targets"].as_array().unwrap().iter();
    let platforms = targets.flat_map(|name| {
        bake["target"][name.as_str().unwrap()]["platforms"].as_array().expect("a target has its platforms")
    });
    let mut share = BTreeMap::new();
    for platform in platforms.map(|platform| of_image(platform.as_str().unwrap())) {
        if of_worker.split(',').any(|its| its == platform) {
            *share.entry(platform).or_default() += 1;
        }
    }
    share
}

/// How many images for each platform it has built.
fn share(farm: &Farm, worker: &str) -> BTreeMap<String, usize> {
    let mut share = BTreeMap::new();
    for platform in history::builds(farm, worker).into_iter().flatten() {
        *share.entry(platform).or_default() += 1;
    }
    share
}

pub fn over_platforms(farm: &mut Farm) {
    let all = format!("{PC},{ARM}");
    for worker in ["pc", "arm", "all"] {
        farm.tell("start", &format!("{worker} {SPEED}"));
        farm.create_builder(worker, &[(worker, &all)]);
    }
    farm.create_builder("farm", &[("pc", PC), ("arm", ARM)]);
    let base = farm.push_base("farm", &all);
    let project = tempfile::tempdir().unwrap();
    write_project(project.path(), &base);
    let counts = if is_whole_run() { DEVICES } else { FEWER_DEVICES };
    let devices: Vec<String> =
        counts.iter().flat_map(|(platform, count)| devices(platform, *count)).collect();
    println!("6 services for {} device types", devices.len());
    let tags_expected = 6 * devices.len();
    let devices = devices.join(",");
    let bake_file = |prefix: &str| {
        let tag = format!("{}/{prefix}{{service}}:{{fleet}}", farm.registry());
        batch(project.path(), &["-d", &devices, "--format", "bake", "--tag", &tag])
    };
    let used = || ["pc", "arm", "all"].map(|worker| farm.processor_seconds(worker));
    // The seconds that passed, and those of a processor that each worker has used.
    let bake = |builder: &str, file: &str| {
        let (started, before) = (Instant::now(), used());
        farm.buildx_in(project.path(), &["bake", "--builder", builder, "--push", "-f", "-"], file).ok();
        let after = used();
        (started.elapsed().as_secs_f64(), [0, 1, 2].map(|at| after[at] - before[at]))
    };

    // What is in the registry is what dtpl says, and nothing else.
    let file = bake_file("");
    let (two, used_by_two) = bake("farm", &file);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in registry::tags(farm).into_keys().filter(|name| name != "base:1") {
        let (repository, tag) = name.split_once(':').unwrap();
        let platforms = registry::platforms(farm, repository, tag);
        found.insert(name, platforms.into_keys().collect());
    }
    assert_eq!(found, expected(project.path(), &devices));
    assert_eq!(found.len(), tags_expected);
    let (tags, images, blobs) = registry::is_whole(farm);
    println!("{tags} tags lead to {images} images with {blobs} blobs");
    for (worker, platforms) in [("pc", PC), ("arm", ARM)] {
        let share = share(farm, worker);
        println!("{worker}: {share:?}");
        assert_eq!(share, expected_share(&file, platforms));
    }

    let (one, used_by_one) = bake("all", &bake_file("one/"));
    assert_eq!(share(farm, "all"), expected_share(&file, &all));
    println!("two workers: {two:.1} s, one worker: {one:.1} s, each with {SPEED} % of a processor");
    let [pc, arm, _] = used_by_two;
    println!("of a processor, pc used {pc:.1} s and arm {arm:.1} s, the one worker {:.1} s", used_by_one[2]);
}

pub fn in_shards(farm: &mut Farm) {
    for worker in ["first", "second"] {
        farm.tell("start", worker);
        farm.create_builder(worker, &[(worker, "linux/amd64")]);
    }
    farm.create_builder("both", &[("first", "linux/amd64"), ("second", "linux/amd64")]);
    let base = farm.push_base("both", "linux/amd64");
    let project = tempfile::tempdir().unwrap();
    let template = format!("FROM {base}\nLABEL device=%%BALENA_MACHINE_NAME%%\n");
    fs::create_dir(project.path().join("web")).unwrap();
    fs::write(project.path().join("web/Dockerfile.template"), template).unwrap();
    fs::write(project.path().join("docker-compose.yml"), "services: {web: {build: ./web}}\n").unwrap();
    let devices = devices("linux/amd64", 12).join(",");
    let bake = |builder: &str, prefix: &str, shard: &[&str]| {
        let tag = format!("{}/{prefix}{{service}}:{{fleet}}", farm.registry());
        let args = [&["-d", &devices, "--format", "bake", "--tag", &tag], shard].concat();
        let file = batch(project.path(), &args);
        farm.buildx_in(project.path(), &["bake", "--builder", builder, "--push", "-f", "-"], &file).ok();
    };
    let built = || ["first", "second"].map(|worker| history::builds(farm, worker).len());

    // buildx gives every target to the same one of the nodes that have its platform.
    bake("both", "unshared/", &[]);
    let before = built();
    println!("one builder with two nodes: {before:?}");
    assert!(before == [12, 0] || before == [0, 12], "{before:?}");

    bake("first", "", &["--shard", "1/2"]);
    bake("second", "", &["--shard", "2/2"]);
    let after = built();
    let shares = [after[0] - before[0], after[1] - before[1]];
    println!("two builders with a shard each: {shares:?}");
    assert_eq!(shares, [6, 6]);
    let tags = registry::tags(farm).into_keys().filter(|name| name.starts_with("web:")).count();
    assert_eq!(tags, 12);
    registry::is_whole(farm);
}
