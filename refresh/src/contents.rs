//! `image-contents.txt`: which packages images have. From the tables in `image-contents` among the sources, and from
//! `data/more-image-contents.txt` for what those have no full list of.

mod old;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::{Made, Places, rows};

const HEAD: &str = "\
# The packages of images: made by `cargo run -p refresh`, see docs/refresh.md. Compiled in by src/software/contents.
#
# A set: image, release, variant (- for none), how complete it is, and the set that it is added to.
# full: it has no other package. programs: it may have other libraries, but no other package that has a program of
# data/programs.tsv. named: it has these and what they depend on.
";

/// The longest line.
const WIDTH: usize = 108;

/// A row of `official-packages.tsv`: a package of an image with a full list.
#[derive(Deserialize)]
struct Listed {
    image: String,
    tag: String,
    package: String,
}

/// A row of `official-named.tsv`: a package that the recipe of an official image names.
#[derive(Deserialize)]
struct Recipe {
    image: String,
    tag: String,
    from: String,
    package: String,
    /// Empty where the package stays.
    condition: String,
}

/// Image, release and variant.
type Key = (String, String, String);

#[derive(Clone, Default)]
struct Set {
    kind: String,
    on: Option<Key>,
    packages: BTreeSet<String>,
}

pub fn make(places: &Places) -> anyhow::Result<Vec<Made>> {
    let mut sets = parse(&read(places, "data/more-image-contents.txt")?)?;
    let folder = places.sources.join("image-contents");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    for row in rows::read::<Listed>(&folder.join("official-packages.tsv"))? {
        let Some((key, kind, on)) = official(&row) else { continue };
        let set = sets.entry(key).or_default();
        (set.kind, set.on) = (kind.to_owned(), on);
        set.packages.insert(row.package);
    }
    add_recipes(&mut sets, &rows::read(&folder.join("official-named.tsv"))?)?;
    // What a set is added to is not repeated.
    for key in sets.keys().cloned().collect::<Vec<_>>() {
        let mut below = sets[&key].on.clone();
        while let Some(name) = below {
            let base =
                sets.get(&name).with_context(|| format!("{name:?} is not there, for {key:?}"))?.clone();
            let set = sets.get_mut(&key).context("a set that was listed")?;
            set.packages.retain(|package| !base.packages.contains(package));
            below = base.on;
        }
    }
    let mut out = HEAD.to_owned();
    for ((image, release, variant), set) in &sets {
        write(&mut out, &[image, release, variant], set);
    }
    for ((image, variant), by_release) in old::packages(&folder)? {
        let mut alike: Vec<(Vec<&str>, &BTreeSet<String>)> = Vec::new();
        for (release, packages) in &by_release {
            match alike.iter_mut().find(|(_, others)| *others == packages) {
                Some((releases, _)) => releases.push(release),
                None => alike.push((vec![release], packages)),
            }
        }
        for (releases, packages) in alike {
            let set = Set { kind: "named".to_owned(), packages: packages.clone(), ..Set::default() };
            write(&mut out, &[&image, &releases.join(","), &variant], &set);
        }
    }
    Ok(vec![Made { path: "image-contents.txt", text: out }])
}

fn read(places: &Places, path: &str) -> anyhow::Result<String> {
    fs::read_to_string(places.root.join(path)).context(path.to_owned())
}

/// The sets of a file in the format that [`write`] writes.
fn parse(text: &str) -> anyhow::Result<BTreeMap<Key, Set>> {
    let mut sets: BTreeMap<Key, Set> = BTreeMap::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(packages) = line.strip_prefix("  ") {
            let key = current.as_ref().with_context(|| format!("`{line}` is in no set"))?;
            let set = sets.get_mut(key).context("the current set")?;
            set.packages.extend(packages.split(' ').map(str::to_owned));
            continue;
        }
        let words: Vec<&str> = line.split(' ').collect();
        let key = |words: &[&str]| (words[0].to_owned(), words[1].to_owned(), words[2].to_owned());
        let (set, kind, on) = match words[..] {
            [image, release, variant, kind] => ([image, release, variant], kind, None),
            [image, release, variant, kind, "on", a, b, c] => {
                ([image, release, variant], kind, Some(key(&[a, b, c])))
            }
            _ => bail!("`{line}` is no head of a set"),
        };
        let name = key(&[set[0], set[1], set[2].trim_end_matches(':')]);
        sets.insert(name.clone(), Set { kind: kind.to_owned(), on, ..Set::default() });
        current = Some(name);
    }
    Ok(sets)
}

fn write(out: &mut String, [image, release, variant]: &[&str; 3], set: &Set) {
    // Writing into a string cannot fail.
    let _ = write!(out, "\n{image} {release} {variant}: {}", set.kind);
    if let Some((image, release, variant)) = &set.on {
        let _ = write!(out, " on {image} {release} {variant}");
    }
    let mut width = WIDTH;
    for package in &set.packages {
        if width + 1 + package.len() > WIDTH {
            let _ = write!(out, "\n  {package}");
            width = 2 + package.len();
        } else {
            let _ = write!(out, " {package}");
            width += 1 + package.len();
        }
    }
    out.push('\n');
}

fn key(image: &str, release: &str, variant: &str) -> Key {
    (image.to_owned(), release.to_owned(), variant.to_owned())
}

/// The set that a full list is, how complete it is, and what it is added to.
fn official(row: &Listed) -> Option<(Key, &'static str, Option<Key>)> {
    let release = ["bullseye", "bookworm", "trixie"]
        .into_iter()
        .find(|release| row.tag.split('-').any(|piece| piece == *release));
    // Before its release a distribution was another.
    if row.tag.contains("prerelease") {
        return None;
    }
    let (image, is_slim) = (&*row.image, row.tag.split('-').any(|piece| piece == "slim"));
    Some(match (image, release) {
        // The full image has the same packages as the slim one; the latter leaves files out.
        ("debian", Some(release)) => (key(image, release, "-"), "full", None),
        // Other releases have other libraries.
        ("alpine", _) => (key(image, "*", "-"), "programs", None),
        (_, Some(release)) if is_slim => {
            (key(image, release, "slim"), "full", Some(key("debian", release, "-")))
        }
        (_, Some(release)) => (key(image, release, "-"), "full", Some(key("buildpack-deps", release, "-"))),
        _ if row.tag.contains("alpine") => {
            (key(image, "alpine", "-"), "programs", Some(key("alpine", "*", "-")))
        }
        _ => return None,
    })
}

/// Names in recipes that are virtual in a release: another package is installed for each.
const VIRTUAL: [&str; 4] = ["binutils-gold", "libncurses5-dev", "libncursesw5-dev", "libxslt-dev"];

/// Adds what recipes name of images that have no set, and compares it with the sets that are there.
fn add_recipes(sets: &mut BTreeMap<Key, Set>, rows: &[Recipe]) -> anyhow::Result<()> {
    let mut each: BTreeMap<(Key, &str), (Key, BTreeSet<String>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.condition.is_empty()) {
        let has = |word: &str| row.tag.split('-').any(|piece| piece == word);
        let release = ["bullseye", "bookworm", "trixie", "noble"].into_iter().find(|release| has(release));
        let variant = ["slim", "curl", "scm"].into_iter().find(|variant| has(variant)).unwrap_or("-");
        let name = key(&row.image, release.unwrap_or("alpine"), variant);
        let on = match row.from.split_once(':').unwrap_or_default() {
            ("ubuntu", "24.04") => key("ubuntu", "noble", "-"),
            ("alpine", _) => key("alpine", "*", "-"),
            (image, tag) => {
                let (release, variant) = tag.split_once('-').unwrap_or((tag, "-"));
                key(image, release, if image == "debian" { "-" } else { variant })
            }
        };
        let (_, packages) = each.entry((name, &row.tag)).or_insert((on, BTreeSet::new()));
        packages.insert(row.package.clone());
    }
    let mut added: BTreeMap<Key, Set> = BTreeMap::new();
    for ((name, tag), (on, packages)) in each {
        if sets.contains_key(&name) {
            let missing =
                packages.iter().find(|package| !has(sets, &name, package) && !VIRTUAL.contains(&&***package));
            if let Some(package) = missing {
                bail!("{}:{tag} names `{package}`, which is not in its set", name.0);
            }
            continue;
        }
        let set = Set { kind: "named".to_owned(), on: Some(on), packages: packages.clone() };
        // Several tags: what all of them name.
        added.entry(name).or_insert(set).packages.retain(|package| packages.contains(package));
    }
    sets.extend(added);
    Ok(())
}

/// Whether a set, or one that it is added to, has a package.
fn has(sets: &BTreeMap<Key, Set>, name: &Key, package: &str) -> bool {
    let set = sets.get(name);
    set.is_some_and(|set| {
        set.packages.contains(package) || set.on.as_ref().is_some_and(|on| has(sets, on, package))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = "a b -: full\n  x y\n\nc d slim: named on a b -\n  z\n";
        let sets = parse(text).unwrap();
        let mut out = String::new();
        for ((image, release, variant), set) in &sets {
            write(&mut out, &[image, release, variant], set);
        }
        assert_eq!(out.trim_start(), text);
        assert!(parse("  lost\n").is_err() && parse("a b\n").is_err());
    }
}
