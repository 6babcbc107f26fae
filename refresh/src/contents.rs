//! `image-contents.txt`: which packages images have. From the tables in `image-contents` among the sources, and from
//! `data/image-contents.txt` for what those have no full list of.

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

/// A row of `old-packages.tsv`: a package that the recipe of an image of balena's names.
#[derive(Deserialize)]
struct Named {
    image: String,
    variant: String,
    release: String,
    package: String,
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
    let mut sets = parse(&read(places, "data/image-contents.txt")?)?;
    let folder = places.sources.join("image-contents");
    for row in rows::read::<Listed>(&folder.join("official-packages.tsv"))? {
        let Some((key, kind, on)) = official(&row) else { continue };
        let set = sets.entry(key).or_default();
        (set.kind, set.on) = (kind.to_owned(), on);
        set.packages.insert(row.package);
    }
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
    for ((image, variant), by_release) in old(&rows::read(&folder.join("old-packages.tsv"))?) {
        let mut alike: Vec<(Vec<&str>, &BTreeSet<String>)> = Vec::new();
        for (release, packages) in &by_release {
            match alike.iter_mut().find(|(_, others)| *others == packages) {
                Some((releases, _)) => releases.push(release),
                None => alike.push((vec![release], packages)),
            }
        }
        for (releases, packages) in alike {
            let set = Set { kind: "named".to_owned(), on: None, packages: packages.clone() };
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
        sets.insert(name.clone(), Set { kind: kind.to_owned(), on, packages: BTreeSet::new() });
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

/// By image and variant, then by release: what the recipes of balena's images name. Where those for several arches,
/// versions or devices differ, it is what all of them name.
fn old(rows: &[Named]) -> BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>> {
    let mut each: BTreeMap<[&str; 3], BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        let packages = each.entry([&row.image, &row.variant, &row.release]).or_default();
        // `iproute` became `iproute2`, which it depended on.
        let is_there = matches!(
            &*row.condition,
            "" | "only if iproute is not in the archive" | "only if in the archive, else libmysqlclient-dev"
        );
        if is_there {
            packages.insert(&row.package);
        }
    }
    let mut all: BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for ([image, variant, release], packages) in each {
        let (image, release) = (old_image(image), old_release(image, release));
        let packages: BTreeSet<String> = packages.into_iter().map(str::to_owned).collect();
        let by_release = all.entry((image, variant.to_owned())).or_default();
        by_release
            .entry(release)
            .and_modify(|others| others.retain(|package| packages.contains(package)))
            .or_insert(packages);
    }
    all
}

/// `balenalib/arch-debian` for the images of an arch, `balenalib/any-debian-python` for those of a language.
fn old_image(image: &str) -> String {
    let Some((series, name)) = image.split_once('/') else { return image.to_owned() };
    let distros = ["debian", "alpine", "ubuntu"];
    let pieces: Vec<&str> = name.split('-').collect();
    let at = pieces.iter().position(|piece| distros.contains(piece));
    // `resin/` left the distribution out.
    let stacks = ["python", "node", "golang", "openjdk", "dotnet", "buildpack"];
    let stack = pieces.iter().position(|piece| stacks.contains(piece));
    let distro = at.map_or("debian", |at| pieces[at]);
    match stack {
        Some(stack) => format!("{series}/any-{distro}-{}", pieces[stack..].join("-")),
        None => {
            let hardware = pieces[..at.unwrap_or(pieces.len())].join("-");
            let arches = ["aarch64", "amd64", "armv7hf", "armhf", "rpi", "i386"];
            let hardware = if arches.contains(&&*hardware) { "arch" } else { &hardware };
            format!("{series}/{hardware}-{distro}")
        }
    }
}

/// The release of the distribution; `*` where the tag has only the version of a language.
fn old_release(image: &str, release: &str) -> String {
    let is_language = old_image(image).contains("/any-") && !image.contains("buildpack-deps");
    match release.rsplit_once('-') {
        _ if !is_language => release.to_owned(),
        Some((_, release)) => release.to_owned(),
        None => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_old_images() {
        let of = |image: &str, release: &str| (old_image(image), old_release(image, release));
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(of("balenalib/armv7hf-debian", "buster"), pair("balenalib/arch-debian", "buster"));
        assert_eq!(
            of("balenalib/raspberrypi4-64-alpine", "3.12"),
            pair("balenalib/raspberrypi4-64-alpine", "3.12")
        );
        assert_eq!(
            of("balenalib/raspberrypi3-debian-python", "3.9.5-buster"),
            pair("balenalib/any-debian-python", "buster")
        );
        assert_eq!(of("resin/raspberrypi3-python", "2.7"), pair("resin/any-debian-python", "*"));
        assert_eq!(
            of("resin/raspberrypi3-buildpack-deps", "jessie"),
            pair("resin/any-debian-buildpack-deps", "jessie")
        );
    }

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
