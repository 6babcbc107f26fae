//! `dtpl migrate`: a project moved to base images that are maintained, as a diff or in place.
//!
//! [`summary`] collects what a person has to know at the end, [`mod@report`] and [`markdown`] print it.

mod json;
mod markdown;
mod report;
mod summary;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use self::summary::{FolderMigration, Summary, shown};
use super::args::{MigrateArgs, MigrateFormat, MigrateTo};
use super::check::text;
use super::flags::Located;
use super::{CommandStatus, Session, draw, flags, output, pages, usage};
use crate::check::Settings;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::error::Error;
use crate::escape::escaped;
use crate::fs::folder::{self, Folder};
use crate::fs::{self, Limit};
use crate::image::{Family, Reference};
use crate::lock::CollectRequest;
use crate::migrate::{self, FileChange, Request, To};
use crate::project::Project;
use crate::project::review::Review;
use crate::project::service::ServiceKind;
use crate::render::Limits;

/// The first line of a list of what is left to do, and how long one may be that is replaced.
const CHECKLIST_HEADING: &str = "# After the migration";
const LONGEST_LIST: u64 = 16 << 20;
/// Bytes of notes on stderr.
const MOST_TEXT: usize = 56 << 10;

pub fn run(command: &MigrateArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    if let Some(name) = &command.explain {
        return pages::explain(name, "migrate", session);
    }
    let paths = &command.scope.paths;
    if command.write && paths.iter().any(|path| path == Path::new("-")) {
        let message = "there is no file to write: the template comes from stdin";
        let help = "name a file or a directory, or leave --write out";
        return Err(usage(session.place_of("--write"), message, help));
    }
    flags::refuse_two_templates_on_stdin(paths)?;
    let registry = command.scope.only.definitions.registry.registry()?;
    let (mut notes, mut faults) = (Diagnostics::new(), Diagnostics::new());
    let mut all: Vec<FolderMigration> = Vec::new();
    for path in paths {
        match migrate_path(command, path, &registry, &mut notes, session) {
            Ok(migration) => all.push(migration),
            // The other paths may have faults too.
            Err(error) => faults.append(flags::into_input(error)?),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Input(faults).into());
    }
    session.warn(&notes);
    join_repeated(&mut all)?;
    // What --write refuses is refused before, too, and before anything is written.
    for FolderMigration { folder, migration, .. } in all.iter().filter(|migrated| migrated.is_in_files()) {
        unchanged(&Folder::open(folder)?, folder, &migration.changes)?;
    }
    if let Some(checklist) = &command.checklist {
        let file = fs::real_path(checklist).unwrap_or_else(|| checklist.clone());
        let is_it = |folder: &Path, path: &str| {
            let path = folder.join(path);
            fs::real_path(&path).unwrap_or(path) == file
        };
        let mut changes = all.iter().flat_map(|one| one.migration.changes.iter().map(move |it| (one, it)));
        let is_taken = changes.any(|(one, change)| {
            is_it(&one.folder, &change.path) || change.old_path.iter().any(|old| is_it(&one.folder, old))
        });
        // Only an earlier list is replaced.
        let is_other = fs::is_there(checklist)
            && !fs::read(checklist, Limit { bytes: LONGEST_LIST, flag: "--checklist" })
                .is_ok_and(|there| there.bytes().starts_with(CHECKLIST_HEADING.as_bytes()));
        if is_taken || is_other {
            let message = "the list of what is left to do needs a file of its own";
            let help = "name another file, such as migration.md";
            return Err(usage(session.place_of("--checklist"), message, help));
        }
        // Before the files: a list that cannot be written must not be lost.
        let list = format!("{CHECKLIST_HEADING}\n\n{}", markdown::checklist(&Summary::of(&all)));
        output::deliver(session, Some(checklist), None, &|out| out.write_all(list.as_bytes()))?;
    }
    if command.write {
        for FolderMigration { folder, migration, .. } in &all {
            write(folder, &migration.changes, session)?;
        }
    }
    match command.format {
        MigrateFormat::Diff => {
            if !command.write {
                let mut patches = Vec::new();
                for FolderMigration { folder, migration, .. } in &all {
                    for change in &migration.changes {
                        patches.extend(patch_of(folder, change)?);
                    }
                }
                output::print(session, patches)?;
            }
            report(command, &all, session);
        }
        MigrateFormat::Json => {
            output::print_json(session, &json::of(&all))?;
        }
        MigrateFormat::Markdown => {
            output::print(session, markdown::pull_request(&Summary::of(&all)))?;
        }
    }
    let is_changed = all.iter().any(|migrated| !migrated.migration.changes.is_empty());
    Ok(if command.check && is_changed { CommandStatus::Found } else { CommandStatus::Done })
}

/// Leaves out what another path changes in the same way: paths may lead to one project.
fn join_repeated(all: &mut [FolderMigration]) -> anyhow::Result<()> {
    let mut planned: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    let mut faults = Diagnostics::new();
    for FolderMigration { folder, migration, .. } in all.iter_mut().filter(|migrated| !migrated.is_stdin) {
        let real = fs::real_path(folder).unwrap_or_else(|| folder.clone());
        migration.changes.retain(|change| match planned.entry(real.join(&change.path)) {
            Entry::Vacant(free) => {
                free.insert(change.new.clone());
                true
            }
            Entry::Occupied(other) => {
                if *other.get() != change.new {
                    let place = Place::of_path(&folder.join(&change.path));
                    let fault =
                        Diagnostic::error(place, "two of the paths would change this file differently");
                    faults.push(|| fault.help("migrate them one after the other"));
                }
                false
            }
        });
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Input(faults).into()) }
}

/// The migration of what is at one of the paths.
fn migrate_path(
    command: &MigrateArgs,
    path: &Path,
    registry: &Registry,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<FolderMigration> {
    let is_stdin = path == Path::new("-");
    let only = &command.scope.only;
    let definitions = only.definitions.read(path, command.scope.fleets.as_deref(), session)?;
    let limits = Limits { template_bytes: command.max_template_bytes, ..Limits::default() };
    let file = only.file.as_deref();
    let Located { workspace, services } =
        only.definitions.locate(path, file, &definitions, limits, session)?;
    let is_project = workspace.project().is_some();
    let builder = workspace.builder();
    let folder = workspace.folder().to_owned();
    let (mut own_notes, mut of_images) = (Diagnostics::new(), Diagnostics::new());
    let mut review = Review::default();
    if let Some(project) = workspace.project() {
        images_of_others(project, &mut of_images);
        review = project.review(&[]);
        // A migration does not change the compose file, so its result is right all the same.
        review.placeholders =
            review.placeholders.map(|fault| Diagnostic { severity: Severity::Warning, ..fault });
    }
    let (mut services, of_project) =
        workspace.into_services(&only.services(services, session), flags::jobs(None))?;
    command.builder.build.apply_to_all(&mut services);
    let build_platform = command.builder.build_platform.as_deref();
    let mut settings = Settings::default();
    let (targets, are_named) =
        command.scope.targets(path, registry, &definitions, &mut settings, &mut own_notes, session)?;
    if own_notes.has_errors() {
        return Err(Error::Input(own_notes).into());
    }
    notes.append(own_notes);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let alone = if is_stdin { Some("Dockerfile.template") } else { name.as_deref().filter(|_| !is_project) };
    let limit = only.definitions.registry.limit();
    let fleets = command.scope.fleets.as_deref();
    let mut images = command.catalogue.open(Some(&folder), path, fleets, registry, limit, session)?;
    let request = CollectRequest { services: &services, targets: &targets, builder, build_platform, limits };
    images.ask_for_project(&request, &command.catalogue, limit, notes, session)?;
    let mut migration = migrate::run(&Request {
        services: &services,
        targets: &targets,
        are_named,
        catalogue: images.catalogue(registry),
        folder: (!is_stdin).then_some(&folder),
        alone,
        named: file,
        to: match command.to {
            MigrateTo::Official => To::Official,
            MigrateTo::Balenalib => To::Balenalib,
        },
        modernise: command.modernise,
    })?;
    let errors = std::mem::take(&mut migration.errors);
    if errors.has_errors() {
        return Err(Error::Input(errors).into());
    }
    let devices = migration.devices.clone();
    let of_rules = [
        (&of_images, "service-image"),
        (&of_project, "compose-file"),
        (&review.placeholders, "placeholder-in-compose-file"),
        (&review.unread, "balena-ignored-field"),
    ];
    for (notes, rule) in of_rules {
        notes.iter().for_each(|note| migration.findings.note(note, rule, &devices));
    }
    Ok(FolderMigration { folder, migration, is_stdin })
}

/// A service may run an old image as it is: what to run instead is not for this program to say, as the image is
/// one for one device, or for all of them.
fn images_of_others(project: &Project, notes: &mut Diagnostics) {
    for service in &project.services {
        let ServiceKind::External { image } = &service.kind else { continue };
        let family = Reference::parse(image).map(|image| Family::of(&image));
        if family.is_ok_and(Family::is_of_balena) {
            let node = project
                .model
                .as_ref()
                .and_then(|model| model.root.find(&["services", &service.name, "image"]));
            let file = || Place::File(project.compose.clone().unwrap_or_default());
            let place = node.map_or_else(file, |node| node.at.place());
            let message =
                format!("the service `{}` runs an image of balena's that is no longer updated", service.name);
            let warning = Diagnostic::warning(place, message);
            notes.push_warning(|| {
                let help = "build it from a Dockerfile.template with this image in its FROM, and migrate that; or choose \
                            another image: dtpl images REFERENCE";
                warning.help(help)
            });
        }
    }
}

/// A change as git writes it, so that it can be applied.
fn patch_of(folder: &Path, change: &FileChange) -> anyhow::Result<Vec<u8>> {
    let new = shown(folder, &change.path);
    let Some(old) = change.old_path.as_deref().map(|old| shown(folder, old)) else {
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
    let write: BTreeMap<&str, &[u8]> = changes.iter().map(|file| (&*file.path, &*file.new)).collect();
    let write: folder::FilesInMemory = write.into_iter().collect();
    let mut change = folder::FolderChange { write: &write, ..folder::FolderChange::default() };
    for file in changes {
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
fn report(command: &MigrateArgs, migrated: &[FolderMigration], session: &mut Session) {
    if session.quiet {
        return;
    }
    let all = || migrated.iter().map(|migrated| &migrated.migration);
    let diagnostics = all().flat_map(|migration| {
        let total = migration.devices.len();
        migration.findings.iter().map(move |finding| text::diagnostic(finding, total))
    });
    let omitted = all().map(|migration| migration.findings.omitted()).sum();
    let mut drawn = draw::within(MOST_TEXT, diagnostics, omitted, session.color);
    let of_severity = |severity| all().map(|migration| migration.findings.summary().at_least(severity)).sum();
    let (warnings, findings): (usize, usize) = (of_severity(Severity::Warning), of_severity(Severity::Info));
    let devices: BTreeSet<&String> = all().flat_map(|migration| &migration.devices).collect();
    let changes = || all().flat_map(|migration| &migration.changes);
    let new = changes().filter(|change| change.old_path.is_none()).count();
    let changed = changes().count() - new;
    let (changed_as, new_as) = if command.write { ("changed", "written") } else { ("to change", "to write") };
    let mut parts: Vec<String> = [(changed, "file", changed_as), (new, "new file", new_as)]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, what, how)| format!("{} {how}", text::count(number, what)))
        .collect();
    if parts.is_empty() {
        parts.push("nothing to change".to_owned());
    }
    drawn.push_str(&report::report(&Summary::of(migrated), command.write));
    drawn.push_str(&format!(
        "{}; {}, {} to look at, for {}\n",
        parts.join(", "),
        text::count(warnings, "warning"),
        text::count(findings - warnings, "note"),
        text::count(devices.len(), "device type"),
    ));
    // A closed stderr does not stop a migration.
    let _ = session.streams.stderr.write_all(drawn.as_bytes());
}
