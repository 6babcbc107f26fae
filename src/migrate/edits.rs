//! Changes of a text, piece by piece: every byte that is in no piece stays as it is.

use std::collections::BTreeMap;

use crate::source::Span;

/// Pieces of one text and their replacements. No two of them overlap.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    by_start: BTreeMap<usize, (usize, Vec<u8>)>,
}

impl Edits {
    /// Puts `new` in the place of a piece. Says whether that could be done: a piece that overlaps one
    /// with an edit already is left to that one. What is put in before a piece joins its edit.
    pub fn replace(&mut self, span: &Span, new: impl Into<Vec<u8>>) -> bool {
        if !self.is_free(span) {
            return false;
        }
        let mut new = new.into();
        let mut end = span.end;
        if let Some((other_end, other)) = self.by_start.remove(&span.start) {
            new = if span.is_empty() { [new, other].concat() } else { [other, new].concat() };
            end = end.max(other_end);
        }
        self.by_start.insert(span.start, (end, new));
        true
    }

    /// Whether there is no edit yet where this piece is.
    pub fn is_free(&self, span: &Span) -> bool {
        let before = self.by_start.range(..span.start).next_back();
        let here = self.by_start.get(&span.start);
        let after = self.by_start.range(span.start + 1..).next();
        before.is_none_or(|(_, (end, _))| *end <= span.start)
            && here.is_none_or(|(end, _)| (*end == span.start) != span.is_empty())
            && after.is_none_or(|(start, _)| *start >= span.end)
    }

    /// Takes out lines as a whole. With them goes an empty line where two would follow each other.
    pub fn delete_lines(&mut self, bytes: &[u8], span: &Span) -> bool {
        let start = memchr::memrchr(b'\n', &bytes[..span.start.min(bytes.len())]).map_or(0, |at| at + 1);
        let from = span.end.clamp(start, bytes.len());
        // Some spans hold the line break, some do not.
        let after_line =
            |from: usize| memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at + 1);
        let is_ended = from > start && bytes[from - 1] == b'\n';
        let end = if is_ended { from } else { after_line(from) };
        let is_blank = |line: &[u8]| line.trim_ascii().is_empty();
        let line_before =
            bytes[..start].strip_suffix(b"\n").and_then(|text| text.rsplit(|b| *b == b'\n').next());
        let next = &bytes[end..after_line(end)];
        let top_or_blank = start == 0 || line_before.is_some_and(is_blank);
        let is_spare = top_or_blank && !next.is_empty() && is_blank(next);
        self.replace(&(start..end + if is_spare { next.len() } else { 0 }), Vec::new())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// The place in the old text that a place in the new one comes from. What was put in comes from the piece in
    /// whose place it is.
    pub fn origin(&self, new: &Span) -> Span {
        let start = self.origin_of(new.start);
        start..self.origin_of(new.end).max(start)
    }

    fn origin_of(&self, new: usize) -> usize {
        let (mut old_at, mut new_at) = (0, 0);
        for (start, (end, text)) in &self.by_start {
            let kept = start - old_at;
            if new < new_at + kept {
                break;
            }
            new_at += kept;
            if new < new_at + text.len() {
                return *start;
            }
            (old_at, new_at) = (*end, new_at + text.len());
        }
        old_at + (new - new_at)
    }

    /// The text with all of them made.
    pub fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut new = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for (start, (end, text)) in &self.by_start {
            new.extend_from_slice(bytes.get(at..*start).unwrap_or_default());
            new.extend_from_slice(text);
            at = *end;
        }
        new.extend_from_slice(bytes.get(at..).unwrap_or_default());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_do_not_overlap() {
        let mut edits = Edits::default();
        assert!(edits.replace(&(2..4), "x") && edits.replace(&(4..4), "y") && edits.replace(&(0..2), ""));
        assert!(!edits.replace(&(3..5), "") && !edits.replace(&(2..3), "") && !edits.replace(&(4..4), "z"));
        // What is put in comes before what is put in place of the piece after it.
        assert!(edits.replace(&(4..5), "w") && edits.replace(&(2..2), "v"));
        assert_eq!(edits.apply(b"abcdef"), b"vxywf");
    }

    #[test]
    fn a_place_in_the_new_text_leads_back() {
        let mut edits = Edits::default();
        assert!(edits.replace(&(2..4), "xyz") && edits.replace(&(6..6), "--"));
        assert_eq!(edits.apply(b"abcdefgh"), b"abxyzef--gh");
        assert_eq!((edits.origin(&(0..1)), edits.origin(&(5..7))), (0..1, 4..6));
        assert_eq!(
            (edits.origin(&(3..4)), edits.origin(&(7..8)), edits.origin(&(9..11))),
            (2..2, 6..6, 6..8)
        );
    }

    #[test]
    fn a_line_goes_with_one_of_two_empty_lines() {
        let deleted = |text: &str, span| {
            let mut edits = Edits::default();
            assert!(edits.delete_lines(text.as_bytes(), &span));
            String::from_utf8(edits.apply(text.as_bytes())).unwrap()
        };
        assert_eq!(deleted("a\n\nRUN b\n\nc\n", 3..8), "a\n\nc\n");
        assert_eq!(deleted("a\nRUN b\n\nc\n", 2..7), "a\n\nc\n");
        assert_eq!(deleted("a\r\n\r\nRUN b\r\n\r\nc", 5..10), "a\r\n\r\nc");
        assert_eq!(deleted("RUN b\n\nc", 0..5), "c");
        assert_eq!(deleted("a\nRUN b", 2..7), "a\n");
    }
}
