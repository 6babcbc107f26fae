//! Docker Official Images, and what is listed with them: what a tag names, and how long it is looked after.

use super::balena::{BARE_STACKS, DEFAULT_DISTRO};
use super::date::Date;
use super::ends::{self, Release};
use super::name::Family;
use super::official_table::{Build, DISTRO_OF_IMAGE, IMAGES, Image, STACK_ALIASES, STACKS};
use super::platform::Platform;
use super::reference::Reference;
use super::table::{DISTROS, value};
use super::version::{compare, is_number, means};

/// What a tag of an image names.
pub(super) enum TagMatch {
    /// A build that is there at present.
    Current(Entry),
    /// Something that is not rebuilt any more.
    Gone { until: Date, platforms: Vec<Platform> },
    /// Nothing that the tables know.
    Unlisted,
}

/// A build of an image that is there at present.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub image: &'static Image,
    /// How long it is looked after: what any of its tags says.
    pub life: Life,
    build: Build,
}

/// What a tag says of the life of an image.
#[derive(Clone, Copy, Default)]
pub(super) struct Life {
    /// The version of the program.
    pub own: Option<Release>,
    /// The distribution that it is on.
    pub base: Option<(&'static str, Release)>,
}

impl Life {
    /// What ends first of the program and the distribution.
    pub fn release(&self) -> Option<Release> {
        Release::earlier(self.own, self.base.map(|(_, release)| release))
    }

    /// What a tag itself says.
    pub fn of_tag(image: &'static Image, tag: &str) -> Life {
        let first = ends::followed(image.name, first_piece(tag));
        let own = ends::named(image.products, first);
        // A distribution is not on another.
        let base = ends::base(tag).filter(|(_, base)| own.is_none_or(|own| own.product != base.product));
        Life { own, base }
    }
}

/// What stands before the first hyphen of a tag.
pub(super) fn first_piece(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

/// What stands after the first hyphen of a tag.
pub(super) fn variant_of(tag: &str) -> &str {
    tag.split_once('-').map_or("", |(_, variant)| variant)
}

/// Whether a word is a version: a number, but no day.
fn is_version(word: &str) -> bool {
    is_number(word.trim_start_matches('v')) && !(word.len() == 8 && Date::parse(word).is_some())
}

impl Entry {
    fn new(image: &'static Image, build: Build) -> Entry {
        let lives = || build.tags().map(|tag| Life::of_tag(image, tag));
        let life = Life { own: lives().find_map(|life| life.own), base: lives().find_map(|life| life.base) };
        Entry { image, life, build }
    }

    /// Its tags, the fullest first.
    pub fn tags(self) -> impl Iterator<Item = &'static str> + Clone {
        self.build.tags()
    }

    pub fn platforms(self) -> Vec<Platform> {
        platforms(self.build.platforms())
    }

    /// Whether it is a test version of what is to come.
    pub fn is_preview(self) -> bool {
        let Some(first) = self.tags().next() else { return false };
        let words = ["rc", "beta", "alpha", "preview", "dev", "ea", "tip", "nightly", "unstable"];
        let is_word = |piece: &str| {
            let word = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
            words.contains(&word)
        };
        first.split('-').any(is_word) || self.life.own.is_none() && !self.image.products.is_empty()
    }

    /// The word of its tags that stands for the version as it is looked after: `3.12` of Python, `bookworm` of
    /// Debian; for a program whose versions have no known end the shortest number. Where `codename` is set, a code
    /// name comes before a number.
    pub fn family(self, codename: bool) -> Option<&'static str> {
        let words = || self.tags().map(first_piece);
        if let Some(own) = self.life.own {
            let named = own.codename.filter(|name| words().any(|word| word == *name));
            let numbers = words().filter(|word| is_version(word) && own.is_named(word));
            let number =
                numbers.min_by_key(|word| word.len()).or_else(|| words().find(|word| *word == own.cycle));
            return if codename { named.or(number) } else { number.or(named) };
        }
        let numbers = words().filter(|word| is_version(word));
        numbers.min_by_key(|word| word.len()).or_else(|| words().find(|word| ends::base(word).is_some()))
    }

    /// The same, for a version that is written so: a program whose versions have no known end may be named with as
    /// many numbers.
    pub fn family_like(self, written: Option<&str>, codename: bool) -> Option<&'static str> {
        let numbers = |word: &str| word.split('.').count();
        let alike = written.filter(|_| self.life.own.is_none()).and_then(|written| {
            let words = self.tags().map(first_piece).filter(|word| is_version(word));
            words.min_by_key(|word| (numbers(word).abs_diff(numbers(written)), word.len()))
        });
        let family = alike.filter(|_| !codename).or_else(|| self.family(codename))?;
        // `v3.7` for `v3.6`.
        let has_v = written.is_some_and(|written| written.starts_with('v'));
        let with_v = || self.tags().map(first_piece).find(|word| word.strip_prefix('v') == Some(family));
        has_v.then(with_v).flatten().or(Some(family))
    }

    /// Whether one of its tags stands for a version as it is looked after.
    pub fn has_family(self) -> bool {
        self.family(false).or_else(|| self.family(true)).is_some()
    }

    /// What orders its family among others.
    pub fn order(self) -> Option<&'static str> {
        let life = self.life;
        let by_base = || life.base.map(|(_, release)| release.cycle);
        let own = life.own.map(|own| own.cycle);
        own.or_else(|| self.tags().map(first_piece).find(|word| is_version(word))).or_else(by_base)
    }

    /// The tag of this family with a variant.
    pub fn tag(self, family: &str, variant: &str) -> Option<&'static str> {
        self.tags().find(|tag| first_piece(tag) == family && variant_of(tag) == variant)
    }

    /// The tag of its family that says what a tag of the same build says after its version.
    pub fn name_like(self, tag: &str) -> &'static str {
        let families = [self.family_like(Some(first_piece(tag)), false), self.family(true)];
        let alike = families.into_iter().flatten().find_map(|family| self.tag(family, variant_of(tag)));
        // `slim` alone has no version, and `bookworm` of Debian is one.
        let is_plain = is_version(first_piece(tag)) || self.family(true) == Some(first_piece(tag));
        alike.filter(|_| is_plain && !variant_of(tag).is_empty()).unwrap_or_else(|| self.name())
    }

    /// The tag to write: of its family, the shortest.
    pub fn name(self) -> &'static str {
        let codename = value(DISTROS, self.image.name).is_some() && self.image.name == DEFAULT_DISTRO;
        let of_family = self.family(codename).and_then(|family| {
            let tags = self.tags().filter(|tag| first_piece(tag) == family);
            tags.min_by_key(|tag| tag.len())
        });
        of_family.or_else(|| self.tags().next()).unwrap_or_default()
    }
}

pub(super) fn platforms(names: &str) -> Vec<Platform> {
    names.split(' ').filter_map(Platform::linux).collect()
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
        && let Some(only) = prefix_platform(prefix)
    {
        return (image(name), Some(only));
    }
    (image(&reference.short_name()), None)
}

/// The platform of Docker Hub's repositories for one architecture.
fn prefix_platform(prefix: &str) -> Option<Platform> {
    const PREFIXES: [(&str, &str); 10] = [
        ("amd64", "amd64"),
        ("i386", "386"),
        ("arm32v5", "arm/v5"),
        ("arm32v6", "arm/v6"),
        ("arm32v7", "arm/v7"),
        ("arm64v8", "arm64/v8"),
        ("mips64le", "mips64le"),
        ("ppc64le", "ppc64le"),
        ("riscv64", "riscv64"),
        ("s390x", "s390x"),
    ];
    Platform::linux(value(&PREFIXES, prefix)?)
}

/// Whether an image of this name is a system to build on, with nothing in it that has a version.
pub(super) fn is_bare(name: &str) -> bool {
    value(DISTROS, name).is_some() || BARE_STACKS.contains(&name) || name == "busybox"
}

/// The distribution that an image is on, if balena had images on it too.
pub(super) fn distro_of(reference: &Reference) -> Option<&'static str> {
    let distro = distro_named(reference).unwrap_or(DEFAULT_DISTRO);
    value(DISTROS, distro).map(|_| distro)
}

/// The distribution that the tags of an image name, or that all of its builds are on.
pub(super) fn distro_named(reference: &Reference) -> Option<&'static str> {
    let (name, tag) = (reference.short_name(), reference.tag().unwrap_or("latest"));
    let named = || match image(&name).map(|image| find(image, tag)) {
        Some(TagMatch::Current(entry)) => entry.life.base.map(|(distro, _)| distro),
        _ => ends::base(tag).map(|(distro, _)| distro),
    };
    let by_word = || tag.split('-').any(|piece| piece == "alpine").then_some("alpine");
    let own = value(DISTROS, &name).and_then(|_| image(&name)).map(|image| image.name);
    own.or_else(named).or_else(by_word).or_else(|| value(DISTRO_OF_IMAGE, &name))
}

/// The name of a distribution that balena had images on too.
pub(super) fn known_distro(name: &str) -> Option<&'static str> {
    DISTROS.iter().map(|(distro, _)| *distro).find(|distro| *distro == name)
}

/// The stack that an image carries.
pub(super) fn stack_of(name: &str) -> Option<&'static str> {
    let listed = STACKS.iter().find(|(_, images)| images.contains(&name)).map(|(stack, _)| *stack);
    listed.or_else(|| image(name).map(|image| image.name).filter(|name| !is_bare(name)))
}

/// The stack of a name, also one that people use for it: `go`.
pub(super) fn stack_called(name: &str) -> Option<&'static str> {
    let name = value(STACK_ALIASES, name).unwrap_or(name);
    STACKS.iter().map(|(stack, _)| *stack).find(|stack| *stack == name).or_else(|| stack_of(name))
}

/// Whether anything is built of an image, test versions apart.
pub(super) fn is_built(image: &'static Image) -> bool {
    entries(image).any(|entry| !entry.is_preview())
}

/// Everything that is built of an image.
pub(super) fn entries(image: &'static Image) -> impl Iterator<Item = Entry> {
    image.builds().map(move |build| Entry::new(image, build))
}

/// What a tag names.
pub(super) fn find(image: &'static Image, tag: &str) -> TagMatch {
    if let Some(build) = image.build(tag) {
        return TagMatch::Current(Entry::new(image, build));
    }
    match image.gone(tag) {
        Some(gone) => TagMatch::Gone { until: gone.until, platforms: platforms(gone.platforms) },
        None => TagMatch::Unlisted,
    }
}

/// The current tag that comes nearest to one that is not there, with its build: the newest of the same version and
/// variant. `python:3.12.1-slim` is near to `3.12-slim`.
pub(super) fn near(image: &'static Image, tag: &str) -> Option<(Entry, &'static str)> {
    let is_day = |piece: &&str| piece.len() == 8 && Date::parse(piece).is_some();
    // `bookworm-20240904-slim` is one build of `bookworm-slim`.
    let variant: Vec<&str> = variant_of(tag).split('-').filter(|piece| !is_day(piece)).collect();
    let (version, variant) = (first_piece(tag).trim_start_matches('v'), variant.join("-"));
    let fitting = entries(image).filter_map(|entry| {
        let of_version = |family: &&str| {
            let family = family.trim_start_matches('v');
            means(family, version) || means(version, family)
        };
        let families = [entry.family_like(Some(first_piece(tag)), false), entry.family(true)];
        let mut tags = families.into_iter().flatten().filter(of_version);
        tags.find_map(|family| Some((entry, entry.tag(family, &variant)?)))
    });
    let order = |entry: &Entry| entry.order().unwrap_or_default();
    fitting.max_by(|(a, _), (b, _)| compare(order(a), order(b)))
}
