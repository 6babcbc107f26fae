//! The tags that are gone, the platforms that tags lost, and the refresh that carries both on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dtpl::Registry;
use dtpl::image::{Catalogue, Date, Maintenance, Reference};

use super::images::{HISTORY, listed, platforms_of, read_history, reference};
use super::{Differences, read};

/// Tags that are gone: as many of each year; all of them where `DTPL_SOURCES_ALL` is set.
#[test]
fn tags_that_are_gone() {
    let all = std::env::var_os("DTPL_SOURCES_ALL").is_some_and(|value| !value.is_empty());
    let Some(rows) = read_history(if all { "gone-all" } else { "gone" }) else { return };
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let mut differences = Differences::default();
    let mut unknown = Vec::new();
    for row in &rows {
        let reference = reference(row);
        let known = catalogue.about(&reference);
        if known.status == Maintenance::Unknown {
            unknown.push(reference.text().to_owned());
            continue;
        }
        let name = reference.text();
        // What happened after the end of the history, it does not know.
        let is_later = known.updated_until > Date::parse(&row["until"]);
        if row["day"].is_empty() {
            differences.compare(format!("{name} went after {}", row["until"]), is_later, true);
        } else if !is_later {
            differences.compare(
                format!("{name}, platforms"),
                platforms_of(&known),
                listed(&row["platforms"]),
            );
            differences.compare(format!("{name}, last day"), known.updated_until, Date::parse(&row["day"]));
        }
        let is_gone = matches!(known.status, Maintenance::Frozen | Maintenance::Superseded);
        differences.compare(format!("{name} is {}, gone", known.status.name()), is_gone, true);
    }
    println!("tags that are gone: {} unknown", unknown.len());
    assert!(unknown.len() * 10 <= rows.len(), "{} are unknown: {}", unknown.len(), unknown.join(" "));
    differences.end("tags that are gone", rows.len());
}

/// The platforms that a tag lost, with the days.
#[test]
fn platforms_that_are_lost() {
    let Some(rows) = read_history("lost") else { return };
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let mut expected: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for row in &rows {
        let of = expected.entry(reference(row).text().to_owned()).or_default();
        of.insert((row["platform"].clone(), row["day"].clone()));
    }
    // And what never lost one is not said to have.
    let until = &rows[0]["until"];
    let gone = read_history("gone").into_iter().flatten();
    for row in gone.chain(read("official").into_iter().flatten()) {
        expected.entry(reference(&row).text().to_owned()).or_default();
    }
    let mut differences = Differences::default();
    for (name, expected) in &expected {
        let known = catalogue.about(&Reference::parse(name).unwrap());
        let got = known.lost.iter().map(|(platform, day)| (platform.to_string(), day.to_string()));
        let got = got.filter(|(_, day)| day <= until);
        differences.compare(format!("{name}, lost"), &got.collect(), expected);
    }
    differences.end("platforms that are lost", rows.len());
}

/// Clones of the repositories alone: without the table of the history, what is in the tree is carried on; and the products
/// of endoflife.date are pages whose head holds the fields.
#[cfg(unix)]
#[test]
fn refresh_from_clones_makes_the_same() {
    let Some(sources) = super::sources() else { return };
    let sources = sources.canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&sources).unwrap() {
        let name = entry.unwrap().file_name();
        if Path::new(&name) != Path::new(HISTORY) && Path::new(&name) != Path::new("endoflife") {
            std::os::unix::fs::symlink(sources.join(&name), folder.path().join(&name)).unwrap();
        }
    }
    let pages = folder.path().join("endoflife/products");
    std::fs::create_dir_all(&pages).unwrap();
    let files = std::fs::read_dir(sources.join("endoflife")).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        let fields = std::fs::read_to_string(&path).unwrap();
        let page = pages.join(path.file_stem().unwrap()).with_extension("md");
        std::fs::write(page, format!("---\n{fields}---\n\n> A product.\n\nreleases:\n")).unwrap();
    }
    if sources.join("endoflife/products").is_dir() {
        std::fs::remove_dir_all(folder.path().join("endoflife")).unwrap();
        std::os::unix::fs::symlink(sources.join("endoflife"), folder.path().join("endoflife")).unwrap();
    }
    for subcommand in ["products", "ends"] {
        assert_eq!(super::read_from(folder.path(), subcommand), read(subcommand), "{subcommand}");
    }
    super::refresh_check(folder.path());
}
