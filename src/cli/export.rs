//! `dtpl export`: the whole project with plain Dockerfiles for one device.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::args::{DefinitionArgs, ExportArgs};
use super::single::ChosenDevice;
use super::{CommandStatus, Session, usage};
use crate::compose;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::error::Error;
use crate::escape::{escaped, grouped};
use crate::export::compose_file::{self, ServiceChange};
use crate::export::contents::Contents;
use crate::export::images;
use crate::export::outputs::{self, OutputFile, Outputs};
use crate::export::{RenderedService, copy, shared};
use crate::fs::{self, new_folder::NewFolder};
use crate::ignore_files::IgnoreReader;
use crate::image::Platform;
use crate::lock::{self, Pins};
use crate::project::{Build, Project, directory};
use crate::render::Layers;
use crate::workspace::fleets;

pub fn run(command: &ExportArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let output = output(command)?;
    let definitions = &command.target.definitions;
    let registry = definitions.registry.registry()?;
    let mut notes = Diagnostics::new();
    let name = command.target.only_device("export", session)?;
    let mut device = command.target.device(name, &command.path, &registry, &mut notes, session)?;
    refuse_flags(command, &device, session)?;
    if command.compose {
        // What --compose writes is for Docker alone.
        device.definitions.builder = Some(Builder::BuildKit);
    }
    let builder = device.definitions.builder;
    let (values, limit) = (device.definitions.values(), definitions.registry.limit());
    let files = definitions.compose_files();
    let request = compose::Request { files: &files, profiles: &definitions.profile, values: &values };
    let (project, read) = directory::read_listing_files(&command.path, &request, limit, builder, true)?;
    let redacted = |error| redacted(&project, error);
    notes.append(project.review(&[]).refuse()?);
    if command.multi_dockerignore && project.builder != Builder::Classic {
        let place = session.place_of("--multi-dockerignore");
        notes.push(|| DefinitionArgs::multi_dockerignore_without_effect(place));
    }
    let pins = command.locked.pins(Some(&command.path), project.builder, limit, session)?;
    let (services, digests) =
        render(command, &project, &device, pins.as_ref(), &mut notes, session).map_err(redacted)?;
    let mut outputs =
        Outputs::new(&command.path, &services, &registry).map_err(anyhow::Error::from).map_err(redacted)?;
    let mut changes = changes(command, &project, &device, &outputs).map_err(redacted)?;
    for (service, digest) in &digests {
        changes.entry(service.clone()).or_default().digest = Some(digest.clone());
    }
    change_compose_files(command, &project, &changes, &mut outputs).map_err(redacted)?;
    check_changes(command, &project, &request, &changes, &digests, &outputs).map_err(redacted)?;
    let builds: Vec<&Build> = services.iter().map(|service| &service.build).collect();
    let mut contents = Contents::new(
        &command.path,
        project.compose.as_deref(),
        &builds,
        &outputs,
        ignore_reader(command, &project)?,
        command.ignored,
    )?;
    read.iter().for_each(|file| contents.need(&command.path, file));
    if let Some(model) = &project.model {
        contents.need_files_of(model, &command.path);
    }
    session.warn(&notes);

    // From here on a signal waits until nothing half-written would stay.
    (session.streams.hold_signals)();
    let mut late = Diagnostics::new();
    let mut folder = NewFolder::begin(output, session.streams.is_interrupted)?;
    let files = copy::copy(&command.path, output, &contents, &outputs, &mut folder, &mut late)?;
    folder.finish(&command.path)?;
    session.warn(&late);
    if !session.quiet {
        let (rendered, s) = (services.len(), |number| if number == 1 { "" } else { "s" });
        let name = escaped(&output.to_string_lossy()).into_owned();
        let shown_by = project.for_balena.filter(|_| builder.is_none());
        let why = shown_by.map_or_else(String::new, |file| format!(" (for balena, as {file} is there)"));
        let line = format!(
            "{name}: {} file{}, {rendered} Dockerfile{} for {}{why}\n",
            grouped(files),
            s(files),
            s(rendered),
            device.subject.name()
        );
        // That nobody reads it is no reason to fail.
        let _ = session.streams.stderr.write_all(line.as_bytes());
    }
    Ok(CommandStatus::Done)
}

/// The folder that `--output` names.
fn output(command: &ExportArgs) -> anyhow::Result<&Path> {
    let Some(output) = command.output.as_deref().filter(|path| *path != Path::new("-")) else {
        let message = "no directory given: use --output DIR";
        return Err(usage(Place::CommandLine, message, "it is new, empty, or from an earlier export"));
    };
    let fault = |message: &str, help: &str| Err(usage(Place::of_path(output), message, help));
    let path = &command.path;
    if path == Path::new("-") || !fs::is_dir(path) {
        let message = "an export needs a project directory";
        return Err(usage(Place::of_path(path), message, "`dtpl render` renders a template by itself"));
    }
    if fs::is_dir(output) {
        if fs::is_inside(output, path).unwrap_or(false) {
            return fault("the output folder holds the project itself", "name another folder with --output");
        }
        if fs::is_inside(output, Path::new(".")).unwrap_or(false) {
            let help = "name a folder in it, or run dtpl elsewhere";
            return fault("the working directory cannot be replaced as a whole", help);
        }
    }
    Ok(output)
}

/// An error without the values of the compose file.
fn redacted(project: &Project, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<Error>() {
        Ok(error) => project.redaction.error(error).into(),
        Err(other) => other,
    }
}

/// Refuses flags that contradict each other.
fn refuse_flags(command: &ExportArgs, device: &ChosenDevice, session: &Session) -> anyhow::Result<()> {
    if command.compose && device.definitions.only_balena() {
        let message = "balena refuses a compose file with `platform`";
        let help = match command.target.definitions.compat {
            Some(_) => "leave out --compose or --compat balena",
            None => "leave out --compose, or add --compat docker: the settings in fleets.yaml say balena",
        };
        return Err(usage(session.place_of("--compose"), message, help));
    }
    let is_of_call = |flag| !session.places.is_from_environment(flag);
    let build_arg = (!command.build_arg.is_empty()).then_some(("--build-arg", "a build argument"));
    let target = command.target_stage.is_some().then_some(("--target", "the target stage"));
    for (flag, what) in build_arg.into_iter().chain(target).filter(|(flag, _)| is_of_call(flag)) {
        if !command.compose && !command.locked.locked {
            let message = format!("{what} is written into the compose file");
            let help = "add --compose, or --locked where it decides on an image; or pass it to the builder";
            return Err(usage(session.place_of(flag), message, help));
        }
    }
    Ok(())
}

/// The services that are built, each with its Dockerfile.
fn render(
    command: &ExportArgs,
    project: &Project,
    device: &ChosenDevice,
    pins: Option<&Pins>,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<(Vec<RenderedService>, BTreeMap<String, String>)> {
    let definitions = &command.target.definitions;
    let limits = command.bounds.limits();
    let (own, base) = command.target.variables(device, notes, session);
    if project.compose.is_some() && command.target.service.is_some() {
        let message = "an export has all services of the project";
        return Err(usage(session.place_of("--service"), message, "leave it out"));
    }
    let mut faults = Diagnostics::new();
    let (mut rendered, mut different, mut digests) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
    if pins.is_some() || project.services.iter().any(|service| service.build().is_some()) {
        let workspace = definitions.open(&command.path, None, &device.definitions, limits, session)?;
        let (mut services, warnings) = workspace.into_services(&[], 1)?;
        notes.append(warnings);
        let (args, stage) = (&command.build_arg, command.target_stage.as_deref());
        services.list_mut().iter_mut().for_each(|service| service.override_build(args, &[], stage));
        match pins.map(|pins| images::digests(project, &services, &device.subject, pins)) {
            Some(Ok(of_services)) => digests = of_services,
            Some(Err(more)) => faults.append(more),
            None => {}
        }
        for service in services.list() {
            let found = match service.template(&device.subject) {
                Ok(found) => found,
                Err(error) => {
                    faults.append(error.into_input()?);
                    continue;
                }
            };
            notes.append(found.choice_warnings.clone());
            session.say(format_args!(
                "rendering {} for {}",
                found.template.source().name(),
                device.subject.name()
            ));
            let layers = [&own, &service.variables, &base];
            let rendering = found.template.render_noted(&device.subject, Layers(&layers), &limits, notes);
            let rendering = rendering.and_then(|rendering| match pins {
                Some(pins) => lock::pin(rendering, service, device.subject.platform(), pins),
                None => Ok(rendering),
            });
            match rendering {
                Ok(rendering) => rendered.push(RenderedService {
                    name: service.name.clone(),
                    build: service.build.clone(),
                    choice: (*found.choice).clone(),
                    bytes: shared(&mut different, rendering.to_bytes()),
                }),
                Err(more) => faults.append(more),
            }
        }
    }
    if notes.has_errors() {
        faults.append(std::mem::take(notes));
    }
    if faults.is_empty() { Ok((rendered, digests)) } else { Err(Error::Input(faults).into()) }
}

/// What has to change in the compose file.
fn changes(
    command: &ExportArgs,
    project: &Project,
    device: &ChosenDevice,
    outputs: &Outputs,
) -> anyhow::Result<BTreeMap<String, ServiceChange>> {
    let mut changes: BTreeMap<String, ServiceChange> = BTreeMap::new();
    for (service, dockerfile) in &outputs.dockerfiles {
        changes.entry(service.clone()).or_default().dockerfile = Some(dockerfile.clone());
    }
    let platforms = platforms(project, device)?;
    if !command.compose {
        return Ok(changes);
    }
    if project.compose.is_none() {
        let message = "the project has no compose file";
        let help = "without one, `docker build --platform PLATFORM` says what --compose would write";
        return Err(usage(Place::Flag("--compose"), message, help));
    }
    let limit = command.target.definitions.registry.limit();
    let values = device.definitions.values();
    let files = command.target.definitions.compose_files();
    let profiles = &command.target.definitions.profile;
    let request = compose::Request { files: &files, profiles, values: &values };
    // Docker does not read the build variables of balena.
    let (without, _) =
        directory::read_listing_files(&command.path, &request, limit, Some(project.builder), false)?;
    for service in &project.services {
        let change = changes.entry(service.name.clone()).or_default();
        let of_build = platforms.get(&*service.name).cloned();
        change.platform = of_build.or_else(|| device.subject.platform().map(str::to_owned));
        let Some(build) = service.build() else { continue };
        let known = without.services.iter().find(|other| other.name == service.name);
        let known = known.and_then(|other| Some(&other.build()?.args));
        let is_new =
            |name: &String, value: &Option<String>| known.and_then(|args| args.get(name)) != Some(value);
        for (name, value) in build.args.iter().filter(|(name, value)| is_new(name, value)) {
            change.args.extend(value.clone().map(|value| (name.clone(), value)));
        }
        change.args.extend(command.build_arg.iter().cloned());
        change.target.clone_from(&command.target_stage);
    }
    Ok(changes)
}

/// The platform that each service is built for on the device, as `build.platforms` writes it where there is one.
fn platforms<'p>(project: &'p Project, device: &ChosenDevice) -> Result<BTreeMap<&'p str, String>, Error> {
    let mut platforms = BTreeMap::new();
    let Some(own) = device.subject.platform().and_then(Platform::parse) else { return Ok(platforms) };
    let mut faults = Diagnostics::new();
    for service in &project.services {
        let Some(build) = service.build() else { continue };
        match build.platform_for(&service.name, &own) {
            Ok(platform) => {
                // Docker Compose compares the texts of `platform` and `platforms`.
                let mut listed = build.settings.platforms.iter();
                let listed = listed.find(|text| Platform::parse_short(text).as_ref() == Some(&platform));
                let name = match (listed, device.subject.platform()) {
                    (Some(listed), _) => listed.clone(),
                    (None, Some(name)) if platform == own => name.to_owned(),
                    (None, _) => platform.to_string(),
                };
                platforms.insert(&*service.name, name);
            }
            Err(fault) => faults.push(|| fault),
        }
    }
    if faults.is_empty() { Ok(platforms) } else { Err(Error::Input(faults)) }
}

/// Puts the compose files that change among the files to write: each service changes in the file that it is
/// written in.
fn change_compose_files(
    command: &ExportArgs,
    project: &Project,
    changes: &BTreeMap<String, ServiceChange>,
    outputs: &mut Outputs,
) -> anyhow::Result<()> {
    let mut of_files: BTreeMap<&str, BTreeMap<String, ServiceChange>> = BTreeMap::new();
    for (service, change) in changes {
        if let Some(file) = project.written_in.get(service) {
            of_files.entry(file).or_default().insert(service.clone(), change.clone());
        }
    }
    let mut faults = Diagnostics::new();
    for (path, changes) in of_files {
        let source = Arc::new(fs::read(Path::new(path), command.target.definitions.registry.limit())?);
        let name = outputs::path_of_file(&command.path, Path::new(path))?;
        match compose_file::changed(&source, &changes) {
            Ok(bytes) => {
                outputs.files.insert(name.clone(), OutputFile { bytes: bytes.into(), like: name });
            }
            Err(more) => faults.append(more),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Input(faults).into()) }
}

/// Reads the changed compose files as a builder will, and refuses a service that another file or document
/// changes again.
fn check_changes(
    command: &ExportArgs,
    project: &Project,
    request: &compose::Request,
    changes: &BTreeMap<String, ServiceChange>,
    digests: &BTreeMap<String, String>,
    outputs: &Outputs,
) -> anyhow::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let limit = command.target.definitions.registry.limit();
    let changed = |name: &str| outputs.files.get(name).map(|file| file.bytes.to_vec());
    let new = directory::read_changed(&command.path, request, limit, Some(project.builder), &changed)?;
    let mut faults = images::check(project, &new, digests).err().unwrap_or_default();
    for service in &new.services {
        let (Some(change), Some(build)) = (changes.get(&service.name), service.build()) else { continue };
        let mut again: Vec<(&str, Option<&str>)> = Vec::new();
        if change.platform.is_some() && build.platform != change.platform {
            again.push(("platform", None));
        }
        if change.dockerfile.is_some() && build.dockerfile != change.dockerfile {
            again.push(("dockerfile", None));
        }
        let is_set =
            |(name, value): &(&String, &String)| build.args.get(*name) == Some(&Some((*value).clone()));
        let other = change.args.iter().filter(|arg| !is_set(arg));
        again.extend(other.map(|(name, _)| ("args", Some(&**name))));
        for (field, arg) in again {
            let named = arg.map_or_else(|| format!("`{field}`"), |arg| format!("build argument `{arg}`"));
            let message = format!("the {named} of the service `{}` is set again here", service.name);
            let place = place_of_field(project, &service.name, field, arg);
            let help = "write the `build` and the `platform` of a service once, in one document of one file";
            faults.push(|| Diagnostic::error(place, message).help(help));
        }
    }
    faults.sort_by_position();
    if faults.is_empty() { Ok(()) } else { Err(Error::Input(faults).into()) }
}

/// Where the compose files say what a field of a service is in the end.
fn place_of_field(project: &Project, service: &str, field: &str, arg: Option<&str>) -> Place {
    let found = project.model.as_ref().and_then(|model| {
        let (_, entry) = model.services().find(|(name, _)| *name == service)?;
        let build = if field == "platform" { &entry.node } else { entry.node.get("build")? };
        let found = build.get(field)?;
        let found = arg.and_then(|arg| found.get(arg)).unwrap_or(found);
        Some(found.at.place())
    });
    let written_in = || project.written_in.get(service).cloned().unwrap_or_default();
    found.unwrap_or_else(|| Place::File(written_in()))
}

/// Who reads the ignore files of the export.
fn ignore_reader(command: &ExportArgs, project: &Project) -> anyhow::Result<IgnoreReader> {
    let mut multi = command.multi_dockerignore;
    if project.builder == Builder::Classic && !multi {
        let limit = command.target.definitions.registry.limit();
        multi = fleets::build_settings(command.target.fleets.as_deref(), &command.path, limit)?
            .multi_dockerignore;
    }
    Ok(DefinitionArgs::ignore_reader(project.builder, multi))
}
