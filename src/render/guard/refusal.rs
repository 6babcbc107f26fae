//! A value that is refused, and the diagnostic about it.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place, RuleName};
use crate::render::variables::Variable;
use crate::source::{Source, Span};

/// A value that would change the structure of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The index of its slot.
    pub slot: usize,
    /// What it would do, after a subject.
    pub why: &'static str,
    /// What to know about it.
    pub help: &'static str,
}

impl Refusal {
    /// The diagnostic for a variable that is used at `span`: at the place where the variable was given.
    pub fn of_variable(&self, variable: &Variable, source: &Arc<Source>, span: Span) -> Diagnostic {
        let position = source.position(span.start);
        let used = Place::Text(Arc::clone(source), span);
        let message = format!("the value of {} {}", variable.name(), self.why);
        let mut diagnostic =
            Diagnostic::error(variable.place_or(used), message).of_rule(RuleName::DoubtfulValue);
        if variable.origin().is_some() {
            let (name, line, column) = (source.name(), position.line, position.column);
            diagnostic.help.push(format!("it is used at {name}:{line}:{column}"));
        }
        diagnostic.help(self.help)
    }

    /// The diagnostic for the value of an expression.
    pub fn of_expression(&self, source: &Arc<Source>, span: Span) -> Diagnostic {
        Diagnostic::error_at(source, span, format!("this value {}", self.why))
            .of_rule(RuleName::DoubtfulValue)
            .help(self.help)
    }
}
