//! Which images a registry is asked about, and which entries of a lock file stay.

use super::locked::{LockedImage, LockedImages};
use super::wanted::{WantedImages, name_in_file};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::image::{FoundBy, Reference};
use crate::nearest::did_you_mean;
use crate::pin::LockFile;

/// What to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update<'u> {
    /// The images that the lock file lacks.
    Missing,
    /// All images.
    All,
    /// These, each a repository or one image of it, and the images that the lock file lacks.
    Named(&'u [String]),
}

/// What is to be done to a lock file.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Plan {
    /// The entries that stay as they are.
    pub kept: LockedImages,
    /// The images to ask for, in this order.
    pub asked: Vec<Reference>,
    /// The names of entries that go, as nothing uses them.
    pub dropped: Vec<String>,
    /// Entries of images that are asked for again.
    pub(super) old: LockedImages,
}

/// Compares what a project uses with its lock file. Where `keeps_unused` is set, the project was looked at in part:
/// entries that nothing in it uses stay.
///
/// # Errors
/// Names to update that are no reference, or none of the images. `place` is where they were given.
pub fn plan(
    wanted: &WantedImages,
    old: Option<&LockFile>,
    update: Update,
    keeps_unused: bool,
    place: &Place,
) -> Result<Plan, Diagnostics> {
    let mut plan = Plan::default();
    let named = match update {
        Update::Named(names) => references(names, wanted, place)?,
        _ => Vec::new(),
    };
    for (name, image) in wanted {
        let found = old.and_then(|old| old.images().find(&image.reference));
        let entry = found.filter(|found| found.by == FoundBy::Reference).map(|found| found.entry);
        let entry = entry.and_then(LockedImage::of_entry);
        let is_named = || named.iter().any(|named| means(named, &image.reference));
        match entry {
            Some(entry) if update != Update::All && !is_named() => {
                plan.kept.insert(name.clone(), entry);
            }
            entry => {
                plan.asked.push(image.reference.clone());
                plan.old.extend(entry.map(|entry| (name.clone(), entry)));
            }
        }
    }
    for entry in old.iter().flat_map(|old| old.images().entries()) {
        let name = name_in_file(&entry.reference);
        if wanted.contains_key(&name) {
            continue;
        }
        match LockedImage::of_entry(entry).filter(|_| keeps_unused) {
            Some(kept) => _ = plan.kept.insert(name, kept),
            None => plan.dropped.push(name),
        }
    }
    plan.dropped.sort();
    Ok(plan)
}

/// Whether a name, which may be a repository, stands for an image.
fn means(named: &Reference, image: &Reference) -> bool {
    let is_in_repository = named.domain() == image.domain() && named.path() == image.path();
    let is_repository = named.tag().is_none() && named.digest().is_none();
    is_in_repository && (is_repository || name_in_file(named) == name_in_file(image))
}

/// The references of names to update.
fn references(names: &[String], wanted: &WantedImages, place: &Place) -> Result<Vec<Reference>, Diagnostics> {
    let (mut references, mut faults) = (Vec::new(), Diagnostics::new());
    for name in names {
        let shown = crate::escape::shortened(name, 80);
        let error = |message: String| Diagnostic::error(place.clone(), message);
        match Reference::parse(name) {
            Err(why) => {
                faults.push(|| error(format!("`{shown}` is no image: {}", why.message)).helps(why.help))
            }
            Ok(named) if wanted.values().any(|image| means(&named, &image.reference)) => {
                references.push(named)
            }
            Ok(named) => {
                // Their names may have values in them.
                let shown_names: Vec<String> =
                    wanted.values().map(super::wanted::WantedImage::shown).collect();
                let near = did_you_mean(&named.short_name(), shown_names.iter().map(String::as_str));
                let near = near.or_else(|| did_you_mean(name, shown_names.iter().map(String::as_str)));
                let help =
                    near.unwrap_or_else(|| "`dtpl lock` without --update adds what is missing".to_owned());
                faults.push(|| error(format!("no image `{shown}` is used here")).help(help));
            }
        }
    }
    if faults.is_empty() { Ok(references) } else { Err(faults) }
}
