//! `dtpl check`: what is wrong with a project, for every device type that it is for.
//!
//! [`hadolint`] runs hadolint, the other files are the formats.

mod github;
mod hadolint;
pub(crate) mod json;
mod sarif;
pub(crate) mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, CheckFormat, DefinitionArgs, FailOn};
use super::flags::Located;
use super::{CommandStatus, Session, flags, output, pages};
use crate::check::{self, Linter, Request, Settings, rules};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostics, Place, Severity};
use crate::dockerfile::Builder;
use crate::error::Error;
use crate::finding::{Finding, Findings};
use crate::lock::CollectRequest;
use crate::source::Position;

pub fn run(command: &CheckArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    if let Some(rule) = &command.explain {
        return pages::explain(rule, "check", session);
    }
    let registry = command.scope.only.definitions.registry.registry()?;
    let linter = command.hadolint.as_deref().map(hadolint::linter).transpose()?;
    let (mut collected, mut faults) = (Collected::default(), Diagnostics::new());
    flags::refuse_two_templates_on_stdin(&command.scope.paths)?;
    for path in &command.scope.paths {
        match check_path(
            command,
            path,
            &registry,
            linter.as_ref().map(|linter| linter as &Linter),
            &mut collected,
            session,
        ) {
            Ok(()) => {}
            // The other paths may have faults too.
            Err(error) => faults.append(flags::into_input(error)?),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Input(faults).into());
    }
    let Collected { findings, devices, mut notes, judged, builders } = collected;
    if command.multi_dockerignore && !builders.is_empty() && !builders.contains(&Builder::Classic) {
        notes.push(|| {
            DefinitionArgs::multi_dockerignore_without_effect(session.place_of("--multi-dockerignore"))
        });
    }
    session.warn(&notes);
    let text = match command.format {
        CheckFormat::Text => {
            let jobs = flags::jobs(command.jobs);
            text::text(&findings, &devices, &judged, session.color_results, jobs)
        }
        CheckFormat::Json => json::text(&findings)?,
        CheckFormat::Sarif => sarif::text(&findings)?,
        CheckFormat::Github => github::text(&findings),
    };
    output::print(session, text)?;
    let least = match command.fail_on {
        FailOn::Never => return Ok(CommandStatus::Done),
        FailOn::Error if !command.bounds.strict => Severity::Error,
        FailOn::Error | FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    };
    Ok(if findings.summary().at_least(least) > 0 { CommandStatus::Found } else { CommandStatus::Done })
}

/// What is collected from all paths.
#[derive(Default)]
struct Collected {
    findings: Findings,
    /// The device types that they are checked for.
    devices: BTreeSet<String>,
    /// What else there is to say.
    notes: Diagnostics,
    /// For whom a path is checked, if no flag says it.
    judged: Vec<String>,
    /// The programs that build the projects.
    builders: Vec<Builder>,
}

/// Checks what is at one of the paths.
fn check_path(
    command: &CheckArgs,
    path: &Path,
    registry: &Registry,
    linter: Option<&Linter>,
    Collected { findings, devices, notes, judged, builders }: &mut Collected,
    session: &mut Session,
) -> anyhow::Result<()> {
    let only = &command.scope.only;
    let definitions = only.definitions.read(path, command.scope.fleets.as_deref(), session)?;
    let mut settings = settings(command, session)?;
    let limits = command.bounds.limits();
    let file = only.file.as_deref();
    let mut own_notes = Diagnostics::new();
    let (targets, _) =
        command.scope.targets(path, registry, &definitions, &mut settings, &mut own_notes, session)?;
    if own_notes.has_errors() {
        return Err(Error::Input(own_notes).into());
    }
    devices.extend(targets.iter().map(|target| target.device.slug.to_string()));
    let located = only.definitions.locate(path, file, &definitions, limits, session);
    let Located { workspace, services } = match located {
        // What is wrong in the files that define the services are findings too. That a path cannot be opened is none.
        Err(Error::Input(faults)) if faults.iter().all(|fault| matches!(fault.place, Place::Text(..))) => {
            let affected = targets.iter().map(|target| target.device.slug.to_string()).collect();
            faults.iter().for_each(|fault| findings.note(fault, rules::COMPOSE_FILE, &affected));
            findings.omit_errors(faults.omitted());
            notes.append(own_notes);
            return Ok(());
        }
        located => located?,
    };
    let is_project = workspace.project().is_some();
    let (builder, shown_by) = (workspace.builder(), workspace.shown_by());
    builders.push(builder);
    let folder = if is_project { Some(workspace.folder().to_owned()) } else { folder(path) };
    let jobs = flags::jobs(command.jobs);
    let (mut services, of_project) = workspace.into_services(&only.services(services, session), jobs)?;
    command.builder.build.apply_to_all(&mut services);
    let limit = only.definitions.registry.limit();
    let fleets = command.scope.fleets.as_deref();
    let mut images = command.catalogue.open(folder.as_deref(), path, fleets, registry, limit, session)?;
    let build_platform = command.builder.build_platform.as_deref();
    let request = CollectRequest { services: &services, targets: &targets, builder, build_platform, limits };
    images.ask_for_project(&request, &command.catalogue, limit, notes, session)?;
    findings.append(check::run(&Request {
        services: &services,
        targets: &targets,
        catalogue: images.catalogue(registry),
        folder: folder.as_deref(),
        settings: &settings,
        linter,
        notes: &of_project,
        builder,
        ignore_reader: DefinitionArgs::ignore_reader(
            builder,
            command.multi_dockerignore || settings.multi_dockerignore,
        ),
        build_platform: command.builder.build_platform.as_deref(),
        max_bytes: limits.output_bytes,
        jobs,
    })?);
    notes.append(own_notes);
    if let Some(file) = shown_by {
        judged.push(format!("{} is checked for balena, as {file} is there", path.display()));
    }
    Ok(())
}

/// The folder that has the build contexts. Of a template by itself it is its own, if it has the name
/// that a Dockerfile has; any other file may belong anywhere.
fn folder(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy();
    path.parent().filter(|_| name.starts_with("Dockerfile")).map(Path::to_owned)
}

/// The rules that `--ignore` names.
fn settings(command: &CheckArgs, session: &Session) -> anyhow::Result<Settings> {
    let mut settings = Settings::default();
    let mut faults = Diagnostics::new();
    for rule in &command.ignore {
        if let Err(fault) = settings.ignore(rule, session.place_of("--ignore")) {
            faults.push(|| fault);
        }
    }
    if faults.is_empty() { Ok(settings) } else { Err(Error::Usage(faults).into()) }
}

/// Where a finding starts and ends.
fn ends(finding: &Finding) -> [Position; 2] {
    [finding.span.start, finding.span.end].map(|at| finding.source.position(at))
}
