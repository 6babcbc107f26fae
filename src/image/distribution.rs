//! The distribution that an official image is on, and its release, as far as its tags say it.

use super::balena::DEFAULT_DISTRO;
use super::debian;
use super::ends::Release;
use super::knowledge::Knowledge;
use super::official::{self, Life, TagMatch};
use super::official_table::DISTRO_OF_IMAGE;
use super::reference::Reference;
use super::table::{DISTROS, value};

/// A distribution, with its release where that is known: `debian` and `bookworm`, `alpine` and `3.22`.
pub(crate) type Distribution = (&'static str, Option<&'static str>);

/// What an official image is on. The tags of one build say it together: `python:3.12-slim` is that of
/// `3.12-slim-trixie`. A digest alone says nothing, and a digest beside a tag says that the build may be another than
/// that of today: then only what the tag itself says counts.
pub(crate) fn distribution(reference: &Reference, known: &Knowledge) -> Option<Distribution> {
    let image = official::image(known.image?)?;
    let is_pinned = reference.digest().is_some();
    let tag = match reference.tag() {
        None if is_pinned => "",
        tag => tag.unwrap_or("latest"),
    };
    let life = match official::find(image, tag) {
        TagMatch::Current(entry) if !is_pinned => entry.life,
        _ => Life::of_tag(image, tag),
    };
    // Of these nothing says when they end.
    let unreleased = || tag.split('-').find_map(debian::unreleased);
    let name = |release: Release| release.codename.unwrap_or(release.cycle);
    if value(DISTROS, image.name).is_some() {
        return Some((image.name, life.own.map(name).or_else(unreleased)));
    }
    if let Some((distro, release)) = life.base {
        return Some((distro, Some(name(release))));
    }
    if let Some(release) = unreleased() {
        return Some((DEFAULT_DISTRO, Some(release)));
    }
    let by_word = tag.split('-').any(|piece| piece.starts_with("alpine")).then_some("alpine");
    by_word.or_else(|| value(DISTRO_OF_IMAGE, image.name)).map(|distro| (distro, None))
}
