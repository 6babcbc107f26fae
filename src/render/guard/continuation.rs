//! Lines that go on in the next one, because they end in the escape character.

use super::text::{SlotLine, TextWithValues, ValueInLine};

/// The escape characters that the text may have: the one that a directive chooses, else a backslash.
///
/// Directives are in the leading comment lines. Whether one counts there is decided generously: more
/// values are refused than BuildKit would trip over, never fewer.
pub fn escape_characters(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let leading = bytes.split(|&b| b == b'\n').take_while(|line| line.trim_ascii().starts_with(b"#"));
    let mut characters = Vec::new();
    for line in leading {
        let text: Vec<u8> =
            line.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
        match text.as_slice() {
            b"#escape=`" => characters.push(b'`'),
            b"#escape=\\" => characters.push(b'\\'),
            // An indented one, in which a placeholder may become either.
            text if text.starts_with(b"#escape=") && text.contains(&b'%') => {
                characters.extend([b'`', b'\\']);
            }
            _ => {}
        }
    }
    // With two directives only the first may count, or none: then both characters are suspect.
    if characters.len() != 1 {
        characters.push(b'\\');
    }
    characters
}

/// The last two bytes of a line but for blanks at its end, the last one first.
#[derive(Default)]
struct Tail {
    bytes: [u8; 2],
    count: usize,
}

impl Tail {
    /// Takes bytes from the end of a piece, and says whether two are there.
    fn take(&mut self, piece: &[u8]) -> bool {
        for &byte in piece.iter().rev() {
            if self.count == 2 {
                break;
            }
            if self.count > 0 || !is_blank(byte) {
                self.bytes[self.count] = byte;
                self.count += 1;
            }
        }
        self.count == 2
    }

    /// Whether BuildKit continues the line: one escape character does so, two do not.
    fn is_continued(&self, escape: u8) -> bool {
        self.count > 0 && self.bytes[0] == escape && (self.count == 1 || self.bytes[1] != escape)
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Whether BuildKit continues a line.
pub fn ends_in_escape(line: &[u8], escape: u8) -> bool {
    let mut tail = Tail::default();
    tail.take(line);
    tail.is_continued(escape)
}

/// Whether values have part in the last two bytes of a line. All calls together look at each byte
/// twice at most.
pub fn is_end_exposed(text: &dyn TextWithValues, line: &SlotLine) -> bool {
    let after = &text.bytes()[text.slot(line.last).end..line.span.end];
    after.iter().filter(|byte| !is_blank(**byte)).take(2).count() < 2
}

fn tail(text: &dyn TextWithValues, line: &SlotLine, values: ValueInLine) -> Tail {
    let (mut tail, mut end) = (Tail::default(), line.span.end);
    for index in (line.first..=line.last).rev() {
        let slot = text.slot(index);
        if tail.take(&text.bytes()[slot.end..end]) || tail.take(values(index, &line.span)) {
            return tail;
        }
        end = slot.start;
    }
    tail.take(&text.bytes()[line.span.start..end]);
    tail
}

/// What values do to the end of a line, and the slot that is to blame.
pub fn changed_end(
    text: &dyn TextWithValues,
    line: &SlotLine,
    values: ValueInLine,
    escapes: &[u8],
) -> Option<(usize, &'static str)> {
    let (rendered, letters) = (tail(text, line, values), tail(text, line, &|_, _| b"x"));
    let why = escapes.iter().find_map(|&escape| {
        match (rendered.is_continued(escape), letters.is_continued(escape)) {
            (true, false) => Some("would join this line with the next"),
            (false, true) => Some("would cut this line off from the next"),
            _ => None,
        }
    })?;
    let is_given = |index: &usize| !values(*index, &line.span).trim_ascii().is_empty();
    Some(((line.first..=line.last).rev().find(is_given).unwrap_or(line.last), why))
}
