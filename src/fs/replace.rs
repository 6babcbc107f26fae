//! One file, replaced whole or not at all: written beside it, then moved into its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{lock, replaceable, survive_size_limits};
use crate::error::{Error, Result};

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

/// Whether the file at `path` holds exactly what `write` writes.
///
/// # Errors
/// When the file is there and cannot be read.
fn holds(path: &Path, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<bool> {
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
