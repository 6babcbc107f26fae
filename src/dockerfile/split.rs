//! The front of an instruction: its keyword, and the flags before the arguments.
//!
//! Flags are read byte by byte as BuildKit does it: a byte beyond ASCII is a character of Latin-1
//! there. The backslash escapes in them, whatever the `escape` directive says.

use std::borrow::Cow;

use super::instruction::Flag;
use super::line::Joined;
use super::text;
use crate::source::Span;

/// Splits the part `line` of a joined text: the keyword, the flags, and the rest without the white space
/// around it.
pub(super) fn split<'s>(joined: &Joined<'s>, line: Span) -> (Span, Vec<Flag<'s>>, Span) {
    let bytes = joined.text();
    let line = text::trim(bytes, line);
    let blank = |&at: &usize| text::is_blank(bytes[at]);
    let keyword_end = line.clone().find(blank).unwrap_or(line.end);
    let rest_start = (keyword_end..line.end).find(|at| !blank(at)).unwrap_or(line.end);
    let (flags, rest) = take_flags(joined, rest_start..line.end);
    (line.start..keyword_end, flags, text::trim(bytes, rest))
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
        let (span, text, is_plain) = raw_flag(bytes, at);
        at = span.end;
        if text == b"--" {
            return (flags, at..line.end);
        }
        let text = if is_plain { joined.part(span.clone()) } else { Cow::Owned(text) };
        flags.push(Flag { text, span: joined.span(span) });
    }
}

/// The flag at `start`: its place, its text, and whether that is equal to the bytes there.
fn raw_flag(bytes: &[u8], start: usize) -> (Span, Vec<u8>, bool) {
    let (mut text, mut is_plain) = (Vec::new(), true);
    let mut quote = None;
    let mut at = start;
    while at < bytes.len() {
        let mut byte = bytes[at];
        at += 1;
        match quote {
            None if text::is_latin1_space(byte) => return (start..at - 1, text, is_plain),
            None if byte == b'\'' || byte == b'"' => {
                (quote, is_plain) = (Some(byte), false);
                continue;
            }
            Some(open) if byte == open => {
                quote = None;
                continue;
            }
            _ => {}
        }
        if byte == b'\\' {
            is_plain = false;
            let Some(&escaped) = bytes.get(at) else { break };
            byte = escaped;
            at += 1;
        }
        if byte.is_ascii() {
            text.push(byte);
        } else {
            is_plain = false;
            text.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    (start..at, text, is_plain)
}
