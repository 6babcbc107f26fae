//! The lines of the file, and the joined line of an instruction with continuations.
//!
//! A joined line knows where each of its pieces came from, so that everything found in it has a place in
//! the file; it is copied only if there is more than one piece.

use std::borrow::Cow;

use super::text;
use crate::source::Span;

/// The longest line that BuildKit reads, without its line feed.
pub const LONGEST_LINE: usize = 65_535;

/// The role of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineKind {
    /// Nothing or white space, between instructions or inside one.
    Blank,
    /// A comment, between instructions or inside one.
    Comment,
    /// `# escape=...` and its like.
    Directive,
    /// The first line of an instruction.
    Instruction,
    /// A further line of an instruction.
    Continuation,
    /// A line of a heredoc's content.
    Heredoc,
    /// The line that ends a heredoc.
    HeredocEnd,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// Its bytes, with the line's end and, in the first line, a byte order mark.
    pub span: Span,
    /// Its role.
    pub kind: LineKind,
}

/// Reads lines, and keeps each with its role.
pub(super) struct LineReader<'s> {
    source: &'s [u8],
    /// Where the next line starts.
    pub at: usize,
    pub lines: Vec<Line>,
}

impl<'s> LineReader<'s> {
    pub fn new(source: &'s [u8]) -> Self {
        LineReader { source, at: 0, lines: Vec::new() }
    }

    /// The next line without its end and without a byte order mark. Its role is blank until
    /// [`LineReader::mark`] sets it. Every `\r` at the end belongs to the end.
    pub fn next(&mut self) -> Option<Span> {
        if self.at == self.source.len() {
            return None;
        }
        let start = self.at;
        let newline = memchr::memchr(b'\n', &self.source[start..]).map(|found| start + found);
        let mut end = newline.unwrap_or(self.source.len());
        self.at = newline.map_or(end, |newline| newline + 1);
        self.lines.push(Line { span: start..self.at, kind: LineKind::Blank });
        let bom = start == 0 && self.source.starts_with(b"\xEF\xBB\xBF");
        let start = start + if bom { 3 } else { 0 };
        while end > start && self.source[end - 1] == b'\r' {
            end -= 1;
        }
        Some(start..end)
    }

    /// Sets the role of the line read last.
    pub fn mark(&mut self, kind: LineKind) {
        if let Some(line) = self.lines.last_mut() {
            line.kind = kind;
        }
    }

    /// Where the line read last starts.
    pub fn line_start(&self) -> usize {
        self.lines.last().map_or(0, |line| line.span.start)
    }

    /// The number of the line read last, from 1.
    pub fn number(&self) -> usize {
        self.lines.len()
    }

    /// Whether the line read last is longer than BuildKit reads.
    pub fn too_long(&self) -> bool {
        self.lines.last().is_some_and(|line| {
            let feed = self.source[line.span.clone()].ends_with(b"\n");
            line.span.len() - usize::from(feed) > LONGEST_LINE
        })
    }
}

/// The place of the escape character that continues the line `span` on the next one: the last character
/// that is no blank, if it is not escaped itself.
pub(super) fn continuation(source: &[u8], span: Span, escape: u8) -> Option<usize> {
    let line = &source[span.clone()];
    let at = line.iter().rposition(|&b| b != b' ' && b != b'\t')?;
    let escaped = at > 0 && line[at - 1] == escape;
    (line[at] == escape && !escaped).then_some(span.start + at)
}

/// Whether a line is a comment: its first character that is not white space is `#`.
pub(super) fn is_comment(source: &[u8], span: Span) -> bool {
    source[text::trim_start(source, span)].starts_with(b"#")
}

/// The pieces of one instruction, joined.
pub(super) struct Joined<'s> {
    source: &'s [u8],
    text: Cow<'s, [u8]>,
    /// Where a piece starts: in the joined text, in the source.
    pieces: Vec<(usize, usize)>,
}

impl<'s> Joined<'s> {
    pub fn new(source: &'s [u8], first: Span) -> Self {
        Joined { source, pieces: vec![(0, first.start)], text: Cow::Borrowed(&source[first]) }
    }

    pub fn push(&mut self, piece: Span) {
        if piece.is_empty() {
            return;
        }
        if self.text.is_empty() {
            *self = Joined::new(self.source, piece);
            return;
        }
        self.pieces.push((self.text.len(), piece.start));
        self.text.to_mut().extend_from_slice(&self.source[piece]);
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    fn piece(&self, at: usize) -> (usize, usize) {
        self.pieces[self.pieces.partition_point(|&(start, _)| start <= at).max(1) - 1]
    }

    /// The place of a part of the joined text in the file; everything between its pieces is included.
    pub fn span(&self, part: Span) -> Span {
        let at = |offset: usize| {
            let (start, source) = self.piece(offset);
            source + (offset - start)
        };
        if part.is_empty() {
            // The end of the text is the end of its last piece.
            let place = if part.start == 0 { at(0) } else { at(part.start - 1) + 1 };
            return place..place;
        }
        at(part.start)..at(part.end - 1) + 1
    }

    /// A part of the joined text, borrowed from the file if it is a single piece there.
    pub fn part(&self, part: Span) -> Cow<'s, [u8]> {
        let span = self.span(part.clone());
        if span.len() == part.len() {
            Cow::Borrowed(&self.source[span])
        } else {
            Cow::Owned(self.text[part].to_vec())
        }
    }
}
