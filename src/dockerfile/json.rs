//! Arrays of strings in JSON, with the place of every string.
//!
//! BuildKit tries JSON first and falls back to the shell form on whatever is not JSON, so three
//! answers matter: no JSON, JSON that is something else, strings. Nesting is counted, not recursed
//! into, and a string that is not UTF-8 keeps its bytes.

use serde::de::IgnoredAny;

use crate::source::Span;

/// What a text is as JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// No array, or no JSON at all.
    No,
    /// An array with other values than strings, the first of which is here.
    NotStrings(Span),
    /// Strings: their places with the quotes, and the decoded text if that differs from the bytes.
    Strings(Vec<(Span, Option<Vec<u8>>)>),
}

/// The nesting limit of BuildKit's JSON reader.
const DEEPEST: usize = 10_000;

/// Reads `bytes` as an array of strings.
pub(super) fn array(bytes: &[u8]) -> Json {
    let (mut strings, mut other) = (Vec::new(), None);
    let read = walk(bytes, b'[', |_, span, text| match text {
        Some(decoded) => strings.push((span, decoded)),
        None => other = other.take().or(Some(span)),
    });
    match (read, other) {
        (None, _) => Json::No,
        (Some(()), Some(other)) => Json::NotStrings(other),
        (Some(()), None) => Json::Strings(strings),
    }
}

/// The string that the object `bytes` has under `key`.
pub(super) fn field(bytes: &[u8], key: &str) -> Option<Vec<u8>> {
    let mut found = None;
    walk(bytes, b'{', |name, span, text| {
        if name == key.as_bytes() {
            // Of two equal keys the second counts.
            found = text.map(|text| text.unwrap_or_else(|| bytes[span.start + 1..span.end - 1].to_vec()));
        }
    })?;
    found
}

/// Reads an array or object, which starts with `first`, and calls `visit` for each of its values: with the
/// key (empty in an array), the place, and for a string `Some`, with the decoded text if that differs from
/// the bytes. `None` when it is not JSON, or when text follows it.
fn walk(bytes: &[u8], first: u8, mut visit: impl FnMut(&[u8], Span, Option<Option<Vec<u8>>>)) -> Option<()> {
    let mut reader = JsonReader { bytes, at: 0 };
    reader.blanks();
    reader.peek().filter(|&byte| byte == first)?;
    // The open brackets, and whether a value has to follow (after `,` or `:`).
    let mut open = Vec::new();
    let mut value_due = true;
    let mut key = Vec::new();
    loop {
        reader.blanks();
        let start = reader.at;
        let byte = reader.take()?;
        if value_due && open.len() == 1 && byte != b'"' {
            visit(&key, start..reader.value_end(start), None);
        }
        match (value_due, byte, open.last()) {
            (false, b',', Some(bracket)) => {
                value_due = true;
                if *bracket == b'{' {
                    reader.key(&mut key, open.len() == 1)?;
                }
            }
            (false, b']', Some(b'[')) | (false, b'}', Some(b'{')) => drop(open.pop()),
            (false, ..) => return None,
            (true, b'[' | b'{', _) => {
                open.push(byte);
                if open.len() > DEEPEST {
                    return None;
                }
                reader.blanks();
                if reader.peek() == Some(if byte == b'[' { b']' } else { b'}' }) {
                    value_due = false;
                } else if byte == b'{' {
                    reader.key(&mut key, open.len() == 1)?;
                }
            }
            (true, b'"', _) => {
                let decoded = reader.string()?;
                if open.len() == 1 {
                    visit(&key, start..reader.at, Some(decoded));
                }
                value_due = false;
            }
            (true, ..) => {
                reader.scalar(start)?;
                value_due = false;
            }
        }
        if open.is_empty() {
            reader.blanks();
            return (reader.at == bytes.len()).then_some(());
        }
    }
}

struct JsonReader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl JsonReader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A key and its colon. `key` becomes what it says when that is `wanted`.
    fn key(&mut self, key: &mut Vec<u8>, wanted: bool) -> Option<()> {
        self.blanks();
        (self.take()? == b'"').then_some(())?;
        let start = self.at;
        let decoded = self.string()?;
        if wanted {
            *key = decoded.unwrap_or_else(|| self.bytes[start..self.at - 1].to_vec());
        }
        self.blanks();
        (self.take()? == b':').then_some(())
    }

    /// The rest of a string after its first quote; decoded if that makes a difference.
    fn string(&mut self) -> Option<Option<Vec<u8>>> {
        let start = self.at;
        let mut decoded: Option<Vec<u8>> = None;
        loop {
            let byte = self.take()?;
            match byte {
                b'"' => return Some(decoded),
                b'\\' => {
                    let text = decoded.get_or_insert_with(|| self.bytes[start..self.at - 1].to_vec());
                    let simple = match self.bytes.get(self.at)? {
                        &sign @ (b'"' | b'\\' | b'/') => sign,
                        b'b' => 0x08,
                        b'f' => 0x0C,
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'u' => {
                            let (c, width) = unicode(&self.bytes[self.at + 1..])?;
                            self.at += 1 + width;
                            text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                            continue;
                        }
                        _ => return None,
                    };
                    self.at += 1;
                    text.push(simple);
                }
                0..0x20 => return None,
                byte => {
                    if let Some(text) = &mut decoded {
                        text.push(byte);
                    }
                }
            }
        }
    }

    /// A number, `true`, `false` or `null` that starts at `start`.
    fn scalar(&mut self, start: usize) -> Option<()> {
        let rest = &self.bytes[start..];
        let ends = |b: &u8| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
        let text = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        self.at = start + text.len();
        serde_json::from_slice(text).ok().map(|IgnoredAny| ())
    }

    /// Where the value that starts at `start` ends, roughly: for a caret.
    fn value_end(&self, start: usize) -> usize {
        let rest = &self.bytes[start..self.bytes.len().min(start + 60)];
        start + rest.iter().position(|b| matches!(b, b',' | b']' | b'}')).unwrap_or(rest.len()).max(1)
    }
}

/// The character of a `\u` escape, and how many bytes after the `u` it takes. Half a surrogate pair is
/// U+FFFD.
fn unicode(bytes: &[u8]) -> Option<(char, usize)> {
    let unit = |bytes: &[u8]| {
        let digits = std::str::from_utf8(bytes.get(..4)?).ok()?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(bytes)?;
    let second = bytes[4..].strip_prefix(b"\\u").and_then(unit);
    match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Ok(c)) => Some((c, if c > '\u{FFFF}' { 10 } else { 4 })),
        _ => Some((char::REPLACEMENT_CHARACTER, 4)),
    }
}
