//! Where a command of a shell begins and ends in the file, as far as that matters for putting other
//! commands beside it: quotes, `$(...)` and continuations are looked through.

use crate::shell::is_line_end;
use crate::source::Span;

/// A longer command is not looked through, to bound the work.
const LONGEST: usize = 1 << 14;

/// What precedes a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// The start, `&&`, `;`, a bracket: two commands may take the place of one.
    Anything,
    /// `||`, `|`, `!`: two commands have to be held together by brackets.
    Operator,
}

/// What precedes a position.
pub fn before(bytes: &[u8], piece: &Span, at: usize, escape: u8) -> Before {
    let mut text = bytes.get(piece.start..at).unwrap_or_default();
    // Continued line ends are no part of it.
    while text.last().is_some_and(u8::is_ascii_whitespace) {
        text = text.trim_ascii_end();
        text = text.strip_suffix(&[escape]).unwrap_or(text);
    }
    match text.last() {
        Some(b'|' | b'!') => Before::Operator,
        _ => Before::Anything,
    }
}

/// Where the command that starts at `at` ends, after its last byte that is no blank; nothing when
/// that cannot be said, as of an open quote.
pub fn end(bytes: &[u8], piece: &Span, at: usize, escape: u8) -> Option<usize> {
    let limit = piece.end.min(bytes.len()).min(at + LONGEST + 1);
    let first = at;
    let (mut at, mut last, mut depth) = (at, at, 0usize);
    while at < limit {
        let byte = bytes[at];
        let next = bytes.get(at + 1).copied().filter(|_| at + 1 < limit);
        match byte {
            _ if byte == escape && is_line_end(&bytes[at + 1..limit]) => {
                at = after_comments(bytes, line_end(bytes, at, limit) + 1, limit);
                continue;
            }
            b'\\' => at += 1,
            b'\'' => at += 1 + memchr::memchr(b'\'', bytes.get(at + 1..limit)?)?,
            b'"' => {
                at += 1;
                while *bytes.get(at).filter(|_| at < limit)? != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'`' => at += 1 + memchr::memchr(b'`', bytes.get(at + 1..limit)?)?,
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' => break,
            b'#' if depth == 0 && bytes.get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_whitespace) => break,
            // Streams: `2>&1`, `&>file`, `>|file`.
            b'&' if last > 0 && bytes.get(last - 1) == Some(&b'>') && last == at => {}
            b'&' if next == Some(b'>') => {}
            b'|' if last == at && bytes.get(at.wrapping_sub(1)) == Some(&b'>') => {}
            b'\n' | b';' | b'&' | b'|' if depth == 0 => break,
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            _ => {}
        }
        at += 1;
        last = at;
    }
    (depth == 0 && last <= limit && last - first <= LONGEST).then_some(last)
}

/// Where blanks, continued line ends and the comments between lines end.
pub fn gap(bytes: &[u8], piece: &Span, mut at: usize, escape: u8) -> usize {
    let limit = piece.end.min(bytes.len());
    while at < limit {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            byte if byte == escape && is_line_end(&bytes[at + 1..limit]) => {
                at = after_comments(bytes, line_end(bytes, at, limit) + 1, limit);
            }
            _ => break,
        }
    }
    at.min(limit)
}

fn line_end(bytes: &[u8], at: usize, limit: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..limit]).map_or(limit, |end| at + end)
}

/// Comments and empty lines between the lines of a command are not part of it.
fn after_comments(bytes: &[u8], mut at: usize, limit: usize) -> usize {
    while at < limit {
        let end = line_end(bytes, at, limit);
        let line = bytes[at..end].trim_ascii_start();
        if !line.is_empty() && !line.starts_with(b"#") {
            break;
        }
        at = end + 1;
    }
    at.min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(text: &str) -> Option<&str> {
        end(text.as_bytes(), &(0..text.len()), 0, b'\\').map(|end| &text[..end])
    }

    #[test]
    fn a_command_ends_where_the_shell_ends_it() {
        assert_eq!(ended("a b && c"), Some("a b"));
        assert_eq!(ended("a b"), Some("a b"));
        assert_eq!(ended("a \\\n  b \\\n && c"), Some("a \\\n  b"));
        assert_eq!(ended("a 'x;y' \"p|\\\"q\" z ; c"), Some("a 'x;y' \"p|\\\"q\" z"));
        assert_eq!(ended("a $(b; c) d) e"), Some("a $(b; c) d"));
        assert_eq!(ended("a > f 2>&1 | b"), Some("a > f 2>&1"));
        assert_eq!(ended("a b # c"), Some("a b"));
        assert_eq!(ended("a \\\n# c\n  b \\\n\n"), Some("a \\\n# c\n  b"));
        assert_eq!(ended("a 'b"), None);
        assert_eq!(ended("a \"b"), None);
        assert_eq!(ended("a $(b"), None);
    }

    #[test]
    fn what_precedes() {
        let find = |text: &str| before(text.as_bytes(), &(0..text.len()), text.find('i').unwrap(), b'\\');
        assert_eq!(find("a && i"), Before::Anything);
        assert_eq!(find("a || \\\n  i"), Before::Operator);
        assert_eq!(find("! i"), Before::Operator);
        assert_eq!(find("i"), Before::Anything);
    }
}
