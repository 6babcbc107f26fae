//! One Dockerfile of a project while it is migrated: its old images, the builds that use it, and the
//! files that result.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choices, ImageChoice};
use super::edits::Edits;
use super::file_images::FileImages;
use super::notes::Notes;
use super::old_forms;
use super::old_images::{Location, OldImage, ServiceBuild};
use super::request::{FileChange, ImageChange, Request};
use crate::image::CatalogueCache;
use crate::render::placeholder;
use crate::workspace::ServiceTemplate;

pub struct FileMigration<'m, 'f> {
    pub request: &'m Request<'m>,
    /// The file's path, relative to the folder.
    pub path: &'m str,
    pub prepared: &'m ServiceTemplate,
    pub builds: &'m [ServiceBuild<'m>],
    pub images: FileImages<'m, 'f>,
    /// The builds to migrate, as indices into `builds`.
    pub selected: Vec<usize>,
    pub cache: &'m CatalogueCache<'m>,
    pub choices: &'m Choices,
    /// Whether a file exists at a path of the project.
    pub is_there: &'m dyn Fn(&str) -> bool,
}

/// What a file is changed to.
pub struct Outcome {
    pub new: Vec<u8>,
    pub is_replaced: bool,
    /// The content of the separate files for arches that it does not support any more, by path.
    pub splits: BTreeMap<String, Vec<u8>>,
    /// The images that are replaced, here and in the separate files.
    pub images: Vec<ImageChange>,
}

impl FileMigration<'_, '_> {
    /// All builds, as indices.
    pub fn all(&self) -> Vec<usize> {
        (0..self.builds.len()).collect()
    }

    /// The slugs of the device types of some builds.
    pub fn slugs(&self, selected: &[usize]) -> BTreeSet<String> {
        let builds = selected.iter().filter_map(|&at| self.builds.get(at));
        builds.map(|build| build.target.device.slug.to_string()).collect()
    }

    /// The images that are replaced in the file for some builds.
    pub fn replaced(&self, selected: &[usize], choices: &[ImageChoice]) -> Vec<ImageChange> {
        let source = &self.images.file.source;
        let images = self.images.list.iter().zip(choices);
        let in_file = images.filter(|(image, _)| !matches!(image.location, Location::BuildArgument(_)));
        let change = |(image, choice): (&OldImage, &ImageChoice)| ImageChange {
            file: source.name().to_owned(),
            line: source.position(image.span.start).line,
            old: self.images.written(image),
            new: choice.reference.text().to_owned(),
            until: choice.until.clone(),
            devices: self.slugs(selected),
        };
        in_file.map(change).collect()
    }

    /// The file after some edits, and with old forms rewritten if the request says so.
    pub fn edited(&self, edits: Edits, notes: &mut Notes) -> Vec<u8> {
        self.modernised(edits, notes).apply(self.images.file.source.bytes())
    }

    /// The edits, and those that rewrite old forms if the request says so.
    pub fn modernised(&self, mut edits: Edits, notes: &mut Notes) -> Edits {
        let file = self.images.file;
        if self.request.modernise {
            for instruction in &file.instructions {
                old_forms::rewrite(file, instruction, &mut edits, notes);
            }
        }
        edits
    }

    /// The files that differ after the migration: the file itself, under another name where it is a plain Dockerfile now,
    /// and those that are split from it.
    pub fn changes(&self, outcome: Outcome, notes: &mut Notes) -> Vec<FileChange> {
        let source = self.prepared.template.source();
        let has_placeholders = !placeholder::find_all(&outcome.new).0.is_empty();
        let is_plain = outcome.is_replaced && !has_placeholders;
        let path = is_plain.then(|| self.plain_path(notes)).flatten();
        let path = path.unwrap_or_else(|| self.path.to_owned());
        let mut changes = Vec::new();
        if outcome.new != source.bytes() || path != self.path {
            let (old_path, old) = (Some(self.path.to_owned()), source.bytes().to_vec());
            changes.push(FileChange { old_path, old, path, new: outcome.new, like: None });
        }
        changes.extend(outcome.splits.into_iter().map(|(path, new)| FileChange {
            old_path: None,
            old: Vec::new(),
            path,
            new,
            like: Some(self.path.to_owned()),
        }));
        changes
    }
}
