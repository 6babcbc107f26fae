//! What is known of an image: how it is looked after, for which platforms it is there, and until when.

use super::date::Date;
use super::ends::{End, Ending};
use super::name::{Family, NameParts};
use super::omitted::{Omitted, OmittedPart};
use super::platform::Platform;
use super::reference::Reference;

/// How an image is looked after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Maintenance {
    /// It was still rebuilt on the day of the tables, and what is in it is looked after.
    Maintained,
    /// Its version, or the distribution that it is on, is over since a day that has passed.
    Over,
    /// It is not rebuilt any more; a newer build of the same version is.
    Superseded,
    /// Its version is not rebuilt any more, newer ones are.
    Frozen,
    /// Its whole series has ended.
    Unmaintained,
    /// There never was one of this name.
    Never,
    /// The catalogue does not say.
    #[default]
    Unknown,
}

impl Maintenance {
    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Maintenance::Maintained => "maintained",
            Maintenance::Over => "over",
            Maintenance::Superseded => "superseded",
            Maintenance::Unmaintained => "unmaintained",
            Maintenance::Frozen => "frozen",
            Maintenance::Never => "never",
            Maintenance::Unknown => "unknown",
        }
    }
}

/// What is known of an image.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Knowledge {
    /// Who published it.
    pub family: Family,
    /// Whether the catalogue lists its repository, whatever the tag.
    pub is_listed: bool,
    /// The official image, whatever the registry or the platform in its name: `python`.
    pub image: Option<&'static str>,
    /// The language in it, or the program.
    pub stack: Option<&'static str>,
    /// How it is looked after.
    pub status: Maintenance,
    /// The day of its last build, if there will be no other.
    pub updated_until: Option<Date>,
    /// What ends first of what is in it: the program, or the distribution. Nothing where that is not known.
    pub ends: Option<Ending>,
    /// Whether its registry says that it does not have it. Its status is [`Maintenance::Never`] then, though it may
    /// have been there once.
    pub is_missing: bool,
    /// The platforms it is there for; none when that is not known.
    pub platforms: Vec<Platform>,
    /// The platforms that it was there for once, each with the day of its end.
    pub lost: Vec<(Platform, Date)>,
    /// The parts of a `resin/` or `balenalib/` name.
    pub parts: Option<NameParts>,
    /// What the parts that were left out meant.
    pub omitted: Vec<Omitted>,
    /// The tag that says what it is, where it is listed: `3.12-slim` for `3-slim`.
    pub listed: Option<String>,
    /// A newer build of the same version: `python:3.12-slim` for `python:3.12.4-slim`.
    pub newer: Option<String>,
    /// Why, as a sentence without a full stop; may be empty.
    pub why: String,
    /// The nearest name of an image that was there, for one that was not.
    pub instead: Option<String>,
    /// The images file that says so, or `the registry`; none for the tables of dtpl.
    pub source: Option<String>,
    /// The day as of which it was so, where an images file says it.
    pub as_of: Option<Date>,
    /// Whether its program has no fixed end: then [`ends`](Self::ends) is that of the distribution.
    pub is_open: bool,
    /// What images files propose in its place.
    pub replacements: Vec<Replacement>,
}

/// Why a registry that was asked of an image gave none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoImage {
    /// It says that it has none of this name.
    Missing,
    /// It did not answer, not to us, or nothing about Linux.
    NoAnswer,
}

/// An image that an images file proposes in place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replacement {
    /// Its reference.
    pub reference: Reference,
    /// The platforms that it is there for, if the file says them.
    pub platforms: Option<Vec<Platform>>,
    /// The version of what is in it, if the file says it.
    pub version: Option<String>,
    /// The distribution that it is on, if the file says it.
    pub distro: Option<String>,
    /// When it is no longer looked after, if the file says it.
    pub end: Option<End>,
}

impl Replacement {
    /// Whether it is there for a platform. Where the file does not say, it is taken to be.
    pub fn is_for(&self, platform: &Platform) -> bool {
        self.platforms.as_ref().is_none_or(|platforms| platforms.contains(platform))
    }
}

impl Knowledge {
    /// The name of its status in output.
    pub fn status_name(&self) -> &'static str {
        if self.is_missing { "missing" } else { self.status.name() }
    }

    /// Until when it was updated, as a part of a sentence. For official images it is the day from which a tag was in
    /// the list of what is rebuilt no more; for balena's, that of the last build.
    pub fn updated_phrase(&self) -> Option<String> {
        let until = self.updated_until?;
        Some(if self.image.is_some() {
            format!("rebuilt until {until}")
        } else {
            format!("last built {until}")
        })
    }

    /// What a part that the name leaves out meant at the end.
    pub fn meant(&self, part: OmittedPart) -> Option<&'static str> {
        self.omitted.iter().find(|omitted| omitted.part == part)?.last()
    }
}
