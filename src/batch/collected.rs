//! What is wrong in a batch, each thing once: a template with a mistake in it fails for a thousand
//! fleets in the same way.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use crate::diagnostic::{Diagnostic, Diagnostics, KEPT, Place, Severity};
use crate::workspace::Target;

/// How many fleets are named.
const NAMED: usize = 3;

/// The most diagnostics that are not kept of which a digest is: each is counted once.
const MOST_COUNTED: usize = 100_000;

/// Diagnostics by where they are and what they say.
#[derive(Debug, Default)]
pub struct Collected {
    seen: BTreeMap<DiagnosticKey, Occurrence>,
    /// Digests of the keys that are not kept.
    left_out: BTreeSet<u64>,
    /// The most that one render had beyond those that it kept.
    omitted: usize,
}

/// The file, the line and the offset there, and the message.
type DiagnosticKey = (String, (usize, usize), String);

#[derive(Debug)]
struct Occurrence {
    diagnostic: Diagnostic,
    hits: usize,
    /// The numbers of the first and the last fleet counted: the services of one come one after the
    /// other, and two neighbouring parts of the rows may share one.
    first: usize,
    last: usize,
    names: Vec<String>,
}

fn key(diagnostic: &Diagnostic) -> DiagnosticKey {
    let (file, at) = match &diagnostic.place.settled() {
        Place::Text(source, span) => {
            (source.name().to_owned(), (source.position(span.start).line, span.start))
        }
        Place::CommandLine => (String::new(), (0, 0)),
        Place::Flag(name) => ((*name).to_owned(), (0, 0)),
        Place::Environment(name) | Place::File(name) => (name.clone(), (0, 0)),
        Place::Entry { name, offset, .. } => (name.clone(), (0, usize::try_from(*offset).unwrap_or(0))),
    };
    (file, at, diagnostic.message.clone())
}

impl Collected {
    /// Adds what was found for a target.
    pub fn add(&mut self, diagnostics: &Diagnostics, target: &Target) {
        self.add_of(diagnostics, target.number, target.name());
    }

    /// Adds what was found for the target with this number and name.
    pub fn add_of(&mut self, diagnostics: &Diagnostics, number: usize, name: &str) {
        if diagnostics.is_empty() {
            return;
        }
        self.omitted = self.omitted.max(diagnostics.omitted());
        for diagnostic in diagnostics.iter() {
            let key = key(diagnostic);
            if let Some(entry) = self.seen.get_mut(&key) {
                if entry.last != number {
                    entry.hits += 1;
                    entry.last = number;
                    if entry.names.len() < NAMED {
                        entry.names.push(name.to_owned());
                    }
                }
            } else if self.has_room_for(&key, diagnostic.severity) {
                let names = vec![name.to_owned()];
                let diagnostic = diagnostic.clone();
                self.seen.insert(key, Occurrence { diagnostic, hits: 1, first: number, last: number, names });
            }
        }
    }

    /// Whether one more can be kept; when there are many, in place of the last of those that matter
    /// least. So the same are kept in whatever order they come, each with all the fleets that have it.
    fn has_room_for(&mut self, key: &DiagnosticKey, severity: Severity) -> bool {
        if self.seen.len() < KEPT {
            return true;
        }
        let least = self.seen.values().map(|entry| entry.diagnostic.severity).min();
        let last = self.seen.iter().rfind(|(_, entry)| Some(entry.diagnostic.severity) == least);
        let takes_its_place = |(last, entry): &(&DiagnosticKey, &Occurrence)| {
            severity > entry.diagnostic.severity || (severity == entry.diagnostic.severity && key < *last)
        };
        let last = last.filter(takes_its_place).map(|(last, _)| last.clone());
        if self.left_out.len() < MOST_COUNTED {
            let mut hasher = DefaultHasher::new();
            last.as_ref().unwrap_or(key).hash(&mut hasher);
            self.left_out.insert(hasher.finish());
        }
        last.is_some_and(|last| self.seen.remove(&last).is_some())
    }

    /// Adds what was found in the rows that follow.
    pub fn append(&mut self, other: Collected) {
        self.omitted = self.omitted.max(other.omitted);
        let free = MOST_COUNTED.saturating_sub(self.left_out.len());
        self.left_out.extend(other.left_out.into_iter().take(free));
        for (key, more) in other.seen {
            if let Some(entry) = self.seen.get_mut(&key) {
                entry.hits += more.hits - usize::from(more.first == entry.last);
                entry.last = more.last;
                for name in more.names {
                    if entry.names.len() < NAMED && !entry.names.contains(&name) {
                        entry.names.push(name);
                    }
                }
            } else if self.has_room_for(&key, more.diagnostic.severity) {
                self.seen.insert(key, more);
            }
        }
    }

    /// Whether one of them is an error, or a warning when those count as such.
    #[cfg(feature = "cli")]
    pub fn has_errors(&self, strict: bool) -> bool {
        let least = if strict { Severity::Warning } else { Severity::Error };
        self.seen.values().any(|entry| entry.diagnostic.severity >= least)
    }

    /// All of them, in the order of the files, each with the fleets that have it: of `total` fleets, or of
    /// device types where there are no fleets.
    pub fn into_diagnostics(self, total: usize, what: &str) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for entry in self.seen.into_values() {
            let mut diagnostic = entry.diagnostic;
            if total > 1 {
                let more = if entry.hits > entry.names.len() { ", ..." } else { "" };
                diagnostic.help.push(match entry.hits {
                    hits if hits >= total => format!("affects all {total} {what}"),
                    hits => format!("affects {hits} of {total} {what}: {}{more}", entry.names.join(", ")),
                });
            }
            diagnostics.push(|| diagnostic);
        }
        diagnostics.omit(self.left_out.len() + self.omitted);
        diagnostics
    }
}

/// Adds what is not there yet: what several builds have in common.
pub fn append_once(all: &mut Diagnostics, more: Diagnostics) {
    more.iter().for_each(|one| all.push_once(one.clone()));
    all.omit(more.omitted());
}
