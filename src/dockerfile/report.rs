//! Collects the errors and warnings of a Dockerfile, with their places in it.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, RuleName};
use crate::source::{Source, Span};

pub(super) struct Report<'s> {
    source: &'s Arc<Source>,
    pub diagnostics: Diagnostics,
    /// Errors are in the trigger of an `ONBUILD`, which only a build from the image runs: they count as
    /// warnings.
    pub in_trigger: bool,
}

impl<'s> Report<'s> {
    pub fn new(source: &'s Arc<Source>) -> Self {
        Report { source, diagnostics: Diagnostics::new(), in_trigger: false }
    }

    /// An error at `span`, and what to do about it.
    pub fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if self.in_trigger {
            let help = format!("a build from this image fails here; {}", help.into());
            return self.warning(span, message, help);
        }
        self.error_of(RuleName::Syntax, span, message, help);
    }

    /// An error that belongs to another rule than that of syntax.
    pub fn error_of(
        &mut self,
        rule: RuleName,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = Place::Text(Arc::clone(self.source), span);
        self.diagnostics.push(|| Diagnostic::error(place, message).help(help).of_rule(rule));
    }

    pub fn warning(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.warning_of(RuleName::Syntax, span, message, help);
    }

    /// A warning that belongs to another rule than that of syntax.
    pub fn warning_of(
        &mut self,
        rule: RuleName,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = Place::Text(Arc::clone(self.source), span);
        self.diagnostics.push_warning(|| Diagnostic::warning(place, message).help(help).of_rule(rule));
    }
}
