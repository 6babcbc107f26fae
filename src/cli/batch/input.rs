//! What a batch renders, and for whom: the services of the project, the fleets or device types.

use std::path::Path;

use super::super::args::{Batch, BatchFormat};
use super::super::{Context, fleets as fleets_file, target, usage};
use crate::batch::services::Services;
use crate::batch::target::{Definition, Target, Targets, select};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::fleet::Format;
use crate::fs::{self, Limit};
use crate::project::interpolation::Values;
use crate::project::service::ONLY_SERVICE;
use crate::project::{Choice, directory, dockerfile_choice};
use crate::template::placeholder::LONGEST_TEXT;

/// For whom a batch is.
pub enum Fleets<'r> {
    /// All targets, known before anything is rendered.
    Targets(Vec<Target<'r>>),
    /// Fleets that are read as they come, from this file.
    Lines(fleets_file::Opened),
}

/// The services of the project, or the one of a template by itself.
pub fn services(
    command: &Batch,
    values: &Values,
    notes: &mut Diagnostics,
    context: &mut Context,
) -> anyhow::Result<Services> {
    let limit = Limit {
        bytes: command.bounds.max_template_bytes.min(LONGEST_TEXT as u64),
        flag: "--max-template-bytes",
    };
    let path = &command.path;
    let only: Vec<(String, Place)> = command
        .service
        .iter()
        .map(|name| (name.clone(), target::place_of_service(name, context.arguments)))
        .collect();
    if path != Path::new("-") && fs::is_dir(path) {
        let file = target::file(command.file.as_deref(), context.arguments)?;
        let project = directory::read(path, values, target::limit(&command.definitions.registry))?;
        let services = Services::of_project(path, &project, &only, file, limit, super::jobs(command))?;
        notes.append(project.warnings);
        return Ok(services);
    }
    if command.file.is_some() {
        let place = Place::File(path.to_string_lossy().into_owned());
        return Err(usage(
            Diagnostic::error(place, "--file chooses in a project, and this is not a directory")
                .help("leave --file out, or name the directory"),
        ));
    }
    let service = command.service.first().map_or(ONLY_SERVICE, String::as_str);
    if path == Path::new("-") {
        let source = fs::read_stream(context.streams.stdin, "<stdin>", limit)?;
        let choice = Choice { path: "-".to_owned(), ..dockerfile_choice::of_file("Dockerfile.template") };
        return Ok(Services::of_file(source, choice, service)?);
    }
    let source = fs::read(path, limit)?;
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let choice =
        Choice { path: path.to_string_lossy().into_owned(), ..dockerfile_choice::of_file(&file_name) };
    Ok(Services::of_file(source, choice, service)?)
}

/// For whom to render, as the flags say it. What is wrong with a fleet goes into `notes`.
pub fn fleets<'r>(
    command: &Batch,
    registry: &'r Registry,
    definitions: &[Definition],
    notes: &mut Diagnostics,
    context: &mut Context,
) -> anyhow::Result<Fleets<'r>> {
    let only_balena = command.definitions.compat.is_some();
    let mut targets = Targets::new(registry, definitions, only_balena);
    if let Some(selection) = devices(command, context)? {
        let place = target::place_of_devices(selection, context.arguments);
        let devices = select(registry, selection, &place).map_err(Error::Input)?;
        let devices: Vec<_> = devices.into_iter().filter(|device| takes(command, &device.slug)).collect();
        return Ok(Fleets::Targets(targets.of_devices(&devices, notes)));
    }
    let Some(path) = fleets_file::file(command.fleets.as_deref(), &command.path) else {
        let place = Place::File("dtpl".to_owned());
        return Err(usage(
            Diagnostic::error(place, "for which fleets?")
                .help("list them in fleets.yaml, name a file with --fleets, or take --devices all"),
        ));
    };
    let is_stdin = path == Path::new("-");
    if is_stdin && command.path == Path::new("-") {
        let place = Place::File("--fleets".to_owned());
        return Err(usage(
            Diagnostic::error(place, "standard input holds the template already")
                .help("put one of the two into a file"),
        ));
    }
    let opened = fleets_file::open(&path, context)?;
    let to_stdout = command.output.as_deref().is_none_or(|path| path == Path::new("-"));
    if command.format == BatchFormat::Ndjson && to_stdout && opened.format == Format::Lines {
        return Ok(Fleets::Lines(opened));
    }
    let fleets = fleets_file::read(opened, &command.definitions.registry, context)?;
    for name in &command.fleet {
        if !fleets.iter().any(|fleet| fleet.name == *name) {
            let place = target::place_of("--fleet", name, context.arguments, "DTPL_FLEET");
            let names = fleets.iter().map(|fleet| &*fleet.name);
            notes.push(|| fleets_file::unknown(name, &path, names, place));
        }
    }
    let mut all = Vec::new();
    let mut number = 0;
    for fleet in &fleets {
        let is_wanted = command.fleet.is_empty() || command.fleet.contains(&fleet.name);
        if is_wanted && takes(command, &fleet.name) {
            all.extend(targets.of_fleet(number, fleet, notes));
            number += 1;
        }
    }
    Ok(Fleets::Targets(all))
}

/// Whether a target belongs to the part that is asked for. Bake files and matrices are cut by builds.
fn takes(command: &Batch, name: &str) -> bool {
    matches!(command.format, BatchFormat::Bake | BatchFormat::Matrix) || super::is_in(command.shard, name)
}

/// What `--devices` says, if it is that which counts: the command line before the environment.
fn devices<'c>(command: &'c Batch, context: &Context) -> anyhow::Result<Option<&'c str>> {
    let Some(devices) = &command.devices else { return Ok(None) };
    let Some(fleets) = &command.fleets else { return Ok(Some(devices)) };
    let from_environment = |place: &Place| matches!(place, Place::Environment(_));
    let devices_place = target::place_of_devices(devices, context.arguments);
    let fleets_place =
        target::place_of("--fleets", &fleets.to_string_lossy(), context.arguments, "DTPL_FLEETS");
    match (from_environment(&devices_place), from_environment(&fleets_place)) {
        (false, true) => Ok(Some(devices)),
        (true, false) => Ok(None),
        _ => Err(usage(
            Diagnostic::error(devices_place, "--devices and --fleets both say for whom")
                .help("leave one of the two out"),
        )),
    }
}
