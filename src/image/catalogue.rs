//! Asking the catalogue: what an image is, and what a device gets of it.

use std::collections::BTreeMap;

use super::date::Date;
use super::ends::{End, Ending, Release};
use super::existence::{self, Existence, Hardware};
use super::images_file::ImagesFile;
use super::knowledge::{Knowledge, Maintenance, NoImage};
use super::name::{Family, NameParts};
use super::official::{self, Entry, Life, TagMatch};
use super::official_table::{IMAGES, Image, SNAPSHOT};
use super::omitted::{self, omitted};
use super::platform::{Availability, Platform};
use super::reference::Reference;
use super::table::BALENALIB_SNAPSHOT;
use super::version::{compare, is_number, means};
use crate::arch::Arch;
use crate::device_types::Registry;

/// What a device gets of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// Whether there is one for it.
    pub availability: Availability,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// The catalogue, with the names of the device types of a registry.
///
/// ```
/// use dtpl::{Registry, image::{Availability, Catalogue, Reference, Maintenance}};
/// let registry = Registry::embedded();
/// let catalogue = Catalogue::new(&registry);
/// let old = Reference::parse("balenalib/raspberrypi3-python:3.9").unwrap();
/// let known = catalogue.about(&old);
/// assert_eq!((known.status, known.stack), (Maintenance::Unmaintained, Some("python")));
/// let slim = Reference::parse("python:3.12-slim").unwrap();
/// let answer = catalogue.availability(&slim, registry.arch("rpi").unwrap());
/// assert_eq!(answer.availability.name(), "fallback");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Catalogue<'r> {
    pub(super) registry: &'r Registry,
    /// What users say of images; the last counts first.
    pub(super) files: &'r [ImagesFile],
    /// The images that registries were asked for and gave none of, by their full names.
    refused: Option<&'r Refused>,
    as_of: Date,
    horizon_months: u16,
}

/// How long a successor has to be looked after, in months, unless it is said otherwise.
const HORIZON_MONTHS: u16 = 12;

/// What registries gave no image for, by full name, each with the day on which they were asked.
pub type Refused = BTreeMap<String, (NoImage, Option<Date>)>;

impl<'r> Catalogue<'r> {
    /// The [`Knowledge::source`] of what a registry said.
    pub const REGISTRY: &'static str = "the registry";

    /// The shipped catalogue, as of the day of its tables.
    pub fn new(registry: &'r Registry) -> Self {
        Catalogue { registry, files: &[], refused: None, as_of: SNAPSHOT, horizon_months: HORIZON_MONTHS }
    }

    /// The device types and arches whose names it knows.
    pub fn registry(&self) -> &'r Registry {
        self.registry
    }

    /// Lays images files over the tables; of two that say something of an image, the later one counts.
    #[must_use]
    pub fn with_files(self, files: &'r [ImagesFile]) -> Self {
        Catalogue { files, ..self }
    }

    /// Knows that registries were asked for images of these full names, and gave none.
    #[must_use]
    pub fn without(self, refused: &'r Refused) -> Self {
        Catalogue { refused: Some(refused), ..self }
    }

    /// Judges what is over as of another day.
    #[must_use]
    pub fn as_of(self, day: Date) -> Self {
        Catalogue { as_of: day, ..self }
    }

    /// Asks successors to be looked after for so many months.
    #[must_use]
    pub fn horizon(self, months: u16) -> Self {
        Catalogue { horizon_months: months, ..self }
    }

    /// The day as of which images are judged.
    pub fn day(&self) -> Date {
        self.as_of
    }

    /// The day until which a successor has to be looked after.
    pub fn horizon_day(&self) -> Date {
        self.as_of.months_later(self.horizon_months)
    }

    /// Whether something with this end is looked after.
    pub(super) fn is_alive(&self, ends: Option<Release>) -> bool {
        ends.is_none_or(|release| !release.end.is_over(self.as_of))
    }

    /// The day of what it knows about images that are still built.
    pub fn snapshot() -> Date {
        SNAPSHOT
    }

    /// What is known of an image.
    pub fn about(&self, reference: &Reference) -> Knowledge {
        // A file that has the digest says which tag it is.
        let tagged = self.tag_of_digest(reference);
        let named = tagged.as_ref().unwrap_or(reference);
        let mut known = match self.original(named) {
            // What a mirror has is what it is a copy of.
            Some(original) => {
                let mut known = self.about_published(&original);
                self.lay_over(&original, &mut known);
                known
            }
            None => self.about_published(named),
        };
        self.lay_over(reference, &mut known);
        if let Some((no_image, day)) = self.refused.and_then(|refused| refused.get(&reference.full_name())) {
            without_image(*no_image, reference, &mut known);
            known.as_of = *day;
        }
        known
    }

    /// What the tables know.
    fn about_published(&self, reference: &Reference) -> Knowledge {
        match NameParts::of(reference) {
            Some(parts) => self.about_series(parts, Family::of(reference)),
            None => self.about_listed(reference),
        }
    }

    fn about_series(&self, parts: NameParts, family: Family) -> Knowledge {
        let mut known = Knowledge {
            omitted: omitted(&parts, family),
            stack: parts.stack,
            status: Maintenance::Unmaintained,
            family,
            ..Knowledge::default()
        };
        let arch = Hardware::called(&parts.hardware, self.registry).map(|hw| hw.arch(self.registry));
        match existence::of(&parts, family, self.registry) {
            Existence::Yes { since, until } => {
                let last = BALENALIB_SNAPSHOT;
                if family == Family::Balenalib && since > last {
                    known.why =
                        format!("it was buildable from {since}; no list has what was published after {last}");
                }
                known.updated_until = Some(until);
                known.platforms.extend(arch.and_then(|arch| Platform::parse(&arch.platform)));
            }
            Existence::No { why, instead } => {
                // The same hardware under a name that is nearer.
                let same = format!("{}/{}-", family.name(), parts.hardware);
                let is_same = instead.as_ref().is_some_and(|near| near.starts_with(&same));
                let later = if is_same { None } else { self.later_series(&parts, family) };
                (known.status, known.why, known.instead) = (Maintenance::Never, why, later.or(instead));
                known.omitted.clear();
            }
            Existence::Unknown(why) => (known.status, known.why) = (Maintenance::Unknown, why),
        }
        known.parts = Some(parts);
        known
    }

    /// What the version of one of balena's images meant, if only its first number was named.
    pub fn meant_by_major(&self, known: &Knowledge) -> Option<String> {
        let parts = known.parts.as_ref()?;
        parts.version.as_ref().filter(|version| !version.contains('.'))?;
        let bare = Reference::parse(&parts.repository(known.family, &parts.hardware)).ok()?;
        omitted::meant_by_major(parts, known.family, &self.about(&bare).omitted)
    }

    /// The repository of the same parts in the newer series: `resin/raspberrypi4-64-python`
    /// mixes up the two.
    fn later_series(&self, parts: &NameParts, family: Family) -> Option<String> {
        let bare = NameParts { version: None, release: None, variant: None, date: None, ..parts.clone() };
        let there = |family| matches!(existence::of(&bare, family, self.registry), Existence::Yes { .. });
        let is_later = family == Family::Resin && !there(Family::Resin) && there(Family::Balenalib);
        is_later.then(|| parts.repository(Family::Balenalib, &parts.hardware))
    }

    /// What a device of this arch gets of an image.
    pub fn availability(&self, reference: &Reference, arch: &Arch) -> Answer {
        self.availability_of(reference, &self.about(reference), arch)
    }

    /// The same, for an image that is known already.
    pub fn availability_of(&self, reference: &Reference, known: &Knowledge, arch: &Arch) -> Answer {
        let answer = |availability, why: String| Answer { availability, why };
        let Some(own) = Platform::parse(&arch.platform) else {
            return answer(Availability::Unknown, format!("`{}` is no platform", arch.platform));
        };
        if reference.text() == "scratch" {
            return answer(Availability::Exact, "scratch is empty: it has no platform".to_owned());
        }
        if known.status == Maintenance::Never {
            return answer(Availability::None, known.why.clone());
        }
        let availability = Availability::of(&own, &known.platforms);
        if !known.platforms.is_empty() {
            let there = Vec::from_iter(known.platforms.iter().map(Platform::to_string)).join(" ");
            let why = match &availability {
                // The one processor of its arch knows less than what is commonly built for.
                Availability::Exact if arch.slug == "i386-nlp" => {
                    format!("there is an image for {own}; whether it runs on {} is untested", arch.name)
                }
                Availability::Exact => format!("there is an image for {own}"),
                Availability::Fallback(taken) => {
                    format!("there is none for {own}; an engine silently takes {taken}")
                }
                _ => match own
                    .taken()
                    .iter()
                    .find_map(|taken| known.lost.iter().find(|(lost, _)| lost == taken))
                {
                    Some((platform, day)) => {
                        format!("it exists for {there}, not for {own}; it had {platform} until {day}")
                    }
                    None => format!("it exists for {there}, not for {own}"),
                },
            };
            return answer(availability, why);
        }
        // An image made for other hardware does not run, wherever the list of its tags is.
        let hardware =
            known.parts.as_ref().and_then(|parts| Hardware::called(&parts.hardware, self.registry));
        if let Some(made) = hardware.and_then(|hw| Platform::parse(&hw.arch(self.registry).platform))
            && own.choose(std::slice::from_ref(&made)).is_none()
        {
            return answer(Availability::None, format!("it would be for {made}, not for {own}"));
        }
        answer(Availability::Unknown, known.why.clone())
    }

    /// A tag of today that looks like one that is not known.
    fn nearest_tag(&self, image: &'static Image, tag: &str) -> Option<String> {
        let wanted = official::first_piece(tag);
        // An older version is no neighbour of a number.
        let is_older = |entry: &Entry| {
            is_number(wanted)
                && compare(entry.order().unwrap_or_default(), wanted).is_lt()
                && !entry.order().is_some_and(|order| means(order, wanted))
        };
        let alive =
            official::entries(image).filter(|entry| self.is_alive(entry.life.release()) && !is_older(entry));
        let near = crate::nearest::nearest(tag, alive.map(|entry| entry.name())).into_iter().next()?;
        Some(format!("{}:{near}", image.name))
    }

    /// An image that is no part of balena's series.
    fn about_listed(&self, reference: &Reference) -> Knowledge {
        let (image, only) = official::image_of(reference);
        let family = if only.is_some() { Family::Official } else { Family::of(reference) };
        let mut known = Knowledge { family, ..Knowledge::default() };
        if reference.text() == "scratch" {
            known.why = "scratch is empty: it has no platform and nothing to update".to_owned();
            return known;
        }
        let Some(image) = image else {
            known.why = "the catalogue has no image of this name".to_owned();
            // The name alone says for which platform it is.
            known.platforms.extend(only);
            known.instead = nearest_image(reference);
            return known;
        };
        (known.is_listed, known.image) = (true, Some(image.name));
        known.stack = official::stack_of(image.name);
        if reference.digest().is_some() {
            known.why = match reference.tag() {
                None => "a digest alone does not say which tag it was".to_owned(),
                Some(_) => "the digest names one image, which the tag may not name any more".to_owned(),
            };
            known.platforms.extend(only);
            return known;
        }
        let tag = reference.tag().unwrap_or("latest");
        for lost in image.lost(tag).filter(|_| only.is_none()) {
            known.lost.extend(official::platforms(lost.platforms).into_iter().map(|one| (one, lost.until)));
        }
        match official::find(image, tag) {
            TagMatch::Unlisted => {
                known.why = format!("the tables of {SNAPSHOT} have no tag `{tag}` of {}", image.name);
                // What is over is so whatever its tags are.
                let life = Life::of_tag(image, tag);
                known.ends = life.release().map(Ending::from);
                if !self.is_alive(life.release()) {
                    known.status = Maintenance::Over;
                }
                // Its version is known, so that what follows it is.
                known.listed = life.own.map(|_| tag.to_owned());
                known.instead = self.nearest_tag(image, tag);
                known.platforms.extend(only);
                return known;
            }
            TagMatch::Current(entry) => {
                known.listed = Some(entry.name_like(tag).to_owned());
                let release = entry.life.release();
                known.ends = release.map(Ending::from);
                known.is_open = entry.life.own.is_some_and(|own| own.end == End::Open);
                known.platforms = entry.platforms();
                known.status =
                    if self.is_alive(release) { Maintenance::Maintained } else { Maintenance::Over };
            }
            TagMatch::Gone { until, platforms } => {
                let release = Life::of_tag(image, tag).release();
                known.ends = release.map(Ending::from);
                known.platforms = platforms;
                known.listed = Some(tag.to_owned());
                let near = official::near(image, tag).filter(|(near, _)| self.is_alive(near.life.release()));
                if until > self.as_of {
                    // On that day it was still rebuilt.
                    known.status =
                        if self.is_alive(release) { Maintenance::Maintained } else { Maintenance::Over };
                } else {
                    known.newer = near.map(|(_, newer)| format!("{}:{newer}", image.name));
                    known.updated_until = Some(until);
                    known.status = if near.is_some() { Maintenance::Superseded } else { Maintenance::Frozen };
                }
            }
        }
        // What was lost after the day was there on it.
        let (later, before) =
            std::mem::take(&mut known.lost).into_iter().partition(|(_, day)| *day > self.as_of);
        known.lost = before;
        known
            .platforms
            .extend(Vec::from_iter(later).into_iter().map(|(platform, _): (Platform, Date)| platform));
        if let Some(only) = only {
            only_for(&mut known, image, tag, only);
        }
        known
    }
}

/// What is known of an image that its registry was asked for in vain.
fn without_image(no_image: NoImage, reference: &Reference, known: &mut Knowledge) {
    let domain = reference.domain();
    let (status, why) = match no_image {
        NoImage::Missing => (Maintenance::Never, format!("{domain} has no such image")),
        NoImage::NoAnswer => (Maintenance::Unknown, format!("{domain} did not say")),
    };
    (known.status, known.why, known.is_missing) = (status, why, status == Maintenance::Never);
    known.source = Some(Catalogue::REGISTRY.to_owned());
    known.platforms.clear();
    (known.updated_until, known.ends, known.newer) = (None, None, None);
}

/// What is known of one of Docker Hub's repositories for one platform, from what is known of the tag.
fn only_for(known: &mut Knowledge, image: &'static Image, tag: &str, only: Platform) {
    if known.platforms.contains(&only) {
        known.platforms = vec![only];
        return;
    }
    let mut lost = image.lost(tag).filter(|lost| official::platforms(lost.platforms).contains(&only));
    match lost.next() {
        Some(lost) => {
            (known.status, known.updated_until) = (Maintenance::Frozen, Some(lost.until));
            known.platforms = vec![only];
        }
        None => {
            (known.status, known.updated_until) = (Maintenance::Never, None);
            known.why = format!("{}:{tag} never was there for {only}", image.name);
            known.platforms.clear();
        }
    }
}

/// An official image whose name looks like one that is not known.
fn nearest_image(reference: &Reference) -> Option<String> {
    if Family::of(reference) != Family::Official {
        return None;
    }
    let short = reference.short_name();
    let names = || IMAGES.iter().filter(|image| image.builds().next().is_some()).map(|image| image.name);
    // `mosquitto` is a word of `eclipse-mosquitto`.
    let with_word = || names().find(|name| name.split('-').any(|word| word == short));
    let near = crate::nearest::nearest(&short, names()).into_iter().next().or_else(with_word)?;
    Some(reference.tag().map_or_else(|| near.to_owned(), |tag| format!("{near}:{tag}")))
}
