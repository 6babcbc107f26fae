//! The front of an instruction: its keyword, and the flags before the arguments.
//!
//! Flags are read byte by byte as BuildKit does it: a byte beyond ASCII is a character of Latin-1
//! there. The backslash escapes in them, whatever the `escape` directive says.

use std::borrow::Cow;

use super::instruction::Flag;
use super::line::Joined;
use super::text;
use crate::source::Span;

/// Keyword, flags, and the rest without the white space around it.
pub(super) struct Split<'s> {
    pub keyword: Span,
    pub flags: Vec<Flag<'s>>,
    pub rest: Span,
}

/// Splits the part `line` of a joined text.
pub(super) fn split<'s>(joined: &Joined<'s>, line: Span) -> Split<'s> {
    let bytes = joined.text();
    let line = text::trim(bytes, line);
    let blank = |&at: &usize| text::is_blank(bytes[at]);
    let keyword_end = line.clone().find(blank).unwrap_or(line.end);
    let rest_start = (keyword_end..line.end).find(|at| !blank(at)).unwrap_or(line.end);
    let (flags, rest) = take_flags(joined, rest_start..line.end);
    Split { keyword: line.start..keyword_end, flags, rest: text::trim(bytes, rest) }
}

fn take_flags<'s>(joined: &Joined<'s>, line: Span) -> (Vec<Flag<'s>>, Span) {
    let bytes = &joined.text()[..line.end];
    let mut flags = Vec::new();
    let mut at = line.start;
    loop {
        while at < line.end && text::is_latin1_space(bytes[at]) {
            at += 1;
        }
        if !bytes[at..].starts_with(b"--") {
            return (flags, at..line.end);
        }
        let flag = raw_flag(joined, at..line.end);
        at = flag.end;
        if flag.text == b"--" {
            return (flags, at..line.end);
        }
        let span = flag.start..flag.end;
        let text = if flag.plain { joined.part(span.clone()) } else { Cow::Owned(flag.text) };
        flags.push(Flag { text, span: joined.span(span) });
    }
}

struct RawFlag {
    start: usize,
    end: usize,
    text: Vec<u8>,
    /// Whether the text is equal to the bytes of the file.
    plain: bool,
}

fn raw_flag(joined: &Joined, line: Span) -> RawFlag {
    let bytes = joined.text();
    let mut flag = RawFlag { start: line.start, end: line.end, text: Vec::new(), plain: true };
    let mut quote = None;
    let mut at = line.start;
    while at < line.end {
        let mut byte = bytes[at];
        match quote {
            None if text::is_latin1_space(byte) => break,
            None if byte == b'\'' || byte == b'"' => {
                (quote, flag.plain) = (Some(byte), false);
                at += 1;
                continue;
            }
            Some(open) if byte == open => {
                quote = None;
                at += 1;
                continue;
            }
            _ => {}
        }
        if byte == b'\\' {
            flag.plain = false;
            at += 1;
            match bytes[..line.end].get(at) {
                Some(&escaped) => byte = escaped,
                None => break,
            }
        }
        at += 1;
        if byte.is_ascii() {
            flag.text.push(byte);
        } else {
            flag.plain = false;
            flag.text.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    flag.end = at;
    flag
}
