//! What a migration comes to, for a person: what was changed, what has to be decided and what to test, in the order in
//! which it breaks something. [`report`](mod@super::report) prints it on stderr, [`markdown`](super::markdown) as the text of
//! a pull request.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::output;
use crate::diagnostic::Severity;
use crate::finding::Finding;
use crate::migrate::{self, Addition, Breaks, FileChange, ImageChange, Migration};

/// What is to change below a folder.
pub struct FolderMigration {
    pub folder: PathBuf,
    pub migration: Migration,
    pub is_stdin: bool,
}

impl FolderMigration {
    /// Whether files are to change.
    pub fn is_in_files(&self) -> bool {
        !self.is_stdin && !self.migration.changes.is_empty()
    }
}

/// What becomes of a file.
pub enum FileStep {
    Changed(String),
    Renamed(String, String),
    New(String),
}

/// Calls of a script of the old images that are replaced or removed.
pub struct Calls {
    pub program: &'static str,
    pub number: usize,
    /// What is there in their place.
    pub now: &'static str,
}

/// A finding with what it breaks.
pub struct Decision<'m> {
    pub breaks: Breaks,
    pub finding: &'m Finding,
    pub line: usize,
}

/// What a person reads at the end.
pub struct Summary<'m> {
    pub images: Vec<&'m ImageChange>,
    pub calls: Vec<Calls>,
    pub additions: Vec<&'m Addition>,
    pub files: Vec<FileStep>,
    pub decisions: Vec<Decision<'m>>,
    /// What to test on a device.
    pub tests: Vec<&'static str>,
    /// The device types that the migration is for.
    pub devices: BTreeSet<&'m str>,
}

impl<'m> Summary<'m> {
    pub fn of(all: &'m [FolderMigration]) -> Self {
        let migrations = || all.iter().map(|migrated| &migrated.migration);
        let changes =
            || all.iter().flat_map(|one| one.migration.changes.iter().map(move |change| (one, change)));
        let mut decisions: Vec<Decision> = migrations()
            .flat_map(|migration| migration.findings.iter().filter(|finding| !is_done(migration, finding)))
            .map(|finding| Decision {
                breaks: Breaks::of(finding),
                finding,
                line: finding.source.position(finding.span.start).line,
            })
            .collect();
        // Those of one kind stay in the order of their files and places.
        decisions.sort_by_key(|decision| decision.breaks);
        let mut tests: Vec<&str> = Vec::new();
        for decision in &decisions {
            let test = migrate::kind(&decision.finding.rule).and_then(|kind| kind.test);
            tests.extend(test.filter(|test| !tests.contains(test)));
        }
        Summary {
            images: migrations().flat_map(|migration| &migration.images).collect(),
            additions: migrations().flat_map(|migration| &migration.additions).collect(),
            calls: calls(changes().map(|(_, change)| change)),
            files: changes().map(|(migrated, change)| file_step(&migrated.folder, change)).collect(),
            decisions,
            tests,
            devices: migrations().flat_map(|migration| &migration.devices).map(String::as_str).collect(),
        }
    }
}

/// Whether a finding only says what the migration has done.
fn is_done(migration: &Migration, finding: &Finding) -> bool {
    finding.severity == Severity::Info
        && migration.additions.iter().any(|done| {
            done.kind == finding.rule
                && done.why == finding.message
                && done.file == finding.source.name()
                && done.line == finding.source.position(finding.span.start).line
        })
}

/// A path as the diff has it.
pub fn shown(folder: &Path, path: &str) -> String {
    let path = folder.join(path);
    output::with_slashes(&path.strip_prefix(".").unwrap_or(&path).to_string_lossy()).into_owned()
}

fn file_step(folder: &Path, change: &FileChange) -> FileStep {
    let new = shown(folder, &change.path);
    match change.old_path.as_deref().map(|old| shown(folder, old)) {
        None => FileStep::New(new),
        Some(old) if old != new => FileStep::Renamed(old, new),
        Some(_) => FileStep::Changed(new),
    }
}

/// How many calls of the scripts of the old images are not there any more.
fn calls<'c>(changes: impl Iterator<Item = &'c FileChange> + Clone) -> Vec<Calls> {
    const SCRIPTS: [(&str, &str); 3] = [
        ("install_packages", "the install command of the distribution"),
        ("cross-build-start", ""),
        ("cross-build-end", ""),
    ];
    let count = |text: &[u8], name: &str| memchr::memmem::find_iter(text, name).count();
    let of_script = |(program, now): (&'static str, &'static str)| {
        let changed = changes.clone().filter(|change| change.old_path.is_some());
        let gone =
            changed.map(|change| count(&change.old, program).saturating_sub(count(&change.new, program)));
        let number = gone.sum();
        (number > 0).then_some(Calls { program, number, now })
    };
    SCRIPTS.into_iter().filter_map(of_script).collect()
}
