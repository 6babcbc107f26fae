//! `dtpl check`: what is wrong with a project, for every device type that it is for.
//!
//! [`input`] finds for whom it is and which rules count, [`peer`] runs hadolint, the other files are
//! the formats.

mod github;
mod input;
pub mod json;
mod peer;
mod sarif;
pub mod text;

use std::path::Path;

use super::args::{Check, CheckFormat, FailOn};
use super::services::{Asked, jobs};
use super::{Context, Status, output, target, usage};
use crate::check::{self, Linter, Request, rules};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::error::Error;
use crate::finding::Findings;
use crate::nearest::did_you_mean;

pub fn run(command: &Check, context: &mut Context) -> anyhow::Result<Status> {
    if let Some(rule) = &command.explain {
        return explain(rule, context);
    }
    let registry = target::registry(&command.scope.only.definitions.registry)?;
    let given = target::given(&command.scope.only.definitions, context)?;
    let mut notes = Diagnostics::new();
    let (fleets, settings) = input::read(command, context)?;
    let asked = command.scope.asked(command.bounds.max_template_bytes, command.jobs);
    let services = asked.find(&given.values(), &mut notes, context)?;
    let definitions = given.into_entries();
    let targets = command.scope.targets(fleets, &registry, &definitions, &mut notes, context)?;
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    let linter = command.hadolint.as_deref().map(peer::linter).transpose()?;
    let linter: Option<&Linter> = linter.as_ref().map(|linter| linter as &Linter);
    let folder = folder(&asked);
    let findings = check::run(&Request {
        services: &services,
        targets: &targets,
        registry: &registry,
        folder,
        settings: &settings,
        linter,
        max_bytes: command.bounds.max_output_bytes,
        jobs: jobs(command.jobs),
    })?;
    context.warn(&notes);
    print(command, &findings, &targets, context)?;
    let least = match command.fail_on {
        FailOn::Never => return Ok(Status::Done),
        FailOn::Error if !command.bounds.strict => Severity::Error,
        FailOn::Error | FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    };
    Ok(if findings.summary().at_least(least) > 0 { Status::Found } else { Status::Done })
}

/// The folder in which build contexts lie. Of a template by itself it is its own, if it has the name
/// that a Dockerfile has; any other file may belong anywhere.
fn folder<'c>(asked: &Asked<'c>) -> Option<&'c Path> {
    if asked.is_project() {
        return Some(asked.path);
    }
    let name = asked.path.file_name()?.to_string_lossy();
    if name.starts_with("Dockerfile") { asked.path.parent() } else { None }
}

/// Prints the page of a rule, or the names of all.
fn explain(name: &str, context: &mut Context) -> anyhow::Result<Status> {
    let text = match rules::named(name) {
        Some(rule) => rule.page.to_owned(),
        None if name == "all" => rules::RULES.iter().map(|rule| format!("{}\n", rule.id)).collect::<String>(),
        None => {
            let place = context.place_of("--explain");
            let help = did_you_mean(name, rules::RULES.iter().map(|rule| rule.id));
            let shown = crate::escape::shortened(name, 80);
            return Err(usage(
                Diagnostic::error(place, format!("there is no rule `{shown}`"))
                    .help(help.unwrap_or_else(|| "`dtpl check --explain all` lists them".to_owned())),
            ));
        }
    };
    output::to_stdout(context, |out| out.write_all(text.as_bytes()))?;
    Ok(Status::Done)
}

fn print(
    command: &Check,
    findings: &Findings,
    targets: &[crate::batch::target::Target],
    context: &mut Context,
) -> anyhow::Result<()> {
    let text = match command.format {
        CheckFormat::Text => text::text(findings, targets, context.color_results),
        CheckFormat::Json => json::text(findings)?,
        CheckFormat::Sarif => sarif::text(findings)?,
        CheckFormat::Github => github::text(findings),
    };
    output::to_stdout(context, |out| out.write_all(text.as_bytes()))
}
