//! What a check found: each thing once, with the devices that it hits.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::Severity;
use crate::source::{Source, Span};

/// Findings of one rule in one file that are kept; the rest are counted.
const KEPT: usize = 100;
/// Lines of help that a finding has. The devices that it hits may each add one.
const HELP: usize = 4;

/// One thing that a rule has to say about a template.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's name, or a code of hadolint.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The file it is in: a template, or a file that it copies.
    pub source: Arc<Source>,
    /// Where in it.
    pub span: Span,
    /// What is wrong, in one line, without a full stop.
    pub message: String,
    /// What to do; one entry a line.
    pub help: Vec<String>,
    /// The slugs of the device types that it hits.
    pub devices: BTreeSet<String>,
}

/// How many there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cannot be built, or does not run.
    pub error: usize,
    /// Is probably not meant.
    pub warning: usize,
    /// Good to know.
    pub info: usize,
}

impl Summary {
    fn of(&mut self, severity: Severity) -> &mut usize {
        match severity {
            Severity::Error => &mut self.error,
            Severity::Warning => &mut self.warning,
            Severity::Info => &mut self.info,
        }
    }

    /// How many there are at or above a severity.
    pub fn at_least(&self, severity: Severity) -> usize {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.error + self.warning,
            Severity::Info => self.error + self.warning + self.info,
        }
    }
}

/// In this order they are told: by file, place, rule, message.
type Key = (String, usize, usize, String, String);

/// Findings, each once.
#[derive(Debug, Default)]
pub struct Findings {
    found: BTreeMap<Key, Finding>,
    /// How many of a rule there are in a file.
    counts: BTreeMap<(String, String), usize>,
    omitted: Summary,
}

impl Findings {
    /// Adds one. Where it is known already, it hits more devices.
    pub fn add(&mut self, finding: Finding) {
        let file = finding.source.name().to_owned();
        let key = (file, finding.span.start, finding.span.end, finding.rule.clone(), finding.message.clone());
        if let Some(known) = self.found.get_mut(&key) {
            for line in finding.help {
                if known.help.len() < HELP && !known.help.contains(&line) {
                    known.help.push(line);
                }
            }
            known.severity = known.severity.max(finding.severity);
            known.devices.extend(finding.devices);
            return;
        }
        let count = self.counts.entry((key.0.clone(), key.3.clone())).or_default();
        if *count >= KEPT {
            *self.omitted.of(finding.severity) += 1;
            return;
        }
        *count += 1;
        self.found.insert(key, finding);
    }

    /// Adds all of another part of the project.
    pub fn append(&mut self, other: Findings) {
        for finding in other.found.into_values() {
            self.add(finding);
        }
        self.omitted.error += other.omitted.error;
        self.omitted.warning += other.omitted.warning;
        self.omitted.info += other.omitted.info;
    }

    /// All that are kept, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.found.values()
    }

    /// How many were counted only: a file with ten thousand equal mistakes has one that matters.
    pub fn omitted(&self) -> usize {
        self.omitted.at_least(Severity::Info)
    }

    /// How many there are, those that are not kept among them.
    pub fn summary(&self) -> Summary {
        let mut summary = self.omitted;
        for finding in self.iter() {
            *summary.of(finding.severity) += 1;
        }
        summary
    }
}
