//! What is told of a command that fails.

use crate::source::Span;

/// A command that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// What fails.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// The words that it is about.
    pub span: Span,
    /// What would make it work all the same; the caller has to look whether it is there.
    pub unless: Vec<Unless>,
}

/// What makes a command work that is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unless {
    /// A file in the folder in which it runs, or in one above it.
    File(&'static str),
    /// A Python package that was installed before.
    PythonPackage(&'static str),
    /// A variable of the environment with this value.
    Variable(&'static str, &'static str),
}
