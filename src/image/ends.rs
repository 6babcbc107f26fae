//! When a version ends, by the table of endoflife.date that is compiled in: of a program, and of the distribution that
//! an image is on.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::date::Date;
use super::official_table::{BASES, ENDS, FOLLOWS};
use super::table::value;

/// When a version is no longer looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It has ended; the day is not known.
    Over,
    /// It ends on this day.
    On(Date),
    /// No end is fixed.
    Open,
}

impl End {
    /// Whether a version with this end is over on a day.
    pub fn is_over(self, day: Date) -> bool {
        match self {
            End::Over => true,
            End::On(end) => end <= day,
            End::Open => false,
        }
    }

    /// For an order: what ends first comes first.
    pub(super) fn rank(self) -> (u8, u16) {
        match self {
            End::Over => (0, 0),
            End::On(day) => (1, day.bits()),
            End::Open => (2, 0),
        }
    }
}

/// A release of a product, as `endoflife.date` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// `python`, `debian`
    pub product: &'static str,
    /// `3.12`, `13`
    pub cycle: &'static str,
    /// `trixie`
    pub codename: Option<&'static str>,
    /// When it ends.
    pub end: End,
}

/// What ends first of what is in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ending {
    /// `debian 11 (bullseye)`, or the image itself.
    pub of: String,
    /// When.
    pub end: End,
}

impl Ending {
    /// When it ends, as a part of a sentence: `python 3.12 ends on 2028-10-31`, or `ended` by that day. Nothing where
    /// no end is fixed.
    pub fn phrase(&self, as_of: Date) -> Option<String> {
        let of = &self.of;
        match self.end {
            End::Over => Some(format!("{of} has ended")),
            End::On(day) if day <= as_of => Some(format!("{of} ended on {day}")),
            End::On(day) => Some(format!("{of} ends on {day}")),
            End::Open => None,
        }
    }
}

impl From<Release> for Ending {
    fn from(release: Release) -> Self {
        Ending { of: release.name(), end: release.end }
    }
}

impl Release {
    /// `debian 13 (trixie)`
    pub fn name(&self) -> String {
        match self.codename.filter(|codename| *codename != self.cycle) {
            Some(codename) => format!("{} {} ({codename})", self.product, self.cycle),
            None => format!("{} {}", self.product, self.cycle),
        }
    }

    /// The release of two that ends first.
    pub(super) fn earlier(a: Option<Release>, b: Option<Release>) -> Option<Release> {
        [a, b].into_iter().flatten().min_by_key(|release| release.end.rank())
    }

    /// Whether a word of a tag names this release: `3.12.4`, `v3.5`, `8u462`, `trixie`.
    pub(super) fn is_named(&self, word: &str) -> bool {
        let number = word.strip_prefix('v').unwrap_or(word);
        self.codename == Some(word)
            || number
                .strip_prefix(self.cycle)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// The releases of each product, the newest first.
static RELEASES: LazyLock<BTreeMap<&str, Vec<Release>>> = LazyLock::new(|| {
    let read = |(product, lines): &(&'static str, &'static str)| {
        (*product, lines.lines().filter_map(|line| read(product, line)).collect())
    };
    ENDS.iter().map(read).collect()
});

/// The distributions that stand in tags by their code names.
static CODENAMES: LazyLock<BTreeMap<&str, (&str, Release)>> = LazyLock::new(|| {
    let by_name =
        BASES.iter().filter_map(|(distro, described)| Some((*distro, described.strip_suffix(" -")?)));
    let all = by_name.flat_map(|(distro, product)| releases(product).map(move |release| (distro, release)));
    all.filter_map(|(distro, release)| Some((release.codename?, (distro, release)))).collect()
});

/// The releases of a product, the newest first.
pub(super) fn releases(product: &str) -> impl Iterator<Item = Release> {
    RELEASES.get(product).into_iter().flatten().copied()
}

/// A line of the table: `13 trixie 2030-06-30`.
fn read(product: &'static str, line: &'static str) -> Option<Release> {
    let mut words = line.rsplitn(3, ' ');
    let (end, codename, cycle) = (words.next()?, words.next()?, words.next()?);
    let end = match end {
        "over" => End::Over,
        "open" => End::Open,
        // A day before those that a `Date` can be is over in any case.
        day => Date::parse(day).map_or(End::Over, End::On),
    };
    Some(Release { product, cycle, codename: (codename != "-").then_some(codename), end })
}

/// The release that a word names, of one of several products separated by spaces.
pub(super) fn named(products: &str, word: &str) -> Option<Release> {
    let all = products.split(' ').flat_map(releases).filter(|release| release.is_named(word));
    all.max_by_key(|release| release.cycle.len())
}

/// The word of a tag that names a release, for one that follows it: `bookworm` for `oldstable`.
pub(super) fn followed<'t>(image: &str, word: &'t str) -> &'t str {
    value(FOLLOWS, image).and_then(|tags| value(tags, word)).unwrap_or(word)
}

/// The distribution that a tag names after its version, with the release: `3.12-slim-bookworm`, `21-alpine3.22`.
pub(super) fn base(tag: &str) -> Option<(&'static str, Release)> {
    let pieces = || tag.split('-');
    let by_piece = pieces().find_map(|piece| {
        let mut numbered = BASES.iter().filter_map(|(distro, described)| {
            let (product, prefix) = described.split_once(' ')?;
            Some((*distro, named(product, piece.strip_prefix(prefix)?)?))
        });
        CODENAMES.get(piece).copied().or_else(|| numbered.next())
    });
    // `alpine-3.24` in two pieces.
    by_piece.or_else(|| {
        pieces().zip(pieces().skip(1)).find_map(|(word, number)| {
            let (distro, described) =
                BASES.iter().find(|(_, described)| described.ends_with(&format!(" {word}")))?;
            let (product, _) = described.split_once(' ')?;
            Some((
                *distro,
                named(product, number).filter(|_| number.starts_with(|c: char| c.is_ascii_digit()))?,
            ))
        })
    })
}
