//! A command as the faults look at it: where it is written, when it runs, and what is in the image by then.

use std::sync::Arc;

use super::fault::{Fault, Remedy};
use super::image_text::ImageText;
use super::lookups::Lookups;
use super::state::State;
use crate::context::BuildContext;
use crate::diagnostic::Severity;
use crate::shell::{ShellCommand, Word};
use crate::software::contents::Contents;
use crate::software::languages::Language;
use crate::software::usage::{Step, StepFile, StepPlace, When};
use crate::source::{Source, Span};

/// A command that runs.
pub struct Run<'r> {
    pub step: &'r Step,
    pub state: &'r State,
    /// The image, for messages.
    pub image: &'r str,
    pub is_of_balena: bool,
    /// What the image had that this one takes the place of.
    pub old: Option<&'r Contents>,
    /// The language of an official image, with its version.
    pub language: Option<(Language, (u32, u32))>,
    pub context: Option<&'r BuildContext>,
    /// The text of the Dockerfile.
    pub text: &'r [u8],
    pub lookups: &'r Lookups,
    pub faults: &'r mut Vec<Fault>,
}

impl<'r> Run<'r> {
    pub fn command(&self) -> &'r ShellCommand {
        &self.step.command
    }

    /// Whether it runs when the image is built, not when the container starts.
    pub fn is_build(&self) -> bool {
        self.step.when == When::Build
    }

    /// Whether it is not certain that it runs, or nothing ends where it fails: `a || true`.
    pub fn is_optional(&self) -> bool {
        self.step.command.is_optional || self.step.command.is_tolerated
    }

    /// How bad it is that the command fails: the build ends, unless the command is in a script, where less is known
    /// of how it goes on.
    pub fn severity(&self) -> Severity {
        match self.is_build() && self.is_in_dockerfile() {
            true => Severity::Error,
            false => Severity::Warning,
        }
    }

    fn is_in_dockerfile(&self) -> bool {
        matches!(self.step.file, StepFile::Dockerfile)
    }

    /// Whether the Dockerfile has a word as it is, without a quote, an escape or a variable.
    pub fn is_written(&self, word: &Word) -> bool {
        self.is_in_dockerfile() && self.text.get(word.span.clone()) == Some(word.text.as_bytes())
    }

    /// Whether a variable gives a part of a word, so that the word is not for a message: in the compose file, where
    /// variables are replaced already, any word may be one.
    pub fn is_given(&self, word: &Word) -> bool {
        let text = match &self.step.file {
            StepFile::Dockerfile => self.text,
            StepFile::Script { source, .. } => source.bytes(),
            StepFile::Compose(_) => return true,
        };
        text.get(word.span.clone()).is_none_or(|written| written.contains(&b'$'))
    }

    /// Whether a word begins with a name as it is written, so that the name is no value of a variable.
    pub fn names(&self, word: &Word, name: &str) -> bool {
        let text = match &self.step.file {
            StepFile::Dockerfile => self.text,
            StepFile::Script { source, .. } => source.bytes(),
            StepFile::Compose(_) => return false,
        };
        let written = text.get(word.span.clone()).unwrap_or_default();
        let written = written.strip_prefix(b"\"").or_else(|| written.strip_prefix(b"'")).unwrap_or(written);
        written.starts_with(name.as_bytes())
    }

    /// The file of the build context at a path, as the command sees it.
    pub fn file(&self, path: &str) -> Option<Arc<Source>> {
        self.state.files.read(self.context?, path, self.step.workdir.as_deref())
    }

    /// Adds a fault at a place of the command's text. Only the Dockerfile is changed: a text that mends it is not for a
    /// script.
    pub fn add(
        &mut self,
        rule: &'static str,
        severity: Severity,
        span: Span,
        message: impl Into<ImageText>,
        help: impl Into<ImageText>,
        remedy: Remedy,
    ) {
        let remedy = match &remedy {
            Remedy::Text(..) | Remedy::Instead(..) if !self.is_in_dockerfile() => Remedy::None,
            _ => remedy,
        };
        let place = StepPlace { file: self.step.file.clone(), span };
        self.faults.push(Fault {
            rule,
            severity,
            place,
            stage: self.step.stage,
            is_build: self.is_build(),
            message: message.into(),
            help: help.into(),
            remedy,
        });
    }
}
