//! Which device types and fleets a command is for that looks at many at once: flags and `fleets.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use super::Session;
use super::args::{ScopeArgs, SelectionArgs};
use crate::check::Settings;
use crate::device_types::{DeviceType, Registry};
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::fleet::Fleet;
use crate::workspace::fleets::{self, Opened};
use crate::workspace::{Definitions, Target, Targets, select};

impl ScopeArgs {
    /// The targets that the flags or the file of fleets name, fleet by fleet, and whether any are named:
    /// otherwise they are all device types. Into `settings` goes what that file says of rules, into `notes`
    /// what is wrong with a fleet.
    pub fn targets<'r>(
        &self,
        registry: &'r Registry,
        definitions: &Definitions,
        settings: &mut Settings,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> Result<(Vec<Target<'r>>, bool)> {
        let mut targets = Targets::new(registry, definitions, self.only.definitions.only_balena());
        let is_explicit = !self.devices.is_empty();
        if let Some(path) = fleets::path(self.fleets.as_deref(), &self.path) {
            let opened = Opened::open(&path, &self.path, &mut session.streams.stdin())?;
            let limit = self.only.definitions.registry.limit();
            let file = opened.read(limit, &mut session.streams.stdin())?;
            settings.take(&file.settings).map_err(Error::Input)?;
            // A file with settings alone needs no fleets.
            if !is_explicit && !file.is_settings_only {
                let fleets = file.fleets.map_err(Error::Input)?;
                let targets = self.only.of_fleets(&fleets, &path, &mut targets, |_| true, notes, session);
                return Ok((targets, true));
            }
        }
        let all = ["all".to_owned()];
        let selections = if is_explicit { &self.devices[..] } else { &all[..] };
        let place = session.place_of("--devices");
        let mut chosen: BTreeMap<&str, &DeviceType> = BTreeMap::new();
        for selection in selections {
            let devices = select(registry, selection, &place).map_err(Error::Input)?;
            chosen.extend(devices.into_iter().map(|device| (&*device.slug, device)));
        }
        let devices: Vec<&DeviceType> = chosen.into_values().collect();
        Ok((targets.of_devices(&devices, notes), is_explicit))
    }
}

impl SelectionArgs {
    /// The targets of the fleets that `--fleet` names, or of all, as far as `takes` lets them. A name that
    /// no fleet has goes into `notes`.
    pub fn of_fleets<'r>(
        &self,
        fleets: &[Fleet],
        path: &Path,
        targets: &mut Targets<'r, '_>,
        takes: impl Fn(&str) -> bool,
        notes: &mut Diagnostics,
        session: &Session,
    ) -> Vec<Target<'r>> {
        for name in &self.fleet {
            if let Err(fault) = fleets::named(fleets, name, path, session.place_of("--fleet")) {
                notes.push(|| fault);
            }
        }
        let is_wanted = |fleet: &&Fleet| {
            (self.fleet.is_empty() || self.fleet.contains(&fleet.name)) && takes(&fleet.name)
        };
        let wanted = fleets.iter().filter(is_wanted).enumerate();
        wanted.flat_map(|(number, fleet)| targets.of_fleet(number, fleet, notes)).collect()
    }
}
