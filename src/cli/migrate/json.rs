//! `dtpl migrate --format json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::super::check::json as finding_json;
use super::summary::FolderMigration;
use crate::diagnostic::Severity;
use crate::migrate::Breaks;
use crate::project::directory::display;

#[derive(Serialize)]
pub struct MigrationJson<'m> {
    changes: Vec<ChangeJson<'m>>,
    /// The images that are replaced.
    images: Vec<ImageJson<'m>>,
    findings: Vec<NoteJson<'m>>,
    /// The device types that it is for.
    devices: Vec<&'m str>,
    summary: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct NoteJson<'m> {
    #[serde(flatten)]
    finding: finding_json::FindingJson<'m>,
    /// What goes wrong where it is not looked at: `build`, `start`, `behaviour`, `information`.
    breaks: &'static str,
}

#[derive(Serialize)]
struct ImageJson<'m> {
    file: &'m str,
    line: usize,
    old: &'m str,
    new: &'m str,
    /// The day until which the new one is maintained; null where none is fixed.
    until: Option<&'m str>,
    devices: Vec<&'m str>,
}

#[derive(Serialize)]
struct ChangeJson<'m> {
    /// `change`, `rename` or `create`.
    kind: &'static str,
    /// The file as it is now; null for a new file.
    from: Option<String>,
    /// The file after the change.
    file: String,
    /// What it is to hold; null where that is no UTF-8.
    dockerfile: Option<&'m str>,
}

/// All of it as one object.
pub fn of(all: &[FolderMigration]) -> MigrationJson<'_> {
    let several = all.len() > 1;
    // Of several paths, files are named as from the working directory.
    let shown = |folder: &Path, path: &str| match several {
        true => display(folder, path).to_string_lossy().into_owned(),
        false => path.to_owned(),
    };
    let mut json = MigrationJson {
        changes: Vec::new(),
        images: Vec::new(),
        findings: Vec::new(),
        devices: Vec::new(),
        summary: BTreeMap::new(),
    };
    let mut devices = BTreeSet::new();
    for FolderMigration { folder, migration, .. } in all {
        json.changes.extend(migration.changes.iter().map(|change| ChangeJson {
            kind: match &change.old_path {
                None => "create",
                Some(old) if *old != change.path => "rename",
                Some(_) => "change",
            },
            from: change.old_path.as_deref().map(|old| shown(folder, old)),
            file: shown(folder, &change.path),
            dockerfile: std::str::from_utf8(&change.new).ok(),
        }));
        json.images.extend(migration.images.iter().map(|image| ImageJson {
            file: &image.file,
            line: image.line,
            old: &image.old,
            new: &image.new,
            until: image.until.as_deref(),
            devices: image.devices.iter().map(String::as_str).collect(),
        }));
        json.findings.extend(migration.findings.iter().map(|finding| NoteJson {
            finding: finding_json::object(finding),
            breaks: Breaks::of(finding).name(),
        }));
        devices.extend(migration.devices.iter().map(String::as_str));
        let summary = migration.findings.summary();
        for (severity, number) in [(Severity::Warning, summary.warning), (Severity::Info, summary.info)] {
            *json.summary.entry(severity.name()).or_default() += number;
        }
    }
    json.devices.extend(devices);
    json
}
