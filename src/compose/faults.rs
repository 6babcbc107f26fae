//! What is wrong with the files of a project, each fault once, with the way to a file that another one names.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::At;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;

/// As many faults get a suggestion.
const READ: usize = crate::diagnostic::KEPT;

/// What is wrong so far.
#[derive(Default)]
pub struct Faults {
    /// All faults, each once.
    pub diagnostics: Diagnostics,
    seen: BTreeSet<(String, usize, usize, String)>,
    /// For a file that another one names: the place that names it.
    reached: BTreeMap<String, At>,
}

impl Faults {
    /// Notes an error at a place.
    pub fn error(&mut self, at: &At, message: impl Into<String>) {
        self.push(at, message.into(), None);
    }

    /// Notes an error at a place, with what to do.
    pub fn error_with(&mut self, at: &At, message: impl Into<String>, help: impl Into<String>) {
        self.push(at, message.into(), Some(help.into()));
    }

    /// "Did you mean", as long as somebody may still read it: of many thousands of faults, few are kept.
    pub fn nearest_or_all(&self, name: &str, known: &[&str], all_are: &str) -> String {
        match self.are_read() {
            true => crate::nearest::nearest_or_all(name, known, all_are),
            false => String::new(),
        }
    }

    /// Whether somebody may still read another fault.
    pub fn are_read(&self) -> bool {
        self.seen.len() < READ
    }

    /// Notes an error at a place that has none yet: what was found there first is the cause.
    pub fn error_if_first(&mut self, at: &At, message: impl Into<String>) {
        let from = (at.source.name().to_owned(), at.span.start, 0, String::new());
        let next = self.seen.range(from..).next();
        if next.is_none_or(|(name, start, ..)| name != at.source.name() || *start != at.span.start) {
            self.push(at, message.into(), None);
        }
    }

    fn push(&mut self, at: &At, message: String, help: Option<String>) {
        let key = (at.source.name().to_owned(), at.span.start, at.span.end, message.clone());
        // A file that is read twice has its faults twice.
        if !self.seen.insert(key) {
            return;
        }
        let way = self.way_to(&at.source);
        self.diagnostics.push(|| Diagnostic::error(at.place(), message).helps(help).helps(way));
    }

    /// Adds the faults of a file.
    pub fn append(&mut self, diagnostics: Diagnostics, source: &Source) {
        let way = self.way_to(source);
        self.diagnostics.append(diagnostics.map(|diagnostic| diagnostic.helps(way.clone())));
    }

    /// Which file led to a file that was not named by the user.
    fn way_to(&self, source: &Source) -> Option<String> {
        let at = self.reached.get(source.name())?;
        let position = at.source.position(at.span.start);
        Some(format!("this file is named at {}:{}:{}", at.source.name(), position.line, position.column))
    }

    /// Notes which place names a file.
    pub fn reach(&mut self, source: &Source, at: &At) {
        self.reached.entry(source.name().to_owned()).or_insert_with(|| at.clone());
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }
}
