//! For whom a command is that looks at all device types at once: flags and `fleets.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::Scope;
use super::services::{Asked, jobs};
use super::{Context, fleets as fleets_file};
use crate::batch::target::{Definition, Target, Targets, select};
use crate::check::Settings;
use crate::device_types::{DeviceType, Registry};
use crate::diagnostic::Diagnostics;
use crate::error::Error;
use crate::fleet::settings::{self as fleet_settings};
use crate::fleet::{self, Fleet, Format};

impl Scope {
    /// Which services are asked for.
    pub fn asked(&self, max_template_bytes: u64, threads: Option<u16>) -> Asked<'_> {
        Asked {
            path: &self.path,
            service: &self.only.service,
            file: self.only.file.as_deref(),
            registry: &self.only.definitions.registry,
            max_template_bytes,
            jobs: jobs(threads),
        }
    }

    fn file(&self) -> Option<PathBuf> {
        fleets_file::file(self.fleets.as_deref(), &self.path)
    }

    /// Reads the file of fleets, if there is one: the fleets, unless `--devices` says otherwise, and into
    /// `settings` what it says of rules.
    pub fn read(&self, settings: &mut Settings, context: &mut Context) -> anyhow::Result<Option<Vec<Fleet>>> {
        let Some(path) = self.file() else { return Ok(None) };
        if path == Path::new("-") && self.path == Path::new("-") {
            return Err(fleets_file::stdin_twice());
        }
        let opened = fleets_file::open(&path, context)?;
        let format = opened.format;
        let source = fleets_file::source(opened, &self.only.definitions.registry, context)?;
        if format == Format::Yaml {
            let own = fleet_settings::parse(&source).map_err(Error::Input)?;
            settings.take(&own).map_err(Error::Input)?;
        }
        // A file that is there for its settings alone needs no fleets.
        if !self.devices.is_empty() || (format == Format::Yaml && fleet_settings::is_alone(&source)) {
            return Ok(None);
        }
        Ok(Some(fleet::parse(&source, format).map_err(Error::Input)?))
    }

    /// For whom to render. What is wrong with a fleet goes into `notes`.
    pub fn targets<'r>(
        &self,
        fleets: Option<Vec<Fleet>>,
        registry: &'r Registry,
        definitions: &[Definition],
        notes: &mut Diagnostics,
        context: &Context,
    ) -> anyhow::Result<Vec<Target<'r>>> {
        let mut targets = Targets::new(registry, definitions, self.only.definitions.compat.is_some());
        let Some(fleets) = fleets else {
            let mut chosen: BTreeMap<&str, &DeviceType> = BTreeMap::new();
            let all = ["all".to_owned()];
            let selections = if self.devices.is_empty() { &all[..] } else { &self.devices };
            for selection in selections {
                let place = context.place_of("--devices");
                let devices = select(registry, selection, &place).map_err(Error::Input)?;
                chosen.extend(devices.into_iter().map(|device| (&*device.slug, device)));
            }
            let devices: Vec<&DeviceType> = chosen.into_values().collect();
            return Ok(targets.of_devices(&devices, notes));
        };
        for name in &self.only.fleet {
            if !fleets.iter().any(|fleet| fleet.name == *name) {
                let place = context.place_of("--fleet");
                let path = self.file().unwrap_or_default();
                let names = fleets.iter().map(|fleet| &*fleet.name);
                notes.push(|| fleets_file::unknown(name, &path, names, place));
            }
        }
        let wanted =
            fleets.iter().filter(|fleet| self.only.fleet.is_empty() || self.only.fleet.contains(&fleet.name));
        let mut all = Vec::new();
        for (number, fleet) in wanted.enumerate() {
            all.extend(targets.of_fleet(number, fleet, notes));
        }
        Ok(all)
    }
}
