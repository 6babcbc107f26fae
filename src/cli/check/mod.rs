//! `dtpl check`: what is wrong with a project, for every device type that it is for.
//!
//! [`hadolint`] runs hadolint, the other files are the formats.

mod github;
mod hadolint;
pub(crate) mod json;
mod sarif;
pub(crate) mod text;

use std::path::Path;

use super::args::{CheckArgs, CheckFormat, FailOn};
use super::{CommandStatus, Session, flags, output, usage};
use crate::check::{self, Linter, Request, Settings, rules};
use crate::diagnostic::{Diagnostics, Severity};
use crate::error::Error;
use crate::finding::Finding;
use crate::source::Position;

pub fn run(command: &CheckArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    if let Some(rule) = &command.explain {
        return explain(rule, session);
    }
    let only = &command.scope.only;
    let registry = only.definitions.registry.registry()?;
    let definitions = only.definitions.read(session)?;
    let mut settings = settings(command, session)?;
    let limits = command.bounds.limits();
    let (path, file) = (&command.scope.path, only.file.as_deref());
    let workspace = only.definitions.open(path, file, &definitions.values(), limits, session)?;
    let is_project = workspace.project().is_some();
    let jobs = flags::jobs(command.jobs);
    let (mut services, mut notes) = workspace.into_services(&only.services(session), jobs)?;
    command.builder.build.apply_to_all(&mut services);
    let (targets, _) = command.scope.targets(&registry, &definitions, &mut settings, &mut notes, session)?;
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    let linter = command.hadolint.as_deref().map(hadolint::linter).transpose()?;
    let findings = check::run(&Request {
        services: &services,
        targets: &targets,
        registry: &registry,
        folder: folder(path, is_project),
        settings: &settings,
        linter: linter.as_ref().map(|linter| linter as &Linter),
        builder: only.definitions.builder(),
        ignore_reader: only
            .definitions
            .ignore_reader(command.multi_dockerignore || settings.multi_dockerignore),
        build_platform: command.builder.build_platform.as_deref(),
        max_bytes: limits.output_bytes,
        jobs,
    })?;
    session.warn(&notes);
    let text = match command.format {
        CheckFormat::Text => text::text(&findings, &targets, session.color_results),
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

/// The folder that has the build contexts. Of a template by itself it is its own, if it has the name
/// that a Dockerfile has; any other file may belong anywhere.
fn folder(path: &Path, is_project: bool) -> Option<&Path> {
    if is_project {
        return Some(path);
    }
    let name = path.file_name()?.to_string_lossy();
    if name.starts_with("Dockerfile") { path.parent() } else { None }
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

/// Prints the page of a rule, or the names of all.
fn explain(name: &str, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let pages: Vec<&str> = rules::meant_by(name).map(|rule| rule.page).collect();
    let text = match &pages[..] {
        [_, ..] => pages.join("\n"),
        [] if name == "all" => rules::RULES.iter().map(|rule| format!("{}\n", rule.id)).collect::<String>(),
        [] => {
            let message = format!("there is no rule `{}`", crate::escape::shortened(name, 80));
            let help = rules::did_you_mean(name)
                .unwrap_or_else(|| "`dtpl check --explain all` lists them".to_owned());
            return Err(usage(session.place_of("--explain"), message, help));
        }
    };
    output::print(session, text)
}

/// Where a finding starts and ends.
fn ends(finding: &Finding) -> [Position; 2] {
    [finding.span.start, finding.span.end].map(|at| finding.source.position(at))
}
