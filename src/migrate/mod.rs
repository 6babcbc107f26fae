//! Migrating from deprecated base images: `resin/...` and `balenalib/...` references become maintained
//! images; what the old images provided is replaced or reported.
//!
//! 1. [`run`] finds the Dockerfiles of a project, each once, with every service and device type that
//!    uses it.
//! 2. `old_images` finds the places in a file that name an old image, and `choice` the image that
//!    replaces it, one for as many platforms as possible (`platform_support`). For the others,
//!    `file_migration` adds separate files (`output_paths`), on Alpine where
//!    `alpine_compatibility` finds nothing against it.
//! 3. `file_edits` makes the `Edits`: `packages`, `cross_build_scripts`,
//!    `balenalib_name` and `old_forms` change the file; `differences`, `obsolete_settings`,
//!    `build_tools` and `to_balenalib` only report, through [`notes`].
//! 4. `completion` reads the result as `check` does: `remedies` install what the new images lack, and
//!    what a person has to decide is reported.
//!
//! Bytes that need no change stay as they are, and a migrated file is not changed again.
//!
//! ```
//! use std::path::Path;
//! use dtpl::workspace::{self, Definitions, Targets, Workspace, select};
//! use dtpl::{migrate, Place, Registry};
//!
//! let registry = Registry::embedded();
//! let request = workspace::Request::new(Path::new("-"));
//! let mut template = "FROM balenalib/%%BALENA_ARCH%%-python:3.12-bookworm-run\n".as_bytes();
//! let (services, mut notes) = Workspace::open(&request, &mut template)?.into_services(&[], 1)?;
//! let devices = select(&registry, "raspberrypi3", &Place::CommandLine)?;
//! let definitions = Definitions::default();
//! let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
//!
//! let migration = migrate::run(&migrate::Request::new(&services, &targets, &registry))?;
//! let changed = String::from_utf8_lossy(&migration.changes[0].new);
//! assert!(changed.starts_with("FROM python:3.12-slim"), "{changed}");
//! # Ok::<(), dtpl::Error>(())
//! ```

mod alpine_compatibility;
mod alpine_packages;
mod balenalib_name;
mod build_tools;
mod choice;
mod command_end;
mod completion;
mod cross_build_scripts;
mod differences;
mod edits;
mod file_edits;
mod file_images;
mod file_migration;
pub(crate) mod notes;
mod obsolete_settings;
mod old_forms;
mod old_images;
mod output_paths;
mod packages;
mod platform_support;
mod remedies;
mod request;
mod to_balenalib;
mod to_official;
mod unbuildable;
mod version_move;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use notes::{Breaks, KINDS, NoteKind, kind};
pub use request::{Addition, FileChange, ImageChange, Migration, Request, To};

use crate::diagnostic::Diagnostics;
use crate::dockerfile::Dockerfile;
use crate::error::{Error, Result};
use crate::fs;
use crate::image::{CatalogueCache, find_reference};
use crate::render::TemplateKind;
use crate::source::Source;
use crate::workspace::ServiceTemplate;
use choice::Choices;
use file_images::FileImages;
use file_migration::FileMigration;
use notes::Notes;
use old_images::ServiceBuild;

/// Which images a Tera template names depends on its conditions: a person has to change it.
fn report_tera(source: &Arc<Source>, notes: &mut Notes) {
    if let Some(span) = find_reference(source.bytes()) {
        let message = "an old image in a Tera template, which dtpl does not change";
        let help = "use a maintained image: {{ base_image(stack=\"python\", version=\"3.13\") }}";
        notes.warn("tera-template", &span, message, help);
    }
}

/// The Dockerfiles of a project by path, each with the builds that use it: several services may share
/// a file, and a service may have several files.
type ProjectDockerfiles<'q> = BTreeMap<String, (Arc<ServiceTemplate>, Vec<ServiceBuild<'q>>)>;

fn files<'q>(request: &Request<'q>) -> Result<ProjectDockerfiles<'q>> {
    let mut files = ProjectDockerfiles::new();
    let mut faults = Diagnostics::new();
    let mut seen = BTreeSet::new();
    for service in request.services.list() {
        let (mut has_one, mut first_fault) = (false, None);
        for target in request.targets {
            let prepared = match service.template(&target.subject()) {
                Ok(prepared) => prepared,
                Err(fault) => {
                    first_fault = first_fault.or(Some(fault.into_diagnostics()));
                    continue;
                }
            };
            has_one = true;
            let path = &prepared.choice.path;
            if path.ends_with("package.json") {
                continue;
            }
            let build = ServiceBuild { target, service };
            // Of a million fleets only those with different values count.
            let values = build.values(prepared.template.names());
            if seen.insert((path.clone(), service.name.clone(), target.device.slug.to_string(), values)) {
                let entry = files.entry(path.clone());
                entry.or_insert_with(|| (Arc::clone(&prepared), Vec::new())).1.push(build);
            }
        }
        // Some device types may have no Dockerfile, but not all.
        if let Some(fault) = first_fault.filter(|_| !has_one) {
            faults.append(fault);
        }
    }
    if faults.has_errors() { Err(Error::Input(faults)) } else { Ok(files) }
}

/// Finds out what has to change in a project. Nothing is written.
///
/// # Errors
/// When a service has no Dockerfile for any device type.
pub fn run(request: &Request) -> Result<Migration> {
    let files = files(request)?;
    let is_there = |path: &str| {
        files.contains_key(path) || request.folder.is_some_and(|folder| fs::is_there(&folder.join(path)))
    };
    let cache = CatalogueCache::new(request.catalogue);
    let choices = Choices::default();
    let mut migration = Migration::default();
    for (path, (prepared, builds)) in &files {
        let Migration { changes, findings, devices, errors, images: replaced, additions } = &mut migration;
        let source = prepared.template.source();
        let mut notes = Notes { findings, additions, source, devices: BTreeSet::new(), is_at_start: false };
        if prepared.template.tera().is_some() {
            notes.devices = builds.iter().map(|build| build.target.device.slug.to_string()).collect();
            devices.extend(notes.devices.iter().cloned());
            report_tera(source, &mut notes);
            continue;
        }
        let (file, _) = Dockerfile::read(source);
        let is_verbatim = prepared.template.kind() == TemplateKind::Verbatim;
        let images = FileImages::find(&file, is_verbatim, builds, &cache);
        let path = request.alone.unwrap_or(path);
        let mut migrated = FileMigration {
            request,
            path,
            prepared,
            builds,
            images,
            selected: Vec::new(),
            cache: &cache,
            choices: &choices,
            is_there: &is_there,
        };
        migrated.selected = migrated.applicable();
        let selected = migrated.selected.iter().map(|&at| &builds[at]);
        errors.append(unbuildable::errors(prepared, selected));
        notes.devices = migrated.slugs(&migrated.selected);
        devices.extend(notes.devices.iter().cloned());
        let outcome = match request.to {
            To::Official => migrated.official(&mut notes),
            To::Balenalib => migrated.balenalib(&mut notes),
        };
        replaced.extend(outcome.images.iter().cloned());
        changes.extend(migrated.changes(outcome, &mut notes));
    }
    if files.is_empty() {
        // Services that are not built run on every device type.
        migration.devices = request.targets.iter().map(|target| target.device.slug.to_string()).collect();
    }
    migration.changes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(migration)
}
