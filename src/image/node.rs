//! The official `node` images by major version, for a project that is only a `package.json`.

use super::official::{self, Entry};

/// The first major version: older ones cannot install from today's registry.
const FIRST: u64 = 6;

/// Every major version: the maintained ones first, then the others, each newest first; and the platforms
/// that the Debian image and the Alpine image have (`amd64`, `arm/v7`).
///
/// ```
/// let (newest, on_debian, _) = dtpl::image::node_images().next().unwrap();
/// assert!(newest >= 26 && on_debian.contains(&"arm64"));
/// ```
pub fn node_images() -> impl Iterator<Item = (u64, Vec<&'static str>, Vec<&'static str>)> {
    let image = official::image("node");
    let numbers = image.into_iter().flat_map(official::entries).flat_map(Entry::tags);
    let newest = numbers.filter_map(|tag| tag.parse::<u64>().ok()).max().unwrap_or_default();
    let split = |names: &'static str| names.split(' ').collect::<Vec<_>>();
    let current = move |tag: &str| Some(split(image?.build(tag)?.platforms()));
    let gone = move |tag: &str| Some(split(image?.gone(tag)?.platforms));
    let of = |major: u64, found: &dyn Fn(&str) -> Option<Vec<&'static str>>| {
        let debian = found(&major.to_string())?;
        Some((major, debian, found(&format!("{major}-alpine")).unwrap_or_default()))
    };
    let maintained: Vec<_> = (FIRST..=newest).rev().filter_map(|major| of(major, &current)).collect();
    let others = (FIRST..=newest).rev().filter_map(move |major| of(major, &gone));
    maintained.into_iter().chain(others)
}
