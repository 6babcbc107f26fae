//! For whom a batch renders: the fleets, or device types.

use std::path::Path;

use super::super::args::{Batch, BatchFormat};
use super::super::{Context, fleets as fleets_file, usage};
use crate::batch::target::{Definition, Target, Targets, select};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::fleet::Format;

/// For whom a batch is.
pub enum Fleets<'r> {
    /// All targets, known before anything is rendered.
    Targets(Vec<Target<'r>>),
    /// Fleets that are read as they come, from this file.
    Lines(fleets_file::Opened),
}

/// For whom to render, as the flags say it. What is wrong with a fleet goes into `notes`.
pub fn fleets<'r>(
    command: &Batch,
    registry: &'r Registry,
    definitions: &[Definition],
    notes: &mut Diagnostics,
    context: &mut Context,
) -> anyhow::Result<Fleets<'r>> {
    let only_balena = command.only.definitions.compat.is_some();
    let mut targets = Targets::new(registry, definitions, only_balena);
    if let Some(selection) = devices(command, context)? {
        let place = context.place_of("--devices");
        let devices = select(registry, selection, &place).map_err(Error::Input)?;
        let devices: Vec<_> = devices.into_iter().filter(|device| takes(command, &device.slug)).collect();
        return Ok(Fleets::Targets(targets.of_devices(&devices, notes)));
    }
    let Some(path) = fleets_file::file(command.fleets.as_deref(), &command.path) else {
        let place = Place::CommandLine;
        return Err(usage(
            Diagnostic::error(place, "no fleets given")
                .help("list them in fleets.yaml, name a file with --fleets, or take --devices all"),
        ));
    };
    let is_stdin = path == Path::new("-");
    if is_stdin && command.path == Path::new("-") {
        return Err(fleets_file::stdin_twice());
    }
    let opened = fleets_file::open(&path, context)?;
    let to_stdout = command.output.as_deref().is_none_or(|path| path == Path::new("-"));
    if command.format == BatchFormat::Ndjson && to_stdout && opened.format == Format::Lines {
        return Ok(Fleets::Lines(opened));
    }
    let fleets = fleets_file::read(opened, &command.only.definitions.registry, context)?;
    for name in &command.only.fleet {
        if !fleets.iter().any(|fleet| fleet.name == *name) {
            let place = context.place_of("--fleet");
            let names = fleets.iter().map(|fleet| &*fleet.name);
            notes.push(|| fleets_file::unknown(name, &path, names, place));
        }
    }
    let mut all = Vec::new();
    let mut number = 0;
    for fleet in &fleets {
        let is_wanted = command.only.fleet.is_empty() || command.only.fleet.contains(&fleet.name);
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
    if command.fleets.is_none() {
        return Ok(Some(devices));
    }
    let from_environment = |flag| context.places.is_from_environment(flag);
    match (from_environment("--devices"), from_environment("--fleets")) {
        (false, true) => Ok(Some(devices)),
        (true, false) => Ok(None),
        _ => Err(usage(
            Diagnostic::error(context.place_of("--devices"), "--devices and --fleets both say for whom")
                .help("leave one of the two out"),
        )),
    }
}
