//! One thing that does not work, where it is written, and what would mend it.

use super::image_text::ImageText;
use crate::diagnostic::Severity;
use crate::shell::PackageManager;
use crate::software::usage::StepPlace;
use crate::source::Span;

/// What would mend a fault, for a program that changes the Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A person has to decide.
    None,
    /// This package, installed before.
    Package(PackageManager, String),
    /// One of these packages in the place of a part of the Dockerfile, where it is needed anyway.
    Instead(Span, Vec<String>),
    /// This text in the place of a part of the Dockerfile, which is empty where the text is put in.
    Text(Span, String),
}

/// Something that does not work.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The rule of `dtpl check` for it.
    pub rule: &'static str,
    /// An error if the build fails for certain.
    pub severity: Severity,
    pub place: StepPlace,
    /// The stage that it is in.
    pub stage: usize,
    /// Whether it is about the build, not about what the container starts.
    pub is_build: bool,
    /// One line without a full stop.
    pub message: ImageText,
    pub help: ImageText,
    pub remedy: Remedy,
}

impl Fault {
    /// What is told once in a stage: a program at its first use, and each place of anything else.
    pub(super) fn key(&self) -> String {
        match self.remedy {
            Remedy::Package(..) => format!("{} {}", self.rule, self.message.text),
            _ => format!("{} {} {:?}", self.rule, self.message.text, self.place.span),
        }
    }

    /// What tells it from all others of a Dockerfile, for whichever platform.
    pub fn id(&self) -> (usize, usize, &'static str, &str) {
        (self.place.in_dockerfile().start, self.place.span.start, self.rule, &self.message.text)
    }
}
