//! What a rule looks at: a template as it is written, one rendering of it, or a rendering for one arch.

use std::borrow::Cow;
use std::sync::Arc;

use crate::arch::Arch;
use crate::dockerfile::{Dockerfile, Instruction, Keyword, Stage};
use crate::escape::shortened;
use crate::image::{CatalogueCache, Knowledge, Platform, Reference};
use crate::render::{Rendering, Template};
use crate::shell::{self, ShellCommand};
use crate::source::Span;
use crate::workspace::{ServiceFiles, Target};

use super::context::BuildContext;
use super::stage_image::StageImage;

/// Text from a template as a message shows it.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    shortened(text, 80)
}

/// A template as it is written, with all targets that use it.
#[derive(Debug)]
pub struct TemplateScope<'c> {
    pub template: &'c Template,
    /// Its text, read as a Dockerfile with its placeholders as they are.
    pub file: &'c Dockerfile<'c>,
    pub targets: &'c [&'c Target<'c>],
}

/// One of the Dockerfiles that a template becomes.
#[derive(Debug)]
pub struct RenderingScope<'c> {
    pub template: &'c Template,
    /// The rendering, read.
    pub file: &'c Dockerfile<'c>,
    /// Leads back into the template.
    pub rendering: &'c Rendering<'c>,
    pub service: &'c ServiceFiles,
    /// The build context, where its folder exists.
    pub context: Option<&'c BuildContext>,
}

/// A rendering for the targets of one arch.
pub struct ArchScope<'c> {
    pub rendering: &'c RenderingScope<'c>,
    pub arch: &'c Arch,
    /// Its platform, unless an overlay gives it an invalid one.
    pub platform: Option<Platform>,
    /// The images that its stages are built on.
    pub images: &'c [StageImage],
    pub cache: &'c CatalogueCache<'c>,
}

impl ArchScope<'_> {
    /// The image in the `FROM` of a stage.
    pub fn image_of(&self, stage: usize) -> Option<&StageImage> {
        let at = self.images.binary_search_by_key(&stage, |image| image.stage).ok()?;
        self.images.get(at)
    }

    /// The images with a valid reference, and what the catalogue knows about each.
    pub fn known_images(&self) -> impl Iterator<Item = (&StageImage, &Reference, &Knowledge)> {
        self.images.iter().filter_map(|image| {
            let (reference, knowledge) = &**image.known.as_ref().ok()?;
            Some((image, reference, knowledge))
        })
    }

    /// Advice for an image: the maintained image that replaces it.
    pub fn successor(&self, image: &StageImage) -> Option<String> {
        self.cache.successor(&image.known.as_ref().ok()?.1, self.platform.as_ref()?)
    }

    /// The `--platform` of a stage.
    pub fn platform_flag(&self, stage: usize) -> Option<&Span> {
        Some(&self.rendering.file.stages.get(stage)?.platform.as_ref()?.span)
    }
}

impl<'c> RenderingScope<'c> {
    /// The text of the template at a place of the rendering, with its placeholders.
    pub fn written(&self, span: &Span) -> String {
        let (span, source) = (self.rendering.to_template(span), self.template.source());
        let (source, span) = match source.origin(&span) {
            Some(origin) => (origin.source, origin.span),
            None => (Arc::clone(source), span),
        };
        String::from_utf8_lossy(source.bytes().get(span).unwrap_or_default()).into_owned()
    }

    /// The same, as a message shows it.
    pub fn shown(&self, span: &Span) -> String {
        shown(&self.written(span)).into_owned()
    }

    /// Whether all of it is in the template as it is: no value of a placeholder is part of it.
    pub fn is_literal(&self, span: &Span) -> bool {
        let back = self.rendering.to_template(span);
        if !self.template.source().is_literal(&back) {
            return false;
        }
        let placeholders = self.template.placeholders();
        let next = placeholders.partition_point(|placeholder| (placeholder.start as usize) < back.start);
        placeholders.get(next).is_none_or(|placeholder| placeholder.start as usize >= back.end)
    }

    /// The instructions of a stage after its `FROM`.
    pub fn body(&self, stage: &Stage) -> &[Instruction<'c>] {
        self.file.instructions.get(stage.body.clone()).unwrap_or_default()
    }

    /// The stages of the built image, the last one first: each is built on the next.
    pub fn final_stages(&self) -> Vec<usize> {
        let target = self.service.build.target.as_deref().unwrap_or_default().to_lowercase();
        let named = |stage: &Stage| stage.name.as_ref().is_some_and(|name| name.text == target);
        let target = self.file.stages.iter().rposition(named);
        let last = target.or(self.file.stages.len().checked_sub(1));
        std::iter::successors(last, |&stage| self.file.stages.get(stage)?.from).collect()
    }

    /// For each stage the one whose image it is built on, through other stages: often itself.
    pub fn roots(&self) -> Vec<usize> {
        let mut roots = Vec::with_capacity(self.file.stages.len());
        for (at, stage) in self.file.stages.iter().enumerate() {
            // A stage is built on one before it.
            roots.push(stage.from.and_then(|from| roots.get(from).copied()).unwrap_or(at));
        }
        roots
    }

    /// The commands of a `RUN`; none of any other instruction.
    pub fn commands(&self, instruction: &Instruction) -> Vec<ShellCommand> {
        match instruction.keyword {
            Keyword::Run => shell::commands(self.file, instruction),
            _ => Vec::new(),
        }
    }

    pub fn all(&self, keyword: Keyword) -> impl Iterator<Item = &Instruction<'c>> {
        self.file.instructions.iter().filter(move |instruction| instruction.keyword == keyword)
    }
}
