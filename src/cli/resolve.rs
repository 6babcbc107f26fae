//! `dtpl resolve`: a build context in, one that Docker can build out.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::args::ResolveArgs;
use super::{CommandStatus, Session, usage};
use crate::diagnostic::{Diagnostics, Place};
use crate::error::Error;
use crate::project::Project;
use crate::project::service::{Build, ONLY_SERVICE, refuse_outside};
use crate::render::{Layers, Redaction, Variables};
use crate::tar_filter::{self, Request};

pub fn run(command: &ResolveArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    refuse_terminals(session)?;
    let registry = command.target.definitions.registry.registry()?;
    if command.target.fleets.as_deref() == Some(Path::new("-")) {
        let message = "standard input is the archive";
        return Err(usage(Place::Flag("--fleets"), message, "put the fleets into a file"));
    }
    // There is no project to have fleets of its own.
    let device = command.target.device(Path::new("-"), &registry, session)?;
    if let Some(file) = &command.file {
        refuse_outside(file, session.place_of("--file"))?;
    }
    let mut notes = Diagnostics::new();

    // What of the archive was read before it is filtered.
    let mut head = Vec::new();
    let mut build = Build::default();
    let mut services_end = None;
    let mut redaction = Redaction::default();
    if let Some(name) = &command.target.service {
        let most_bytes = command.target.definitions.registry.max_config_bytes;
        let (project, end) = read_services(session, &device.definitions.values(), most_bytes, &mut head)?;
        services_end = end;
        if project.compose.is_some() {
            let place = session.place_of("--service");
            build = project.service(Some(name), place)?.build().cloned().unwrap_or_default();
        }
        notes.append(project.warnings);
        redaction = project.redaction;
    }
    let mut service = Variables::new();
    service.set_standard("BALENA_SERVICE_NAME", ONLY_SERVICE);
    let (own, base) = command.target.variables(&device, &mut notes, session);
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    session.warn(&notes);

    let layers = [&own, &service, &base];
    let request = Request {
        context: Some(build.context.as_str()).filter(|context| !context.is_empty()),
        file: command.file.as_deref().or(build.dockerfile.as_deref()),
        services_end,
        limits: command.bounds.limits(),
        entries: command.max_entries,
        allow_missing_end: command.allow_missing_end,
        ..Request::new(device.subject, Layers(&layers))
    };
    let streams = &mut *session.streams;
    (streams.widen_pipes)();
    let mut input = match &mut streams.stdin_file {
        Some(file) => Box::new(file) as Box<dyn Read>,
        None => Box::new(head.as_slice().chain(&mut *streams.stdin)),
    };
    let resolved = tar_filter::resolve(&mut *input, &mut *streams.stdout, &request);
    let resolved = resolved.map_err(|error| redaction.error(error))?;
    drop(input);
    session.warn(&resolved.notes);
    session.say(format_args!("resolved {} from {}", resolved.name, resolved.source));
    Ok(CommandStatus::Done)
}

/// The services of the archive on stdin, which can be read from its start afterwards: what was taken
/// from a pipe is in `head`, and with them comes how far they were looked for if that was not all.
fn read_services(
    session: &mut Session,
    values: &crate::compose::interpolation::Values,
    most_bytes: u64,
    head: &mut Vec<u8>,
) -> anyhow::Result<(Project, Option<u64>)> {
    let failed = |error| Error::io("read", "<stdin>")(error);
    if let Some(file) = &mut session.streams.stdin_file {
        let start = file.stream_position().map_err(failed)?;
        let (project, _) = tar_filter::read_project(file, values, most_bytes)?;
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        return Ok((project, None));
    }
    session.streams.stdin.take(tar_filter::HELD_BACK).read_to_end(head).map_err(failed)?;
    let (project, end) = tar_filter::read_project(&mut head.as_slice(), values, most_bytes)?;
    let is_cut = head.len() as u64 == tar_filter::HELD_BACK;
    Ok((project, is_cut.then_some(end)))
}

fn refuse_terminals(session: &Session) -> anyhow::Result<()> {
    let fault = |message: &str, help: &str| Err(usage(Place::CommandLine, message, help));
    if session.streams.stdout_is_terminal {
        return fault("an archive does not go to a terminal", "pipe it on, or into a file: > FILE");
    }
    if session.streams.stdin_is_terminal {
        return fault("an archive does not come from a terminal", "pipe one in: tar -c . | dtpl resolve");
    }
    Ok(())
}
