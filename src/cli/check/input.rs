//! For whom a check is, and which rules count: flags and `fleets.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::args::{self, Check};
use super::super::{Context, fleets as fleets_file, target};
use crate::batch::target::{Definition, Target, Targets, select};
use crate::check::Settings;
use crate::device_types::{DeviceType, Registry};
use crate::diagnostic::{Diagnostics, Place};
use crate::error::Error;
use crate::fleet::settings::{self as fleet_settings};
use crate::fleet::{self, Fleet, Format};

/// What the flags and the file of fleets say.
pub struct Whom {
    /// The fleets of the file, unless `--devices` says otherwise or there is none.
    pub fleets: Option<Vec<Fleet>>,
    pub settings: Settings,
}

/// Reads the file of fleets, if there is one.
pub fn whom(command: &Check, context: &mut Context) -> anyhow::Result<Whom> {
    let mut settings = Settings::default();
    let mut fleets = None;
    if let Some(path) = fleets_file::file(command.fleets.as_deref(), &command.path) {
        if path == Path::new("-") && command.path == Path::new("-") {
            return Err(fleets_file::stdin_twice());
        }
        let opened = fleets_file::open(&path, context)?;
        let format = opened.format;
        let source = fleets_file::source(opened, &command.definitions.registry, context)?;
        if format == Format::Yaml {
            let own = fleet_settings::parse(&source).map_err(Error::Input)?;
            settings.take(&own).map_err(Error::Input)?;
        }
        // A file that is there for its settings alone needs no fleets.
        if command.devices.is_empty() && !(format == Format::Yaml && fleet_settings::is_alone(&source)) {
            fleets = Some(fleet::parse(&source, format).map_err(Error::Input)?);
        }
    }
    let mut faults = Diagnostics::new();
    let places = args::places(context.arguments, "\0", "--ignore", &command.ignore, "DTPL_IGNORE");
    for (rule, place) in command.ignore.iter().zip(places) {
        if let Err(fault) = settings.ignore(rule, place) {
            faults.push(|| fault);
        }
    }
    if !faults.is_empty() {
        return Err(Error::Usage(faults).into());
    }
    Ok(Whom { fleets, settings })
}

/// For whom to render. What is wrong with a fleet goes into `notes`.
pub fn targets<'r>(
    command: &Check,
    fleets: Option<Vec<Fleet>>,
    registry: &'r Registry,
    definitions: &[Definition],
    notes: &mut Diagnostics,
    context: &Context,
) -> anyhow::Result<Vec<Target<'r>>> {
    let mut targets = Targets::new(registry, definitions, command.definitions.compat.is_some());
    let Some(fleets) = fleets else {
        let mut chosen: BTreeMap<&str, &DeviceType> = BTreeMap::new();
        let all = ["all".to_owned()];
        let selections = if command.devices.is_empty() { &all[..] } else { &command.devices[..] };
        for selection in selections {
            let place = target::place_of_devices(selection, context.arguments);
            let devices = select(registry, selection, &place).map_err(Error::Input)?;
            chosen.extend(devices.into_iter().map(|device| (&*device.slug, device)));
        }
        let devices: Vec<&DeviceType> = chosen.into_values().collect();
        return Ok(targets.of_devices(&devices, notes));
    };
    for name in &command.fleet {
        if !fleets.iter().any(|fleet| fleet.name == *name) {
            let place: Place = target::place_of("--fleet", name, context.arguments, "DTPL_FLEET");
            let path = fleets_file::file(command.fleets.as_deref(), &command.path).unwrap_or_default();
            let names = fleets.iter().map(|fleet| &*fleet.name);
            notes.push(|| fleets_file::unknown(name, &path, names, place));
        }
    }
    let wanted =
        fleets.iter().filter(|fleet| command.fleet.is_empty() || command.fleet.contains(&fleet.name));
    let mut all = Vec::new();
    for (number, fleet) in wanted.enumerate() {
        all.extend(targets.of_fleet(number, fleet, notes));
    }
    Ok(all)
}
