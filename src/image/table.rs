//! The tables of the two series that balena published, compiled in: nothing is parsed when the program starts, and
//! what is not used costs nothing.
//!
//! `build.rs` writes them from `balena-images.yaml`. Versions and variants are kept once, in [`TEXTS`];
//! releases of a distribution and arches are bits.

use super::date::Date;

/// Texts by number. All are one text, for the same reason as in [`part`].
pub(super) struct Texts {
    all: &'static str,
    ends: &'static [u16],
}

impl Texts {
    fn at(&self, number: u16) -> &'static str {
        let number = usize::from(number);
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.all[start.into()..self.ends[number].into()]
    }
}

/// What was ever buildable of `balenalib`, of one distribution and stack.
pub(super) struct Series {
    distro: u8,
    pub stack: &'static str,
    pub built: &'static [Built],
}

impl Series {
    pub fn distro(&self) -> &'static str {
        DISTROS[usize::from(self.distro)].0
    }
}

/// One version of a [`Series`], for some arches.
pub(super) struct Built {
    /// On which releases of the distribution.
    pub on: u32,
    version: u16,
    pub first: Date,
    pub last: Date,
    /// For which [`ARCHES`].
    pub arches: u8,
}

impl Built {
    pub fn version(&self) -> &'static str {
        TEXTS.at(self.version)
    }
}

/// Images of the last generation of `balenalib`: each version on each release, for building and for
/// running.
pub(super) struct Last {
    arch: u8,
    distro: u8,
    stack: u16,
    /// Where its versions are in [`LAST_VERSIONS`].
    versions: [u16; 2],
    pub on: u32,
}

impl Last {
    pub fn arch(&self) -> &'static str {
        ARCHES[usize::from(self.arch)]
    }

    pub fn distro(&self) -> &'static str {
        DISTROS[usize::from(self.distro)].0
    }

    /// Empty without one.
    pub fn stack(&self) -> &'static str {
        TEXTS.at(self.stack)
    }

    pub fn versions(&self) -> impl Iterator<Item = &'static str> + use<> {
        part(LAST_VERSIONS, self.versions).iter().map(|version| TEXTS.at(*version))
    }
}

/// The rows of a table from one number up to another. Rows that refer to others by number are not relocated
/// when the program starts.
fn part<T>(table: &'static [T], [from, to]: [u16; 2]) -> &'static [T] {
    &table[usize::from(from)..usize::from(to)]
}

const fn l(arch: u8, distro: u8, stack: u16, from: u16, to: u16, on: u32) -> Last {
    Last { arch, distro, stack, versions: [from, to], on }
}

const fn b(version: u16, on: u32, first: u16, last: u16, arches: u8) -> Built {
    Built { on, version, first: Date::from_bits(first), last: Date::from_bits(last), arches }
}

/// What a table has for a key.
pub(super) fn value<T: Copy>(table: &[(&str, T)], key: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}

include!(concat!(env!("OUT_DIR"), "/base_images.rs"));

/// What the catalogue may add to the program.
const MOST_BYTES: usize = 150 << 10;
const _: () = assert!(BYTES <= MOST_BYTES, "the catalogue has grown too large");

/// What the tables take in the program.
pub const BYTES: usize = bytes();

/// The bytes of a table, and of what each of its rows refers to.
macro_rules! sum {
    ($table:expr, $row:ident => $bytes:expr) => {{
        let (mut sum, mut at) = (size_of_val($table), 0);
        while at < $table.len() {
            let $row = &$table[at];
            sum += $bytes;
            at += 1;
        }
        sum
    }};
}

const fn texts(list: &[&str]) -> usize {
    sum!(list, text => text.len())
}

const fn lists<T>(table: &[(&str, T)]) -> usize {
    sum!(table, row => row.0.len())
}

const fn bytes() -> usize {
    let mut sum = TEXTS.all.len() + size_of_val(TEXTS.ends) + texts(ARCHES);
    sum += texts(BALENALIB_ALIASES) + texts(RESIN_ALIASES) + texts(EXTRA);
    sum += lists(FINAL_DEVICE_TYPES) + lists(LISTED_DEVICE_TYPES) + lists(LATE_DEVICE_TYPES);
    sum += lists(RESIN_MEANT);
    sum += size_of_val(LAST) + size_of_val(LAST_VERSIONS);
    sum += sum!(SERIES, series => size_of_val(series.built));
    sum += sum!(RESIN_REPOSITORIES, row => texts(row.0) + texts(row.1));
    sum += sum!(RESIN_VERSIONS, row => row.0.len() + texts(row.1));
    sum += sum!(DISTROS, row => row.0.len() + texts(row.1));
    sum + sum!(MEANT, row => row.0.len() + size_of_val(row.1))
}
