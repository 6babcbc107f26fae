//! Findings of a check: equal ones are merged, with all device types that they affect.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use crate::diagnostic::Severity;
#[cfg(feature = "cli")]
use crate::diagnostic::{Diagnostic, Place};
use crate::source::{Source, Span};

/// The most findings of one rule in one file; the rest are only counted.
const KEPT: usize = 100;
/// The most lines of help of a finding: each device that it affects may add one.
const HELP: usize = 4;

/// A problem that a rule found in a template.
///
/// ```
/// use std::path::Path;
/// use dtpl::workspace::{self, Definitions, Targets, Workspace, select};
/// use dtpl::{check, Place, Registry};
///
/// let registry = Registry::embedded();
/// let request = workspace::Request::new(Path::new("-"));
/// let mut template = "FROM resin/%%RESIN_MACHINE_NAME%%-python:3.6\n".as_bytes();
/// let (services, mut notes) = Workspace::open(&request, &mut template)?.into_services(&[], 1)?;
/// let devices = select(&registry, "raspberrypi3", &Place::CommandLine)?;
/// let definitions = Definitions::default();
/// let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
///
/// let findings = check::run(&check::Request::new(&services, &targets, &registry))?;
/// let first = findings.iter().next().unwrap();
/// assert_eq!(first.source.name(), "<stdin>");
/// assert!(first.devices.contains("raspberrypi3"));
/// # Ok::<(), dtpl::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's name, or a code of hadolint.
    pub rule: String,
    /// The check of BuildKit that says the same, if there is one.
    pub engine_rule: Option<&'static str>,
    /// Its severity, as the project's settings have it.
    pub severity: Severity,
    /// The template, or a file that it copies.
    pub source: Arc<Source>,
    /// Its place in that file.
    pub span: Span,
    /// What is wrong: one line without a full stop.
    pub message: String,
    /// What to do, by line. Where it is not the same for all devices, there are a few of these lines, and one that
    /// counts the others.
    pub help: Vec<String>,
    /// The digests of the lines that are only counted.
    pub(crate) other_help: BTreeSet<u64>,
    /// The slugs of the affected device types.
    pub devices: BTreeSet<String>,
    /// Whether it is about what the container starts, and not about the build.
    pub is_at_start: bool,
}

impl Finding {
    /// Adds the help of an equal finding for other devices.
    fn add_help(&mut self, mut lines: Vec<String>, counted: BTreeSet<u64>) {
        let count_of = |counted: &BTreeSet<u64>| match counted.len() {
            0 => None,
            number => Some(format!("and {number} more for other device types")),
        };
        // Of both, the last line may be that count.
        for (lines, counted) in [(&mut lines, &counted), (&mut self.help, &self.other_help)] {
            lines.pop_if(|last| count_of(counted).as_ref() == Some(last));
        }
        self.other_help.extend(counted);
        for line in lines {
            if self.help.contains(&line) {
                continue;
            }
            if self.help.len() < HELP {
                self.help.push(line);
            } else {
                self.other_help.insert(digest(&line));
            }
        }
        for line in &self.help {
            self.other_help.remove(&digest(line));
        }
        self.help.extend(count_of(&self.other_help));
    }
}

/// The number of findings of each severity.
///
/// ```
/// let none = dtpl::Findings::default().summary();
/// assert_eq!((none.error, none.warning, none.info), (0, 0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Findings that break the build or the container.
    pub error: usize,
    /// Probable mistakes.
    pub warning: usize,
    /// Information.
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

/// The order of the findings of a file: by place, rule and message.
type FindingKey = (usize, usize, String, String);

/// The findings of a file.
#[derive(Debug, Default)]
struct FileFindings {
    found: BTreeMap<FindingKey, Finding>,
    /// The number of findings by rule.
    counts: BTreeMap<String, usize>,
}

impl FileFindings {
    /// Adds a finding, or its devices to an equal one. Gives one that is too many back.
    fn add(&mut self, key: FindingKey, finding: Finding) -> Option<(FindingKey, Finding)> {
        if let Some(known) = self.found.get_mut(&key) {
            known.add_help(finding.help, finding.other_help);
            known.severity = known.severity.max(finding.severity);
            known.devices.extend(finding.devices);
            return None;
        }
        match self.counts.get_mut(&finding.rule) {
            Some(count) if *count >= KEPT => return Some((key, finding)),
            Some(count) => *count += 1,
            None => drop(self.counts.insert(finding.rule.clone(), 1)),
        }
        self.found.insert(key, finding);
        None
    }
}

/// Findings without duplicates.
///
/// ```
/// use std::path::Path;
/// use dtpl::workspace::{self, Definitions, Targets, Workspace, select};
/// use dtpl::{check, Place, Registry};
///
/// let registry = Registry::embedded();
/// let request = workspace::Request::new(Path::new("-"));
/// let mut template = "FROM resin/%%RESIN_MACHINE_NAME%%-python:3.6\n".as_bytes();
/// let (services, mut notes) = Workspace::open(&request, &mut template)?.into_services(&[], 1)?;
/// let devices = select(&registry, "raspberrypi3", &Place::CommandLine)?;
/// let definitions = Definitions::default();
/// let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
///
/// let findings = check::run(&check::Request::new(&services, &targets, &registry))?;
/// assert!(findings.summary().at_least(dtpl::Severity::Warning) > 0);
/// # Ok::<(), dtpl::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Findings {
    /// By the name of the file.
    files: BTreeMap<String, FileFindings>,
    /// The number of findings that were not kept, without those in `not_kept`.
    omitted: Summary,
    /// Digests of findings that were not kept: one that several architectures have is counted once.
    not_kept: BTreeMap<u64, Severity>,
}

fn digest(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The most findings that are not kept of which each is counted once; beyond it, each is counted once for each
/// architecture.
const TOLD_APART: usize = 1_000_000;

impl Findings {
    /// Adds what another part of the program has to say about the project, under the name of a rule.
    #[cfg(feature = "cli")]
    pub(crate) fn note(&mut self, note: &Diagnostic, rule: &str, devices: &BTreeSet<String>) {
        let (source, span) = match &note.place {
            Place::Text(source, span) => (Arc::clone(source), span.clone()),
            place => (Arc::new(Source::new(place.to_string(), Vec::new())), 0..0),
        };
        let Diagnostic { severity, message, help, .. } = note.clone();
        let (rule, devices) = (rule.to_owned(), devices.clone());
        self.add(Finding {
            rule,
            engine_rule: None,
            severity,
            source,
            span,
            message,
            help,
            other_help: BTreeSet::new(),
            devices,
            is_at_start: false,
        });
    }

    /// Counts errors that are not kept.
    #[cfg(feature = "cli")]
    pub(crate) fn omit_errors(&mut self, number: usize) {
        self.omitted.error += number;
    }

    /// Adds a finding, or its devices to an equal one.
    pub fn add(&mut self, finding: Finding) {
        let key = (finding.span.start, finding.span.end, finding.rule.clone(), finding.message.clone());
        // Most findings are in a file that has others already.
        let file = match self.files.get_mut(finding.source.name()) {
            Some(file) => file,
            None => self.files.entry(finding.source.name().to_owned()).or_default(),
        };
        if let Some((key, finding)) = file.add(key, finding) {
            self.count(digest((finding.source.name(), &key)), finding.severity);
        }
    }

    /// Counts a finding that is not kept, if it was not counted before.
    fn count(&mut self, digest: u64, severity: Severity) {
        if self.not_kept.len() < TOLD_APART {
            self.not_kept.entry(digest).or_insert(severity);
        } else if !self.not_kept.contains_key(&digest) {
            *self.omitted.of(severity) += 1;
        }
    }

    /// Adds all findings of another part of the project, or of the same part for other devices.
    pub fn append(&mut self, other: Findings) {
        if !other.not_kept.is_empty() {
            let kept: HashSet<u64> = self.digests().chain(other.digests()).collect();
            for (digest, severity) in other.not_kept {
                if !kept.contains(&digest) {
                    self.count(digest, severity);
                }
            }
        }
        for (name, file) in other.files {
            match self.files.entry(name) {
                Entry::Vacant(entry) => drop(entry.insert(file)),
                Entry::Occupied(mut entry) => {
                    let add = |(key, finding)| entry.get_mut().add(key, finding);
                    let too_many: Vec<_> = file.found.into_iter().filter_map(add).collect();
                    for (key, finding) in too_many {
                        self.count(digest((finding.source.name(), &key)), finding.severity);
                    }
                }
            }
        }
        self.omitted.error += other.omitted.error;
        self.omitted.warning += other.omitted.warning;
        self.omitted.info += other.omitted.info;
    }

    /// The digests of the findings that are kept.
    fn digests(&self) -> impl Iterator<Item = u64> {
        self.files.iter().flat_map(|(name, file)| file.found.keys().map(move |key| digest((name, key))))
    }

    /// The kept findings, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.files.values().flat_map(|file| file.found.values())
    }

    /// The number of findings that were not kept.
    pub fn omitted(&self) -> usize {
        self.not_kept.len() + self.omitted.at_least(Severity::Info)
    }

    /// The number of all findings, including those that were not kept.
    pub fn summary(&self) -> Summary {
        let mut summary = self.omitted;
        for severity in self.iter().map(|finding| finding.severity).chain(self.not_kept.values().copied()) {
            *summary.of(severity) += 1;
        }
        summary
    }
}

#[test]
fn lines_of_help_beyond_the_first_are_counted_once() {
    let finding = |help: &str| Finding {
        rule: "r".to_owned(),
        engine_rule: None,
        severity: Severity::Info,
        source: Arc::new(Source::new("f", Vec::new())),
        span: 0..0,
        message: String::new(),
        help: help.chars().map(String::from).collect(),
        other_help: BTreeSet::new(),
        devices: BTreeSet::new(),
        is_at_start: false,
    };
    let merged = |helps: &[&str]| {
        let mut findings = Findings::default();
        helps.iter().for_each(|help| findings.add(finding(help)));
        findings
    };
    let help = |findings: &Findings| findings.iter().next().map(|finding| finding.help.join("")).unwrap();
    let all = ["a", "ab", "c", "d", "e", "ae", "f", "b", "g"];
    for (number, expected) in
        [(4, "abcd"), (5, "abcdand 1 more"), (6, "abcdand 1 more"), (9, "abcdand 3 more")]
    {
        let expected = expected.replace("more", "more for other device types");
        assert_eq!(help(&merged(&all[..number])), expected);
        // The same in parts, wherever they are cut.
        for cut in 0..=number {
            let mut findings = merged(&all[..cut]);
            findings.append(merged(&all[cut..number]));
            assert_eq!(help(&findings), expected, "{cut}");
        }
    }
    let mut twice = merged(&all);
    twice.append(merged(&all));
    assert_eq!(help(&twice), help(&merged(&all)));
    assert_eq!(help(&merged(&["abcdefg", "abcdefg"])), "abcdefg", "what one rule says at once is not cut");
}
