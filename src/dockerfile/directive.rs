//! Parser directives: `# syntax=`, `# escape=` and `# check=` at the head of a file.
//!
//! They end at the first other line; a comment with an unknown key is such a line.

use super::json;
use super::text;
use crate::source::Span;

/// A line at the head of the file that changes how BuildKit reads the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directive {
    /// `syntax`, `escape` or `check`.
    pub key: &'static str,
    /// The place of the value, without the white space around it.
    pub value: Span,
    /// The whole line, without its end.
    pub span: Span,
}

const KEYS: [&str; 3] = ["syntax", "escape", "check"];

/// The directive in the line `span`, which starts with the comment sign `sign`.
pub(super) fn in_line(source: &[u8], span: Span, sign: &[u8]) -> Option<Directive> {
    let line = &source[span.clone()];
    let inside = line.strip_prefix(sign)?;
    let start = text::trim_start(source, span.end - inside.len()..span.end).start;
    let inside = &source[start..span.end];
    let length = inside.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let key = KEYS.into_iter().find(|key| key.as_bytes().eq_ignore_ascii_case(&inside[..length]))?;
    let text = inside[length..].trim_ascii_start().strip_prefix(b"=").filter(|text| !text.is_empty())?;
    let value = text.trim_ascii();
    let start = span.end - text.trim_ascii_start().len();
    // Of nothing but white space the value is the last character, which is never valid.
    let value = if value.is_empty() { span.end - 1..span.end } else { start..start + value.len() };
    Some(Directive { key, value, span })
}

/// The value of a `syntax` directive: which frontend image is to read the file.
///
/// BuildKit looks for it more widely than the parser does, because the file may be in another
/// language: below a `#!` line, after `//`, and as a field of a JSON object.
///
/// ```
/// use dtpl::dockerfile::detect_syntax;
/// assert_eq!(detect_syntax(b"# syntax = docker/dockerfile:1\nFROM a").as_deref(), Some("docker/dockerfile:1"));
/// assert_eq!(detect_syntax(b"#!/bin/x\n//syntax=a/b\n").as_deref(), Some("a/b"));
/// assert_eq!(detect_syntax(b"{\"syntax\": \"a/c\"}").as_deref(), Some("a/c"));
/// assert_eq!(detect_syntax(b"FROM a"), None);
/// ```
pub fn detect_syntax(bytes: &[u8]) -> Option<String> {
    match find(bytes, "syntax") {
        Some(value) => {
            let value = String::from_utf8_lossy(bytes.get(value)?);
            value.split(' ').next().map(str::to_owned)
        }
        None => json::field(without_mark(bytes), "syntax")
            .map(|value| String::from_utf8_lossy(&value).into_owned()),
    }
}

/// The text without a byte order mark and without a `#!` line.
fn without_mark(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match bytes.strip_prefix(b"#!") {
        Some(rest) => memchr::memchr(b'\n', rest).map_or(&[][..], |end| &rest[end + 1..]),
        None => bytes,
    }
}

/// The value of a directive in a comment, where BuildKit looks for it.
pub(super) fn find(bytes: &[u8], key: &str) -> Option<Span> {
    let start = bytes.len() - without_mark(bytes).len();
    for sign in [&b"#"[..], b"//"] {
        let mut seen = Vec::new();
        let mut at = start;
        for line in bytes[start..].split(|&b| b == b'\n') {
            let begin = at;
            at += line.len() + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some(directive) = in_line(bytes, begin..begin + line.len(), sign) else { break };
            if directive.key == key {
                return Some(directive.value);
            }
            // The second of two equal keys is an error of the parser; nothing below it is read.
            if seen.contains(&directive.key) {
                break;
            }
            seen.push(directive.key);
        }
    }
    None
}
