//! Results: to stdout in large pieces, or into a file that is replaced whole.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;

use super::Context;
use crate::escape::escaped;
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

/// Writes a result into the file at `path`: all of it, or nothing. From here on a signal waits until
/// there is nothing half-written to leave behind.
///
/// # Errors
/// When the file cannot be replaced, or a signal came.
pub fn to_file(
    context: &Context,
    path: &Path,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    (context.streams.hold_signals)();
    Ok(fs::replace(path, write, context.streams.is_interrupted)?)
}

/// How the file at `path` differs from `new`, as a unified diff; empty when it does not. A file that
/// is not there is one with nothing in it.
///
/// # Errors
/// When the file cannot be read.
pub fn difference(path: &Path, new: &[u8], limit: Limit) -> anyhow::Result<Vec<u8>> {
    let old = fs::read_if_there(path, limit)?;
    Ok(difference_of(&path.to_string_lossy(), old.as_deref(), Some(new))?)
}

/// How `new` differs from `old`, as a unified diff; empty when it does not. Nothing stands for a file
/// that is not there.
///
/// # Errors
/// None that a text in memory has.
pub fn difference_of(name: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> io::Result<Vec<u8>> {
    difference_between((name, old), (name, new))
}

/// The same for a file that gets another name: nothing is printed of the names alone.
///
/// # Errors
/// None that a text in memory has.
pub fn difference_between(
    (old_name, old): (&str, Option<&[u8]>),
    (new_name, new): (&str, Option<&[u8]>),
) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if old == new {
        return Ok(text);
    }
    let header = |side: &str, name: &str, there: bool| {
        if there { format!("{side}/{}", escaped(name)) } else { "/dev/null".to_owned() }
    };
    let (before, behind) = (header("a", old_name, old.is_some()), header("b", new_name, new.is_some()));
    // Only `\n` ends a line, for git and patch as for the builder, and bytes that are not UTF-8 stay.
    let old: Vec<&[u8]> = old.unwrap_or_default().split_inclusive(|b| *b == b'\n').collect();
    let new: Vec<&[u8]> = new.unwrap_or_default().split_inclusive(|b| *b == b'\n').collect();
    let diff = similar::TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    for (number, hunk) in diff.unified_diff().iter_hunks().enumerate() {
        if number == 0 {
            text.extend_from_slice(format!("--- {before}\n+++ {behind}\n").as_bytes());
        }
        hunk.to_writer(&mut text)?;
    }
    if text.is_empty() {
        // An empty file that is not there yet, or is to go.
        text.extend_from_slice(format!("--- {before}\n+++ {behind}\n").as_bytes());
    }
    Ok(text)
}
