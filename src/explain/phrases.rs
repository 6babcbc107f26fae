//! Pieces of sentences: quoted text from the file, and lists.

use std::borrow::Borrow;
use std::ops::RangeInclusive;

use crate::escape::{is_unsafe, shortened};

/// Characters of a piece of the file in a sentence.
const LONGEST: usize = 80;
/// How many things a sentence lists.
const MOST: usize = 5;

/// Text from a file between backticks. What would act on a terminal is written out, and a backtick of
/// its own becomes an apostrophe, so that it is the same in Markdown.
///
/// ```
/// assert_eq!(dtpl::explain::quoted(b"a`\x1bb"), "`a'\\u{1b}b`");
/// ```
pub fn quoted(bytes: &[u8]) -> String {
    // Nobody reads a megabyte in a sentence.
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST * 5)]);
    let text = crate::escape::escaped(&shortened(text.trim(), LONGEST)).replace('`', "'");
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

/// Whether a path of the image is below the WORKDIR, as far as it shows.
pub(super) fn is_relative(path: &[u8]) -> bool {
    let quotes = path.iter().take_while(|&&b| matches!(b, b'"' | b'\'')).count();
    let path = path.get(quotes..).unwrap_or_default();
    // `C:\app` is a path of Windows.
    let is_drive = path.get(1) == Some(&b':');
    !path.starts_with(b"/") && !path.starts_with(b"$") && !path.starts_with(b"\\") && !is_drive
}

/// Several of them: `` `a`, `b` and `c` ``.
pub(super) fn listed<'b>(all: impl IntoIterator<Item = &'b [u8]>) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut more = 0;
    for one in all {
        let name = quoted(one);
        if names.contains(&name) {
            continue;
        }
        if names.len() < MOST { names.push(name) } else { more += 1 }
    }
    if more > 0 {
        names.push(format!("{more} more"));
    }
    joined(&names)
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn joined(names: &[impl Borrow<str>]) -> String {
    match names {
        [] => String::new(),
        [only] => only.borrow().to_owned(),
        [first @ .., last] => format!("{} and {}", first.join(", "), last.borrow()),
    }
}

/// The sentence about the placeholders in these lines of the template, when there are any.
pub(super) fn replaced(
    placeholders: &[(usize, &str)],
    lines: RangeInclusive<usize>,
    device: &str,
) -> Option<String> {
    let start = placeholders.partition_point(|(line, _)| line < lines.start());
    let end = placeholders.partition_point(|(line, _)| line <= lines.end());
    let names: Vec<String> =
        placeholders.get(start..end)?.iter().map(|(_, name)| format!("%%{name}%%")).collect();
    if names.is_empty() {
        return None;
    }
    let names = listed(names.iter().map(String::as_bytes));
    Some(format!("The template has {names} here; this is the text for {device}."))
}

/// Lines of the file, safe to show, without the carriage returns that end them.
pub(super) fn code(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let text = text.strip_suffix('\r').unwrap_or(&text).trim_start_matches('\n');
    let mut code = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) && !matches!(c, '\n' | '\t') {
            code.extend(c.escape_default());
        } else {
            code.push(c);
        }
    }
    code
}

/// A sentence: its first letter large, and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.is_empty() || text.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}
