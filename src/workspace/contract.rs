//! `balena.yml`, balena's contract of a project: the device types that it lists.

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::Place;
use crate::error::{Error, Result};
use crate::fs::{self, Limit};
use crate::yaml::{self, Dialect, NodeReader};

/// The device types under `data.supportedDeviceTypes`, each with its place; nothing if the file does not have this
/// list, or has it empty: a project for no device type would be checked for nothing. What else the file holds is for balena.
///
/// # Errors
/// A file that cannot be read, broken YAML, and a list that is none.
pub fn device_types(path: &Path, limit: Limit) -> Result<Option<Vec<(String, Place)>>> {
    let source = Arc::new(fs::read(path, limit)?.hiding_lines());
    let root = yaml::parse(&source, Dialect::Compose).map_err(Error::Input)?;
    let mut reader = NodeReader::new(&source);
    let mut devices = None;
    for (key, node) in reader.entries(&root, "balena.yml") {
        if key.as_scalar() != Some("data") {
            continue;
        }
        for (key, node) in reader.entries(node, "`data`") {
            if key.as_scalar() != Some("supportedDeviceTypes") {
                continue;
            }
            let list: &mut Vec<_> = devices.get_or_insert_default();
            for item in reader.items(node, "`supportedDeviceTypes`") {
                let Some(name) = reader.text(item, "a device type") else { continue };
                list.push((name, reader.place(item)));
            }
        }
    }
    let devices = devices.filter(|list| !list.is_empty());
    if reader.diagnostics.is_empty() { Ok(devices) } else { Err(Error::Input(reader.diagnostics)) }
}
