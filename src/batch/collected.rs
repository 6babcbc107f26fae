//! What is wrong in a batch, each thing once: a template with a mistake in it fails for a thousand
//! fleets in the same way.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use crate::diagnostic::{Diagnostic, Diagnostics, KEPT, Place, Severity};
use crate::workspace::Target;

/// How many fleets are named.
const NAMED: usize = 3;

/// Of how many that are not kept it is known that they are different ones.
const MOST_COUNTED: usize = 100_000;

/// Diagnostics by where they are and what they say.
#[derive(Debug, Default)]
pub struct Collected {
    seen: BTreeMap<Key, Entry>,
    /// Digests of the keys that are not kept, up to a number, so that each is counted once.
    left_out: BTreeSet<u64>,
    /// The most that one render had beyond those that it told.
    untold: usize,
}

type Key = (String, usize, String);

#[derive(Debug)]
struct Entry {
    diagnostic: Diagnostic,
    hits: usize,
    /// The numbers of the first and the last fleet counted: the services of one come one after the
    /// other, and two neighbouring parts of the rows may share one.
    first: usize,
    last: usize,
    names: Vec<String>,
}

fn key(diagnostic: &Diagnostic) -> Key {
    let (file, at) = match &diagnostic.place.settled() {
        Place::Text(source, span) => {
            (source.name().to_owned(), source.position(span.start).line << 32 | span.start)
        }
        Place::CommandLine => (String::new(), 0),
        Place::Flag(name) => ((*name).to_owned(), 0),
        Place::Environment(name) | Place::File(name) => (name.clone(), 0),
        Place::Entry { name, offset, .. } => (name.clone(), usize::try_from(*offset).unwrap_or(0)),
    };
    (file, at, diagnostic.message.clone())
}

impl Collected {
    /// Adds what was found for a target.
    pub fn add(&mut self, diagnostics: &Diagnostics, target: &Target) {
        if diagnostics.is_empty() {
            return;
        }
        self.untold = self.untold.max(diagnostics.omitted());
        for diagnostic in diagnostics.iter() {
            let key = key(diagnostic);
            if let Some(entry) = self.seen.get_mut(&key) {
                if entry.last != target.number {
                    entry.hits += 1;
                    entry.last = target.number;
                    if entry.names.len() < NAMED {
                        entry.names.push(target.name().to_owned());
                    }
                }
            } else if self.has_room_for(&key, diagnostic.severity) {
                let names = vec![target.name().to_owned()];
                let diagnostic = diagnostic.clone();
                let entry = Entry { diagnostic, hits: 1, first: target.number, last: target.number, names };
                self.seen.insert(key, entry);
            }
        }
    }

    /// Whether one more can be kept; when there are many, in place of the last of those that matter
    /// least. So the same are kept in whatever order they come, and of each it is known whom it hits.
    fn has_room_for(&mut self, key: &Key, severity: Severity) -> bool {
        if self.seen.len() < KEPT {
            return true;
        }
        let least = self.seen.values().map(|entry| entry.diagnostic.severity).min();
        let last = self.seen.iter().rfind(|(_, entry)| Some(entry.diagnostic.severity) == least);
        let takes_its_place = |(last, entry): &(&Key, &Entry)| {
            severity > entry.diagnostic.severity || (severity == entry.diagnostic.severity && key < *last)
        };
        match last.filter(takes_its_place).map(|(last, _)| last.clone()) {
            Some(last) => {
                self.leave_out(&last);
                self.seen.remove(&last).is_some()
            }
            None => {
                self.leave_out(key);
                false
            }
        }
    }

    fn leave_out(&mut self, key: &Key) {
        if self.left_out.len() < MOST_COUNTED {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            self.left_out.insert(hasher.finish());
        }
    }

    /// Adds what was found in the rows that follow.
    pub fn append(&mut self, other: Collected) {
        self.untold = self.untold.max(other.untold);
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
    pub fn has_errors(&self, strict: bool) -> bool {
        let least = if strict { Severity::Warning } else { Severity::Error };
        self.seen.values().any(|entry| entry.diagnostic.severity >= least)
    }

    /// All of them, in the order of the files, each with whom it hits: of `total` fleets, or of device
    /// types where there are no fleets.
    pub fn into_diagnostics(self, total: usize, what: &str) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for entry in self.seen.into_values() {
            let mut diagnostic = entry.diagnostic;
            if total > 1 {
                let more = if entry.hits > entry.names.len() { ", ..." } else { "" };
                diagnostic.help.push(match entry.hits {
                    hits if hits >= total => format!("so for all {total} {what}"),
                    hits => format!("so for {hits} of {total} {what}: {}{more}", entry.names.join(", ")),
                });
            }
            diagnostics.push(|| diagnostic);
        }
        diagnostics.omit(self.left_out.len() + self.untold);
        diagnostics
    }
}
