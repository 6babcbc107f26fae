//! A Dockerfile explained, instruction by instruction: what each does, why it matters, what one device
//! makes of it, and what makes its layer anew.
//!
//! 1. `keyword` has what is true of every instruction of a kind.
//! 2. `base` explains what a `FROM` gives the device, from the catalogue of base images; `files` a
//!    `COPY` or `ADD`, `command` a `RUN`, `start` what a container starts with, `settings` the rest.
//!    What they have to know of other instructions is in `overview`.
//! 3. [`text`] sets it for a terminal, [`markdown()`] makes a page of it, [`page`] one from a template of the
//!    user's own.

mod base;
mod command;
mod files;
mod keyword;
mod layer;
mod markdown;
mod overview;
pub mod page;
mod settings;
mod start;
pub mod text;
mod words;

use serde::Serialize;

use crate::arch::Arch;
use crate::device_types::Registry;
use crate::dockerfile::expansion::Env;
use crate::dockerfile::{Base, Dockerfile, Instruction, Keyword, Resolved, predefined_args};
use crate::image::{Catalogue, Family};

use overview::{Overview, StageFacts};

pub use keyword::{does, matters};
pub use markdown::markdown;
pub use words::quoted;

/// For whom it is explained.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// The device type's slug, or the arch's when no device is named.
    pub name: &'s str,
    /// The architecture.
    pub arch: Option<&'s Arch>,
    /// What the catalogue knows by name.
    pub registry: &'s Registry,
    /// The build arguments that the project gives.
    pub args: &'s Env,
}

/// What there is to say about one instruction. Every text is one or more whole sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// In lower case.
    pub keyword: String,
    /// The file that it stands in, where that is one that a Tera template includes.
    pub file: Option<String>,
    /// The first line of the file that it takes.
    pub start_line: usize,
    /// The last one.
    pub end_line: usize,
    /// The stage it belongs to, from 0; none before the first `FROM`.
    pub stage: Option<usize>,
    /// The instruction as it stands in the rendered file.
    pub code: String,
    /// What it does here.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What this device makes of it.
    pub device: Vec<String>,
    /// Whether it makes a layer, and what makes that anew.
    pub layer: String,
    /// What is easily got wrong with it, where that applies.
    pub pitfalls: Vec<String>,
}

impl Explained {
    /// All that is said, as paragraphs.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        let first = [&self.what, &self.why].into_iter();
        let all = first.chain(&self.device).chain([&self.layer]).chain(&self.pitfalls);
        all.map(String::as_str).filter(|text| !text.is_empty())
    }

    /// All that is said, in one piece.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dtpl::{dockerfile::Dockerfile, embedded, explain::{Subject, explain}, source::Source};
    /// let registry = embedded::registry();
    /// let arch = registry.arch("armv7hf");
    /// let subject = Subject { name: "raspberrypi3", arch, registry: &registry, args: &Default::default() };
    /// let source = Arc::new(Source::new("Dockerfile", "FROM python:3.12-slim\nEXPOSE 80\n"));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// let explained = explain(&file, &[], &subject);
    /// assert!(explained[0].text().contains("What raspberrypi3 gets of it: exact."));
    /// assert!(explained[1].text().contains("It publishes nothing"));
    /// ```
    pub fn text(&self) -> String {
        self.paragraphs().collect::<Vec<_>>().join(" ")
    }
}

/// What an explanation is made from: the whole file, with one instruction of it in mind.
struct Here<'h> {
    file: &'h Dockerfile<'h>,
    subject: &'h Subject<'h>,
    catalogue: Catalogue<'h>,
    bases: &'h [Resolved],
    overview: &'h Overview,
    /// Which instruction.
    at: usize,
    stage: Option<usize>,
}

impl<'h> Here<'h> {
    /// What is known of its stage.
    fn facts(&self) -> Option<&'h StageFacts> {
        self.overview.stages.get(self.stage?)
    }

    /// Whether the stage starts right from an image, with no stage in between.
    fn is_on_image(&self) -> bool {
        self.stage.and_then(|stage| self.bases.get(stage)).is_some_and(|on| matches!(on.base, Base::Image(_)))
    }

    /// Who published the image that all is built on.
    fn family(&self) -> Option<Family> {
        self.facts()?.family
    }

    /// The line of an earlier instruction of the stage that copies the whole context.
    fn wide_copy_before(&self) -> Option<usize> {
        let (at, line) = self.facts()?.wide_copy?;
        (at < self.at).then_some(line)
    }
}

/// What one kind of instruction adds to what is true of all of its kind.
#[derive(Default)]
struct Details {
    what: String,
    /// Why it matters, where that is not what matters about its kind.
    why: Option<&'static str>,
    device: Vec<String>,
    pitfalls: Vec<String>,
}

/// Explains every instruction of a rendered Dockerfile.
///
/// `placeholders` are those of its template, each with its line: the lines of both are the same.
pub fn explain(file: &Dockerfile, placeholders: &[(usize, &str)], subject: &Subject) -> Vec<Explained> {
    let predefined = subject.arch.map(|arch| predefined_args(&arch.platform, None)).unwrap_or_default();
    let (bases, _) = file.resolve(&predefined, subject.args);
    let overview = Overview::of(file, &bases);
    let mut explained = Vec::with_capacity(file.instructions.len());
    for (at, instruction) in file.instructions.iter().enumerate() {
        let stage = file.stage_of(at);
        let catalogue = Catalogue::new(subject.registry);
        let here = Here { file, subject, catalogue, bases: &bases, overview: &overview, at, stage };
        let mut details = details(&here, instruction);
        let (first, last) = (*instruction.lines.start(), *instruction.lines.end());
        if let Some(sentence) = words::replaced(placeholders, first..=last, subject.name) {
            details.device.insert(0, sentence);
        }
        explained.push(Explained {
            keyword: instruction.keyword.name().to_lowercase(),
            file: file_of(file, instruction),
            start_line: first,
            end_line: last,
            stage,
            code: words::code(file.bytes(&instruction.span)),
            what: details.what,
            why: details.why.unwrap_or_else(|| matters(instruction.keyword)).to_owned(),
            device: details.device,
            layer: layer::of(&here, instruction),
            pitfalls: details.pitfalls,
        });
    }
    explained
}

/// The file that an instruction stands in, where it came from another one than the template itself.
fn file_of(file: &Dockerfile, instruction: &Instruction) -> Option<String> {
    let origin = file.source.origin(&instruction.span)?;
    (origin.source.name() != file.source.name()).then(|| origin.source.name().to_owned())
}

fn details(here: &Here, instruction: &Instruction) -> Details {
    match instruction.keyword {
        Keyword::From => base::details(here),
        Keyword::Copy | Keyword::Add => files::details(here, instruction),
        Keyword::Run => command::details(here, instruction),
        Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck => start::details(here, instruction),
        _ => settings::details(here, instruction),
    }
}
