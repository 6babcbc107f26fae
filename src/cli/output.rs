//! Results: to stdout in large pieces, or into a file that is replaced whole.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::Context;
use crate::escape::is_unsafe;
use crate::fs::{self, Limit};

/// Writes a result to stdout.
///
/// # Errors
/// When stdout cannot be written; that its reader went away is told apart by the caller.
pub fn to_stdout(
    context: &mut Context,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 14, &mut *context.streams.stdout);
    write(&mut out).and_then(|()| out.flush()).context("cannot write to stdout")?;
    drop(out);
    context.streams.stdout.flush().context("cannot write to stdout")
}

/// A value as JSON, with a line end. Characters that would act on a terminal are escaped; to a JSON
/// reader that is the same text.
///
/// # Errors
/// When the value cannot be JSON, which those of this program can.
pub fn json<T: Serialize>(value: &T, pretty: bool) -> anyhow::Result<String> {
    let text = if pretty { serde_json::to_string_pretty(value)? } else { serde_json::to_string(value)? };
    let mut safe = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // Line ends of the pretty form stand outside strings, those inside are escaped already.
        if is_unsafe(c) && c != '\n' {
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe.push('\n');
    Ok(safe)
}

/// How the file at `path` differs from `new`, as a unified diff; empty when it does not. A file that
/// is not there is one with nothing in it.
///
/// # Errors
/// When the file cannot be read.
pub fn difference(path: &Path, new: &[u8], limit: Limit) -> anyhow::Result<Vec<u8>> {
    let name = path.to_string_lossy();
    let old = fs::read_if_there(path, limit)?;
    let mut text = Vec::new();
    if old.as_deref() == Some(new) {
        return Ok(text);
    }
    let before = if old.is_some() { format!("a/{name}") } else { "/dev/null".to_owned() };
    let old = old.unwrap_or_default();
    let diff = similar::TextDiff::from_lines(old.as_slice(), new);
    diff.unified_diff().header(&before, &format!("b/{name}")).to_writer(&mut text)?;
    Ok(text)
}
