//! Commands of a language's own tools that new versions of it do not have any more.

use super::{removed_go, removed_node, removed_python};
use crate::shell::ShellCommand;
use crate::source::Span;

/// A language with official images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    Go,
    Node,
    Python,
}

impl Language {
    /// The language of an official image.
    pub fn of_image(name: &str) -> Option<Language> {
        match name {
            "golang" => Some(Language::Go),
            "node" => Some(Language::Node),
            "python" => Some(Language::Python),
            _ => None,
        }
    }
}

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

/// Whether a command fails in an official image of this language and version, as `(22, 0)` of Node.js.
///
/// None where it works or nothing is known: the program of another installation, a name with variables in it.
pub fn removed(command: &ShellCommand, language: Language, version: (u32, u32)) -> Option<Removed> {
    match language {
        Language::Go => removed_go::removed(command, version),
        Language::Node => removed_node::removed(command, version),
        Language::Python => removed_python::removed(command, version),
    }
}
