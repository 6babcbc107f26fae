//! A JSON array of fleets: what `balena fleet list --json` prints.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::{Fleet, object};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::{Position, Source};

/// Reads all fleets.
///
/// # Errors
/// JSON that is none, and everything that is wrong with each fleet.
pub fn parse(source: &Arc<Source>) -> Result<Vec<Fleet>, Diagnostics> {
    let place = |at: usize| Place::Text(Arc::clone(source), at..at);
    let text = std::str::from_utf8(source.bytes())
        .map_err(|error| Diagnostic::error(place(error.valid_up_to()), "not valid UTF-8"))?;
    let objects: Vec<&RawValue> =
        serde_json::from_str(text.trim_start_matches('\u{FEFF}')).map_err(|error| {
            let line_start = source.offset(Position { line: error.line().max(1), column: 1 });
            let at = (line_start + error.column().saturating_sub(1)).min(text.len());
            if error.is_data() {
                return Diagnostic::error(place(0), "this is no JSON array of fleets");
            }
            let shown = error.to_string();
            let message = shown.split(" at line ").next().unwrap_or("not JSON").to_owned();
            Diagnostic::error(place(at), format!("not a JSON array: {message}"))
        })?;
    let mut faults = Diagnostics::new();
    let mut fleets = Vec::new();
    for value in objects {
        match object::parse(source, value.get()) {
            Ok(fleet) => fleets.push(fleet),
            Err(more) => faults.append(more),
        }
    }
    if faults.is_empty() { Ok(fleets) } else { Err(faults) }
}
