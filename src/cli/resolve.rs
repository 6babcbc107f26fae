//! `dtpl resolve`: a build context in, one that Docker can build out.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek as _};
use std::path::Path;

use super::args::ResolveArgs;
use super::{CommandStatus, Session, usage};
use crate::compose;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::fs;
use crate::project::Project;
use crate::project::service::{Build, ONLY_SERVICE, refuse_outside};
use crate::render::{Layers, Redaction, Variables};
use crate::tar_filter::{self, Head, Request, Searched, SeekRead, ServiceRequest};
use crate::workspace::{Definitions, refuse_yaml};

pub fn run(command: &ResolveArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    refuse_terminals(session)?;
    let registry = command.target.definitions.registry.registry()?;
    if command.target.fleets.as_deref() == Some(Path::new("-")) {
        let message = "standard input is the archive";
        return Err(usage(Place::Flag("--fleets"), message, "put the fleets into a file"));
    }
    let mut notes = Diagnostics::new();
    let name = command.target.only_device("resolve", session)?;
    // There is no project to have fleets of its own.
    let device = command.target.device(name, Path::new("-"), &registry, &mut notes, session)?;
    if let Some(file) = &command.file {
        refuse_outside(file, session.place_of("--file"))?;
        refuse_yaml(file, session.place_of("--file"))?;
    }

    command.locked.refuse_build(&command.build, session)?;
    let named = command.target.service.as_deref();
    // With `--file` alone, the archive is one build context, whatever its compose file says.
    let mut archive = match (named, &command.file) {
        (None, Some(_)) => Archive::default(),
        _ => Archive::search(command, &device.definitions, session)?,
    };
    let builder = archive.project.as_ref().map(|project| project.builder).or(device.definitions.builder);
    // The archive passes by before its lock file is read.
    let limit = command.target.definitions.registry.limit();
    let pins = command.locked.pins(None, builder.unwrap_or_default(), limit, session)?;
    let (mut build, mut built) = archive.choose(named, &mut notes, session)?;
    let flags = &command.build;
    for build in built.iter_mut().map(|(_, build, _)| build).chain([&mut build]) {
        build.override_with(&flags.build_arg, &flags.build_context, flags.target.as_deref());
    }
    let mut only = Variables::new();
    only.set_standard("BALENA_SERVICE_NAME", ONLY_SERVICE);
    let (own, base) = command.target.variables(&device, &mut notes, session);
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    session.warn(&notes);

    let layers: Vec<[&Variables; 3]> = built.iter().map(|(.., service)| [&own, service, &base]).collect();
    let services = built.iter().zip(&layers).map(|((name, build, _), layers)| {
        let (context, dockerfile) = build.around_dockerfile();
        let request = ServiceRequest::new(name, context, dockerfile, Layers(layers));
        ServiceRequest { build: Some(build), ..request }
    });
    let services: Vec<ServiceRequest> = services.collect();
    let layers = [&own, &only, &base];
    let request = Request {
        context: Some(build.context.as_str()).filter(|context| !context.is_empty()),
        file: command.file.as_deref().or(build.dockerfile.as_deref()),
        services: &services,
        build: Some(&build),
        pins: pins.as_ref(),
        passes_as_it_is: archive.passes_as_it_is,
        searched: archive.searched.map(|(end, held)| Searched::new(end, held, &archive.names)),
        limits: command.bounds.limits(),
        entries: command.max_entries,
        allow_missing_end: command.allow_missing_end,
        ..Request::new(device.subject, Layers(&layers))
    };
    let (head, redaction) = (archive.head.take(), &archive.redaction);
    filter(head, &request, session).map_err(|error| redaction.error(error))?;
    Ok(CommandStatus::Done)
}

/// Writes the resolved archive. `head` is what was read of standard input already.
fn filter(head: Option<Box<dyn SeekRead>>, request: &Request, session: &mut Session) -> Result<(), Error> {
    let streams = &mut *session.streams;
    (streams.widen_pipes)();
    let mut input = match (&mut streams.stdin_file, head) {
        (Some(file), _) => Box::new(file) as Box<dyn Read>,
        (None, Some(head)) => Box::new(head.chain(&mut *streams.stdin)),
        (None, None) => Box::new(&mut *streams.stdin),
    };
    let resolved = tar_filter::resolve(&mut *input, &mut *streams.stdout, request)?;
    drop(input);
    session.warn(&resolved.notes);
    for file in &resolved.dockerfiles {
        session.say(format_args!("resolved {} from {}", file.name, file.source));
    }
    Ok(())
}

/// Refuses a Dockerfile outside its build context: the result has only what is in the context.
fn refuse_outside_context(build: &Build) -> Result<(), Error> {
    let Some(place) = build.places.dockerfile.clone().filter(|_| build.is_dockerfile_outside()) else {
        return Ok(());
    };
    let message = "the Dockerfile is outside the build context, which is all that --service writes";
    Err(Error::input(Diagnostic::error(place, message).help("leave --service out to resolve all services")))
}

/// A service: its name, how it is built, and the variables of its own.
type BuiltService = (String, Build, Variables);

/// The services that are built here.
fn built_services(project: &Project) -> Vec<BuiltService> {
    let built = project.services.iter().filter_map(|service| Some((&service.name, service.build()?)));
    let with_variables = built.map(|(name, build)| {
        let mut variables = Variables::new();
        variables.set_standard("BALENA_SERVICE_NAME", name);
        (name.clone(), build.clone(), variables)
    });
    with_variables.collect()
}

/// What of an archive is known before it is filtered.
#[derive(Default)]
struct Archive {
    /// What was read of a pipe.
    head: Option<Box<dyn SeekRead>>,
    project: Option<Project>,
    /// Where a search that was not of all of it ended, and how much was held back.
    searched: Option<(u64, u64)>,
    /// The files that define services.
    names: BTreeSet<String>,
    passes_as_it_is: bool,
    redaction: Redaction,
}

impl Archive {
    /// What is resolved: one build context, that of the service `named` or all of the archive; or else the services
    /// of its compose file, each in its own.
    fn choose(
        &mut self,
        named: Option<&str>,
        notes: &mut Diagnostics,
        session: &Session,
    ) -> anyhow::Result<(Build, Vec<BuiltService>)> {
        let (mut build, mut built) = (Build::default(), Vec::new());
        let Some(project) = self.project.take_if(|project| project.compose.is_some()) else {
            return Ok((build, built));
        };
        if let Some(name) = named {
            let place = session.place_of("--service");
            build = project.service(Some(name), place)?.build().cloned().unwrap_or_default();
            refuse_outside_context(&build)?;
        } else {
            built = built_services(&project);
            self.passes_as_it_is = built.is_empty();
            if built.is_empty() {
                let place = Place::File(project.compose.clone().unwrap_or_default());
                let message = "no service of the project is built here: the archive passes as it is";
                notes.push(|| Diagnostic::info(place, message));
            }
        }
        notes.append(project.review(&Vec::from_iter(named)).refuse()?);
        notes.append(project.warnings);
        self.redaction = project.redaction;
        Ok((build, built))
    }

    /// Searches the archive on stdin for its services. It can be read from its start afterwards.
    fn search(
        command: &ResolveArgs,
        definitions: &Definitions,
        session: &mut Session,
    ) -> anyhow::Result<Self> {
        let flags = &command.target.definitions;
        let most_bytes = flags.registry.max_config_bytes;
        let (files, values) = (flags.compose_files(), definitions.values());
        let request = compose::Request { files: &files, profiles: &flags.profile, values: &values };
        let builder = definitions.builder;
        if let Some(file) = &mut session.streams.stdin_file {
            let mut file = &mut **file;
            let head = Head { file: &mut file, held: None };
            let found = tar_filter::read_project(head, &request, builder, most_bytes)?;
            return Ok(Archive { project: Some(found.project), ..Archive::default() });
        }
        let most = command.max_held_bytes;
        let held = hold_back(&mut session.streams.stdin.take(most));
        let (mut file, length) = held.map_err(|error| match error.kind() {
            io::ErrorKind::IsADirectory => {
                let fault = Diagnostic::error(
                    Place::File("<stdin>".to_owned()),
                    "this is a directory, not an archive",
                );
                Error::usage(fault.help("pipe one in: tar -C DIR -c . | dtpl resolve"))
            }
            _ => Error::io("hold back", "<stdin>")(error),
        })?;
        let held = (length == most).then_some(most);
        let head = Head { file: &mut *file, held };
        let found = tar_filter::read_project(head, &request, builder, most_bytes)?;
        let searched = held.map(|held| (found.end, held));
        let (head, project, names) = (Some(file), Some(found.project), found.names);
        Ok(Archive { head, project, searched, names, ..Archive::default() })
    }
}

/// Reads a stream to its end into something that can be read again.
fn hold_back(stream: &mut dyn Read) -> io::Result<(Box<dyn SeekRead>, u64)> {
    if let Some(mut file) = fs::unnamed_file() {
        let length = io::copy(stream, &mut file)?;
        file.rewind()?;
        return Ok((Box::new(file), length));
    }
    let mut bytes = Vec::new();
    let length = stream.read_to_end(&mut bytes)?;
    Ok((Box::new(Cursor::new(bytes)), length as u64))
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
