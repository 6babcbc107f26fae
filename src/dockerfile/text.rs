//! White space and characters in bytes that may not be UTF-8. BuildKit trims Unicode's white space in some
//! places and splits at ASCII blanks in others.

use crate::source::Span;

/// The first character of `bytes`, which are not empty, and its width.
pub(super) use crate::source::first_character as first;

/// Whether the first character of `bytes` is white space, and its width.
pub(super) fn first_is_space(bytes: &[u8]) -> (bool, usize) {
    let (c, width) = first(bytes);
    (c.is_some_and(char::is_whitespace), width)
}

/// The part of `span` without the white space (Unicode's) at its start.
pub(super) fn trim_start(bytes: &[u8], span: Span) -> Span {
    let mut start = span.start;
    while start < span.end {
        let (space, width) = first_is_space(&bytes[start..span.end]);
        if !space {
            break;
        }
        start += width;
    }
    start..span.end
}

/// The part of `span` without the white space (Unicode's) at either end.
pub(super) fn trim(bytes: &[u8], span: Span) -> Span {
    let Span { start, mut end } = trim_start(bytes, span);
    while start < end {
        // A character is at most four bytes; the last one starts where decoding reaches the end.
        let space = (1..=4.min(end - start)).rev().any(|width| {
            let (space, got) = first_is_space(&bytes[end - width..end]);
            space && got == width && {
                end -= width;
                true
            }
        });
        if !space {
            break;
        }
    }
    start..end
}

/// The separators where BuildKit splits with a pattern: ASCII blanks, no line feed.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0B | 0x0C | b'\r' | b' ')
}

/// White space where BuildKit examines single bytes as characters of Latin-1.
pub(super) fn is_latin1_space(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'\n' | 0x85 | 0xA0)
}

/// The words of `span` between blanks. A span that starts or ends with one has an empty word there.
pub(super) fn split_blanks(bytes: &[u8], span: Span) -> Vec<Span> {
    let blank = |&at: &usize| is_blank(bytes[at]);
    let (mut words, mut start) = (Vec::new(), span.start);
    while let Some(end) = (start..span.end).find(blank) {
        words.push(start..end);
        start = (end..span.end).find(|at| !blank(at)).unwrap_or(span.end);
    }
    words.push(start..span.end);
    words
}

/// `bytes` as a message shows them: at most 60 characters, safe for a terminal.
pub(super) fn shown(bytes: &[u8]) -> String {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]);
    crate::escape::escaped(&crate::escape::shortened(&head, 60)).into_owned()
}
