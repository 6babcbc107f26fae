//! Fleets as JSON objects, one a line, read as they come: a million of them take the memory of one.

use std::io::{BufRead, Read as _};
use std::sync::Arc;

use super::{Fleet, collected, object};
use crate::diagnostic::{Diagnostic, Diagnostics, utf8};
use crate::error::{Error, Result};
use crate::fs::Limit;
use crate::source::Source;

/// Reads one fleet after the other.
pub struct FleetLines<'i> {
    input: &'i mut dyn BufRead,
    name: String,
    limit: Limit,
    number: usize,
    line: Vec<u8>,
}

impl<'i> FleetLines<'i> {
    /// Fleets from `input`, which messages call `name`; `limit` is for one line.
    pub fn new(input: &'i mut dyn BufRead, name: &str, limit: Limit) -> Self {
        FleetLines { input, name: name.to_owned(), limit, number: 0, line: Vec::new() }
    }

    /// What messages call the input.
    #[cfg(feature = "cli")]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next fleet, or what is wrong with it; nothing at the end. Blank lines are passed over.
    pub fn next_fleet(&mut self) -> Result<Option<std::result::Result<Fleet, Diagnostics>>> {
        loop {
            self.line.clear();
            let most = self.limit.bytes.saturating_add(1);
            let read = (&mut *self.input).take(most).read_until(b'\n', &mut self.line);
            if read.map_err(Error::io("read", &self.name))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.line.len() as u64 > self.limit.bytes {
                let source = Source::new(self.name.as_str(), Vec::new()).beginning_at_line(self.number);
                let message = format!("this line is longer than the limit of {} bytes", self.limit.bytes);
                let fault = Diagnostic::error_at(&Arc::new(source), 0..0, message);
                return Err(Error::input(fault.help(format!("raise it with {} BYTES", self.limit.flag))));
            }
            let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
            let line =
                if self.number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
            if line.trim_ascii().is_empty() {
                continue;
            }
            let source = Source::new(self.name.as_str(), line).beginning_at_line(self.number).hiding_lines();
            let source = Arc::new(source);
            let text = utf8(&source).map_err(Diagnostics::from);
            return Ok(Some(text.and_then(|text| object::parse(&source, text))));
        }
    }
}

/// Reads the lines of a text that is there as a whole.
pub fn parse(source: &Arc<Source>) -> std::result::Result<Vec<Fleet>, Diagnostics> {
    let limit = Limit { bytes: source.bytes().len() as u64, flag: "--max-config-bytes" };
    let mut input = source.bytes();
    let mut lines = FleetLines::new(&mut input, source.name(), limit);
    // Reading from memory does not fail.
    collected(std::iter::from_fn(|| lines.next_fleet().ok().flatten()))
}
