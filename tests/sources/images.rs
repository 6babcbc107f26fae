//! Official images and those of .NET: every tag that is there.

use std::collections::{BTreeMap, BTreeSet};

use dtpl::Registry;
use dtpl::image::{Catalogue, Knowledge, Maintenance, Reference};

use super::common::Test;
use super::{Differences, Row, read, root};

/// The platforms of which every tag is asked.
const PLATFORMS: [&str; 9] = [
    "linux/amd64",
    "linux/arm/v5",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/arm64/v8",
    "linux/386",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
];

/// The parts of `base-images.yaml` that are looked at here.
#[derive(serde::Deserialize)]
pub struct Table {
    pub ends: BTreeMap<String, Vec<String>>,
    pub images: BTreeMap<String, Image>,
}

#[derive(serde::Deserialize)]
pub struct Image {
    pub products: String,
    pub builds: Vec<(String, String)>,
}

pub fn base_images() -> Table {
    serde_yaml::from_str(&std::fs::read_to_string(root().join("base-images.yaml")).unwrap()).unwrap()
}

pub const HISTORY: &str = "official-images-history.tsv.gz";

/// What a subcommand prints that reads the history; nothing where the sources have none.
pub fn read_history(subcommand: &str) -> Option<Vec<Row>> {
    let sources = super::sources()?;
    if sources.join(HISTORY).is_file() {
        return read(subcommand);
    }
    eprintln!("{subcommand} is not compared: the sources have no {HISTORY}");
    None
}

pub fn reference(row: &Row) -> Reference {
    Reference::parse(&format!("{}:{}", row["image"], row["tag"])).unwrap()
}

pub fn platforms_of(known: &Knowledge) -> BTreeSet<String> {
    known.platforms.iter().map(ToString::to_string).collect()
}

pub fn listed(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::to_owned).collect()
}

/// Compares tags that are there now: the platforms, and that dtpl says nothing else of their life than what it says of
/// their end. And it has no tag of these images besides.
fn compare_current(what: &str, rows: &[Row], is_of_this_source: impl Fn(&str) -> bool) {
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let mut differences = Differences::default();
    for row in rows {
        let reference = reference(row);
        let known = catalogue.about(&reference);
        let (got, expected) = (platforms_of(&known), listed(&row["platforms"]));
        for platform in PLATFORMS {
            let name = format!("{} on {platform}", reference.text());
            differences.compare(name, got.contains(platform), expected.contains(platform));
        }
        let others = |platforms: &BTreeSet<String>| {
            platforms.iter().filter(|one| !PLATFORMS.contains(&one.as_str())).cloned().collect::<Vec<_>>()
        };
        differences.compare(
            format!("{}, other platforms", reference.text()),
            others(&got),
            others(&expected),
        );
        let is_over = known.ends.as_ref().is_some_and(|ends| ends.end.is_over(catalogue.day()));
        let status = if is_over { Maintenance::Over } else { Maintenance::Maintained };
        differences.compare(format!("{}, status", reference.text()), known.status, status);
    }
    let ours: BTreeSet<(String, String)> = base_images()
        .images
        .into_iter()
        .filter(|(image, _)| is_of_this_source(image))
        .flat_map(|(image, found)| {
            let tags = found
                .builds
                .into_iter()
                .flat_map(|(_, tags)| tags.split(' ').map(str::to_owned).collect::<Vec<_>>());
            tags.map(move |tag| (image.clone(), tag)).collect::<Vec<_>>()
        })
        .collect();
    let theirs = rows.iter().map(|row| (row["image"].clone(), row["tag"].clone())).collect::<BTreeSet<_>>();
    for (image, tag) in ours.difference(&theirs) {
        differences.0.push(format!("the source has no {image}:{tag}"));
    }
    differences.end(what, rows.len() * PLATFORMS.len());
}

#[test]
fn every_tag_of_official_images() {
    let Some(rows) = read("official") else { return };
    compare_current("tags and platforms of official images", &rows, |image| !image.contains('/'));
}

#[test]
fn every_tag_of_dotnet() {
    let Some(rows) = read("dotnet") else { return };
    compare_current("tags and platforms of .NET", &rows, |image| image.contains('/'));
}

/// The Node images for a project that is only a `package.json`: every major version from 6 on, those that are there now
/// first, each newest first.
#[test]
fn every_node_image() {
    let (Some(now), Some(gone)) = (read("official"), read_history("gone-all")) else { return };
    let of_node = |rows: Vec<Row>| {
        let rows = rows.into_iter().filter(|row| row["image"] == "node");
        rows.map(|row| (row["tag"].clone(), listed(&row["platforms"]))).collect::<BTreeMap<_, _>>()
    };
    let mut expected = Vec::new();
    for tags in [of_node(now), of_node(gone)] {
        let mut majors: Vec<u64> =
            tags.keys().filter_map(|tag| tag.parse().ok()).filter(|major| *major >= 6).collect();
        majors.sort_by_key(|major| std::cmp::Reverse(*major));
        let alpine = |major: &u64| tags.get(&format!("{major}-alpine")).cloned().unwrap_or_default();
        expected.extend(majors.iter().map(|major| (*major, tags[&major.to_string()].clone(), alpine(major))));
    }
    let names = |platforms: Vec<&str>| {
        let platforms =
            platforms.into_iter().map(|platform| dtpl::image::Platform::parse(&format!("linux/{platform}")));
        platforms.map(|platform| platform.unwrap().to_string()).collect::<BTreeSet<_>>()
    };
    let got = dtpl::image::node_images().map(|(major, debian, alpine)| (major, names(debian), names(alpine)));
    let mut differences = Differences::default();
    differences.compare("the images of node", got.collect::<Vec<_>>(), expected.clone());
    differences.end("the images of node", expected.len());
}

/// What the program prints is what the library says.
#[test]
fn the_program_says_the_same() {
    let (Some(official), Some(dotnet)) = (read("official"), read("dotnet")) else { return };
    let rows: Vec<Row> = official.into_iter().chain(dotnet).step_by(37).collect();
    let names: Vec<String> = rows.iter().map(|row| reference(row).text().to_owned()).collect();
    let answers = Test::new().args(&format!("images --format json -d nuc {}", names.join(" "))).ok().json();
    let mut differences = Differences::default();
    for (row, answer) in rows.iter().zip(answers.as_array().unwrap()) {
        let name = answer["reference"].as_str().unwrap();
        differences.compare("a reference", name, reference(row).text());
        let platforms = answer["platforms"].as_array().unwrap().iter();
        let platforms =
            platforms.map(|platform| platform.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
        differences.compare(format!("{name}, platforms"), platforms, listed(&row["platforms"]));
        let is_there = row["platforms"].split(',').any(|platform| platform == "linux/amd64");
        let got = answer["devices"]["intel-nuc"].as_str() == Some("exact");
        differences.compare(format!("{name} for an intel-nuc"), got, is_there);
        let status = answer["status"].as_str().unwrap();
        differences.compare(format!("{name} is {status}"), matches!(status, "maintained" | "over"), true);
    }
    assert_eq!(answers.as_array().unwrap().len(), rows.len());
    differences.end("answers of the program", rows.len());
}
