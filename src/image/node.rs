//! The official `node` images by major version, for a project that is only a `package.json`.

use super::official::{self, TagEntry};
use super::version::compare;

/// The first major version: older ones cannot install from today's registry.
const FIRST: u64 = 6;

/// Every major version: the maintained ones first, then the others, each newest first; and the platforms
/// that the Debian image and the Alpine image have (`amd64`, `arm/v7`).
///
/// ```
/// let newest = dtpl::image::node_images().next().unwrap();
/// assert_eq!(newest, (26, vec!["amd64", "arm64"], vec!["amd64", "arm64"]));
/// ```
pub fn node_images() -> impl Iterator<Item = (u64, Vec<&'static str>, Vec<&'static str>)> {
    let image = official::image("node");
    let of = move |variant: &'static str| {
        let all = image.into_iter().flat_map(official::entries);
        all.filter(move |entry| entry.group.variant() == variant)
    };
    let mut debian: Vec<TagEntry> = of("").collect();
    debian.sort_by(|a, b| {
        let maintained = b.until().is_none().cmp(&a.until().is_none());
        maintained.then_with(|| compare(b.tag.version(), a.tag.version()))
    });
    let platforms = |entry: TagEntry| -> Vec<&'static str> { entry.group.platforms().split(' ').collect() };
    debian.into_iter().filter_map(move |entry| {
        let version = entry.tag.version();
        let major: u64 = version.parse().ok().filter(|major| *major >= FIRST)?;
        let alpine = of("alpine").find(|entry| entry.tag.version() == version);
        Some((major, platforms(entry), alpine.map(platforms).unwrap_or_default()))
    })
}
