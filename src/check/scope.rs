//! What a rule looks at: a template as it is written, one rendering of it, or a rendering for one arch.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::arch::Arch;
use crate::compose::tree::Node;
use crate::diagnostic::Place;
use crate::dockerfile::{Base, Dockerfile, Environment, Evaluation, ImageUse, Instruction, Keyword, Stage};
use crate::escape::shortened;
use crate::image::{CatalogueCache, Knowledge, Platform, Reference};
use crate::render::{Rendering, Template};
use crate::shell::{self, ShellCase, ShellCommand};
use crate::source::Span;
use crate::workspace::{ServiceFiles, Target};

use super::sink::Sink;
use super::stage_image::StageImage;
use crate::context::BuildContext;
use crate::software::usage::chain;

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
    /// The build context, where its folder exists.
    pub context: Option<&'c BuildContext>,
    /// What the compose file says about the service, where there is one.
    pub in_compose_file: Option<&'c Node>,
    pub(super) scripts: Scripts,
}

/// What the shell runs in the instructions of a rendering, read once for all rules and architectures; by the
/// place of the instruction.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    commands: RefCell<BTreeMap<usize, Rc<Vec<ShellCommand>>>>,
    cases: RefCell<BTreeMap<usize, Rc<Vec<ShellCase>>>>,
    /// By stage.
    lists_not_copied: RefCell<BTreeMap<usize, Rc<Vec<ListNotCopied>>>>,
}

/// A list of requirements that pip reads where no file of that name was copied.
#[derive(Clone, Debug)]
pub(super) struct ListNotCopied {
    /// The word that names it.
    pub span: Span,
    /// The last part of its path.
    pub name: String,
}

impl Scripts {
    fn commands(&self, file: &Dockerfile, instruction: &Instruction) -> Rc<Vec<ShellCommand>> {
        let read = || match instruction.keyword {
            Keyword::Run => Rc::new(shell::commands(file, instruction)),
            _ => Rc::default(),
        };
        let mut known = self.commands.borrow_mut();
        Rc::clone(known.entry(instruction.keyword_span.start).or_insert_with(read))
    }

    fn cases(&self, file: &Dockerfile, instruction: &Instruction) -> Rc<Vec<ShellCase>> {
        let read = || Rc::new(shell::cases(file, instruction));
        let mut known = self.cases.borrow_mut();
        Rc::clone(known.entry(instruction.keyword_span.start).or_insert_with(read))
    }
}

/// A rendering for the targets of one arch.
pub struct ArchScope<'c> {
    pub rendering: &'c RenderingScope<'c>,
    pub arch: &'c Arch,
    /// Its platform, unless an overlay gives it an invalid one.
    pub platform: Option<Platform>,
    /// What a build does.
    pub evaluation: &'c Evaluation,
    /// The service that is built.
    pub service: &'c ServiceFiles,
}

/// The same with the images, for the rules that look at those. These rules run for each set of names of images, all
/// others once.
pub struct ImageScope<'c> {
    pub build: &'c ArchScope<'c>,
    /// Every image that is named.
    pub images: &'c [StageImage],
    pub cache: &'c CatalogueCache<'c>,
}

impl<'c> Deref for ImageScope<'c> {
    type Target = ArchScope<'c>;

    fn deref(&self) -> &ArchScope<'c> {
        self.build
    }
}

impl ImageScope<'_> {
    /// The image in the `FROM` of a stage.
    pub fn image_of(&self, stage: usize) -> Option<&StageImage> {
        // They are in the order of the stages, and in each the image that it is built on comes first.
        let first = self.images.partition_point(|image| image.stage < Some(stage));
        let image = self.images.get(first)?;
        (image.by == ImageUse::From && image.stage == Some(stage)).then_some(image)
    }

    /// The images that the build needs.
    pub fn built_images(&self) -> impl Iterator<Item = &StageImage> {
        self.images.iter().filter(|image| image.is_built)
    }

    /// The images that the build needs, with a valid reference, and what the catalogue knows about each.
    pub fn known_images(&self) -> impl Iterator<Item = (&StageImage, &Reference, &Knowledge)> {
        self.built_images().filter_map(|image| {
            let (reference, knowledge) = &**image.known.as_ref().ok()?;
            Some((image, reference, knowledge))
        })
    }

    /// Advice for an image: the maintained image that replaces it.
    pub fn successor(&self, image: &StageImage) -> Option<String> {
        self.cache.successor(&image.known.as_ref().ok()?.1, self.platform.as_ref()?)
    }
}

impl<'c> ArchScope<'c> {
    /// Whether the evaluation reports an error at a place.
    pub fn has_fault(&self, span: &Span) -> bool {
        self.evaluation.faults.iter().any(|fault| match &fault.place {
            Place::Text(_, place) => place.start < span.end && span.start < place.end,
            _ => false,
        })
    }

    /// The stages of the built image, the last one first: each is built on the next.
    pub fn final_stages(&self) -> impl Iterator<Item = usize> {
        chain(self.evaluation, self.evaluation.target)
    }

    /// For each stage the one whose image it is built on, through other stages: often itself.
    pub fn roots(&self) -> Vec<usize> {
        let mut roots = Vec::with_capacity(self.evaluation.stages.len());
        for (at, stage) in self.evaluation.stages.iter().enumerate() {
            let before = match stage.base {
                Base::Stage(before) => roots.get(before).copied(),
                _ => None,
            };
            roots.push(before.unwrap_or(at));
        }
        roots
    }

    /// Calls `visit` for every instruction of a stage that BuildKit's own checks look at, with the variables
    /// before it.
    pub fn walk<'s>(&'s self, stage: usize, mut visit: impl FnMut(&'s Instruction<'c>, &Environment)) {
        self.evaluation.walk(self.rendering.file, stage, |instruction, environment| {
            if self.is_looked_at(stage, &instruction.span) {
                visit(instruction, environment);
            }
        });
    }

    /// Whether BuildKit's own checks look at something in a stage: what an `ONBUILD` of the stage before triggers,
    /// they look at only in stages that are built.
    pub fn is_looked_at(&self, stage: usize, span: &Span) -> bool {
        let is_built = self.evaluation.stages.get(stage).is_some_and(|stage| stage.is_built);
        let start = self.rendering.file.stages.get(stage).map_or(0, |stage| stage.base.span.start);
        is_built || span.start >= start
    }

    /// Reports something about an instruction of a stage. What an `ONBUILD` of the stage before triggers has, as
    /// in BuildKit, the place of the image in the `FROM`.
    pub fn report_in(&self, stage: usize, span: &Span, message: &str, help: &str, sink: &mut Sink) {
        let file = self.rendering.file;
        match file.stages.get(stage) {
            Some(stage) if span.start < stage.base.span.start => {
                let at =
                    file.instructions.partition_point(|instruction| instruction.span.start <= span.start);
                let trigger = at.checked_sub(1).and_then(|at| file.instructions.get(at));
                let line = trigger.map_or(0, |trigger| *trigger.lines.start());
                sink.report(&stage.base.span, format!("the ONBUILD on line {line}: {message}"), help);
            }
            _ => sink.report(span, message, help),
        }
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
        let written = String::from_utf8_lossy(source.bytes().get(span).unwrap_or_default());
        // In a compose file, the image may be in quotes.
        let unquoted = ['"', '\''].iter().find_map(|&quote| written.strip_prefix(quote)?.strip_suffix(quote));
        unquoted.unwrap_or(&written).to_owned()
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

    /// The commands of a `RUN`; none of any other instruction.
    pub fn commands(&self, instruction: &Instruction) -> Rc<Vec<ShellCommand>> {
        self.scripts.commands(self.file, instruction)
    }

    /// Every `case` in a `RUN`.
    pub fn cases(&self, instruction: &Instruction) -> Rc<Vec<ShellCase>> {
        self.scripts.cases(self.file, instruction)
    }

    /// The lists of requirements of a stage that are not there, which are looked for the first time.
    pub(super) fn lists_not_copied(
        &self,
        stage: usize,
        find: impl FnOnce() -> Vec<ListNotCopied>,
    ) -> Rc<Vec<ListNotCopied>> {
        if let Some(known) = self.scripts.lists_not_copied.borrow().get(&stage) {
            return Rc::clone(known);
        }
        let found = Rc::new(find());
        self.scripts.lists_not_copied.borrow_mut().insert(stage, Rc::clone(&found));
        found
    }

    pub fn all(&self, keyword: Keyword) -> impl Iterator<Item = &Instruction<'c>> {
        self.file.instructions.iter().filter(move |instruction| instruction.keyword == keyword)
    }
}
