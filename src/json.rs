//! JSON as it is printed: one form for every command. Characters that would act on a terminal are
//! escaped as well; to a JSON reader that is the same text.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::escape::is_unsafe;

/// A value as JSON in one line, or in several for people, with a line end.
///
/// # Errors
/// When the value cannot be JSON, which those of this program can.
pub fn to_text<T: Serialize>(value: &T, pretty: bool) -> serde_json::Result<String> {
    let mut text = if pretty { serde_json::to_string_pretty(value)? } else { serde_json::to_string(value)? };
    // Long texts of this program are of this kind.
    if !is_safe(text.as_bytes()) {
        text = escaped(&text);
    }
    text.push('\n');
    Ok(text)
}

/// Writes a value as [`to_text`] has it for people, without holding the text.
///
/// # Errors
/// Those of `out`.
pub fn write_pretty<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    /// Gets whole pieces of text.
    struct Safe<'o>(&'o mut dyn Write);
    impl Write for Safe<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_all(bytes).map(|()| bytes.len())
        }
        fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
            match std::str::from_utf8(bytes) {
                Ok(text) if !is_safe(bytes) => self.0.write_all(escaped(text).as_bytes()),
                _ => self.0.write_all(bytes),
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }
    let mut out = BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(Safe(&mut out), value)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn is_safe(text: &[u8]) -> bool {
    text.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~' | b'\n'))
}

/// JSON in which nothing acts on a terminal.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // Line ends of the pretty form are outside strings, those inside are escaped already.
        if is_unsafe(c) && c != '\n' {
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Appends what is between the quotes of a JSON string that holds `text`, as [`to_text`] has it.
pub fn push_string(text: &str, out: &mut Vec<u8>) {
    let is_ordinary = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_ordinary(byte)) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        let Some(c) = rest.chars().next() else { return };
        rest = &rest[c.len_utf8()..];
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            // All of these are in the first plane.
            c if is_unsafe(c) => out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.extend_from_slice(rest.as_bytes());
}

/// Appends a field of an object, whose value is a string, and the comma after it.
pub fn push_field(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in ["\"", name, "\":\""] {
        out.extend_from_slice(part.as_bytes());
    }
    push_string(value, out);
    out.extend_from_slice(b"\",");
}

#[test]
fn a_string_is_escaped_for_terminals_too() {
    let mut out = Vec::new();
    push_string("a\"b\n\u{1b}\u{202e}\u{e9}", &mut out);
    assert_eq!(out, "a\\\"b\\n\\u001b\\u202e\u{e9}".as_bytes());
}
