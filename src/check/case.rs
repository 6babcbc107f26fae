//! What a rule looks at: a template as it is written, one rendering of it, or that for one arch.

use crate::arch::Arch;
use crate::dockerfile::{Dockerfile, Instruction, Keyword, Stage};
use crate::image::Platform;
use crate::render::{Rendering, Template};
use crate::workspace::{ServiceFiles, Target};

use super::context::Context;
use super::image::{Image, Memory};
use crate::source::{Source, Span};

/// A template as it is written, with everybody whom it is for.
#[derive(Debug)]
pub struct TextCase<'c> {
    /// The template.
    pub template: &'c Template,
    /// Its text, read as a Dockerfile: placeholders stand in it as they are.
    pub file: &'c Dockerfile<'c>,
    /// For whom it is rendered.
    pub targets: &'c [&'c Target<'c>],
}

/// One of the Dockerfiles that a template becomes.
#[derive(Debug)]
pub struct Case<'c> {
    /// The template.
    pub template: &'c Template,
    /// What it became, read.
    pub file: &'c Dockerfile<'c>,
    /// The rendering, which leads back into the template.
    pub rendering: &'c Rendering<'c>,
    /// The service that it is for.
    pub service: &'c ServiceFiles,
    /// The folder that `COPY` takes from, where there is one.
    pub context: Option<&'c Context>,
}

/// A rendering for the targets of one arch.
pub struct ArchCase<'c> {
    /// The rendering.
    pub case: &'c Case<'c>,
    /// The arch.
    pub arch: &'c Arch,
    /// Its platform, where it is one.
    pub platform: Option<Platform>,
    /// The images that its stages are built on.
    pub images: &'c [Image],
    /// What is known of images.
    pub memory: &'c Memory<'c>,
}

impl ArchCase<'_> {
    /// The image that a stage is built on by itself.
    pub fn image_of(&self, stage: usize) -> Option<&Image> {
        let at = self.images.binary_search_by_key(&stage, |image| image.stage).ok()?;
        self.images.get(at)
    }
}

impl<'c> Case<'c> {
    /// What the template has in place of something in the rendering, with its placeholders.
    pub fn written(&self, span: &Span) -> String {
        let span = self.rendering.to_template(span);
        let source = self.template.source();
        match source.origin(&span) {
            Some(origin) => shown(&origin.source, origin.span),
            None => shown(source, span),
        }
    }

    /// Whether all of it stands in the template as it is: no value of a placeholder is part of it.
    pub fn is_literal(&self, span: &Span) -> bool {
        let back = self.rendering.to_template(span);
        if !self.template.source().is_literal(&back) {
            return false;
        }
        let placeholders = self.template.placeholders();
        let next = placeholders.partition_point(|placeholder| (placeholder.start as usize) < back.start);
        placeholders.get(next).is_none_or(|placeholder| placeholder.start as usize >= back.end)
    }

    /// The instructions of a stage behind its `FROM`.
    pub fn body(&self, stage: &Stage) -> &[Instruction<'c>] {
        self.file.instructions.get(stage.body.clone()).unwrap_or_default()
    }

    /// The stages that the image to build consists of, the last one first: each is built on the next.
    pub fn final_stages(&self) -> Vec<usize> {
        let target = self.service.build.target.as_deref().unwrap_or_default().to_lowercase();
        let named = |stage: &Stage| stage.name.as_ref().is_some_and(|name| name.text == target);
        let target = self.file.stages.iter().rposition(named);
        let mut next = target.or(self.file.stages.len().checked_sub(1));
        let mut stages = Vec::new();
        while let Some(stage) = next {
            stages.push(stage);
            next = self.file.stages.get(stage).and_then(|stage| stage.from);
        }
        stages
    }

    /// For each stage the one that it is built on in the end: itself, where it begins with an image.
    pub fn roots(&self) -> Vec<usize> {
        let mut roots = Vec::with_capacity(self.file.stages.len());
        for (at, stage) in self.file.stages.iter().enumerate() {
            // A stage is built on one before it.
            let root = stage.from.and_then(|from| roots.get(from).copied()).unwrap_or(at);
            roots.push(root);
        }
        roots
    }

    /// All instructions of one kind.
    pub fn all(&self, keyword: Keyword) -> impl Iterator<Item = &Instruction<'c>> {
        self.file.instructions.iter().filter(move |instruction| instruction.keyword == keyword)
    }
}

fn shown(source: &Source, span: Span) -> String {
    String::from_utf8_lossy(source.bytes().get(span).unwrap_or_default()).into_owned()
}
