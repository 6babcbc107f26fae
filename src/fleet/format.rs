//! The formats that fleets are written in, and reading a file in whichever it has.

use std::sync::Arc;

use super::{file, lines, list, name};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::Source;

/// The way in which fleets are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FleetFormat {
    /// `fleets.yaml`
    Yaml,
    /// A JSON array of objects.
    List,
    /// JSON objects, one a line.
    Lines,
}

impl FleetFormat {
    /// The format of a file, by its name and by how it starts.
    pub fn of(file_name: &str, start: &[u8]) -> FleetFormat {
        if file_name.ends_with(".yaml") || file_name.ends_with(".yml") {
            return FleetFormat::Yaml;
        }
        let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
        let field = start.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        // The shape of fleets.yaml, written as JSON: YAML can read it.
        if field.is_some_and(|field| field.starts_with(b"\"fleets\"") || field.starts_with(b"\"defaults\"")) {
            return FleetFormat::Yaml;
        }
        match start.first() {
            Some(b'[') => FleetFormat::List,
            Some(b'{') => FleetFormat::Lines,
            _ if file_name.ends_with(".ndjson") || file_name.ends_with(".jsonl") => FleetFormat::Lines,
            _ => FleetFormat::Yaml,
        }
    }
}

/// Reads a file of fleets that fits into memory. A list or lines have no settings.
///
/// # Errors
/// Text that is not in this format, and every fault of the settings, with its position. What is wrong with the
/// fleets, and names that cannot be side by side, are the faults of [`file::FleetsFile::fleets`].
pub fn parse(source: &Arc<Source>, format: FleetFormat) -> Result<file::FleetsFile, Diagnostics> {
    let mut file = read(source, format)?;
    if file.settings_faults.is_empty() {
        return Ok(file);
    }
    let mut faults = std::mem::take(&mut file.settings_faults);
    faults.append(file.fleets.err().unwrap_or_default());
    faults.sort_by_position();
    Err(faults)
}

/// Reads a file of fleets like [`parse`], and keeps the faults of the settings beside those of the fleets.
pub(crate) fn read(source: &Arc<Source>, format: FleetFormat) -> Result<file::FleetsFile, Diagnostics> {
    let only_fleets = file::FleetsFile::of_fleets;
    let mut file = match format {
        FleetFormat::Yaml => file::parse(source)?,
        FleetFormat::List => only_fleets(list::parse(source)),
        FleetFormat::Lines => only_fleets(lines::parse(source)),
    };
    file.fleets = file.fleets.and_then(|fleets| {
        let mut diagnostics = Diagnostics::new();
        let mut names = name::FleetNames::default();
        for fleet in &fleets {
            names.check(&fleet.name, &fleet.place, &mut diagnostics);
        }
        if fleets.is_empty() {
            let place = Place::Text(Arc::clone(source), 0..0);
            diagnostics.push(|| Diagnostic::error(place, "this file has no fleets"));
        }
        if diagnostics.is_empty() {
            return Ok(fleets);
        }
        file.readable = fleets;
        Err(diagnostics)
    });
    Ok(file)
}
