//! What a batch renders for: the fleets, or device types.

use super::super::args::BatchArgs;
use super::super::{Session, output, usage};
use crate::batch::Writer;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostics, Place};
use crate::error::Error;
use crate::fleet::FleetFormat;
use crate::workspace::fleets::{self, Opened};
use crate::workspace::{Definitions, Target, Targets, select};

pub enum Fleets<'r> {
    /// All targets, known before anything is rendered.
    Targets(Vec<Target<'r>>),
    /// Fleets that are read from this file while they are rendered.
    Lines(Opened),
}

/// The fleets or device types that the flags name. What is wrong with a fleet goes into `notes`.
pub fn fleets<'r>(
    command: &BatchArgs,
    registry: &'r Registry,
    definitions: &Definitions,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<Fleets<'r>> {
    let mut targets = Targets::new(registry, definitions, command.only.definitions.only_balena());
    // Files that list builds are divided by builds.
    let takes = |name: &str| command.format.divides_builds || command.shard.has(name);
    if let Some(selection) = devices(command, session)? {
        let devices = select(registry, selection, &session.place_of("--devices")).map_err(Error::Input)?;
        let devices: Vec<_> = devices.into_iter().filter(|device| takes(&device.slug)).collect();
        return Ok(Fleets::Targets(targets.of_devices(&devices, notes)));
    }
    let Some(path) = fleets::path(command.fleets.as_deref(), &command.path) else {
        let message = "no fleets given: use --fleets FILE, or --devices all";
        return Err(usage(Place::CommandLine, message, "a project can list its fleets in fleets.yaml"));
    };
    let opened = Opened::open(&path, &command.path, &mut session.streams.stdin())?;
    let is_streamed =
        matches!(command.format.writer, Writer::Lines) && output::file(&command.output).is_none();
    if is_streamed && opened.format == FleetFormat::Lines {
        return Ok(Fleets::Lines(opened));
    }
    let file = opened.read(command.only.definitions.registry.limit(), &mut session.streams.stdin())?;
    let fleets = file.fleets.map_err(Error::Input)?;
    Ok(Fleets::Targets(command.only.of_fleets(&fleets, &path, &mut targets, takes, notes, session)))
}

/// The value of `--devices`, unless `--fleets` on the command line takes precedence over it.
fn devices<'c>(command: &'c BatchArgs, session: &Session) -> anyhow::Result<Option<&'c str>> {
    let Some(devices) = &command.devices else { return Ok(None) };
    if command.fleets.is_none() {
        return Ok(Some(devices));
    }
    let from_environment = |flag| session.places.is_from_environment(flag);
    match (from_environment("--devices"), from_environment("--fleets")) {
        (false, true) => Ok(Some(devices)),
        (true, false) => Ok(None),
        _ => {
            let message = "--devices and --fleets exclude each other";
            Err(usage(session.place_of("--devices"), message, "leave one of the two out"))
        }
    }
}
