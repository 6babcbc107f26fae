//! A Dockerfile with its old images, and the stages that are built on each.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::ImageChoice;
use super::edits::Edits;
use super::old_images::{Location, OldImage, ServiceBuild, find, names_arch};
use crate::dockerfile::{Dockerfile, Instruction};
use crate::escape::shortened;
use crate::image::{CatalogueCache, Knowledge, NameParts};

pub struct FileImages<'s, 'f> {
    pub file: &'s Dockerfile<'f>,
    /// The places that name an old image.
    pub list: Vec<OldImage>,
    /// For each stage the one that starts from an image, and that it is built on.
    roots: Vec<usize>,
    /// The stages that are built on one, by that one.
    on: BTreeMap<usize, Vec<usize>>,
    /// The variables whose default contains balena's name of an arch.
    pub arch_variables: BTreeSet<String>,
}

/// An old image with what is built on it.
pub struct OldStage<'m, 'f> {
    pub file: &'m Dockerfile<'f>,
    pub image: &'m OldImage,
    pub known: &'m Knowledge,
    pub parts: &'m NameParts,
    /// The instructions of the stages; none where files are only copied from the image.
    pub body: Vec<&'m Instruction<'f>>,
    /// Whether the image that is built ends here.
    pub is_final: bool,
}

impl<'s, 'f> FileImages<'s, 'f> {
    pub fn find(
        file: &'s Dockerfile<'f>,
        is_verbatim: bool,
        builds: &[ServiceBuild],
        cache: &CatalogueCache,
    ) -> Self {
        let (list, roots) = find(file, is_verbatim, builds, cache);
        let mut on: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (stage, root) in roots.iter().enumerate() {
            on.entry(*root).or_default().push(stage);
        }
        let args = file
            .meta_arg_instructions()
            .flat_map(|arg| &arg.args)
            .map(|arg| String::from_utf8_lossy(&arg.text));
        let with_arch = args.filter_map(|arg| {
            let (name, value) = arg.split_once('=')?;
            names_arch(value).then(|| name.to_owned())
        });
        FileImages { file, list, roots, on, arch_variables: with_arch.collect() }
    }

    /// The images that stages start from, each with its replacement.
    pub fn bases<'c>(
        &'c self,
        choices: &'c [ImageChoice],
    ) -> impl Iterator<Item = (&'c OldImage, &'c ImageChoice)> {
        self.list.iter().zip(choices).filter(|(image, _)| image.is_base)
    }

    /// The instructions of the stages that are built on one; of triggers, what they trigger.
    pub fn body(&self, root: usize) -> Vec<&Instruction<'f>> {
        let stages = self.on.get(&root).into_iter().flatten().filter_map(|&at| self.file.stages.get(at));
        let bodies =
            stages.flat_map(|stage| self.file.instructions.get(stage.body.clone()).unwrap_or_default());
        bodies.map(|found| found.onbuild.as_deref().unwrap_or(found)).collect()
    }

    /// What is built on an image, if `known` has the parts of its name.
    pub fn stage<'m>(&'m self, image: &'m OldImage, known: &'m Knowledge) -> Option<OldStage<'m, 'f>> {
        let (file, parts) = (self.file, known.parts.as_ref()?);
        let body = if image.is_base { self.body(image.stage) } else { Vec::new() };
        let is_final = image.is_base && self.roots.last() == Some(&image.stage);
        Some(OldStage { file, image, known, parts, body, is_final })
    }

    /// A reference as the file has it: values of variables must not appear in a message.
    pub fn written(&self, image: &OldImage) -> String {
        shortened(&String::from_utf8_lossy(self.file.bytes(&image.span)), 80).into_owned()
    }

    /// Keeps a reference as it is: with only its placeholder renamed it would be of neither series.
    pub fn keep(&self, image: &OldImage, edits: &mut Edits) {
        if let Location::InPlace(span) | Location::ArgDefault(span) = &image.location {
            edits.replace(span, self.file.bytes(span));
        }
    }
}
