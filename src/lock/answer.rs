//! What the registries answered: the new lock file, and how it differs from the old one.

use super::locked::{LockedImage, LockedImages};
use super::plan::Plan;
use super::wanted::{WantedImage, WantedImages, name_in_file};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::image::{Date, LookupFault, LookupFaultKind, Published};

/// What is different in the new lock file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Change {
    /// The image was not there.
    Added(String),
    /// The registry has another one under its name: the old digest, and the new one.
    Moved(String, String, String),
    /// The digest is the same, but the old entry said something else about the platforms.
    Platforms(String),
    /// Nothing uses the image.
    Dropped(String),
}

impl Change {
    /// Which image it is, and what about it; without any part of a value.
    pub fn message(&self, wanted: &WantedImages) -> String {
        let shown = |name: &String| wanted.get(name).map_or_else(|| name.clone(), WantedImage::shown);
        match self {
            Change::Added(name) => format!("`{}` is not in the lock file", shown(name)),
            Change::Moved(name, old, new) => format!("`{}` has moved from {old} to {new}", shown(name)),
            Change::Platforms(name) => {
                format!("`{}` has other platforms than the lock file says", shown(name))
            }
            Change::Dropped(name) => format!("`{name}` is used nowhere"),
        }
    }
}

/// A lock file as it has to be.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewLock {
    /// All images.
    pub images: LockedImages,
    /// How it differs from the old one, by name.
    pub changes: Vec<Change>,
    /// Images that are not there for a platform that a build takes them for.
    pub notes: Diagnostics,
}

/// Completes a plan with the answers to what it asks, on a day. An entry that is the same keeps its day.
///
/// # Errors
/// Every image that no registry has, at its place: an error of the input. If all that is wrong is that registries do not
/// answer, the error is one of the environment.
pub fn complete(
    plan: Plan,
    wanted: &WantedImages,
    answers: Vec<Result<Published, LookupFault>>,
    day: Option<Date>,
) -> Result<NewLock, Error> {
    let Plan { mut kept, asked, dropped, old } = plan;
    let (mut faults, mut is_silence) = (Diagnostics::new(), true);
    let mut changes: Vec<Change> = dropped.into_iter().map(Change::Dropped).collect();
    // Each answer belongs to what was asked for.
    if answers.len() != asked.len() {
        let fault = Diagnostic::error(Place::CommandLine, "not every image was looked up");
        return Err(Error::usage(fault.help("try again")));
    }
    for (reference, answer) in asked.iter().zip(answers) {
        let name = name_in_file(reference);
        let Some(image) = wanted.get(&name) else { continue };
        let fault = match answer {
            Ok(published) if LockedImage::of_published(&published, day).platforms.is_empty() => {
                let message = format!("`{}` is there for no platform of Linux", image.reference.text());
                LookupFault::new(LookupFaultKind::Invalid, message)
            }
            Ok(published) => {
                add(&published, name, &old, day, &mut kept, &mut changes);
                continue;
            }
            Err(fault) => fault,
        };
        is_silence &= fault.kind == LookupFaultKind::Unavailable;
        faults.push(|| diagnostic(image, &fault));
    }
    if !faults.is_empty() {
        return Err(if is_silence { Error::Usage(faults) } else { Error::Input(faults) });
    }
    changes.sort();
    let notes = missing_platforms(wanted, &kept);
    Ok(NewLock { images: kept, changes, notes })
}

fn add(
    published: &Published,
    name: String,
    old: &LockedImages,
    day: Option<Date>,
    kept: &mut LockedImages,
    changes: &mut Vec<Change>,
) {
    let mut new = LockedImage::of_published(published, day);
    match old.get(&name) {
        None => changes.push(Change::Added(name.clone())),
        Some(old) if old.is_same(&new) => new.date = old.date.or(day),
        Some(old) if old.digest == new.digest => changes.push(Change::Platforms(name.clone())),
        Some(old) => changes.push(Change::Moved(name.clone(), old.digest.clone(), new.digest.clone())),
    }
    kept.insert(name, new);
}

fn diagnostic(image: &WantedImage, fault: &LookupFault) -> Diagnostic {
    // Most of these messages name the image.
    let message = match fault.message.contains(image.reference.text()) {
        true => fault.message.clone(),
        false => format!("`{}`: {}", image.shown(), fault.message),
    };
    image.redacted(Diagnostic::error(image.place.clone(), message).helps(fault.help.clone()))
}

/// Warns about images that are not there for a platform that a build takes them for.
fn missing_platforms(wanted: &WantedImages, images: &LockedImages) -> Diagnostics {
    let mut notes = Diagnostics::new();
    for (name, image) in wanted {
        let Some(locked) = images.get(name).filter(|locked| !locked.platforms.is_empty()) else { continue };
        for (platform, place) in &image.platforms {
            if locked.is_for(platform) {
                continue;
            }
            let there: Vec<String> = locked.platforms.keys().map(ToString::to_string).collect();
            let message = format!("`{}` is not there for {platform}", image.shown());
            let help =
                format!("it is there for {}; for other platforms, --locked refuses it", there.join(", "));
            notes.push_warning(|| image.redacted(Diagnostic::warning(place.clone(), message).help(help)));
        }
    }
    notes
}
