//! A fault in a part of an instruction, before its place in the file is known.

use crate::source::Span;

/// A fault in a text: where in that text, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its place in the text.
    pub span: Span,
    /// The fault, in one line.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Fault {
    pub(super) fn new(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Fault { span, message: message.into(), help: help.into() }
    }
}
