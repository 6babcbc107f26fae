//! What the parts that a name leaves out meant, and since when: `balenalib/raspberrypi3` was Debian
//! stretch in 2018 and bookworm at the end.

use super::balena::{DEFAULT_DISTRO, DEFAULT_VARIANT, RESIN_MAJORS};
use super::date::Date;
use super::name::{Family, Parts};
use super::table::{MEANT, RESIN_MEANT, RESIN_SNAPSHOT};

/// A part of a `resin/` or `balenalib/` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `debian`
    Distro,
    /// The distribution's release: `bookworm`.
    Release,
    /// The stack's version: `3.11`.
    Version,
    /// `build` or `run`.
    Variant,
}

impl Part {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Distro => "distribution",
            Part::Release => "release",
            Part::Version => "version",
            Part::Variant => "variant",
        }
    }
}

/// A part that was left out, and what it meant from which day on.
///
/// ```
/// use dtpl::{embedded, image::{Catalogue, Date, Part, Reference}};
/// let registry = embedded::registry();
/// let image = Reference::parse("balenalib/raspberrypi3-python").unwrap();
/// let known = Catalogue::new(&registry).about(&image);
/// let version = known.omitted.iter().find(|omitted| omitted.part == Part::Version).unwrap();
/// assert_eq!(version.at(Date::parse("2021-01-01").unwrap()), Some("3.9"));
/// assert_eq!(version.last(), Some("3.11"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Omitted {
    /// Which one.
    pub part: Part,
    /// From which day it meant what, the earliest first.
    pub meant: Vec<(Date, &'static str)>,
}

impl Omitted {
    /// What it meant at the end.
    pub fn last(&self) -> Option<&'static str> {
        self.meant.last().map(|(_, meant)| *meant)
    }
}

/// The parts that were left out of a name.
pub(super) fn omitted(parts: &Parts, family: Family) -> Vec<Omitted> {
    let distro = parts.distro_or_default();
    let begin = if family == Family::Resin { RESIN_SNAPSHOT } else { first_day() };
    let timeline = |name: &str| -> Vec<(Date, &'static str)> {
        if family == Family::Resin {
            let meant = RESIN_MEANT.iter().filter(|(known, _)| *known == name);
            return meant.map(|(_, meant)| (RESIN_SNAPSHOT, *meant)).collect();
        }
        MEANT.iter().find(|(known, _)| *known == name).map_or(Vec::new(), |(_, meant)| meant.to_vec())
    };
    let mut omitted = Vec::new();
    let mut add = |part, meant: Vec<(Date, &'static str)>| {
        if !meant.is_empty() {
            omitted.push(Omitted { part, meant });
        }
    };
    if parts.distro.is_none() {
        add(Part::Distro, vec![(begin, DEFAULT_DISTRO)]);
    }
    if parts.release.is_none() {
        add(Part::Release, timeline(distro));
    }
    if let (Some(stack), None) = (parts.stack, &parts.version) {
        add(Part::Version, timeline(stack));
    }
    if parts.variant.is_none() && family == Family::Balenalib {
        add(Part::Variant, vec![(begin, DEFAULT_VARIANT)]);
    }
    omitted
}

/// What the first number of a version meant at the end: `3` of Python was `3.11`, in `resin/` `3.6`, and
/// not the newest of today. `bare` is what is known of the same name without a tag.
pub(super) fn meant_by_major(parts: &Parts, family: Family, bare: &[Omitted]) -> Option<String> {
    let major = parts.version.as_deref().filter(|version| !version.contains('.'))?;
    let of_resin = |(stack, of, _): &&(&str, &str, &str)| parts.stack == Some(stack) && major == *of;
    if let Some((_, _, whole)) = RESIN_MAJORS.iter().find(of_resin).filter(|_| family == Family::Resin) {
        return Some((*whole).to_owned());
    }
    let last = bare.iter().find(|omitted| omitted.part == Part::Version)?.last()?;
    (last.starts_with(major) && last[major.len()..].starts_with('.')).then(|| last.to_owned())
}

/// When the second series began.
fn first_day() -> Date {
    MEANT.iter().flat_map(|(_, meant)| meant.iter().map(|(from, _)| *from)).min().unwrap_or(RESIN_SNAPSHOT)
}
