//! A template of the Tera language taken apart: text, tags, comments, and what is in a tag.
//!
//! It is the engine's own reader that decides what a template means. This one only has to see the same
//! borders, so that the guard can be put between the pieces.

use crate::source::Span;

/// A piece of a template. All pieces together are the template.
#[derive(Debug)]
pub enum Segment {
    Text(Span),
    /// `{% raw %}...{% endraw %}`, with the text between.
    Raw {
        body: Span,
        dashes: [bool; 4],
    },
    Comment {
        dashes: [bool; 2],
    },
    Tag(TemplateTag),
    /// A tag that is not closed, and all after it: the engine says what is wrong.
    Broken(Span),
}

impl Segment {
    /// Whether it takes away the blanks before it.
    pub fn trims_before(&self) -> bool {
        match self {
            Segment::Text(_) | Segment::Broken(_) => false,
            Segment::Raw { dashes, .. } => dashes[0],
            Segment::Comment { dashes, .. } => dashes[0],
            Segment::Tag(tag) => tag.dashes[0],
        }
    }
}

/// `{{ ... }}` or `{% ... %}`.
#[derive(Debug)]
pub struct TemplateTag {
    pub whole: Span,
    /// What is between the signs, and between the dashes.
    pub inside: Span,
    /// Whether it is `{{ ... }}`.
    pub is_expression: bool,
    /// Whether it begins and ends with `-`, which takes away the blanks before and after it.
    pub dashes: [bool; 2],
    pub tokens: Vec<TagToken>,
}

/// A word, a text in quotes, or a sign.
#[derive(Clone, Debug)]
pub struct TagToken {
    pub kind: TokenKind,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a keyword.
    Word,
    Quoted,
    /// `.` or `?.`
    Dot,
    /// A number, or any other sign, by its first two bytes.
    Sign(u8, u8),
}

pub fn segments(text: &str) -> Vec<Segment> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let (mut copied, mut at) = (0, 0);
    // What is not closed once is not closed later.
    let mut may_be_raw = true;
    while let Some(open) = memchr::memchr(b'{', bytes.get(at..).unwrap_or_default()).map(|found| at + found) {
        let piece = match bytes.get(open + 1) {
            Some(b'#') => comment(bytes, open),
            Some(b'{') => tag(bytes, open, b'}'),
            Some(b'%') => raw(text, open, &mut may_be_raw).or_else(|| tag(bytes, open, b'%')),
            _ => {
                at = open + 1;
                continue;
            }
        };
        if copied < open {
            pieces.push(Segment::Text(copied..open));
        }
        let Some((piece, end)) = piece else {
            pieces.push(Segment::Broken(open..bytes.len()));
            return pieces;
        };
        pieces.push(piece);
        (copied, at) = (end, end);
    }
    if copied < bytes.len() {
        pieces.push(Segment::Text(copied..bytes.len()));
    }
    pieces
}

fn comment(bytes: &[u8], open: usize) -> Option<(Segment, usize)> {
    let before = bytes.get(open + 2) == Some(&b'-');
    let start = open + 2 + usize::from(before);
    let end = start + memchr::memmem::find(bytes.get(start..)?, b"#}")?;
    let after = end > start && bytes.get(end - 1) == Some(&b'-');
    Some((Segment::Comment { dashes: [before, after] }, end + 2))
}

/// `-? NAME -? %}` after `{%`: where it ends, and its dashes.
fn named_tag(text: &str, from: usize, name: &str) -> Option<(usize, [bool; 2])> {
    let rest = text.get(from..)?;
    let (rest, before) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let space = |c: char| c.is_ascii_whitespace();
    let rest = rest.trim_start_matches(space).strip_prefix(name)?.trim_start_matches(space);
    let (rest, after) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let rest = rest.strip_prefix("%}")?;
    Some((text.len() - rest.len(), [before, after]))
}

fn raw(text: &str, open: usize, may_be_raw: &mut bool) -> Option<(Segment, usize)> {
    let (start, first) = named_tag(text, open + 2, "raw").filter(|_| *may_be_raw)?;
    let mut at = start;
    while let Some(close) = memchr::memmem::find(text.as_bytes().get(at..)?, b"{%").map(|found| at + found) {
        at = close + 2;
        if let Some((end, last)) = named_tag(text, at, "endraw") {
            let dashes = [first[0], first[1], last[0], last[1]];
            return Some((Segment::Raw { body: start..close, dashes }, end));
        }
    }
    *may_be_raw = false;
    None
}

/// Reads a tag; `sign` is the one before the `}` at its end.
fn tag(bytes: &[u8], open: usize, sign: u8) -> Option<(Segment, usize)> {
    let before = bytes.get(open + 2) == Some(&b'-');
    let start = open + 2 + usize::from(before);
    let mut tokens = Vec::new();
    let mut at = start;
    loop {
        let byte = *bytes.get(at)?;
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let after = byte == b'-' && next == sign && bytes.get(at + 2) == Some(&b'}');
        if after || (byte == sign && next == b'}') {
            let end = at + 2 + usize::from(after);
            let (whole, inside, is_expression) = (open..end, start..at, sign == b'}');
            let tag = TemplateTag { whole, inside, is_expression, dashes: [before, after], tokens };
            return Some((Segment::Tag(tag), end));
        }
        let (kind, len) = match byte {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'"' | b'\'' | b'`' => (TokenKind::Quoted, quoted(bytes, at)? - at),
            b'.' if bytes.get(at..at + 3) == Some(b"...") => (TokenKind::Sign(b'.', b'.'), 3),
            b'.' => (TokenKind::Dot, 1),
            b'?' if next == b'.' => (TokenKind::Dot, 2),
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
                (TokenKind::Word, bytes.get(at..)?.iter().take_while(is_name).count())
            }
            byte if byte.is_ascii_digit() => {
                let number = |b: &&u8| b.is_ascii_digit() || **b == b'.';
                (TokenKind::Sign(b'0', 0), bytes.get(at..)?.iter().take_while(number).count())
            }
            b'=' | b'!' | b'<' | b'>' if next == b'=' => (TokenKind::Sign(byte, next), 2),
            b'/' | b'*' if next == byte => (TokenKind::Sign(byte, next), 2),
            byte => (TokenKind::Sign(byte, 0), 1),
        };
        tokens.push(TagToken { kind, span: at..at + len });
        at += len;
    }
}

/// The end of a text in quotes; nothing when it is not closed.
fn quoted(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = *bytes.get(open)?;
    let mut at = open + 1;
    loop {
        match *bytes.get(at)? {
            byte if byte == quote => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
