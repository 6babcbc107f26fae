//! Comments at the head of the file: there, BuildKit reads directives, after it has taken off whatever
//! Unicode calls a blank, and a byte order mark.

use super::refusal::Refusal;
use super::skipped_line::{first_visible, is_blank};
use super::text::{TextWithValues, ValueInLine, end_of_line, first_slot_from, pieces};
use crate::source::Span;

/// As much of a line as the name of a directive needs.
const LONGEST_BEGINNING: usize = 256;

/// Whether a value is at the start of a line at the head that is blank or a comment before it.
pub fn is_exposed(text: &dyn TextWithValues) -> bool {
    let bytes = text.bytes();
    if text.count() == 0 {
        return false;
    }
    let first = text.slot(0).start;
    let mut start = 0;
    loop {
        let end = end_of_line(bytes, start);
        let has_value = (start..=end).contains(&first);
        let fixed = &bytes[start..if has_value { first } else { end }];
        let visible = first_visible(&fixed[..fixed.len().min(4 * LONGEST_BEGINNING)]);
        if has_value {
            return matches!(visible, None | Some((_, '#' | '/' | '{')));
        }
        if !matches!(visible, None | Some((_, '#'))) || end == bytes.len() {
            return false;
        }
        start = end + 1;
    }
}

/// Refuses values through which a line at the head becomes a comment or a directive.
pub fn check(text: &dyn TextWithValues, values: ValueInLine, refuse: &mut dyn FnMut(Refusal)) {
    let bytes = text.bytes();
    let mut start = 0;
    loop {
        let line = start..end_of_line(bytes, start);
        let (rendered, slot) = beginning(text, &line, values);
        if let Some(slot) = slot {
            let letter = beginning(text, &line, &|_, _| b"x").0;
            let nothing = beginning(text, &line, &|_, _| b"").0;
            if changes_head(&rendered, [&letter, &nothing]) {
                let why = "would make the head of the file a comment";
                let help = "a comment there can name the program that reads the whole file (`# syntax=`)";
                refuse(Refusal { slot, why, help });
            }
        }
        if !(rendered.is_empty() || rendered.starts_with('#')) || line.end == bytes.len() {
            return;
        }
        start = line.end + 1;
    }
}

/// The beginning of a line without its blanks, and the first slot that has part in it.
fn beginning(text: &dyn TextWithValues, line: &Span, values: ValueInLine) -> (String, Option<usize>) {
    let mut beginning = String::new();
    let mut first = None;
    for (piece, slot) in pieces(text, first_slot_from(text, line.start), line.clone(), values) {
        first = first.or(slot);
        let visible = if beginning.is_empty() { first_visible(piece) } else { Some((0, ' ')) };
        let Some((at, _)) = visible else { continue };
        let end = piece.len().min(at + 2 * LONGEST_BEGINNING);
        beginning.push_str(&String::from_utf8_lossy(&piece[at..end]));
        if beginning.len() >= LONGEST_BEGINNING {
            break;
        }
    }
    beginning.truncate(beginning.trim_end_matches(is_blank).len());
    (beginning, first)
}

/// Whether a line is a comment or a directive through its values: with a letter, or with nothing, in the
/// place of each, it is none.
fn changes_head(rendered: &str, without: [&str; 2]) -> bool {
    let is_comment = |line: &str| line.starts_with(['#', '/', '{']);
    let named = directive(rendered);
    (is_comment(rendered) && !without.into_iter().any(is_comment))
        || (named.is_some() && !without.into_iter().any(|line| directive(line) == named))
}

/// The name in `# name = value`, if it is one that BuildKit obeys.
fn directive(line: &str) -> Option<&'static str> {
    let comment = line.strip_prefix('#').or(line.strip_prefix("//"))?;
    let (name, _) = comment.split_once('=')?;
    let name = name.trim_matches(is_blank).to_ascii_lowercase();
    ["syntax", "escape", "check"].into_iter().find(|known| *known == name)
}
