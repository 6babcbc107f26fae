//! Explains a rendered Dockerfile, instruction by instruction: what it does, why it matters, what it means
//! for one device, and what invalidates its layer in the cache.
//!
//! 1. `keyword` has what is true of every instruction of a kind.
//! 2. `base` explains a `FROM`, from the catalogue of base images; `files` a `COPY` or `ADD` (with `sources`),
//!    `command` a `RUN` (with `packages` and `mounts`), `process` a `CMD`, `ENTRYPOINT` or `HEALTHCHECK`,
//!    `config` the rest (with `arguments`). Facts about other instructions are in `overview`.
//! 3. [`text`] formats explanations for a terminal, [`markdown()`] as a Markdown page, [`page`] with a
//!    template of the user.
//!
//! ```
//! use std::sync::Arc;
//! use dtpl::explain::{Request, explain};
//! use dtpl::{Dockerfile, Registry, Source, Subject};
//!
//! let registry = Registry::embedded();
//! let subject = Subject::of_device_type(registry.device_type("raspberrypi3").unwrap(), &registry);
//! let source = Arc::new(Source::new("Dockerfile", "FROM python:3.12-slim\nWORKDIR /app\n"));
//! let file = Dockerfile::parse(&source)?;
//! let explained = explain(&file, &[], &Request::new(subject, &registry));
//! assert_eq!((explained.len(), &*explained[1].keyword), (2, "workdir"));
//! # Ok::<(), dtpl::Diagnostics>(())
//! ```

mod arguments;
mod base;
mod command;
mod config;
mod files;
mod keyword;
mod layer;
mod markdown;
mod mounts;
mod overview;
mod packages;
pub mod page;
mod phrases;
mod process;
mod sources;
mod text;

use serde::Serialize;

use crate::device_types::Registry;
use crate::dockerfile::{Base, BuildOptions, Dockerfile, EvaluatedStage, Instruction, Keyword};
use crate::image::{Catalogue, Family};
use crate::subject::Subject;

use overview::{Overview, StageFacts};
use sources::Expanded;

pub use keyword::{does, matters};
pub use markdown::markdown;
#[cfg(feature = "cli")]
pub(crate) use phrases::joined;
pub use phrases::quoted;
pub use text::{Layout, write as write_text};

/// What a Dockerfile is explained for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Request<'s> {
    /// The device or arch.
    pub subject: Subject<'s>,
    /// What is known of base images.
    pub catalogue: Catalogue<'s>,
    /// How it is built. Its platform is that of the subject, whatever it says.
    pub build: BuildOptions<'s>,
}

impl<'s> Request<'s> {
    /// Explains for a device or an arch, without build arguments.
    pub fn new(subject: Subject<'s>, registry: &'s Registry) -> Self {
        Request { subject, catalogue: Catalogue::new(registry), build: BuildOptions::of_platform("") }
    }
}

/// The explanation of one instruction. Every text is one or more whole sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explained {
    /// In lower case.
    pub keyword: String,
    /// The file that it is in, if a Tera template includes that file.
    pub file: Option<String>,
    /// Its first line in the file.
    pub start_line: usize,
    /// Its last line.
    pub end_line: usize,
    /// The stage it belongs to, from 0; none before the first `FROM`.
    pub stage: Option<usize>,
    /// Its text in the rendered file.
    pub code: String,
    /// What it does here.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What it means for the device.
    pub device: Vec<String>,
    /// Whether it makes a layer, and what invalidates that layer.
    pub layer: String,
    /// Common mistakes that it makes.
    pub pitfalls: Vec<String>,
}

impl Explained {
    /// The explanation as paragraphs.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        let first = [&self.what, &self.why].into_iter();
        let all = first.chain(&self.device).chain([&self.layer]).chain(&self.pitfalls);
        all.map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The explanation as one text.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dtpl::explain::{Request, explain};
    /// use dtpl::{Registry, Source, Subject, dockerfile::Dockerfile};
    /// let registry = Registry::embedded();
    /// let subject = Subject::of_device_type(registry.device_type("raspberrypi3").unwrap(), &registry);
    /// let request = Request::new(subject, &registry);
    /// let source = Arc::new(Source::new("Dockerfile", "FROM python:3.12-slim\nEXPOSE 80\n"));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// let explained = explain(&file, &[], &request);
    /// assert!(explained[0].text().contains("What raspberrypi3 gets of it: exact."));
    /// assert!(explained[1].text().contains("It publishes nothing"));
    /// ```
    pub fn text(&self) -> String {
        self.paragraphs().collect::<Vec<_>>().join(" ")
    }
}

/// One instruction, with what its explanation is made from.
struct InstructionContext<'h> {
    file: &'h Dockerfile<'h>,
    request: &'h Request<'h>,
    catalogue: Catalogue<'h>,
    bases: &'h [EvaluatedStage],
    /// The stage that becomes the image.
    target: Option<usize>,
    overview: &'h Overview,
    /// The sources of every `ADD` without its variables.
    expanded: &'h Expanded,
    /// The instruction's index.
    at: usize,
    stage: Option<usize>,
}

impl<'h> InstructionContext<'h> {
    fn facts(&self) -> Option<&'h StageFacts> {
        self.overview.stages.get(self.stage?)
    }

    /// Whether the stage starts right from an image, with no stage in between.
    fn is_on_image(&self) -> bool {
        self.stage.and_then(|stage| self.bases.get(stage)).is_some_and(|on| matches!(on.base, Base::Image(_)))
    }

    /// The family of the image that its stage is built on.
    fn family(&self) -> Option<Family> {
        self.facts()?.family
    }

    /// Whether the build is given a context of this name.
    fn is_context(&self, name: &[u8]) -> bool {
        std::str::from_utf8(name).is_ok_and(|name| self.request.build.contexts.contains_key(name))
    }

    /// Whether its stage is built on another one, at once or over others.
    fn is_built_on(&self, stage: usize) -> bool {
        let mut next = self.stage;
        // A stage is built on an earlier one, so this ends.
        while let Some(at) = next {
            next = match self.bases.get(at).map(|on| &on.base) {
                Some(Base::Stage(earlier)) if *earlier < at => Some(*earlier),
                _ => None,
            };
            if next == Some(stage) {
                return true;
            }
        }
        false
    }

    /// Whether the layers of its stage are layers of the image.
    fn is_in_image(&self) -> bool {
        self.stage.and_then(|stage| self.overview.in_image.get(stage)).is_some_and(|in_image| *in_image)
    }

    /// The line of an earlier instruction of the stage that copies the whole build context.
    fn whole_copy_before(&self) -> Option<usize> {
        let (at, line) = self.facts()?.whole_copy?;
        (at < self.at).then_some(line)
    }

    /// Whether an earlier instruction installed dependencies, in the stage or in one that it is built on.
    fn is_installed_before(&self) -> bool {
        self.facts().and_then(|facts| facts.first_install).is_some_and(|first| first < self.at)
    }

    /// A stage in a sentence: by its name if it has one.
    fn stage_name(&self, stage: usize) -> String {
        match self.file.stages.get(stage).and_then(|stage| stage.name.as_ref()) {
            Some(name) => format!("the stage {}", quoted(name.text.as_bytes())),
            None => format!("stage {stage}"),
        }
    }
}

/// What is specific to one instruction.
#[derive(Default)]
struct Details {
    what: String,
    /// Why it matters, if that differs from what is true of its kind.
    why: Option<&'static str>,
    device: Vec<String>,
    pitfalls: Vec<String>,
}

impl Details {
    /// Starts with what is true of the instruction's kind.
    fn new(keyword: Keyword) -> Details {
        Details { what: does(keyword).to_owned(), ..Details::default() }
    }

    /// Adds a sentence to what it does.
    fn add(&mut self, sentence: &str) {
        self.what.push(' ');
        self.what.push_str(sentence);
    }

    fn pitfall(&mut self, text: impl Into<String>) {
        self.pitfalls.push(text.into());
    }
}

/// Explains every instruction of a rendered Dockerfile.
///
/// `placeholders` are those of its template, each with its line: the lines of both are the same.
pub fn explain(file: &Dockerfile, placeholders: &[(usize, &str)], request: &Request) -> Vec<Explained> {
    let Request { subject, catalogue, build } = *request;
    let evaluation = file.evaluate(&BuildOptions { platform: subject.platform(), ..build });
    let bases = &evaluation.stages;
    let expanded = sources::expanded(file, &evaluation);
    let overview = Overview::of(file, bases, evaluation.target, &catalogue);
    let mut explained = Vec::with_capacity(file.instructions.len());
    for (at, instruction) in file.instructions.iter().enumerate() {
        let stage = file.stage_of(at);
        let context = InstructionContext {
            file,
            request,
            catalogue,
            bases,
            target: evaluation.target,
            overview: &overview,
            expanded: &expanded,
            at,
            stage,
        };
        let mut details = details(&context, instruction);
        let (first, last) = (*instruction.lines.start(), *instruction.lines.end());
        if let Some(sentence) = phrases::replaced(placeholders, first..=last, subject.name()) {
            details.device.insert(0, sentence);
        }
        explained.push(Explained {
            keyword: instruction.keyword.name().to_lowercase(),
            file: file_of(file, instruction),
            start_line: first,
            end_line: last,
            stage,
            code: phrases::code(file.bytes(&instruction.span)),
            what: details.what,
            why: details.why.unwrap_or_else(|| matters(instruction.keyword)).to_owned(),
            device: details.device,
            layer: layer::of(&context, instruction),
            pitfalls: details.pitfalls,
        });
    }
    explained
}

/// The file that an instruction is in, if that is not the template itself.
fn file_of(file: &Dockerfile, instruction: &Instruction) -> Option<String> {
    let origin = file.source.origin(&instruction.span)?;
    (origin.source.name() != file.source.name()).then(|| origin.source.name().to_owned())
}

fn details(context: &InstructionContext, instruction: &Instruction) -> Details {
    match instruction.keyword {
        Keyword::From => base::details(context),
        Keyword::Copy | Keyword::Add => files::details(context, instruction),
        Keyword::Run => command::details(context, instruction),
        Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck => process::details(context, instruction),
        _ => config::details(context, instruction),
    }
}
