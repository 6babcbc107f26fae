//! `gone-tags.txt`: the tags that an image had once, with the platforms of their last day. What is in the file stays,
//! and what the last `base-images.yaml` had and the sources have no more is added; the table of the whole history,
//! where it is there, takes the place of both.

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
# `3.9.1 _ slim` stands for the tags `3.9.1` and `3.9.1-slim`.
";

/// By image and tag: the day from which it was gone, and its platforms until then.
type Gone = BTreeMap<(String, String), (String, String)>;

pub fn text(places: &Places, images: &Images) -> anyhow::Result<String> {
    let mut gone = match history(places)? {
        Some(gone) => gone,
        None => carried_on(places)?,
    };
    for (image, blocks) in images {
        for tag in blocks.iter().flat_map(|block| &block.tags) {
            gone.remove(&(image.clone(), tag.clone()));
        }
    }
    Ok(written(&gone))
}

/// The rows of the history that ended; the last one of each tag.
fn history(places: &Places) -> anyhow::Result<Option<Gone>> {
    let path = places.sources.join(HISTORY);
    if !path.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(path)?).read_to_string(&mut text).context(HISTORY)?;
    let mut gone = Gone::new();
    for line in text.lines().skip(1) {
        let [image, tag, _, to, arches] = line.split('\t').collect::<Vec<_>>()[..] else {
            anyhow::bail!("{HISTORY}: `{line}` has not five columns");
        };
        let mut platforms = BTreeSet::new();
        for arch in arches.split(',') {
            platforms.extend(library::platform(arch)?);
        }
        let platforms = platforms.into_iter().collect::<Vec<_>>().join(" ");
        gone.insert((image.to_owned(), tag.to_owned()), (to.to_owned(), platforms));
    }
    gone.retain(|_, (to, _)| !to.is_empty());
    Ok(Some(gone))
}

/// What the files in the tree say: the tags that were gone, and those that were there then.
fn carried_on(places: &Places) -> anyhow::Result<Gone> {
    let read = |name: &str| fs::read_to_string(places.root.join(name)).with_context(|| name.to_owned());
    let mut gone = Gone::new();
    let (mut image, mut day, mut platforms) = (String::new(), String::new(), String::new());
    for line in read("gone-tags.txt")?.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix("= ") {
            let mut parts = head.splitn(3, ' ').map(str::to_owned);
            (image, day, platforms) = (|| Some((parts.next()?, parts.next()?, parts.next()?)))()
                .with_context(|| format!("gone-tags.txt: `{line}`"))?;
            continue;
        }
        let (version, variants) = line.split_once(' ').with_context(|| format!("gone-tags.txt: `{line}`"))?;
        for variant in variants.split(' ') {
            let tag = if variant == "_" { version.to_owned() } else { format!("{version}-{variant}") };
            gone.insert((image.clone(), tag), (day.clone(), platforms.clone()));
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
                gone.insert((image.clone(), tag.to_owned()), (places.date.clone(), platforms.clone()));
            }
        }
    }
    Ok(gone)
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

fn written(gone: &Gone) -> String {
    let mut groups: BTreeMap<(&str, &str, &str), BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for ((image, tag), (day, platforms)) in gone {
        let (version, variant) = split(tag);
        let versions = groups.entry((image, day, platforms)).or_default();
        versions.entry(version).or_default().insert(variant);
    }
    let mut out = HEAD.to_owned();
    for ((image, day, platforms), versions) in groups {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "= {image} {day} {platforms}");
        for (version, variants) in versions {
            let variants = variants.into_iter().map(|variant| if variant.is_empty() { "_" } else { variant });
            let _ = writeln!(out, "{version} {}", variants.collect::<Vec<_>>().join(" "));
        }
    }
    out
}
