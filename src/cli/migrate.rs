//! `dtpl migrate`: a project moved to base images that are maintained, as a diff or in place.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::args::{MigrateArgs, MigrateFormat, MigrateTo};
use super::check::{json, text};
use super::{CommandStatus, Session, draw, flags, output, usage};
use crate::check::Settings;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::error::Error;
use crate::escape::escaped;
use crate::fs;
use crate::fs::folder::{self, Folder};
use crate::image::{Family, Reference};
use crate::migrate::{self, FileChange, Migration, Request, To};
use crate::project::Project;
use crate::project::service::ServiceKind;
use crate::render::Limits;

/// Bytes of notes on stderr.
const MOST_TEXT: usize = 56 << 10;

pub fn run(command: &MigrateArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let is_stdin = command.scope.path == Path::new("-");
    if command.write && is_stdin {
        let message = "there is no file to write: the template comes from stdin";
        let help = "name a file or a directory, or leave --write out";
        return Err(usage(session.place_of("--write"), message, help));
    }
    let only = &command.scope.only;
    let registry = only.definitions.registry.registry()?;
    let definitions = only.definitions.read(session)?;
    let limits = Limits { template_bytes: command.max_template_bytes, ..Limits::default() };
    let (path, file) = (&command.scope.path, only.file.as_deref());
    let workspace = only.definitions.open(path, file, &definitions.values(), limits, session)?;
    let is_project = workspace.project().is_some();
    let mut notes = Diagnostics::new();
    if let Some(project) = workspace.project() {
        images_of_others(project, &mut notes);
    }
    let (services, warnings) = workspace.into_services(&only.services(session), flags::jobs(None))?;
    notes.append(warnings);
    let mut settings = Settings::default();
    let (targets, are_named) =
        command.scope.targets(&registry, &definitions, &mut settings, &mut notes, session)?;
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let alone = if is_stdin { Some("Dockerfile.template") } else { name.as_deref().filter(|_| !is_project) };
    let folder = folder(command, is_project);
    let migration = migrate::run(&Request {
        services: &services,
        targets: &targets,
        are_named,
        registry: &registry,
        folder: (!is_stdin).then_some(folder),
        alone,
        named: file,
        to: match command.to {
            MigrateTo::Official => To::Official,
            MigrateTo::Balenalib => To::Balenalib,
        },
        modernise: command.modernise,
    })?;
    session.warn(&notes);
    // What --write refuses is refused before, too.
    if !is_stdin && !migration.changes.is_empty() {
        unchanged(&Folder::open(folder)?, folder, &migration.changes)?;
    }
    if command.write {
        write(folder, &migration.changes, session)?;
    }
    match command.format {
        MigrateFormat::Diff => {
            if !command.write {
                let patches = migration.changes.iter().map(|change| patch_of(folder, change));
                output::print(session, patches.collect::<anyhow::Result<Vec<_>>>()?.concat())?;
            }
            report(command, &migration, session);
        }
        MigrateFormat::Json => {
            output::print_json(session, &json_of(&migration))?;
        }
    }
    Ok(if command.check && !migration.changes.is_empty() {
        CommandStatus::Found
    } else {
        CommandStatus::Done
    })
}

/// A service may run an old image as it is: what to run instead is not for this program to say.
fn images_of_others(project: &Project, notes: &mut Diagnostics) {
    for service in &project.services {
        let ServiceKind::External { image } = &service.kind else { continue };
        let family = Reference::parse(image).map(|image| Family::of(&image));
        if family.is_ok_and(Family::is_of_balena) {
            let place = Place::File(project.compose.clone().unwrap_or_default());
            let message =
                format!("the service `{}` uses an image of balena's that is no longer updated", service.name);
            let warning = Diagnostic::warning(place, message);
            notes.push_warning(|| {
                warning.help("choose another one in the compose file: dtpl images REFERENCE")
            });
        }
    }
}

/// The folder that the files are in.
fn folder(command: &MigrateArgs, is_project: bool) -> &Path {
    if is_project {
        return &command.scope.path;
    }
    match command.scope.path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A change as git writes it, so that it can be applied.
fn patch_of(folder: &Path, change: &FileChange) -> anyhow::Result<Vec<u8>> {
    let shown = |path: &str| {
        let path = folder.join(path);
        output::with_slashes(&path.strip_prefix(".").unwrap_or(&path).to_string_lossy()).into_owned()
    };
    let new = shown(&change.path);
    let Some(old) = change.old_path.as_deref().map(shown) else {
        let mut patch = format!("diff --git a/{0} b/{0}\nnew file mode 100644\n", escaped(&new)).into_bytes();
        patch.extend(output::difference((&new, None), (&new, Some(&change.new)))?);
        return Ok(patch);
    };
    let patch = output::difference((&old, Some(&change.old)), (&new, Some(&change.new)))?;
    if old == new {
        return Ok(patch);
    }
    let similar = similar::TextDiff::from_lines(&change.old[..], &change.new[..]).ratio();
    // Whole percents, rounded down.
    let similarity = (f64::from(similar) * 100.0) as u8;
    let (old, new) = (escaped(&old), escaped(&new));
    let head = format!(
        "diff --git a/{old} b/{new}\nsimilarity index {similarity}%\nrename from {old}\nrename to {new}\n"
    );
    Ok([head.into_bytes(), patch].concat())
}

/// Makes sure that the files hold what was read, and are no links: what they lead to is not written.
fn unchanged(opened: &Folder, folder: &Path, changes: &[FileChange]) -> anyhow::Result<()> {
    for file in changes {
        let Some(old) = &file.old_path else { continue };
        if !opened.holds(old, &file.old)? {
            let changed = std::io::Error::other("it changed since it was read");
            return Err(Error::io("write", folder.join(old))(changed).into());
        }
    }
    Ok(())
}

/// Changes the files: all of them, or none.
fn write(folder: &Path, changes: &[FileChange], session: &mut Session) -> anyhow::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let opened = Folder::make(folder)?;
    let mut change = folder::FolderChange::default();
    for file in changes {
        change.write.insert(&file.path, &file.new);
        if let Some(like) = file.like.as_deref().or(file.old_path.as_deref()) {
            change.like.insert(&file.path, like);
        }
        change.remove.extend(file.old_path.as_deref().filter(|old| *old != file.path));
    }
    unchanged(&opened, folder, changes)?;
    // What is there by now must not be replaced.
    let taken = changes.iter().find(|file| {
        file.old_path.as_deref() != Some(file.path.as_str()) && fs::is_there(&folder.join(&file.path))
    });
    if let Some(taken) = taken {
        let there = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::io("write", folder.join(&taken.path))(there).into());
    }
    (session.streams.hold_signals)();
    let is_interrupted = session.streams.is_interrupted;
    Ok(opened.apply(&change, &|_| is_interrupted())?)
}

/// What to look at, and what was done, on stderr.
fn report(command: &MigrateArgs, migration: &Migration, session: &mut Session) {
    if session.quiet {
        return;
    }
    let findings = &migration.findings;
    let diagnostics = findings.iter().map(|finding| text::diagnostic(finding, migration.devices.len()));
    let mut drawn = draw::within(MOST_TEXT, diagnostics, findings.omitted(), session.color);
    let summary = findings.summary();
    let new = migration.changes.iter().filter(|change| change.old_path.is_none()).count();
    let changed = migration.changes.len() - new;
    let (changed_as, new_as) = if command.write { ("changed", "written") } else { ("to change", "to write") };
    let mut parts: Vec<String> = [(changed, "file", changed_as), (new, "new file", new_as)]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, how)| format!("{} {how}", text::count(number, what)))
        .collect();
    if parts.is_empty() {
        parts.push("nothing to change".to_owned());
    }
    drawn.push_str(&format!(
        "{}; {}, {} to look at, for {}\n",
        parts.join(", "),
        text::count(summary.warning, "warning"),
        text::count(summary.info, "note"),
        text::count(migration.devices.len(), "device type"),
    ));
    // A closed stderr does not stop a migration.
    let _ = session.streams.stderr.write_all(drawn.as_bytes());
}

#[derive(Serialize)]
struct MigrationJson<'m> {
    changes: Vec<ChangeJson<'m>>,
    findings: Vec<json::FindingJson<'m>>,
    /// The device types that it is for.
    devices: Vec<&'m str>,
    summary: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct ChangeJson<'m> {
    /// `change`, `rename` or `create`.
    kind: &'static str,
    /// The file as it is now; null for a new file.
    from: Option<&'m str>,
    /// The file after the change.
    file: &'m str,
    /// What it is to hold; null where that is no UTF-8.
    dockerfile: Option<&'m str>,
}

fn json_of(migration: &Migration) -> MigrationJson<'_> {
    let changes = migration.changes.iter().map(|change| ChangeJson {
        kind: match &change.old_path {
            None => "create",
            Some(old) if *old != change.path => "rename",
            Some(_) => "change",
        },
        from: change.old_path.as_deref(),
        file: &change.path,
        dockerfile: std::str::from_utf8(&change.new).ok(),
    });
    let summary = migration.findings.summary();
    let summary = [(Severity::Warning, summary.warning), (Severity::Info, summary.info)];
    MigrationJson {
        changes: changes.collect(),
        findings: migration.findings.iter().map(json::object).collect(),
        devices: migration.devices.iter().map(String::as_str).collect(),
        summary: summary.into_iter().map(|(severity, number)| (severity.name(), number)).collect(),
    }
}
