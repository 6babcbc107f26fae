//! Reports problems in a project's templates, for every device type at once, before a build.
//!
//! [`run()`] renders every service for every target. Equal renderings are parsed once: a [`RenderingScope`]
//! is one of them, an [`ArchScope`] the same for the targets of one arch, an [`ImageScope`] that with its images,
//! a [`TemplateScope`] the template as it is written. Each of the [`rules`] looks at one of them and reports to a
//! [`Sink`], which maps every place back to the template and adds a [`Finding`](crate::finding::Finding).
//!
//! A rule is a file in `rules/`, a page in `docs/rules/` and a line in [`rules`].
//!
//! ```
//! use std::path::Path;
//! use dtpl::workspace::{self, Definitions, Targets, Workspace, select};
//! use dtpl::{check, Place, Registry};
//!
//! let registry = Registry::embedded();
//! let request = workspace::Request::new(Path::new("-"));
//! let mut template = "FROM resin/%%RESIN_MACHINE_NAME%%-python\n".as_bytes();
//! let (services, mut notes) = Workspace::open(&request, &mut template)?.into_services(&[], 1)?;
//! let devices = select(&registry, "raspberrypi3", &Place::CommandLine)?;
//! let definitions = Definitions::default();
//! let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
//!
//! let findings = check::run(&check::Request::new(&services, &targets, &registry))?;
//! assert!(findings.iter().any(|finding| finding.rule == "unmaintained-base-image"));
//! # Ok::<(), dtpl::Error>(())
//! ```

mod base_names;
mod beside;
mod diagnostics;
mod dockerfile_names;
mod group_check;
pub mod hadolint;
mod ignore;
mod platform_value;
mod project;
mod rendering;
mod request;
pub mod rules;
mod scope;
mod service;
mod settings;
mod shared;
mod sink;
mod software;
mod stage_image;
mod target_groups;

pub use crate::ignore_files::IgnoreReader;
pub(crate) use diagnostics::{is_about, is_in_from, lenient};
pub use request::{Linter, Request};
pub use settings::Settings;

use std::collections::BTreeSet;

use crate::diagnostic::Severity;
use crate::dockerfile::Builder;
use crate::error::{Error, Result};
use crate::finding::Findings;
use crate::image::CatalogueCache;
use crate::render::Redaction;
use crate::software::faults::Lookups;
use crate::threads;
use crate::workspace::ServiceFiles;
use ignore::Ignored;
use project::ProjectScope;
use rules::RuleScope;
use scope::{ArchScope, ImageScope, RenderingScope, TemplateScope};
use service::ServiceCheck;
use sink::Sink;

/// The fewest services for which a thread is started.
const LEAST: usize = 8;

/// Checks every service for every target.
///
/// # Errors
/// When the linter of the request fails.
pub fn run(request: &Request) -> Result<Findings> {
    let services: Vec<&ServiceFiles> =
        request.services.list().iter().chain(request.services.images()).collect();
    let parts = threads::share(&mut vec![(); request.jobs.max(1)], 0..services.len(), LEAST, |(), part| {
        let mut findings = Findings::default();
        let (cache, lookups) = (CatalogueCache::new(request.catalogue), Lookups::default());
        for &service in &services[part] {
            // Threads for the devices of a service only where there are few services.
            let jobs = if services.len() <= LEAST { request.jobs.max(1) } else { 1 };
            let (context, cache, lookups, findings) = (None, &cache, &lookups, &mut findings);
            let redaction = Redaction::default();
            ServiceCheck { request, service, jobs, context, cache, lookups, findings, redaction }.run()?;
        }
        Ok::<_, Error>(findings)
    });
    let mut all = Findings::default();
    for part in parts {
        all.append(part?);
    }
    project_rules(request, &mut all);
    Ok(all)
}

/// What the rules about compose files find.
fn project_rules(request: &Request, findings: &mut Findings) {
    let Some(model) = request.services.model() else { return };
    let is_for_balena = request.builder == Builder::Classic;
    let scope = ProjectScope { model, is_for_balena };
    let ignored = Ignored::default();
    let redaction = request.services.redaction();
    let devices: BTreeSet<String> =
        request.targets.iter().map(|target| target.device.slug.to_string()).collect();
    let mut sink = Sink {
        findings,
        source: &model.root.at.source,
        rendering: None,
        ignored: &ignored,
        settings: request.settings,
        devices,
        redaction,
        rule: rules::SYNTAX,
        severity: Severity::Error,
    };
    for note in request.notes.iter() {
        sink.take(note, rules::COMPOSE_FILE);
    }
    for rule in rules::RULES {
        if let RuleScope::Project(check) = rule.scope {
            (sink.rule, sink.severity) = (rule.id, rule.severity);
            check(&scope, &mut sink);
        }
    }
}
