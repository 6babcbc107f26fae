//! Collects what is wrong with a Dockerfile, each with its place in the file.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};
use crate::source::{Source, Span};

/// The diagnostics of one file, as they are found.
pub(super) struct Report<'s> {
    source: &'s Arc<Source>,
    pub diagnostics: Diagnostics,
    /// Errors are of something that only a later build will run, and count as warnings.
    pub later: bool,
}

impl<'s> Report<'s> {
    pub fn new(source: &'s Arc<Source>) -> Self {
        Report { source, diagnostics: Diagnostics::new(), later: false }
    }

    /// An error at `span`, with what to do.
    pub fn error(&mut self, span: Span, message: String, help: &str) {
        if self.later {
            let help = format!("a build from this image fails here; {help}");
            return self.warning(span, message, &help);
        }
        let place = Place::Text(Arc::clone(self.source), span);
        self.diagnostics.push(|| Diagnostic::error(place, message).help(help).of_rule(Rule::Syntax));
    }

    /// An error about an instruction that stands where only a `FROM` can.
    pub fn too_early(&mut self, span: Span, message: String, help: &str) {
        let place = Place::Text(Arc::clone(self.source), span);
        self.diagnostics
            .push(|| Diagnostic::error(place, message).help(help).of_rule(Rule::FirstInstruction));
    }

    /// A warning at `span`, with what to do.
    pub fn warning(&mut self, span: Span, message: String, help: &str) {
        let place = Place::Text(Arc::clone(self.source), span);
        self.diagnostics
            .push_warning(|| Diagnostic::warning(place, message).help(help).of_rule(Rule::Syntax));
    }
}
