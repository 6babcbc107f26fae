//! The formats that fleets are written in, and reading a file in whichever it has.

use std::sync::Arc;

use super::{file, lines, list};
use crate::diagnostic::Diagnostics;
use crate::source::Source;

/// The way in which fleets are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FleetFormat {
    /// `fleets.yaml`
    Yaml,
    /// A JSON array of objects, or one object over several lines.
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
        let is_of_file = |field: &[u8]| file::FIELDS.iter().any(|name| starts_with_key(field, name));
        if field.is_some_and(is_of_file) {
            return FleetFormat::Yaml;
        }
        match start.first() {
            Some(b'[') => FleetFormat::List,
            _ if file_name.ends_with(".ndjson") || file_name.ends_with(".jsonl") => FleetFormat::Lines,
            Some(b'{') if goes_on_in_next_line(start) => FleetFormat::List,
            Some(b'{') => FleetFormat::Lines,
            _ => FleetFormat::Yaml,
        }
    }
}

/// Whether the text of an object begins with this key.
fn starts_with_key(text: &[u8], key: &str) -> bool {
    let text = text.strip_prefix(b"\"").and_then(|text| text.strip_prefix(key.as_bytes()));
    text.is_some_and(|rest| rest.starts_with(b"\""))
}

/// Whether an object does not end in the line in which it starts.
fn goes_on_in_next_line(start: &[u8]) -> bool {
    let end = start.iter().position(|b| *b == b'\n');
    end.is_some_and(|end| !start[..end].trim_ascii_end().ends_with(b"}"))
}

/// Whether more has to be seen of a file to know its format.
#[cfg(feature = "cli")]
pub(crate) fn is_too_little(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    matches!(start.trim_ascii_end(), b"" | b"{") && !start.contains(&b'\n') || start.trim_ascii().is_empty()
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
    let mut file = match format {
        FleetFormat::Yaml => file::parse(source)?,
        FleetFormat::List => list::parse(source),
        FleetFormat::Lines => lines::parse(source),
    };
    file.check_names(source);
    Ok(file)
}
