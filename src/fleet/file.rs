//! The shape of `fleets.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::settings::CheckSettings;
use super::{Fleet, FleetVariable, fault_of_variable, is_misspelt, name};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::Source;
use crate::yaml::{self, Dialect, Node, NodeReader, Value};

/// The fields of the file.
pub(super) const FIELDS: [&str; 4] = ["defaults", "fleets", "check", "images"];

/// What a `fleets.yaml` holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetsFile {
    /// What the project wants of `dtpl check`.
    pub settings: CheckSettings,
    /// The fleets, in the order of the file, or what is wrong with them. The variables under `defaults:`
    /// come first in each.
    pub fleets: Result<Vec<Fleet>, Diagnostics>,
    /// Whether the file has settings alone: then it is for all device types.
    pub is_settings_only: bool,
    /// What is wrong with the settings.
    pub(crate) settings_faults: Diagnostics,
    /// Where something is wrong with the fleets, what could be read of them, to find more.
    pub(crate) readable: Vec<Fleet>,
}

impl FleetsFile {
    /// Fleets from a file that has no settings, each read or with what is wrong with it.
    pub(super) fn of_fleets(all: impl IntoIterator<Item = Result<Fleet, Diagnostics>>) -> Self {
        let (mut read, mut faults) = (Vec::new(), Diagnostics::new());
        for fleet in all {
            match fleet {
                Ok(fleet) => read.push(fleet),
                Err(more) => faults.append(more),
            }
        }
        let (fleets, readable) = Self::usable(read, faults);
        FleetsFile {
            settings: CheckSettings::default(),
            fleets,
            is_settings_only: false,
            settings_faults: Diagnostics::new(),
            readable,
        }
    }

    /// The fields for the fleets: all of them, or what is wrong, and what could be read.
    fn usable(read: Vec<Fleet>, mut faults: Diagnostics) -> (Result<Vec<Fleet>, Diagnostics>, Vec<Fleet>) {
        faults.sort_by_position();
        if faults.is_empty() { (Ok(read), Vec::new()) } else { (Err(faults), read) }
    }

    /// Adds what is wrong with the names of the fleets beside each other, and that there are none.
    pub(super) fn check_names(&mut self, source: &Arc<Source>) {
        let (mut read, mut faults) = match std::mem::replace(&mut self.fleets, Ok(Vec::new())) {
            Ok(fleets) => (fleets, Diagnostics::new()),
            Err(faults) => (std::mem::take(&mut self.readable), faults),
        };
        tell_apart(&mut read);
        let mut names = name::FleetNames::default();
        for fleet in &read {
            names.check(&fleet.name, &fleet.place, &mut faults);
        }
        if read.is_empty() && faults.is_empty() {
            let place = Place::Text(Arc::clone(source), 0..0);
            faults.push(|| Diagnostic::error(place, "this file has no fleets"));
        }
        (self.fleets, self.readable) = Self::usable(read, faults);
    }
}

/// Replaces the names of fleets by their slugs, such as `acme/kiosk`, if several fleets have the same name, or names
/// that are equal once [folded](name::folded): some file systems take these for one folder.
fn tell_apart(fleets: &mut [Fleet]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for fleet in fleets.iter() {
        *seen.entry(name::folded(&fleet.name)).or_default() += 1;
    }
    for fleet in fleets {
        let is_alone = seen.get(&name::folded(&fleet.name)).is_none_or(|number| *number < 2);
        if let Some(slug) = fleet.slug.as_ref().filter(|_| !is_alone) {
            fleet.app_name = Some(std::mem::replace(&mut fleet.name, slug.clone()));
        }
    }
}

/// Reads a `fleets.yaml`.
///
/// # Errors
/// Text that is not YAML. Faults of the settings and of the fleets are kept apart, for a command that does not
/// need the fleets.
pub fn parse(source: &Arc<Source>) -> Result<FleetsFile, Diagnostics> {
    let root = yaml::parse(source, Dialect::Strict).map_err(|faults| {
        faults.map(|fault| match fault.message.starts_with(yaml::TOO_MUCH) {
            true => fault.help("any number of fleets can be read as JSON Lines, one fleet a line"),
            false => fault,
        })
    })?;
    let (mut reader, mut settings_reader) = (NodeReader::new(source), NodeReader::new(source));
    let mut settings = CheckSettings::default();
    let mut defaults = Vec::new();
    let mut fleets = Vec::new();
    let fields = reader.fields(&root, "a file of fleets", &FIELDS);
    for &(field, node) in &fields {
        match field {
            "defaults" => {
                for (_, node) in reader.fields(node, "`defaults`", &["variables"]) {
                    defaults = variables(&mut reader, node);
                }
            }
            "check" => super::settings::read(&mut settings_reader, node, &mut settings),
            "images" => settings.images = super::settings::images(&mut settings_reader, node),
            _ => {
                for (key, node) in reader.entries(node, "`fleets`") {
                    fleets.extend(fleet(&mut reader, key, node));
                }
            }
        }
    }
    if fields.iter().all(|(field, _)| *field != "fleets") && reader.diagnostics.is_empty() {
        reader.error_with(&root, "this file has no fleets", "list them under `fleets:`");
    }
    for fleet in &mut fleets {
        fleet.variables.splice(0..0, defaults.iter().cloned());
    }
    let (fleets, readable) = FleetsFile::usable(fleets, reader.diagnostics);
    let is_setting = |(field, _): &(&str, &Node)| matches!(*field, "check" | "images");
    let is_settings_only = !fields.is_empty() && fields.iter().all(is_setting);
    let settings_faults = settings_reader.diagnostics;
    Ok(FleetsFile { settings, fleets, is_settings_only, settings_faults, readable })
}

fn fleet(reader: &mut NodeReader, key: &Node, node: &Node) -> Option<Fleet> {
    let name = key.as_scalar()?;
    if let Some(why) = name::unfit(name) {
        let shown = crate::escape::shortened(name, 80);
        reader.error(key, format!("`{shown}` cannot be a fleet's name: {why}"));
    }
    let mut devices: Vec<(String, Place)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut given: Option<&str> = None;
    let mut own = Vec::new();
    for (field, node) in reader.fields(node, "a fleet", &["device", "devices", "variables"]) {
        if field == "variables" {
            own = variables(reader, node);
            continue;
        }
        if given.replace(field).is_some() {
            reader.error_with(
                node,
                "a fleet has either `device` or `devices`",
                "put all of them under `devices`",
            );
        }
        let items =
            if field == "device" { std::slice::from_ref(node) } else { reader.items(node, "`devices`") };
        if items.is_empty() {
            reader.error(node, "a fleet needs a device type");
        }
        for item in items {
            let Some(device) = reader.text(item, "a device type") else { continue };
            if !seen.insert(device.clone()) {
                reader.error(item, format!("`{device}` is listed twice"));
            }
            devices.push((device, reader.place(item)));
        }
    }
    let names = match &node.value {
        Value::Map(entries) => entries.iter().filter_map(|(key, _)| key.as_scalar()).collect(),
        _ => Vec::new(),
    };
    if given.is_none() && !is_misspelt(names, &["device", "devices"]) {
        let help = "say which: `device: raspberrypi3`";
        reader.error_with(key, format!("the fleet `{name}` has no device type"), help);
    }
    Some(Fleet {
        name: name.to_owned(),
        slug: None,
        app_name: None,
        place: reader.place(key),
        devices,
        variables: own,
    })
}

fn variables(reader: &mut NodeReader, node: &Node) -> Vec<FleetVariable> {
    let mut variables = Vec::new();
    for (key, node) in reader.entries(node, "`variables`") {
        let Some(name) = key.as_scalar() else { continue };
        if let Some((message, help)) = fault_of_variable(name) {
            reader.error_with(key, message, help);
        }
        match node.as_scalar() {
            Some(value) => {
                let place = reader.place(node);
                variables.push(FleetVariable { name: name.to_owned(), value: value.to_owned(), place });
            }
            None => {
                let message = format!("the value of {name} has to be text, this is {}", node.kind());
                reader.error_with(node, message, "quote it if it is meant as text; an empty value is \"\"");
            }
        }
    }
    variables
}
