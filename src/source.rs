//! Text that came from somewhere: its name, its bytes, and the way from a byte offset to the line
//! and column that a person reads.
//!
//! Everything that reports a position (templates, YAML, env files) holds one of these, so that
//! there is one notion of "line" and "column" in the program.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Byte offsets `start..end` into a [`Source`].
///
/// ```
/// let span: dtpl::Span = 5..11;
/// assert_eq!(&"FROM debian"[span], "debian");
/// ```
pub type Span = Range<usize>;

/// Where a person would put the finger: both count from 1, the column in characters.
///
/// A byte that is not part of valid UTF-8 counts as one character.
///
/// ```
/// let source = dtpl::Source::new("Dockerfile", "FROM a\nRUN b\n");
/// assert_eq!(source.position(11), dtpl::Position { line: 2, column: 5 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1. Only `\n` ends a line.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

/// Bytes between two places of a text for which the characters before them are remembered.
const STEP: usize = 1 << 12;

/// A named text. Lines are found on first use and kept.
///
/// ```
/// let source = dtpl::Source::new("Dockerfile", "FROM a\nRUN b\n");
/// assert_eq!(&source.bytes()[source.line_span(2)], b"RUN b");
/// ```
#[derive(Debug)]
pub struct Source {
    name: String,
    bytes: Vec<u8>,
    line_starts: OnceLock<Vec<usize>>,
    /// The characters before every so many bytes, of a text that is UTF-8: see [`STEP`].
    character_counts: OnceLock<Option<Vec<usize>>>,
    hides_lines: bool,
    first_line: usize,
    trace: Option<Trace>,
}

impl Source {
    /// `name` is what messages call it: a path as the user gave it, or `<stdin>`.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Source {
            name: name.into(),
            bytes: bytes.into(),
            line_starts: OnceLock::new(),
            character_counts: OnceLock::new(),
            hides_lines: false,
            first_line: 1,
            trace: None,
        }
    }

    /// The same text, which was made from others: places in it are shown where they came from.
    pub(crate) fn made_from(mut self, trace: Trace) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Whether it was made from other texts.
    pub fn is_made(&self) -> bool {
        self.trace.is_some()
    }

    /// The texts that a made text was made from; none for a text of a file.
    pub fn parts(&self) -> &[Arc<Source>] {
        self.trace.as_ref().map_or(&[], |trace| &trace.sources)
    }

    /// Where a place of a made text came from; nothing for a text of a file.
    pub fn origin(&self, span: &Span) -> Option<TracedSpan> {
        self.trace.as_ref()?.origin(span)
    }

    /// Whether all of a place is in a file as it is here, and no value is part of it.
    pub fn is_literal(&self, span: &Span) -> bool {
        self.trace.as_ref().is_none_or(|trace| trace.is_literal(span))
    }

    /// The same text, whose lines must not be shown: they hold values of variables.
    pub fn hiding_lines(mut self) -> Self {
        self.hides_lines = true;
        self
    }

    /// The same text, cut out of a longer one, in which its first line has this number.
    pub fn beginning_at_line(mut self, number: usize) -> Self {
        self.first_line = number.max(1);
        self
    }

    /// The number of its first line.
    pub(crate) fn first_line(&self) -> usize {
        self.first_line
    }

    /// Whether messages may show lines of it.
    pub fn shows_lines(&self) -> bool {
        !self.hides_lines
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let newlines = || memchr::memchr_iter(b'\n', &self.bytes);
            // Counted first: a vector that grows takes up to three times the memory on its way.
            let mut starts = Vec::with_capacity(newlines().count() + 1);
            starts.push(0);
            starts.extend(newlines().map(|at| at + 1));
            starts
        })
    }

    /// Line and column of a byte offset. An offset past the end is the end.
    ///
    /// ```
    /// # use dtpl::{Position, Source};
    /// let source = Source::new("f", "caf\u{e9} x\nFROM y");
    /// assert_eq!(source.position(6), Position { line: 1, column: 6 });
    /// assert_eq!(source.position(13), Position { line: 2, column: 6 });
    /// ```
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.bytes.len());
        let line = self.line(offset);
        let start = self.line_starts()[line - self.first_line];
        let in_long_line = || Some(self.characters_before(offset)? - self.characters_before(start)?);
        let characters = if offset - start > STEP { in_long_line() } else { None };
        let characters = characters.unwrap_or_else(|| count_characters(&self.bytes[start..offset]));
        Position { line, column: characters + 1 }
    }

    /// The characters of the text before a byte offset; nothing of a text that is not UTF-8. In a line of many bytes,
    /// each position would take as long as the line.
    fn characters_before(&self, offset: usize) -> Option<usize> {
        let starts = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let steps = self.character_counts.get_or_init(|| {
            let mut before = 0;
            let counted = |step| {
                let counted = before;
                before += starts(step);
                counted
            };
            str::from_utf8(&self.bytes).is_ok().then(|| self.bytes.chunks(STEP).map(counted).collect())
        });
        let step = offset / STEP;
        Some(steps.as_ref()?.get(step)? + starts(self.bytes.get(step * STEP..offset)?))
    }

    /// The line of a byte offset, without looking at the line itself.
    pub fn line(&self, offset: usize) -> usize {
        let line = self.line_starts().partition_point(|&start| start <= offset.min(self.bytes.len()));
        line + self.first_line - 1
    }

    /// The bytes of a line, without its `\n`. A number before the first line is the first, one after the
    /// last line is the last.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let line = line.saturating_sub(self.first_line - 1).clamp(1, starts.len());
        let start = starts[line - 1];
        let end = starts.get(line).map_or(self.bytes.len(), |&next| next - 1);
        start..end
    }

    /// The byte offset of a line and column, the way back from [`Source::position`].
    ///
    /// Past the end of a line or of the text, the nearest byte that exists.
    pub fn offset(&self, at: Position) -> usize {
        let lines = self.line_starts().len() + self.first_line - 1;
        if at.line > lines {
            return self.bytes.len();
        }
        let line = self.line_span(at.line.max(1));
        let mut rest = &self.bytes[line.clone()];
        for _ in 1..at.column {
            if rest.is_empty() {
                break;
            }
            rest = &rest[first_character(rest).1..];
        }
        line.end - rest.len()
    }
}

/// Characters in `bytes`; a byte that is not valid UTF-8 counts as one.
pub fn count_characters(bytes: &[u8]) -> usize {
    // Nearly every line is ASCII, where bytes are characters.
    if bytes.is_ascii() {
        return bytes.len();
    }
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// The first character of `bytes`, which are not empty, and its width. A byte that is not valid UTF-8 is no
/// character, of width 1.
pub fn first_character(bytes: &[u8]) -> (Option<char>, usize) {
    if bytes[0].is_ascii() {
        return (Some(char::from(bytes[0])), 1);
    }
    let head = &bytes[..bytes.len().min(4)];
    let character = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    (character, character.map_or(1, char::len_utf8))
}

/// Where the bytes of a made text came from.
#[derive(Debug)]
pub struct Trace {
    sources: Vec<Arc<Source>>,
    pieces: Vec<TracePiece>,
}

/// A stretch of the made text, up to the next one.
#[derive(Clone, Copy, Debug)]
pub struct TracePiece {
    /// Where it begins in the made text.
    pub at: usize,
    /// Which of the sources it is from.
    pub source: u32,
    /// What it is there: literal text from `start` on, or an expression.
    pub start: u32,
    /// The end of the expression; nothing for literal text.
    pub value_end: Option<u32>,
}

/// A place of a made text, such as the result of a Tera template, in the text that it came from.
///
/// ```
/// let source = dtpl::Source::new("Dockerfile", "FROM debian\n");
/// let origin: Option<dtpl::TracedSpan> = source.origin(&(5..11));
/// assert!(origin.is_none(), "this text was not made of others");
/// ```
#[derive(Clone, Debug)]
pub struct TracedSpan {
    /// The text.
    pub source: Arc<Source>,
    /// The place in it.
    pub span: Span,
}

impl Trace {
    /// A trace over pieces in their order.
    pub fn new(sources: Vec<Arc<Source>>, pieces: Vec<TracePiece>) -> Self {
        Trace { sources, pieces }
    }

    /// The stretches of the made text, which has so many bytes, that are values, empty ones too.
    pub fn values(&self, len: usize) -> impl Iterator<Item = Span> + '_ {
        let values = self.pieces.iter().enumerate().filter(|(_, piece)| piece.value_end.is_some());
        values.map(move |(at, piece)| {
            let end = self.pieces.get(at + 1).map_or(len, |next| next.at);
            piece.at..end.max(piece.at)
        })
    }

    fn empty_value(&self, span: &Span) -> Option<(u32, Span)> {
        let at = self.pieces.partition_point(|piece| piece.at < span.start);
        let piece = self.pieces.get(at).filter(|piece| span.is_empty() && piece.at == span.start)?;
        let is_last = self.pieces.get(at + 1).is_none_or(|next| next.at == piece.at);
        Some((piece.source, piece.start as usize..piece.value_end.filter(|_| is_last)? as usize))
    }

    fn index(&self, offset: usize) -> Option<usize> {
        self.pieces.partition_point(|piece| piece.at <= offset).checked_sub(1)
    }

    /// The place that a byte came from: itself where it is text, the expression where it is a value.
    fn of_byte(&self, offset: usize) -> Option<(u32, Span)> {
        let piece = self.pieces.get(self.index(offset)?)?;
        let start = piece.start as usize;
        let at = start + (offset - piece.at);
        let place = piece.value_end.map_or(at..at + 1, |end| start..end as usize);
        Some((piece.source, place))
    }

    /// The place that a stretch came from. One that begins in one file and ends in another is shown in
    /// the first, to the end of the line. An empty stretch where an empty value is came from that.
    fn origin(&self, span: &Span) -> Option<TracedSpan> {
        if let Some((number, place)) = self.empty_value(span) {
            return Some(TracedSpan { source: Arc::clone(self.sources.get(number as usize)?), span: place });
        }
        let (number, first) =
            self.of_byte(span.start).or_else(|| self.of_byte(span.start.checked_sub(1)?))?;
        let source = Arc::clone(self.sources.get(number as usize)?);
        let most = source.bytes().len();
        let start = first.start.min(most);
        let end = match self.of_byte(span.end.max(span.start + 1) - 1) {
            _ if span.is_empty() => start,
            Some((last, place)) if last == number && place.end > start => place.end.min(most),
            _ => source.line_span(source.position(start).line).end.max(start),
        };
        Some(TracedSpan { source, span: start..end })
    }

    /// Whether all of a stretch is literal text of a file.
    fn is_literal(&self, span: &Span) -> bool {
        let first = self.index(span.start).unwrap_or(0);
        let pieces = self.pieces.iter().skip(first);
        pieces.take_while(|piece| piece.at < span.end).all(|piece| piece.value_end.is_none())
    }
}

#[test]
fn columns_of_a_long_line_are_counted_as_those_of_a_short_one() {
    for piece in ["a", "\u{e9}", "a\u{20ac}\u{1f980}b"] {
        let text = "x\n".to_owned() + &piece.repeat(3 * STEP);
        for bytes in [text.clone().into_bytes(), [text.as_bytes(), b"\xff"].concat()] {
            let source = Source::new("t", bytes);
            for offset in (2..text.len()).filter(|at| text.is_char_boundary(*at)).step_by(97) {
                let expected = Position { line: 2, column: text[2..offset].chars().count() + 1 };
                assert_eq!(source.position(offset), expected, "{piece} {offset}");
            }
        }
    }
}
