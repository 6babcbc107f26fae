//! dtpl against the sources of its tables. They are read by `tests/sources/read.py`, which shares nothing with the
//! program that makes the tables, `refresh`; and that program makes the files of the tree again, byte for byte.
//!
//! The folder of the sources (docs/refresh.md) is the variable `DTPL_SOURCES`, or `../shared/upstream` where that is
//! there. Without either nothing is compared.

mod common;
#[path = "sources/ends.rs"]
mod ends;
#[path = "sources/gone.rs"]
mod gone;
#[path = "sources/images.rs"]
mod images;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Test, tool};

type Row = BTreeMap<String, String>;

/// The folder of the sources.
fn sources() -> Option<PathBuf> {
    let named = std::env::var_os("DTPL_SOURCES").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(folder) = &named {
        assert!(folder.is_dir(), "DTPL_SOURCES is {}, which is no folder", folder.display());
    }
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/upstream");
    let found = named.or_else(|| usual.is_dir().then_some(usual));
    if found.is_none() {
        eprintln!("nothing is compared: DTPL_SOURCES names no folder of sources");
    }
    found
}

/// What a subcommand of `read.py` prints; nothing where the sources or python3 are missing.
fn read(subcommand: &str) -> Option<Vec<Row>> {
    read_from(&sources()?, subcommand)
}

/// The same for another folder.
fn read_from(sources: &Path, subcommand: &str) -> Option<Vec<Row>> {
    let python = tool("python3")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources/read.py");
    let output = Command::new(python).arg("-B").arg(script).arg(subcommand).arg(sources).output().unwrap();
    assert!(output.status.success(), "{subcommand}: {}", String::from_utf8_lossy(&output.stderr));
    let rows = table(&String::from_utf8(output.stdout).unwrap());
    assert!(!rows.is_empty(), "{subcommand} has no rows");
    Some(rows)
}

/// A table with titles and a tab between columns.
fn table(text: &str) -> Vec<Row> {
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned));
    let titles: Vec<String> = lines.next().unwrap().collect();
    lines.map(|row| titles.iter().cloned().zip(row).collect()).collect()
}

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `data/`.
fn data(file: &str) -> String {
    std::fs::read_to_string(root().join("data").join(file)).unwrap()
}

/// Differences between what a source and dtpl say: all of them are reported.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: impl std::fmt::Display, got: T, expected: T) {
        if got != expected {
            self.0.push(format!("{what}: dtpl says {got:?}, the source {expected:?}"));
        }
    }

    /// Ends a comparison of so many.
    fn end(self, what: &str, compared: usize) {
        println!("{what}: {compared} compared, {} differences", self.0.len());
        assert!(compared > 0, "{what}: nothing was compared");
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

/// `dtpl devices --format json`, by slug.
fn devices() -> BTreeMap<String, serde_json::Value> {
    let all = Test::new().args("devices --format json").ok().json();
    let all = all.as_array().unwrap().iter();
    all.map(|device| (device["slug"].as_str().unwrap().to_owned(), device.clone())).collect()
}

fn text<'d>(device: &'d serde_json::Value, field: &str) -> &'d str {
    device[field].as_str().unwrap_or_default()
}

/// The device types that are kept by hand, or corrected.
fn by_hand() -> BTreeSet<String> {
    let file: serde_json::Value = serde_yaml::from_str(&data("more-device-types.yaml")).unwrap();
    file["device_types"].as_object().into_iter().flatten().map(|(slug, _)| slug.clone()).collect()
}

#[test]
fn every_contract() {
    let Some(contracts) = read("contracts") else { return };
    let (devices, by_hand) = (devices(), by_hand());
    let history = table(&data("device-types.tsv"));
    let mut differences = Differences::default();
    for contract in &contracts {
        let slug = &contract["slug"];
        let Some(device) = devices.get(slug) else {
            differences.0.push(format!("dtpl does not know {slug}"));
            continue;
        };
        if by_hand.contains(slug) {
            continue;
        }
        for field in ["name", "arch"] {
            differences.compare(format!("{slug} {field}"), text(device, field), &contract[field]);
        }
        let has_contract = matches!(text(device, "status"), "active" | "contract-only");
        differences.compare(format!("{slug} has a contract"), has_contract, true);
        // Other names have only those of history besides.
        let got: BTreeSet<&str> =
            device["aliases"].as_array().unwrap().iter().map(|alias| alias.as_str().unwrap()).collect();
        let of_history = history.iter().filter(|row| row["status"] == format!("alias-of:{slug}"));
        let of_contract = contract["aliases"].split(',').filter(|alias| !alias.is_empty());
        let expected: BTreeSet<&str> = of_history
            .map(|row| &*row["slug"])
            .chain(of_contract)
            .filter(|alias| !devices.contains_key(*alias))
            .collect();
        differences.compare(format!("{slug} aliases"), got, expected);
    }
    // And none that has no contract is said to have one.
    let slugs: BTreeSet<&str> = contracts.iter().map(|contract| &*contract["slug"]).collect();
    for (slug, device) in
        devices.iter().filter(|(slug, _)| !slugs.contains(&***slug) && !by_hand.contains(*slug))
    {
        let has_contract = matches!(text(device, "status"), "active" | "contract-only");
        differences.compare(format!("{slug} has a contract"), has_contract, false);
    }
    differences.end("contracts", contracts.len());
}

#[test]
fn every_arch_of_a_contract() {
    let Some(arches) = read("arches") else { return };
    let registry = dtpl::Registry::embedded();
    let mut differences = Differences::default();
    for arch in &arches {
        differences.compare(&arch["slug"], registry.arch(&arch["slug"]).is_some(), true);
    }
    differences.end("arches", arches.len());
}

#[test]
fn every_device_state() {
    let Some(states) = read("device-states") else { return };
    let Some(contracts) = read("contracts") else { return };
    let (devices, by_hand) = (devices(), by_hand());
    let mut differences = Differences::default();
    for row in states.iter().filter(|row| !by_hand.contains(&row["slug"])) {
        let slug = &row["slug"];
        let Some(device) = devices.get(slug) else {
            differences.0.push(format!("dtpl does not know {slug}"));
            continue;
        };
        // docs/refresh.md: what is discontinued is so for everybody, and what is left to its community is not
        // what balena releases.
        let state = match (&*row["state"], &*row["community"]) {
            ("discontinued", _) => "discontinued",
            (_, "true") => "community",
            (state, _) => state,
        };
        differences.compare(format!("{slug} state"), text(device, "state"), state);
        differences.compare(format!("{slug} arch"), text(device, "arch"), &row["arch"]);
        if !contracts.iter().any(|contract| contract["slug"] == *slug) {
            let status = text(device, "status");
            let is_right = matches!(status, "repository-only" | "removed");
            differences.compare(format!("{slug} is {status} without a contract"), is_right, true);
        }
    }
    // No state is made up.
    let seen = table(&data("device-types.tsv"));
    let state_of =
        |slug: &str| seen.iter().find(|row| row["slug"] == slug).map(|row| &*row["repo_state_seen"]);
    let described = |slug: &str| states.iter().any(|row| row["slug"] == slug);
    for (slug, device) in devices.iter().filter(|(slug, _)| !described(slug) && !by_hand.contains(*slug)) {
        differences.compare(
            format!("{slug} state"),
            text(device, "state"),
            state_of(slug).unwrap_or_default(),
        );
    }
    differences.end("device states", states.len());
}

/// The day of the sources that the tables of the tree are made from.
fn snapshot() -> String {
    let text = std::fs::read_to_string(root().join("base-images.yaml")).unwrap();
    let day = text.lines().find_map(|line| line.trim().strip_prefix("snapshot: "));
    day.expect("base-images.yaml has its snapshot").to_owned()
}

/// Runs `refresh --check` on a folder of sources: it has to make every file of the tree as it is.
fn refresh_check(sources: &Path) {
    // `target/tmp` is in the folder that cargo builds in.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = Command::new(env!("CARGO"));
    // What the surrounding run says of its own build is not about this one.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG") || name == "CARGO") {
        command.env_remove(name);
    }
    command.args(["run", "--quiet", "--locked", "--package", "refresh", "--target-dir"]).arg(target);
    command.arg("--").arg(sources).args(["--date", &snapshot(), "--check"]);
    let output = command.current_dir(root()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    for file in ["base-images.yaml", "gone-tags.txt", "device-types.yaml", "balena-images.yaml"] {
        assert!(text.lines().any(|line| line == format!("{file}: as it was")), "{file} in\n{text}");
    }
}

#[test]
fn refresh_makes_the_files_of_the_tree() {
    let Some(sources) = sources() else { return };
    refresh_check(&sources);
}
