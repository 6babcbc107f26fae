//! What a migration is about, and what it results in.

use std::collections::BTreeSet;
use std::path::Path;

use crate::device_types::Registry;
use crate::diagnostic::Diagnostics;
use crate::finding::Findings;
use crate::image::Catalogue;
use crate::workspace::{Services, Target};

/// Which images to go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum To {
    /// Docker Official Images, and those of Microsoft for .NET.
    #[default]
    Official,
    /// The newer of balena's two series: only references to the older one change.
    Balenalib,
}

/// A project to migrate, with its device types.
#[non_exhaustive]
pub struct Request<'q> {
    /// The services with their Dockerfiles.
    pub services: &'q Services,
    /// The device types with their variables.
    pub targets: &'q [Target<'q>],
    /// Whether the user named the device types. If not, those without an old image do not count.
    pub are_named: bool,
    /// What is known of base images.
    pub catalogue: Catalogue<'q>,
    /// The folder that the paths of the files are relative to; absent for a text from stdin.
    pub folder: Option<&'q Path>,
    /// The name in the folder of a file that is migrated by itself.
    pub alone: Option<&'q str>,
    /// The Dockerfile that `--file` names.
    pub named: Option<&'q str>,
    /// Which images to go to.
    pub to: To,
    /// Whether old forms of instructions are rewritten.
    pub modernise: bool,
}

impl<'q> Request<'q> {
    /// Migrates these services, for these device types, to maintained images.
    pub fn new(services: &'q Services, targets: &'q [Target<'q>], registry: &'q Registry) -> Self {
        Request {
            services,
            targets,
            are_named: true,
            catalogue: Catalogue::new(registry),
            folder: None,
            alone: None,
            named: None,
            to: To::Official,
            modernise: false,
        }
    }
}

/// A file to change, rename or create.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileChange {
    /// Its path, relative to the folder; absent for a new file.
    pub old_path: Option<String>,
    /// Its content.
    pub old: Vec<u8>,
    /// Its path after the change.
    pub path: String,
    /// Its content after the change.
    pub new: Vec<u8>,
    /// The file that a new one was made from.
    pub like: Option<String>,
}

/// An image that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageChange {
    /// The file that names it, as findings have it.
    pub file: String,
    /// The line there, before the migration.
    pub line: usize,
    /// The old reference as the file has it.
    pub old: String,
    /// The new one.
    pub new: String,
    /// The day until which the new one is maintained, if one is fixed.
    pub until: Option<String>,
    /// The slugs of the device types that it is for.
    pub devices: BTreeSet<String>,
}

/// What a migration adds to a file, so that the file works on its new image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Addition {
    /// The file, and the line before the migration that needs it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The kind of the note that says why.
    pub kind: &'static str,
    /// Why: the message of that note.
    pub why: String,
    /// What was added, as a sentence without a full stop.
    pub what: String,
}

/// The result of a migration.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Migration {
    /// The files to change, by path.
    pub changes: Vec<FileChange>,
    /// The images that are replaced, in the order of the files and lines.
    pub images: Vec<ImageChange>,
    /// What is added to the files, in their order.
    pub additions: BTreeSet<Addition>,
    /// What has to be reviewed.
    pub findings: Findings,
    /// The slugs of the device types that are migrated.
    pub devices: BTreeSet<String>,
    /// What is wrong with the files themselves, migrated or not: what cannot be read, and placeholders that nothing
    /// defines. With these errors no builder takes them, so a user has to correct them first.
    pub errors: Diagnostics,
}
