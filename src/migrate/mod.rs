//! Off the base images that nobody updates any more: `resin/...` and `balenalib/...` references become
//! maintained images, and what the old ones brought along is replaced or told.
//!
//! 1. [`run`] finds the Dockerfiles of a project, each once, with everybody whom it is for.
//! 2. [`uses`] finds the places in a file that name an old image, and [`choice`] the image to go on
//!    with, one for all platforms that can be [`served`] so. [`file`](mod@file) gives the others a file
//!    of their own ([`paths`]), on Alpine where that is in [`safety`].
//! 3. [`rewrite`](mod@rewrite) makes the [`edit::Edits`]: [`packages`], [`cross_build`], [`naming`] and
//!    [`modernise`] change, [`differences`], [`leftovers`], [`lost`] and [`later`] only tell, through
//!    [`notes`].
//!
//! Every byte that there is no reason to touch stays as it is, and what was migrated once is not
//! changed again.

pub mod alpine;
pub mod choice;
pub mod command_end;
pub mod cross_build;
pub mod differences;
pub mod edit;
pub mod file;
pub mod later;
pub mod leftovers;
pub mod lost;
pub mod modernise;
pub mod naming;
pub mod notes;
pub mod packages;
pub mod paths;
pub mod rewrite;
pub mod safety;
pub mod served;
pub mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::device_types::Registry;
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::finding::Findings;
use crate::fs;
use crate::image::Catalogue;
use crate::source::Source;
use crate::workspace::{ServiceTemplate, Services, Target};
use file::Job;
use uses::{Memory, Whom};

/// Which images to go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum To {
    /// Docker Official Images, and those of Microsoft for .NET.
    #[default]
    Official,
    /// The later of balena's two series: only what is of the first one changes.
    Balenalib,
}

/// What is migrated, for whom.
pub struct Request<'q> {
    /// What is rendered.
    pub services: &'q Services,
    /// For whom.
    pub targets: &'q [Target<'q>],
    /// Whether the user said for whom. Otherwise devices that there was no old image for do not count.
    pub are_named: bool,
    /// The device types.
    pub registry: &'q Registry,
    /// The folder that the paths of the files are relative to; nothing for a text that is no file.
    pub folder: Option<&'q Path>,
    /// The name in the folder of a file that is migrated by itself.
    pub alone: Option<&'q str>,
    /// The Dockerfile that is asked for by name.
    pub named: Option<&'q str>,
    /// Which images to go to.
    pub to: To,
    /// Whether old forms of instructions are written anew.
    pub modernise: bool,
}

/// A file that becomes another one, or that is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path, relative to the folder; nothing for a file that is new.
    pub old_path: Option<String>,
    /// What it holds now.
    pub old: Vec<u8>,
    /// Its path behind the change.
    pub path: String,
    /// What it is to hold.
    pub new: Vec<u8>,
    /// The file that a new one was made from.
    pub like: Option<String>,
}

/// What comes of a migration.
#[derive(Debug, Default)]
pub struct Migration {
    /// The files that change, by path.
    pub changes: Vec<Change>,
    /// What a person has to look at.
    pub findings: Findings,
    /// The slugs of the device types that it is for.
    pub devices: BTreeSet<String>,
}

/// The placeholders that are left in a text.
fn placeholders(text: &[u8]) -> Vec<crate::render::Placeholder> {
    crate::render::placeholder::find_all(text).0
}

/// What a Tera template names depends on what it decides: only a person knows what was meant.
fn leave_to_a_person(source: &Arc<Source>, devices: BTreeSet<String>, findings: &mut Findings) {
    let bytes = source.bytes();
    let first = |name: &str| memchr::memmem::find(bytes, name.as_bytes()).map(|at| at..at + name.len());
    let Some(span) = first("balenalib/").or_else(|| first("resin/")) else { return };
    notes::Notes { findings, source, devices }.warn(
        "tera-template",
        &span,
        "an old image in a Tera template, which is left as it is",
        "ask for what is maintained: {{ base_image(stack=\"python\", version=\"3.13\") }}",
    );
}

/// Finds out what has to change in a project. Nothing is written.
///
/// # Errors
/// When a service has no Dockerfile for anybody.
pub fn run(request: &Request) -> Result<Migration> {
    // A file may be that of several services, and a service may have several files.
    let mut files: BTreeMap<String, (Arc<ServiceTemplate>, Vec<Whom>)> = BTreeMap::new();
    let mut faults = Diagnostics::new();
    let mut seen = BTreeSet::new();
    for service in request.services.list() {
        let (mut has_one, mut fault_of_first) = (false, None);
        for target in request.targets {
            let prepared = match service.template(&target.subject()) {
                Ok(prepared) => prepared,
                Err(fault) => {
                    fault_of_first = fault_of_first.or(Some(fault.into_diagnostics()));
                    continue;
                }
            };
            has_one = true;
            if prepared.choice.path.ends_with("package.json") {
                continue;
            }
            let whom = Whom { target, service };
            // Of a million fleets only those differ whose values do.
            let values = whom.values(prepared.template.names());
            let key =
                (prepared.choice.path.clone(), service.name.clone(), target.device.slug.to_string(), values);
            if seen.insert(key) {
                let entry = files.entry(prepared.choice.path.clone());
                entry.or_insert_with(|| (Arc::clone(&prepared), Vec::new())).1.push(whom);
            }
        }
        // For some device types there may be none, but not for all.
        if let Some(fault) = fault_of_first.filter(|_| !has_one) {
            faults.append(fault);
        }
    }
    if faults.has_errors() {
        return Err(Error::Input(faults));
    }
    let taken: BTreeSet<String> = files.keys().cloned().collect();
    let is_there = |path: &str| {
        taken.contains(path) || request.folder.is_some_and(|folder| fs::is_there(&folder.join(path)))
    };
    let mut memory = Memory::new(Catalogue::new(request.registry));
    let mut migration = Migration::default();
    for (path, (prepared, whoms)) in &files {
        let Migration { changes, findings, devices } = &mut migration;
        if prepared.template.tera().is_some() {
            let slugs = whoms.iter().map(|whom| whom.target.device.slug.to_string());
            devices.extend(slugs.clone());
            leave_to_a_person(prepared.template.source(), slugs.collect(), findings);
            continue;
        }
        let job = Job::new(request, path, prepared, whoms);
        changes.extend(job.migrate(&is_there, &mut memory, findings, devices));
    }
    migration.changes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(migration)
}
