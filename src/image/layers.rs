//! What users say of images, laid over what the tables say: their images files, and registries that are mirrors.

use std::collections::BTreeSet;

use super::catalogue::Catalogue;
use super::ends::{End, Ending};
use super::images_file::{FoundBy, FoundEntry, ImageEntry};
use super::knowledge::{Knowledge, Maintenance, Replacement};
use super::official::{self, Life};
use super::platform::{Availability, Platform};
use super::reference::Reference;
use crate::diagnostic::Place;

/// Prefixes under which registries serve official images, and what each stands for.
const MIRRORS: [(&str, &str); 4] = [
    ("public.ecr.aws/docker/library/", "docker.io/library/"),
    ("mirror.gcr.io/", "docker.io/"),
    ("registry.hub.docker.com/", "docker.io/"),
    ("registry-1.docker.io/", "docker.io/"),
];

impl Catalogue<'_> {
    /// The reference that this one is a mirror's name of: by the images files, the last first, then by what is known
    /// of public mirrors.
    pub(super) fn original(&self, reference: &Reference) -> Option<Reference> {
        let by_file = self.files.iter().rev().find_map(|file| file.mirrors().original(reference));
        by_file.or_else(|| {
            let whole = reference.to_string();
            MIRRORS.iter().find_map(|(copy, original)| {
                let rest = whole.strip_prefix(copy)?;
                Reference::parse(&format!("{original}{rest}")).ok()
            })
        })
    }

    /// The images of the images files for a device type or an arch: those that are made for it, and those that are for
    /// no device type in particular and there for its platform; of one stack, if that is given. Entries of lock files
    /// and of checkouts of official-images are left out.
    pub fn own_images(&self, slug: &str, platform: &Platform, stack: Option<&str>) -> Vec<Reference> {
        let (mut found, mut seen): (Vec<Reference>, BTreeSet<&Reference>) = Default::default();
        for file in self.files.iter().rev() {
            let made_for: BTreeSet<&Reference> =
                file.made_for(slug, self.registry).into_iter().map(|made| &made.reference).collect();
            let is_for = |entry: &&ImageEntry| match entry.devices.is_empty() {
                true => entry.availability(platform) == Availability::Exact,
                false => made_for.contains(&entry.reference),
            };
            let is_own = |entry: &&ImageEntry| entry.digest.is_none() && !entry.is_built;
            let called =
                |name: &str| official::stack_called(name).map_or_else(|| name.to_owned(), str::to_owned);
            let is_of_stack = |entry: &&ImageEntry| {
                stack.is_none() || entry.stack.as_deref().map(called) == stack.map(called)
            };
            let fitting = file.entries().filter(is_own).filter(is_of_stack).filter(is_for);
            for entry in fitting {
                if seen.insert(&entry.reference) {
                    found.push(entry.reference.clone());
                }
            }
        }
        found
    }

    /// The tag that a file has for the digest of a reference.
    pub(super) fn tag_of_digest(&self, reference: &Reference) -> Option<Reference> {
        reference.digest()?;
        let found = self.files.iter().rev().filter_map(|file| file.find(reference));
        let has_digest = |found: &FoundEntry| !matches!(found.by, FoundBy::Tag | FoundBy::Repository);
        let tag = found.filter(has_digest).find_map(|found| found.entry.reference.tag())?;
        let whole = Reference::parse(&format!("{}:{tag}", reference.short_name())).ok()?;
        Some(whole)
    }

    /// Lays what the images files say of a reference over what is known.
    pub(super) fn lay_over(&self, reference: &Reference, known: &mut Knowledge) {
        for file in self.files {
            match file.find(reference) {
                Some(FoundEntry { entry, by }) => self.lay_entry(entry, &by, known),
                // It was rebuilt by the tables, and a later list of all tags has it no more.
                None if known.status == Maintenance::Maintained => {
                    if let Some(source) = file.complete_for(reference) {
                        known.status = Maintenance::Frozen;
                        known.why = "it is not in the list of what is rebuilt".to_owned();
                        (known.source, known.as_of) = (Some(source.to_owned()), None);
                    }
                }
                None => {}
            }
        }
        // What is made for some device types follows images of these alone.
        let hardware = known.parts.as_ref().and_then(|parts| self.registry.device_type(&parts.hardware));
        let is_for = |entry: &&ImageEntry| {
            let mut devices = entry.devices.iter().filter_map(|(name, _)| self.registry.device_type(name));
            entry.devices.is_empty()
                || devices.any(|device| hardware.is_some_and(|own| own.slug == device.slug))
        };
        let replacements =
            self.files.iter().rev().flat_map(|file| file.replacements(reference)).filter(is_for);
        known.replacements.extend(replacements.map(replacement));
    }

    fn lay_entry(&self, entry: &ImageEntry, by: &FoundBy, known: &mut Knowledge) {
        // The digest of the reference may be that of another image than the one that the tag names now.
        if *by == FoundBy::Tag {
            return;
        }
        // What says neither platforms nor an end only describes.
        if entry.platforms.is_some() || entry.ends.is_some() {
            known.source = Some(match &entry.place {
                Place::Text(source, _) => source.name().to_owned(),
                place => place.to_string(),
            });
            known.as_of = entry.date;
        }
        known.is_listed = true;
        if let Some(platforms) = &entry.platforms {
            known.platforms = match by {
                FoundBy::PlatformDigest(platform) => vec![platform.clone()],
                _ => platforms.iter().map(|entry| entry.platform.clone()).collect(),
            };
            known.lost.clear();
            known.why.clear();
            // The file says that it is there.
            if matches!(known.status, Maintenance::Never) {
                known.status = Maintenance::Unknown;
                known.instead = None;
            }
        }
        if entry.is_built {
            let release = known
                .image
                .and_then(official::image)
                .map(|image| Life::of_tag(image, entry.reference.tag().unwrap_or_default()).release());
            if known.ends.is_none() {
                known.ends = release.flatten().map(Ending::from);
            }
            let is_over = known.ends.as_ref().is_some_and(|ending| ending.end.is_over(self.day()));
            known.status = if is_over { Maintenance::Over } else { Maintenance::Maintained };
            (known.updated_until, known.newer, known.instead) = (None, None, None);
            known.listed.get_or_insert_with(|| entry.reference.tag().unwrap_or_default().to_owned());
        }
        known.stack = entry.stack.as_deref().and_then(official::stack_called).or(known.stack);
        if let Some(day) = entry.ends {
            let end = End::On(day);
            known.ends = Some(Ending { of: entry.reference.text().to_owned(), end });
            known.status = if end.is_over(self.day()) { Maintenance::Over } else { Maintenance::Maintained };
            known.updated_until = None;
        }
    }
}

fn replacement(entry: &ImageEntry) -> Replacement {
    let platforms = entry.platforms.iter().flatten().map(|entry| entry.platform.clone());
    Replacement {
        reference: entry.reference.clone(),
        platforms: entry.platforms.as_ref().map(|_| platforms.collect::<Vec<Platform>>()),
        version: entry.version.clone(),
        distro: entry.distro.clone(),
        end: entry.ends.map(End::On),
    }
}
