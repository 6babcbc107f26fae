//! Values must not change the structure of the Dockerfile that they come to stand in. What is refused of
//! the values of placeholders is refused of those of expressions: see `template/guard.rs`.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};
use crate::dockerfile::Dockerfile;
use crate::render::{LONGEST_WITH_HEREDOCS, Surroundings, changes_head, ends_in_escape, escape_characters};
use crate::source::Source;

/// Bytes of a line that are looked at for the start of a comment.
const LONGEST_BEGINNING: usize = 512;

/// Looks at every value in a Dockerfile, by the places that they take in it.
pub(super) fn check(made: &Arc<Source>, values: &[Range<usize>]) -> Result<(), Diagnostics> {
    let bytes = made.bytes();
    let mut diagnostics = Diagnostics::new();
    let fault = |value: &Range<usize>, why: &str| {
        Diagnostic::error(Place::Text(Arc::clone(made), value.clone()), format!("this value {why}"))
            .of_rule(Rule::DoubtfulValue)
    };
    let mut start = 0;
    loop {
        let end = end_of_line(bytes, start);
        let beginning = start..end.min(start + LONGEST_BEGINNING);
        let of_line = within(values, &beginning);
        let rendered = written(bytes, of_line, beginning.clone(), None);
        if let Some(value) = of_line.first() {
            let without =
                [&b"x"[..], b""].map(|value| written(bytes, of_line, beginning.clone(), Some(value)));
            if changes_head(&rendered, &without) {
                diagnostics.push(|| {
                    fault(value, "would make the head of the file a comment")
                        .help("a comment there can name the program that reads the whole file (`# syntax=`)")
                });
            }
        }
        let text = String::from_utf8_lossy(&rendered);
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        if !(text.is_empty() || text.starts_with('#')) || end == bytes.len() {
            break;
        }
        start = end + 1;
    }
    let escapes = escape_characters(bytes);
    let mut around = Surroundings::new(bytes, escapes.clone());
    let heredocs = heredocs(made);
    for heredoc in &heredocs {
        let part_in = |span: &Range<usize>| {
            within(values, span).iter().find(|value| value.start < span.end && span.start < value.end)
        };
        // Where values have part in the name too, the template means it.
        if let Some(value) = part_in(&heredoc.end).filter(|_| part_in(&heredoc.opener).is_none()) {
            diagnostics.push(|| {
                fault(value, "would make this line the end of a heredoc")
                    .help("what follows would be instructions; choose another name behind `<<`")
            });
        }
    }
    let mut at = 0;
    // Line by line, as far as there are values in them.
    while let Some(next) = values.get(at) {
        let start = memchr::memrchr(b'\n', &bytes[..next.start]).map_or(0, |newline| newline + 1);
        let mut end = end_of_line(bytes, next.end);
        let mut last = at;
        while let Some(value) = values.get(last + 1).filter(|value| value.start <= end) {
            end = end.max(end_of_line(bytes, value.end.max(end)));
            last += 1;
        }
        let of_line = &values[at..=last];
        let without = written(bytes, of_line, start..end, Some(b"x"));
        for &escape in &escapes {
            let why = match (ends_in_escape(&bytes[start..end], escape), ends_in_escape(&without, escape)) {
                (true, false) => "would join this line with the next",
                (false, true) => "would cut this line off from the next",
                _ => continue,
            };
            diagnostics.push(|| {
                fault(&values[last], why)
                    .help("at the end of a line, the escape character continues it; twice it does not")
            });
            break;
        }
        let behind = heredocs.partition_point(|heredoc| heredoc.content.start <= start);
        let is_data = heredocs[..behind].last().is_some_and(|heredoc| start < heredoc.content.end);
        if let Some(why) = around.why_lost(start..end, &without).filter(|_| !is_data) {
            diagnostics.push(|| {
                fault(&values[at], why).help("inside an instruction, Docker skips blank lines and comments")
            });
        }
        at = last + 1;
    }
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// Where a heredoc is opened, what it holds, and the line that ends it.
struct Heredoc {
    opener: Range<usize>,
    content: Range<usize>,
    end: Range<usize>,
}

fn heredocs(made: &Arc<Source>) -> Vec<Heredoc> {
    let bytes = made.bytes();
    if bytes.len() > LONGEST_WITH_HEREDOCS || !bytes.windows(2).any(|pair| pair == b"<<") {
        return Vec::new();
    }
    let (dockerfile, _) = Dockerfile::read(made);
    let all = dockerfile.instructions.iter().flat_map(|instruction| &instruction.heredocs);
    all.map(|heredoc| Heredoc {
        opener: heredoc.span.clone(),
        content: heredoc.content.clone(),
        end: heredoc.end.clone(),
    })
    .collect()
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(from..).unwrap_or_default()).map_or(bytes.len(), |found| from + found)
}

/// The values that have part in a stretch.
fn within<'v>(values: &'v [Range<usize>], span: &Range<usize>) -> &'v [Range<usize>] {
    let is_before =
        |value: &Range<usize>| value.end < span.start || (value.end == span.start && !value.is_empty());
    let is_not_behind =
        |value: &Range<usize>| value.start < span.end || (value.is_empty() && value.start == span.end);
    let first = values.partition_point(is_before);
    let behind = values.partition_point(is_not_behind);
    values.get(first..behind).unwrap_or_default()
}

/// A stretch with something else in the place of each value, or as it is.
fn written(bytes: &[u8], values: &[Range<usize>], span: Range<usize>, instead: Option<&[u8]>) -> Vec<u8> {
    let Some(instead) = instead else { return bytes[span].to_vec() };
    let mut text = Vec::new();
    let mut at = span.start;
    for value in values {
        text.extend_from_slice(bytes.get(at..value.start.min(span.end)).unwrap_or_default());
        text.extend_from_slice(instead);
        at = value.end.max(at);
    }
    text.extend_from_slice(bytes.get(at..span.end).unwrap_or_default());
    text
}
