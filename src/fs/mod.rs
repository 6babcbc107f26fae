//! The only place that touches files: reading with a limit, and writing whole or not at all.
//!
//! [`folder`] replaces many files at once, [`create`] makes files that are not there yet.

#[cfg(unix)]
mod compare;
#[cfg(unix)]
pub mod create;
#[cfg(unix)]
pub mod folder;
#[cfg(unix)]
mod walk;

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::source::Source;

pub use std::fs::File;

/// How much may be read, and the flag that says so.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The most bytes that are read.
    pub bytes: u64,
    /// The flag that raises it; messages name it.
    pub flag: &'static str,
}

impl Limit {
    /// The error for an input called `name` that is longer.
    pub fn exceeded(&self, name: &str) -> Error {
        let nowhere = Arc::new(Source::new(name, Vec::new()));
        Error::input(
            Diagnostic::error(
                Place::Text(nowhere, 0..0),
                format!("longer than the limit of {} bytes", self.bytes),
            )
            .help(format!("raise it with {} BYTES", self.flag)),
        )
    }
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read; when it is longer than `limit`, of a regular file before a byte is read;
/// when it kept changing while it was read, so that neither the old nor the new content was had.
pub fn read(path: &Path, limit: Limit) -> Result<Source> {
    let name = path.to_string_lossy();
    for _ in 0..3 {
        let failed = || Error::io("read", path);
        let mut file = File::open(path).map_err(failed())?;
        let before = file.metadata().map_err(failed())?;
        if before.is_dir() {
            return Err(failed()(io::ErrorKind::IsADirectory.into()));
        }
        if before.is_file() && before.len() > limit.bytes {
            return Err(limit.exceeded(&name));
        }
        let expected = if before.is_file() { before.len() } else { 0 };
        let bytes = read_some(&mut file, expected, limit).map_err(failed())?;
        let Some(bytes) = bytes else {
            return Err(limit.exceeded(&name));
        };
        let after = file.metadata().map_err(failed())?;
        let same = before.modified().ok() == after.modified().ok() && before.len() == after.len();
        if !before.is_file() || (same && bytes.len() as u64 == after.len()) || before.len() == 0 {
            return Ok(Source::new(name, bytes));
        }
    }
    Err(Error::io("read", path)(io::Error::other("it changes while it is read")))
}

/// Opens a file, to be read piece by piece.
///
/// # Errors
/// When it cannot be opened, or is a directory.
pub fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(Error::io("read", path)(io::ErrorKind::IsADirectory.into())),
        _ => Ok(file),
    }
}

/// Reads a stream to its end.
///
/// # Errors
/// When it cannot be read, or is longer than `limit`.
pub fn read_stream(stream: &mut dyn Read, name: &str, limit: Limit) -> Result<Source> {
    let bytes = read_some(stream, 0, limit).map_err(Error::io("read", name))?;
    bytes.map(|bytes| Source::new(name, bytes)).ok_or_else(|| limit.exceeded(name))
}

/// The whole stream, or nothing when it is longer than the limit.
fn read_some(stream: &mut dyn Read, expected: u64, limit: Limit) -> io::Result<Option<Vec<u8>>> {
    // One byte more than expected, so that the end is found without growing the buffer.
    let mut bytes = Vec::with_capacity(usize::try_from(expected + 1).unwrap_or(0));
    stream.take(limit.bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit.bytes).then_some(bytes))
}

/// The content of a file that this program may have written before; nothing if there is no file.
///
/// # Errors
/// When it is there and cannot be read, is no regular file, or is longer than the limit.
pub fn read_if_there(path: &Path, limit: Limit) -> Result<Option<Vec<u8>>> {
    match replaceable(path).map_err(Error::io("read", path))? {
        None => Ok(None),
        Some(_) => Ok(Some(read(path, limit)?.bytes().to_vec())),
    }
}

/// The regular file that a run of this program may replace; nothing if there is none.
fn replaceable(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            Err(io::Error::other("it is a symbolic link; name the file itself"))
        }
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether there is a regular file, maybe behind a symbolic link. A pipe would never end.
pub fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether what is at a path is a regular file, maybe behind a symbolic link; nothing when there is
/// nothing. A link that leads nowhere is something.
///
/// # Errors
/// When that cannot be seen.
pub fn is_file_there(path: &Path) -> Result<Option<bool>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.is_file())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(is_there(path).then_some(false))
        }
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// The names of what lies in a directory, sorted, each with whether it is a regular file by itself, no
/// link to one; names that are not UTF-8 are left out.
///
/// # Errors
/// When it cannot be read.
pub fn entries_in(folder: &Path) -> Result<Vec<(String, bool)>> {
    let failed = || Error::io("read", folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if let Ok(name) = entry.file_name().into_string() {
            names.push((name, is_file));
        }
    }
    names.sort();
    Ok(names)
}

/// The names of what lies in a directory, as [`entries_in`] has them.
///
/// # Errors
/// When it cannot be read.
pub fn names_in(folder: &Path) -> Result<Vec<String>> {
    Ok(entries_in(folder)?.into_iter().map(|(name, _)| name).collect())
}

/// Whether there is anything of this name, be it a link that leads nowhere.
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether there is a directory.
pub fn is_dir(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Whether `path`, with every symbolic link followed, lies in `root`.
///
/// # Errors
/// When one of the two is not there.
pub fn is_inside(root: &Path, path: &Path) -> Result<bool> {
    // Below the root without a link on the way: there it stays.
    if let Ok(below) = path.strip_prefix(root)
        && below.components().all(|part| matches!(part, Component::Normal(_)))
    {
        let mut at = root.to_owned();
        let has_link = below.components().any(|part| {
            at.push(part);
            fs::symlink_metadata(&at).map_or(true, |metadata| metadata.is_symlink())
        });
        if !has_link {
            return Ok(true);
        }
    }
    let root = fs::canonicalize(root).map_err(Error::io("open", root))?;
    let real = fs::canonicalize(path).map_err(Error::io("open", path))?;
    Ok(real.starts_with(root))
}

/// A path with every symbolic link followed; nothing when it is not there.
pub fn real_path(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Whether the two are the same file, under whatever names.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// Replaces the file at `path` by what `write` writes: afterwards it holds all of it, or what it
/// held before. A file that already holds just that is not touched.
///
/// The content is written to a hidden file beside it, which then takes its place. What a killed run
/// left of such a file, the next run removes. A replaced file keeps its mode.
///
/// # Errors
/// When `path` is a symbolic link or anything but a regular file, or when writing fails.
pub fn replace(path: &Path, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let failed = || Error::io("write", path);
    let old = replaceable(path).map_err(failed())?;
    survive_size_limits().map_err(failed())?;
    let temporary = Temporary::beside(path).map_err(failed())?;
    if old.is_some() && holds(path, write).map_err(failed())? {
        return Ok(());
    }
    if let Some(old) = &old {
        temporary.file.set_permissions(old.permissions()).map_err(failed())?;
    }
    let mut out = io::BufWriter::with_capacity(1 << 16, &temporary.file);
    write(&mut out).map_err(failed())?;
    out.flush().map_err(failed())?;
    drop(out);
    temporary.file.sync_all().map_err(failed())?;
    temporary.take_the_place_of(path).map_err(failed())
}

/// A write beyond `ulimit -f` then fails with "File too large" instead of ending the program.
#[cfg(unix)]
fn survive_size_limits() -> io::Result<()> {
    use signal_hook::{consts::SIGXFSZ, flag};
    flag::register(SIGXFSZ, Arc::default()).map(|_| ())
}

#[cfg(not(unix))]
fn survive_size_limits() -> io::Result<()> {
    Ok(())
}

/// Whether the file at `path` holds exactly what `write` writes.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn holds(path: &Path, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<bool> {
    struct Compare<R>(R);
    impl<R: Read> Write for Compare<R> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut there = [0; 4096];
            let there = &mut there[..bytes.len().min(4096)];
            self.0.read_exact(there)?;
            if *there == bytes[..there.len()] {
                Ok(there.len())
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut compare = Compare(io::BufReader::new(File::open(path)?));
    match write(&mut compare) {
        Ok(()) => Ok(compare.0.read(&mut [0])? == 0),
        // Shorter than what is written, or different from it.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A hidden file beside the one it will replace. Its name is always the same, and who works with it
/// holds its lock: so two runs take turns, and a file left behind by a killed run is recognised.
struct Temporary {
    path: PathBuf,
    file: File,
    done: std::cell::Cell<bool>,
}

impl Temporary {
    fn beside(path: &Path) -> io::Result<Self> {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        name.push(".dtpl-tmp");
        let path = path.with_file_name(name);
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let temporary = Temporary { path: path.clone(), file, done: false.into() };
                    lock(&temporary.file)?;
                    // Another run may have taken the new file for a left one before it was locked.
                    if is_at(&temporary.file, &path)? {
                        return Ok(temporary);
                    }
                    temporary.done.set(true);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => remove_left(&path)?,
                Err(error) => return Err(error),
            }
        }
    }

    fn take_the_place_of(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.done.set(true);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.done.get() {
            // Nothing can be done about a failure here, and the next run removes what is left.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Waits for the lock. Where the file system has none, runs cannot take turns, and one is enough.
fn lock(file: &File) -> io::Result<()> {
    match file.lock() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        locked => locked,
    }
}

/// Waits for the run that holds the file, then removes it if it was left behind.
fn remove_left(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let message = format!("{} is in the way", path.display());
        return Err(io::Error::other(message));
    }
    let file = match OpenOptions::new().write(true).open(path) {
        // It has the mode of the file that it was to replace.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => File::open(path),
        opened => opened,
    };
    let file = match file {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let message = format!("{} was left by an earlier run, and cannot be opened", path.display());
            return Err(io::Error::other(message));
        }
        opened => opened?,
    };
    lock(&file)?;
    if is_at(&file, path)? {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Whether the open file is still the one that `path` names.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let open = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok(named.ino() == open.ino() && named.dev() == open.dev()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    fs::exists(path)
}
