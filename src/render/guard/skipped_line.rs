//! Blank lines and comments, which BuildKit skips inside an instruction: the line before then joins the one
//! after, and what should be the last line of an instruction takes the next instruction with it.

use super::continuation::ends_in_escape;
use super::text::end_of_line;
use crate::source::Span;

/// Unicode's blanks and the byte order mark, which BuildKit takes off as well.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

/// The first character of a text that is not blank, and its offset.
pub fn first_visible(text: &[u8]) -> Option<(usize, char)> {
    let mut at = 0;
    text.utf8_chunks().find_map(|chunk| {
        let start = at;
        at += chunk.valid().len() + chunk.invalid().len();
        let visible = chunk.valid().char_indices().find(|&(_, c)| !is_blank(c));
        let invalid =
            (!chunk.invalid().is_empty()).then_some((chunk.valid().len(), char::REPLACEMENT_CHARACTER));
        visible.or(invalid).map(|(offset, c)| (start + offset, c))
    })
}

fn is_skipped(line: &[u8]) -> bool {
    matches!(first_visible(line), None | Some((_, '#')))
}

/// Where instructions go on, for lines that are asked about in the order of the text. All calls together
/// look at each byte twice at most.
pub struct ContinuationScan<'b> {
    bytes: &'b [u8],
    escapes: &'b [u8],
    /// The start of the last line that is not skipped.
    last: usize,
    at: usize,
    /// Whether the last line before `at` that is not skipped goes on.
    goes_on: bool,
}

impl<'b> ContinuationScan<'b> {
    pub fn new(bytes: &'b [u8], escapes: &'b [u8]) -> Self {
        let mut last = bytes.len();
        loop {
            let start = memchr::memrchr(b'\n', &bytes[..last]).map_or(0, |newline| newline + 1);
            if !is_skipped(&bytes[start..last]) || start == 0 {
                return ContinuationScan { bytes, escapes, last: start, at: 0, goes_on: false };
            }
            last = start - 1;
        }
    }

    fn is_continued(&self, line: &[u8]) -> bool {
        self.escapes.iter().any(|&escape| ends_in_escape(line, escape))
    }

    /// Whether an instruction changes if BuildKit skips a line, and if so, whether the line before goes on
    /// in it.
    pub fn exposure(&mut self, span: &Span) -> Option<bool> {
        while self.at < span.start {
            let line = &self.bytes[self.at..end_of_line(self.bytes, self.at)];
            if !is_skipped(line) {
                self.goes_on = self.is_continued(line);
            }
            self.at += line.len() + 1;
        }
        let goes_on = self.is_continued(&self.bytes[span.clone()]);
        let is_exposed = if self.goes_on { !goes_on && span.end < self.last } else { goes_on };
        is_exposed.then_some(self.goes_on)
    }
}

/// What follows if BuildKit skips a line with this first character; nothing if it does not skip it.
pub fn effect(first: Option<char>, is_continuation: bool) -> Option<&'static str> {
    match (is_continuation, first) {
        (true, None) => Some("would leave this line blank, and so join the lines around it"),
        (true, Some('#')) => Some("would make this line a comment, and so join the lines around it"),
        (false, Some('#')) => Some("would make this line a comment, and so cut it off from the next"),
        _ => None,
    }
}
