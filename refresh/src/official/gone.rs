//! `gone-tags.txt`: the tags that an image had once, with the platforms of their last day, and the platforms that a tag
//! lost before. What is in the file stays, and what the last `base-images.yaml` had and the sources have no more is
//! added; the table of the whole history, where it is there, takes the place of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;

use anyhow::Context as _;

use super::library::{self, Images};
use crate::Places;

const HISTORY: &str = "official-images-history.tsv.gz";

const HEAD: &str = "\
# The tags that official images had once: made by `cargo run -p refresh`, see docs/refresh.md. Compiled in by build.rs.
# A line `= IMAGE DAY PLATFORMS` begins those that were there until that day; then a version, and what followed it:
# `3.9.1 _ slim` stands for the tags `3.9.1` and `3.9.1-slim`. A line `- IMAGE DAY PLATFORMS` begins tags that lost these
# platforms on that day, and were there for others.
";

/// An image and a tag of it.
type Tag = (String, String);

/// What is no more.
#[derive(Default)]
struct Past {
    /// The day from which a tag was gone, and its platforms until then.
    gone: BTreeMap<Tag, (String, BTreeSet<String>)>,
    /// The platforms that a tag lost while it was there, each with the day from which it was lost.
    lost: BTreeMap<Tag, BTreeMap<String, String>>,
}

pub fn text(places: &Places, images: &Images) -> anyhow::Result<String> {
    let mut past = match history(places)? {
        Some(past) => past,
        None => carried_on(places)?,
    };
    for (image, blocks) in images {
        for block in blocks {
            for tag in &block.tags {
                let tag = (image.clone(), tag.clone());
                // Gone a moment ago is what lost the platforms that it has not got now.
                if let Some((day, before)) = past.gone.remove(&tag) {
                    let lost = before.difference(&block.platforms).map(|one| (one.clone(), day.clone()));
                    past.lost.entry(tag.clone()).or_default().extend(lost);
                }
                if let Some(lost) = past.lost.get_mut(&tag) {
                    lost.retain(|platform, _| !block.platforms.contains(platform));
                }
            }
        }
    }
    Ok(written(&past))
}

/// The rows of the history: what a tag was last, and what it had lost by then.
fn history(places: &Places) -> anyhow::Result<Option<Past>> {
    let path = places.sources.join(HISTORY);
    if !path.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(path)?).read_to_string(&mut text).context(HISTORY)?;
    let mut past = Past::default();
    for line in text.lines().skip(1) {
        let [image, tag, _, to, arches] = line.split('\t').collect::<Vec<_>>()[..] else {
            anyhow::bail!("{HISTORY}: `{line}` has not five columns");
        };
        let mut platforms = BTreeSet::new();
        for arch in arches.split(',') {
            platforms.extend(library::platform(arch)?);
        }
        let tag = (image.to_owned(), tag.to_owned());
        let lost = past.lost.entry(tag.clone()).or_default();
        if let Some((day, before)) = past.gone.insert(tag, (to.to_owned(), platforms.clone())) {
            lost.extend(before.into_iter().map(|platform| (platform, day.clone())));
        }
        lost.retain(|platform, _| !platforms.contains(platform));
    }
    past.gone.retain(|_, (to, _)| !to.is_empty());
    Ok(Some(past))
}

/// What the files in the tree say: the tags that were gone, and those that were there then.
fn carried_on(places: &Places) -> anyhow::Result<Past> {
    let read = |name: &str| fs::read_to_string(places.root.join(name)).with_context(|| name.to_owned());
    let set = |platforms: &str| platforms.split(' ').map(str::to_owned).collect::<BTreeSet<String>>();
    let mut past = Past::default();
    let (mut kind, mut image, mut day, mut platforms) = ("", "", "", "");
    let gone = read("gone-tags.txt")?;
    for line in gone.lines().filter(|line| !line.starts_with('#')) {
        let fault = || format!("gone-tags.txt: `{line}`");
        if line.starts_with(['=', '-']) {
            let [a, b, c, d] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { anyhow::bail!(fault()) };
            (kind, image, day, platforms) = (a, b, c, d);
            continue;
        }
        let (version, variants) = line.split_once(' ').with_context(fault)?;
        for variant in variants.split(' ') {
            let tag = if variant == "_" { version.to_owned() } else { format!("{version}-{variant}") };
            let tag = (image.to_owned(), tag);
            if kind == "=" {
                past.gone.insert(tag, (day.to_owned(), set(platforms)));
            } else {
                let lost = set(platforms).into_iter().map(|platform| (platform, day.to_owned()));
                past.lost.entry(tag).or_default().extend(lost);
            }
        }
    }
    #[derive(serde::Deserialize)]
    struct File {
        images: BTreeMap<String, Image>,
    }
    #[derive(serde::Deserialize)]
    struct Image {
        builds: Vec<(String, String)>,
    }
    let before: File = serde_yaml::from_str(&read("base-images.yaml")?).context("base-images.yaml")?;
    for (image, found) in before.images {
        for (platforms, tags) in found.builds {
            for tag in tags.split(' ') {
                past.gone.insert((image.clone(), tag.to_owned()), (places.date.clone(), set(&platforms)));
            }
        }
    }
    Ok(past)
}

/// A tag as its version and the rest: `3.9.1-slim`, `bookworm-20240904-slim`.
fn split(tag: &str) -> (&str, &str) {
    let is_day = |piece: &str| piece.len() == 8 && piece.bytes().all(|byte| byte.is_ascii_digit());
    let Some((first, rest)) = tag.split_once('-') else { return (tag, "") };
    let (second, last) = rest.split_once('-').unwrap_or((rest, ""));
    match is_day(second) {
        true => (&tag[..first.len() + 1 + second.len()], last),
        false => (first, rest),
    }
}

fn written(past: &Past) -> String {
    let joined = |platforms: &BTreeSet<&str>| platforms.iter().copied().collect::<Vec<_>>().join(" ");
    // By image, whether it is gone, day and platforms.
    type Head<'p> = (&'p str, char, &'p str, String);
    let mut groups: BTreeMap<Head, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    let mut add = |head, tag| {
        let (version, variant) = split(tag);
        let versions: &mut BTreeMap<&str, BTreeSet<&str>> = groups.entry(head).or_default();
        versions.entry(version).or_default().insert(variant);
    };
    for ((image, tag), (day, platforms)) in &past.gone {
        let platforms = platforms.iter().map(String::as_str).collect();
        add((image.as_str(), '=', day.as_str(), joined(&platforms)), tag.as_str());
    }
    for ((image, tag), lost) in &past.lost {
        let days: BTreeSet<&String> = lost.values().collect();
        for day in days {
            let platforms = lost.iter().filter(|(_, of)| *of == day).map(|(platform, _)| platform.as_str());
            add((image.as_str(), '-', day.as_str(), joined(&platforms.collect())), tag.as_str());
        }
    }
    let mut out = HEAD.to_owned();
    for ((image, kind, day, platforms), versions) in groups {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{kind} {image} {day} {platforms}");
        for (version, variants) in versions {
            let variants = variants.into_iter().map(|variant| if variant.is_empty() { "_" } else { variant });
            let _ = writeln!(out, "{version} {}", variants.collect::<Vec<_>>().join(" "));
        }
    }
    out
}
