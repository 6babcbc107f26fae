//! Two fleets that share a build: the group of one moves its tags alone, and nothing is built a second time for the
//! other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::farm::{Farm, batch};
use super::registry;

const PC: &str = "linux/amd64";
const ARM: &str = "linux/arm64";

/// `shop` and `lab` are the same, `field` has another processor. Every service is built once for all of them, and has
/// a file in it that says which build that was.
fn write_project(folder: &Path, base: &str) {
    for service in ["api", "web"] {
        let context = folder.join(service);
        fs::create_dir(&context).unwrap();
        let template = "COPY name /name\nRUN --network=none cat /proc/sys/kernel/random/uuid >/build\n";
        fs::write(context.join("Dockerfile.template"), format!("FROM {base}\n{template}")).unwrap();
        fs::write(context.join("name"), service).unwrap();
    }
    fs::write(folder.join("docker-compose.yml"), "services: {api: {build: ./api}, web: {build: ./web}}\n")
        .unwrap();
    let fleets = "fleets: {shop: {device: intel-nuc}, lab: {device: genericx86-64-ext}, field: {device: raspberrypi4-64}}\n";
    fs::write(folder.join("fleets.yaml"), fleets).unwrap();
}

/// What the tags of a fleet lead to, by service: the digest of the image for each platform, which contains the file
/// that says which build it was.
fn of_fleet(farm: &Farm, fleet: &str, version: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for service in ["api", "web"] {
        let repository = format!("{fleet}/{service}");
        if registry::find(farm, &repository, version).is_some() {
            found.insert(service.to_owned(), registry::platforms(farm, &repository, version));
        }
    }
    found
}

/// Starts workers that have built nothing.
fn empty_workers(farm: &mut Farm) {
    for worker in ["pc", "arm"] {
        farm.tell("kill", worker);
        farm.tell("empty", worker);
        farm.tell("start", worker);
    }
}

pub fn share_a_build(farm: &mut Farm) {
    empty_workers(farm);
    farm.create_builder("farm", &[("pc", PC), ("arm", ARM)]);
    let base = farm.push_base("farm", &format!("{PC},{ARM}"));
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    write_project(project, &base);
    let tag = format!("{}/{{fleet}}/{{service}}:{{version}}", farm.registry());
    let bake = |farm: &Farm, version: &str, groups: &[&str]| {
        let options = ["--format", "bake", "--tag", &tag, "--image-version", version];
        let args = [&["bake", "--builder", "farm", "--push", "-f", "-"], groups].concat();
        farm.buildx_in(project, &args, &batch(project, &options)).ok()
    };

    // One fleet after the other.
    bake(farm, "1", &["shop"]);
    let shop = of_fleet(farm, "shop", "1");
    assert_eq!(shop.len(), 2);
    for fleet in ["lab", "field"] {
        assert!(of_fleet(farm, fleet, "1").is_empty(), "{fleet} has tags after `bake shop`");
    }
    bake(farm, "1", &["lab"]);
    assert_eq!(of_fleet(farm, "lab", "1"), shop);
    assert_eq!(of_fleet(farm, "shop", "1"), shop);
    assert!(of_fleet(farm, "field", "1").is_empty(), "`field` has tags after `bake lab`");
    bake(farm, "1", &[]);
    for fleet in ["shop", "lab", "field"] {
        assert_eq!(of_fleet(farm, fleet, "1"), shop, "{fleet} after `bake`");
    }

    // A change, for one fleet.
    fs::write(project.join("web/name"), "changed").unwrap();
    bake(farm, "1", &["shop"]);
    let changed = of_fleet(farm, "shop", "1");
    assert_eq!(changed["api"], shop["api"]);
    assert_ne!(changed["web"], shop["web"]);
    for fleet in ["lab", "field"] {
        assert_eq!(of_fleet(farm, fleet, "1"), shop, "{fleet} after a change was built for `shop`");
    }

    // Two groups in one call.
    empty_workers(farm);
    bake(farm, "2", &["shop", "lab"]);
    let both = of_fleet(farm, "shop", "2");
    assert_eq!(both.len(), 2);
    assert_eq!(of_fleet(farm, "lab", "2"), both);
    assert!(of_fleet(farm, "field", "2").is_empty(), "`field` has tags after `bake shop lab`");
    // They would differ if they had been built twice: those of other workers do.
    assert_ne!(both["api"], shop["api"]);

    // All in one call.
    empty_workers(farm);
    bake(farm, "3", &[]);
    let all = of_fleet(farm, "shop", "3");
    for fleet in ["lab", "field"] {
        assert_eq!(of_fleet(farm, fleet, "3"), all, "{fleet}");
    }
    println!("3 fleets, 2 services: {:?}", all.values().map(BTreeMap::len).collect::<Vec<_>>());
    registry::is_whole(farm);
}
