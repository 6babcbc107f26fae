//! Fleets as JSON objects, one a line.

use std::sync::Arc;

use super::file::FleetsFile;
use super::{Fleet, object};
use crate::diagnostic::{Diagnostics, utf8};
use crate::source::Source;

/// A line without its end, and without the byte order mark that the first line of a file may have.
pub fn content(number: usize, line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line }
}

/// The text of a line as messages know it: cut out of the file, and not shown.
pub fn source(file: &str, number: usize, content: &[u8]) -> Arc<Source> {
    Arc::new(Source::new(file, content).beginning_at_line(number).hiding_lines())
}

/// The fleet in the content of a line, or what is wrong with it; nothing in a blank line.
pub fn read(file: &str, number: usize, content: &[u8]) -> Option<Result<Fleet, Diagnostics>> {
    if content.trim_ascii().is_empty() {
        return None;
    }
    let source = source(file, number, content);
    let text = utf8(&source).map_err(Diagnostics::from);
    Some(text.and_then(|text| object::parse(&source, text)))
}

/// Reads the lines of a text that is there as a whole.
pub fn parse(whole: &Arc<Source>) -> FleetsFile {
    let lines = (1..).zip(whole.bytes().split_inclusive(|byte| *byte == b'\n'));
    FleetsFile::of_fleets(
        lines.filter_map(|(number, line)| read(whole.name(), number, content(number, line))),
    )
}
