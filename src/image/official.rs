//! Docker Official Images, and what is listed with them: which entry of the catalogue a tag means.

use super::balena::{BARE_STACKS, DEFAULT_DISTRO};
use super::date::Date;
use super::name::Family;
use super::platform::Platform;
use super::reference::Reference;
use super::table::{DISTRO_OF_IMAGE, DISTROS, IMAGES, Image, STACKS, Tag, TagGroup, value};
use super::version::{compare, is_number, means};

/// What the catalogue has for a tag.
pub(super) enum TagMatch {
    /// The tag itself, or what a tag means that names no full version: `3`, `lts`, none.
    Listed(TagEntry),
    /// The tag names more than the catalogue does: `3.12.4` of `3.12`.
    Within(TagEntry),
    Unlisted,
}

/// One tag with its group.
#[derive(Clone, Copy)]
pub(super) struct TagEntry {
    pub group: &'static TagGroup,
    pub tag: &'static Tag,
}

impl TagEntry {
    /// `3.12-slim`
    pub fn name(&self) -> String {
        let (version, variant) = (self.tag.version(), self.group.variant());
        if variant.is_empty() { version.to_owned() } else { format!("{version}-{variant}") }
    }

    pub fn platforms(&self) -> Vec<Platform> {
        platforms(self.group)
    }

    pub fn until(&self) -> Option<Date> {
        self.tag.until()
    }
}

pub(super) fn platforms(group: &TagGroup) -> Vec<Platform> {
    group.platforms().split(' ').filter_map(Platform::linux).collect()
}

/// Whether a device of this platform never could take any image of that name.
pub(super) fn never_had(image: &Image, platform: &Platform) -> bool {
    image.groups.iter().all(|group| platform.choose(&platforms(group)).is_none())
}

/// An image by the name that people write.
pub(super) fn image(name: &str) -> Option<&'static Image> {
    IMAGES.binary_search_by(|image| image.name.cmp(name)).ok().map(|at| &IMAGES[at])
}

/// The image of a reference, and the one platform that its name says (`arm32v7/python`), if it does.
pub(super) fn image_of(reference: &Reference) -> (Option<&'static Image>, Option<Platform>) {
    if Family::of(reference) == Family::Other
        && reference.domain() == "docker.io"
        && let Some((prefix, name)) = reference.path().split_once('/')
    {
        let only = prefix_platform(prefix);
        return (only.as_ref().and_then(|_| image(name)), only);
    }
    (image(&reference.short_name()), None)
}

/// The platform of Docker Hub's repositories for one architecture.
fn prefix_platform(prefix: &str) -> Option<Platform> {
    const PREFIXES: [(&str, &str); 6] = [
        ("amd64", "amd64"),
        ("i386", "386"),
        ("arm32v5", "arm/v5"),
        ("arm32v6", "arm/v6"),
        ("arm32v7", "arm/v7"),
        ("arm64v8", "arm64/v8"),
    ];
    Platform::linux(value(&PREFIXES, prefix)?)
}

/// Whether an image of this name is a system to build on, with nothing in it that has a version.
pub(super) fn is_bare(name: &str) -> bool {
    value(DISTROS, name).is_some() || BARE_STACKS.contains(&name) || name == "busybox"
}

/// The distribution that a maintained image is on, if balena had images on it too.
pub(super) fn distro_of(reference: &Reference) -> Option<&'static str> {
    let (name, tag) = (reference.short_name(), reference.tag().unwrap_or_default());
    let by_tag = || {
        let releases = image("ubuntu").into_iter().flat_map(entries).map(|entry| entry.tag.version());
        let mut names = releases.filter(|release| release.starts_with(|c: char| c.is_ascii_alphabetic()));
        if names.any(|release| tag.contains(release)) { "ubuntu" } else { DEFAULT_DISTRO }
    };
    let own = value(DISTRO_OF_IMAGE, &name).unwrap_or_else(by_tag);
    value(DISTROS, own).map(|_| if tag.contains("alpine") { "alpine" } else { own })
}

/// The stack that an image carries.
pub(super) fn stack_of(name: &str) -> Option<&'static str> {
    let listed = STACKS.iter().find(|(_, images)| images.contains(&name)).map(|(stack, _)| *stack);
    listed.or_else(|| image(name).map(|image| image.name).filter(|name| !is_bare(name)))
}

/// Every tag of an image.
pub(super) fn entries(image: &'static Image) -> impl Iterator<Item = TagEntry> {
    image.groups.iter().flat_map(|group| group.tags().iter().map(move |tag| TagEntry { group, tag }))
}

/// The entry that a tag means.
pub(super) fn find(image: &'static Image, tag: &str) -> TagMatch {
    // `bookworm-20240904-slim`: one build of `bookworm-slim`.
    let is_day = |piece: &str| piece.len() == 8 && Date::parse(piece).is_some();
    if tag.split('-').skip(1).any(is_day) {
        let rolling = tag.split('-').enumerate().filter(|(at, piece)| *at == 0 || !is_day(piece));
        let rolling: Vec<&str> = rolling.map(|(_, piece)| piece).collect();
        return match find(image, &rolling.join("-")) {
            TagMatch::Listed(entry) => TagMatch::Within(entry),
            found => found,
        };
    }
    let (version, variant) = tag.split_once('-').unwrap_or((tag, ""));
    let of_variant = |variant: &str| -> Vec<TagEntry> {
        let fits = |known: &str| {
            known == variant || known.strip_prefix('*').is_some_and(|end| variant.ends_with(end))
        };
        entries(image).filter(|entry| fits(entry.group.variant())).collect()
    };
    let of_version = of_variant(variant);
    let is = |name: &str| of_version.iter().copied().find(|entry| entry.tag.version() == name);
    if let Some(entry) = is(version) {
        return TagMatch::Listed(entry);
    }
    if let Some(meant) = value(image.names, version) {
        return is(meant).map_or(TagMatch::Unlisted, TagMatch::Listed);
    }
    if is_number(version.trim_start_matches('v')) {
        // `12.5` of Debian is a `bookworm`.
        let named = image.names.iter().find(|(name, _)| means(name, version));
        if let Some(entry) = named.and_then(|(_, meant)| is(meant)) {
            return TagMatch::Within(entry);
        }
        let within = of_version.iter().copied().filter(|entry| means(entry.tag.version(), version));
        if let Some(entry) = within.max_by_key(|entry| entry.tag.version().len()) {
            return TagMatch::Within(entry);
        }
        let wanted = of_version.iter().copied().filter(|entry| means(version, entry.tag.version()));
        return newest(wanted).map_or(TagMatch::Unlisted, TagMatch::Listed);
    }
    // No version at all: the newest one that has this variant.
    let named = value(image.names, "latest");
    let all = of_variant(if tag == "latest" { "" } else { tag });
    let found = all.iter().copied().find(|entry| Some(entry.tag.version()) == named);
    found.or_else(|| newest(all.into_iter())).map_or(TagMatch::Unlisted, TagMatch::Listed)
}

/// The newest: one that is still built before one that is not, then by number; a word is no number.
pub(super) fn newest(entries: impl Iterator<Item = TagEntry>) -> Option<TagEntry> {
    let rank =
        |entry: &TagEntry| (entry.until().is_none(), is_number(entry.tag.version().trim_start_matches('v')));
    entries.max_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| compare(a.tag.version(), b.tag.version())))
}
