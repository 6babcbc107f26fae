//! A JSON array of fleets, or one as an object: what `balena fleet list --json` and `balena fleet NAME --json` print.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::file::FleetsFile;
use super::object;
use crate::diagnostic::{Diagnostic, utf8};
use crate::source::{Position, Source};

/// Reads all fleets.
pub fn parse(source: &Arc<Source>) -> FleetsFile {
    match objects(source) {
        Ok(objects) => FleetsFile::of_fleets(objects.into_iter().map(|text| object::parse(source, text))),
        Err(fault) => FleetsFile::of_fleets([Err(fault.into())]),
    }
}

/// The text of each fleet.
fn objects(source: &Arc<Source>) -> Result<Vec<&str>, Diagnostic> {
    let text = utf8(source)?;
    let whole = text.trim_start_matches('\u{FEFF}');
    if whole.trim_start().starts_with('{') {
        return Ok(vec![whole]);
    }
    let objects: Vec<&RawValue> = serde_json::from_str(whole).map_err(|error| {
        if error.is_data() {
            return Diagnostic::error_at(source, 0..0, "this is no JSON array of fleets");
        }
        let line_start = source.offset(Position { line: error.line().max(1), column: 1 });
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        let message = format!("not a JSON array: {}", object::without_position(&error));
        Diagnostic::error_at(source, at..at, message)
    })?;
    Ok(objects.into_iter().map(RawValue::get).collect())
}
