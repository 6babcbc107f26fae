//! Results: to stdout in large pieces, or into a file that is replaced whole.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::{CommandStatus, Session};
use crate::escape::escaped;
use crate::fs::{self, Limit};

/// The file that `--output` names; none for `-`, which is stdout.
pub fn file(output: &Option<PathBuf>) -> Option<&Path> {
    output.as_deref().filter(|path| *path != Path::new("-"))
}

/// Whether a path can only be that of a directory: one is there, or the name ends like that of one.
pub fn is_directory(path: &Path) -> bool {
    path.to_string_lossy().ends_with(std::path::is_separator) || fs::is_dir(path)
}

/// Writes a result to stdout. The caller tells apart that its reader went away.
pub fn to_stdout(
    session: &mut Session,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<CommandStatus> {
    let mut out = BufWriter::with_capacity(1 << 14, &mut *session.streams.stdout);
    write(&mut out).and_then(|()| out.flush()).context("cannot write to stdout")?;
    drop(out);
    session.streams.stdout.flush().context("cannot write to stdout")?;
    Ok(CommandStatus::Done)
}

/// Writes a result that is in memory to stdout.
pub fn print(session: &mut Session, result: impl AsRef<[u8]>) -> anyhow::Result<CommandStatus> {
    to_stdout(session, |out| out.write_all(result.as_ref()))
}

/// Writes a value as JSON to stdout.
pub fn print_json(session: &mut Session, value: &impl Serialize) -> anyhow::Result<CommandStatus> {
    print(session, crate::json::to_text(value, true)?)
}

/// Writes a difference to stdout, if there is one.
pub fn print_difference(session: &mut Session, difference: &[u8]) -> anyhow::Result<CommandStatus> {
    if difference.is_empty() {
        return Ok(CommandStatus::Done);
    }
    print(session, difference)?;
    Ok(CommandStatus::Found)
}

/// Writes a result to stdout, or into the file at `path`: all of it, or nothing; on stdout stays what was written
/// before `write` failed. With a limit for that file nothing is written: how the result, which may not be longer
/// either, differs from it goes to stdout.
pub fn deliver(
    session: &mut Session,
    path: Option<&Path>,
    compare: Option<Limit>,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<CommandStatus> {
    let Some(path) = path else { return to_stdout(session, write) };
    let Some(limit) = compare else {
        // From here on a signal waits until nothing half-written would stay.
        (session.streams.hold_signals)();
        fs::replace(path, write, session.streams.is_interrupted)?;
        return Ok(CommandStatus::Done);
    };
    let name = path.to_string_lossy();
    let mut new = Bounded { bytes: Vec::new(), most: limit.bytes, is_too_long: false };
    let written = write(&mut new);
    if new.is_too_long {
        return Err(limit.exceeded(&name).into());
    }
    written?;
    let old = fs::read_if_there(path, limit)?;
    print_difference(session, &difference((&name, old.as_deref()), (&name, Some(&new.bytes)))?)
}

/// A result in memory, up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    most: u64,
    is_too_long: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_too_long |= (self.bytes.len() + bytes.len()) as u64 > self.most;
        if self.is_too_long {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A path as git and patch write it on every system.
pub fn with_slashes(path: &str) -> Cow<'_, str> {
    if cfg!(windows) { path.replace('\\', "/").into() } else { path.into() }
}

/// How two files differ, each with its name, as a unified diff; nothing where only the names do. A file
/// without content is not there.
pub fn difference(
    (old_name, old): (&str, Option<&[u8]>),
    (new_name, new): (&str, Option<&[u8]>),
) -> io::Result<Vec<u8>> {
    if old == new {
        return Ok(Vec::new());
    }
    let header = |side: &str, name: &str, there: bool| {
        if there { format!("{side}/{}", escaped(&with_slashes(name))) } else { "/dev/null".to_owned() }
    };
    let (before, after) = (header("a", old_name, old.is_some()), header("b", new_name, new.is_some()));
    // Without a hunk it is an empty file that is not there yet, or is to go.
    let mut text = format!("--- {before}\n+++ {after}\n").into_bytes();
    // Only `\n` ends a line, for git and patch as for the builder, and bytes that are not UTF-8 stay.
    let old: Vec<&[u8]> = old.unwrap_or_default().split_inclusive(|b| *b == b'\n').collect();
    let new: Vec<&[u8]> = new.unwrap_or_default().split_inclusive(|b| *b == b'\n').collect();
    let diff = similar::TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    diff.unified_diff().iter_hunks().try_for_each(|hunk| hunk.to_writer(&mut text))?;
    Ok(text)
}
