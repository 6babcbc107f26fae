//! The tables of official images, compiled in: which tags there are, and which there were once.
//!
//! `build.rs` writes them from `base-images.yaml` and `gone-tags.txt`. Texts are kept once and known by number; the
//! numbers lie in byte strings, so that nothing is parsed or relocated when the program starts.

use super::date::Date;

/// An official image, or one that is listed with them.
pub(super) struct Image {
    /// As people write it: `python`, `mcr.microsoft.com/dotnet/sdk`.
    pub name: &'static str,
    /// The products whose versions it has, separated by spaces.
    pub products: &'static str,
    /// Its rows in the table of builds, and in that of tags that are gone, or that lost platforms.
    builds: [u32; 2],
    gone: [u32; 2],
    lost: [u32; 2],
}

/// What several tags of an image name at present.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Build(u32);

/// A tag that is not there any more, or what one has lost.
pub(super) struct Gone {
    /// The first day without it.
    pub until: Date,
    /// `amd64 arm/v7`: those of its last day, or the lost ones.
    pub platforms: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/official_images.rs"));

/// A file that `build.rs` wrote.
macro_rules! bytes {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/official_images/", $name))
    };
}

static BUILDS: &[u8] = bytes!("builds");
static BUILD_TAGS: &[u8] = bytes!("build_tags");
static GONE: &[u8] = bytes!("gone");
static LISTS: &[u8] = bytes!("lists");
static LIST_ENDS: &[u8] = bytes!("list_ends");
static TAGS: Texts = Texts {
    all: include_str!(concat!(env!("OUT_DIR"), "/official_images/tags.txt")),
    ends: bytes!("tags_ends"),
};
static VERSIONS: Texts = Texts {
    all: include_str!(concat!(env!("OUT_DIR"), "/official_images/versions.txt")),
    ends: bytes!("versions_ends"),
};
static VARIANTS: Texts = Texts {
    all: include_str!(concat!(env!("OUT_DIR"), "/official_images/variants.txt")),
    ends: bytes!("variants_ends"),
};

/// The bytes of a row of [`GONE`]: version, list of variants, day, platforms.
const GONE_ROW: usize = 7;

/// What the tables take in the program.
pub(super) const BYTES: usize = BUILDS.len()
    + BUILD_TAGS.len()
    + GONE.len()
    + LISTS.len()
    + LIST_ENDS.len()
    + TAGS.bytes()
    + VERSIONS.bytes()
    + VARIANTS.bytes();

/// What they may add to the program.
const MOST_BYTES: usize = 3 << 19;
const _: () = assert!(BYTES <= MOST_BYTES, "the tables of official images have grown too large");

fn short(table: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([table[2 * at], table[2 * at + 1]])
}

fn long(table: &[u8], at: usize) -> usize {
    let bytes = [table[4 * at], table[4 * at + 1], table[4 * at + 2], table[4 * at + 3]];
    u32::from_le_bytes(bytes) as usize
}

/// Where piece `at` begins and ends, in a table of ends.
fn piece(ends: &[u8], at: usize) -> std::ops::Range<usize> {
    let from = if at == 0 { 0 } else { long(ends, at - 1) };
    from..long(ends, at)
}

/// Texts by number.
struct Texts {
    all: &'static str,
    ends: &'static [u8],
}

impl Texts {
    const fn bytes(&self) -> usize {
        self.all.len() + self.ends.len()
    }

    fn at(&self, at: usize) -> &'static str {
        &self.all[piece(self.ends, at)]
    }

    /// The number of a text, where the texts are in order.
    fn find(&self, text: &str) -> Option<usize> {
        let (mut from, mut to) = (0, self.ends.len() / 4);
        while from < to {
            let middle = from.midpoint(to);
            match self.at(middle).cmp(text) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }
}

impl Build {
    /// `amd64 arm/v7`
    pub fn platforms(self) -> &'static str {
        PLATFORMS[usize::from(BUILDS[self.0 as usize])]
    }

    /// All its tags, the fullest first.
    pub fn tags(self) -> impl Iterator<Item = &'static str> + Clone {
        let from = short(BUILD_TAGS, self.0 as usize);
        let to = short(BUILD_TAGS, self.0 as usize + 1);
        (from..to).map(|at| TAGS.at(at.into()))
    }
}

impl Image {
    /// What is built at present.
    pub fn builds(&self) -> impl Iterator<Item = Build> + use<> {
        (self.builds[0]..self.builds[1]).map(Build)
    }

    /// The build that a tag names.
    pub fn build(&self, tag: &str) -> Option<Build> {
        self.builds().find(|build| build.tags().any(|known| known == tag))
    }

    /// What is known of a tag that is not there any more.
    pub fn gone(&self, tag: &str) -> Option<Gone> {
        rows_of(self.gone, tag).next()
    }

    /// The platforms that a tag had once, and did not have any more on its last day.
    pub fn lost(&self, tag: &str) -> impl Iterator<Item = Gone> {
        rows_of(self.lost, tag)
    }
}

/// The rows of a tag, among some of [`GONE`].
fn rows_of(among: [u32; 2], tag: &str) -> impl Iterator<Item = Gone> {
    let hyphens = tag.match_indices('-').map(|(at, _)| (&tag[..at], &tag[at + 1..]));
    let forms = std::iter::once((tag, "")).chain(hyphens);
    let numbers =
        forms.filter_map(|(version, variant)| Some((VERSIONS.find(version)?, VARIANTS.find(variant)?)));
    numbers.flat_map(move |(version, variant)| rows_as(among, version, variant))
}

fn rows_as(among: [u32; 2], version: usize, variant: usize) -> impl Iterator<Item = Gone> {
    let row = |at: u32| &GONE[at as usize * GONE_ROW..][..GONE_ROW];
    // They are in the order of their versions.
    let (mut from, mut to) = (among[0], among[1]);
    while from < to {
        let middle = from.midpoint(to);
        if usize::from(short(row(middle), 0)) < version { from = middle + 1 } else { to = middle }
    }
    let rows = (from..among[1]).map(row).take_while(move |row| usize::from(short(row, 0)) == version);
    let with_variant = rows.filter(move |row| {
        let mut items = piece(LIST_ENDS, short(row, 1).into());
        items.any(|at| usize::from(short(LISTS, at)) == variant)
    });
    with_variant
        .map(|row| Gone { until: Date::from_bits(short(row, 2)), platforms: PLATFORMS[usize::from(row[6])] })
}
