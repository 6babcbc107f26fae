//! What the parts that a name leaves out meant, and since when: `balenalib/raspberrypi3` was Debian
//! stretch in 2018 and bookworm at the end.

use super::balena::{DEFAULT_DISTRO, DEFAULT_VARIANT, RESIN_MAJORS};
use super::date::Date;
use super::name::{Family, NameParts};
use super::table::{MEANT, RESIN_MEANT, RESIN_SNAPSHOT, value};

/// A part of a `resin/` or `balenalib/` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum OmittedPart {
    /// `debian`
    Distro,
    /// The distribution's release: `bookworm`.
    Release,
    /// The stack's version: `3.11`.
    Version,
    /// `build` or `run`.
    Variant,
}

impl OmittedPart {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            OmittedPart::Distro => "distribution",
            OmittedPart::Release => "release",
            OmittedPart::Version => "version",
            OmittedPart::Variant => "variant",
        }
    }
}

/// A part that was left out, and what it meant from which day on.
///
/// ```
/// use dtpl::{Registry, image::{Catalogue, OmittedPart, Reference}};
/// let registry = Registry::embedded();
/// let image = Reference::parse("balenalib/raspberrypi3-python").unwrap();
/// let known = Catalogue::new(&registry).about(&image);
/// let version = known.omitted.iter().find(|omitted| omitted.part == OmittedPart::Version).unwrap();
/// assert_eq!(version.last(), Some("3.11"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Omitted {
    /// The part.
    pub part: OmittedPart,
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
pub(super) fn omitted(parts: &NameParts, family: Family) -> Vec<Omitted> {
    let is_resin = family == Family::Resin;
    let begin = if is_resin { RESIN_SNAPSHOT } else { first_day() };
    let timeline = |name: &str| match is_resin {
        true => value(RESIN_MEANT, name).map(|meant| (RESIN_SNAPSHOT, meant)).into_iter().collect(),
        false => value(MEANT, name).unwrap_or_default().to_vec(),
    };
    let left_out: [Option<(OmittedPart, Vec<_>)>; 4] = [
        parts.distro.is_none().then(|| (OmittedPart::Distro, vec![(begin, DEFAULT_DISTRO)])),
        parts.release.is_none().then(|| (OmittedPart::Release, timeline(parts.distro_or_default()))),
        parts.stack.filter(|_| parts.version.is_none()).map(|stack| (OmittedPart::Version, timeline(stack))),
        (parts.variant.is_none() && !is_resin)
            .then(|| (OmittedPart::Variant, vec![(begin, DEFAULT_VARIANT)])),
    ];
    let known = left_out.into_iter().flatten().filter(|(_, meant)| !meant.is_empty());
    known.map(|(part, meant)| Omitted { part, meant }).collect()
}

/// What the first number of a version meant at the end: `3` of Python was `3.11`, in `resin/` `3.6`, and
/// not the newest of today. `bare` is what is known of the same name without a tag.
pub(super) fn meant_by_major(parts: &NameParts, family: Family, bare: &[Omitted]) -> Option<String> {
    let major = parts.version.as_deref().filter(|version| !version.contains('.'))?;
    let of_resin = |(stack, of, _): &&(&str, &str, &str)| parts.stack == Some(stack) && major == *of;
    if let Some((_, _, whole)) = RESIN_MAJORS.iter().find(of_resin).filter(|_| family == Family::Resin) {
        return Some((*whole).to_owned());
    }
    let last = bare.iter().find(|omitted| omitted.part == OmittedPart::Version)?.last()?;
    (last.starts_with(major) && last[major.len()..].starts_with('.')).then(|| last.to_owned())
}

/// When the second series began.
fn first_day() -> Date {
    MEANT.iter().flat_map(|(_, meant)| meant.iter().map(|(from, _)| *from)).min().unwrap_or(RESIN_SNAPSHOT)
}
