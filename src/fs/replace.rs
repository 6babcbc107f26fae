//! One file, replaced whole or not at all: written beside it, then moved into its place.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::compare::is_content_of;
use super::in_use::retry_while_in_use;
use super::{if_there, replaceable, survive_size_limits};
use crate::error::{Error, Result};

/// Replaces the file at `path` by what `write` writes: afterwards it holds all of it, or what it
/// held before. A file that already holds just that is not touched.
///
/// The content is written to a hidden file beside it, which then takes its place. What a killed run
/// left of such a file, the next run removes. A replaced file keeps its mode. `is_interrupted` says
/// now and then whether to give up.
///
/// # Errors
/// When `path` is a symbolic link or anything but a regular file, when writing fails, or when it was
/// interrupted.
pub fn replace(
    path: &Path,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
    is_interrupted: &dyn Fn() -> bool,
) -> Result<()> {
    match replace_unless(is_interrupted, path, write) {
        // What did not work then is that somebody ended it.
        Err(_) if is_interrupted() => Err(Error::Interrupted),
        replaced => replaced.map_err(Error::io("write", path)),
    }
}

fn replace_unless(
    is_interrupted: &dyn Fn() -> bool,
    path: &Path,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let old = replaceable(path)?;
    survive_size_limits()?;
    let temporary = Temporary::beside(path, is_interrupted)?;
    let watched = |out: &mut dyn Write| write(&mut Pieces { out, is_interrupted });
    if old.is_some() && is_content_of(File::open(path)?, &watched)? {
        return Ok(());
    }
    if let Some(old) = &old {
        #[cfg(not(unix))]
        if old.permissions().readonly() {
            return Err(super::read_only());
        }
        temporary.file.set_permissions(old.permissions())?;
    }
    let mut file = &temporary.file;
    let pieces = Pieces { out: &mut file, is_interrupted };
    let mut out = io::BufWriter::with_capacity(1 << 16, pieces);
    write(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.file.sync_all()?;
    go_on(is_interrupted)?;
    temporary.take_the_place_of(path)
}

/// The error that makes an interrupted run give up; nobody gets to see it. One of the kind
/// `Interrupted` would be taken for a call to repeat.
fn go_on(is_interrupted: &dyn Fn() -> bool) -> io::Result<()> {
    if is_interrupted() { Err(io::Error::other("interrupted")) } else { Ok(()) }
}

/// What is written in pieces, so that an interruption is soon noticed.
struct Pieces<'w> {
    out: &'w mut dyn Write,
    is_interrupted: &'w dyn Fn() -> bool,
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const MOST: usize = 1 << 20;
        go_on(self.is_interrupted)?;
        self.out.write(&bytes[..bytes.len().min(MOST)])
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A hidden file beside the one it will replace. Its name is always the same, and who works with it
/// holds its lock: so two runs take turns, and a file left by a killed run is recognised.
struct Temporary {
    path: PathBuf,
    file: File,
    done: std::cell::Cell<bool>,
    /// What holds the lock, if the file does not do so itself. It is closed last.
    _lock: Option<File>,
}

impl Temporary {
    /// On Windows a removed file can keep its name until everybody has closed it, also those that wait for its lock.
    /// So the lock is a file of its own.
    #[cfg(windows)]
    fn beside(path: &Path, is_interrupted: &dyn Fn() -> bool) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let lock = super::in_use::open_alone(&path.with_file_name(hidden(name, LOCK)), is_interrupted)?;
        go_on(is_interrupted)?;
        let path = path.with_file_name(hidden(name, TEMPORARY));
        refuse_what_is_no_file(&path)?;
        if_there(retry_while_in_use(|| fs::remove_file(&path)))?;
        let file = retry_while_in_use(|| OpenOptions::new().write(true).create_new(true).open(&path))?;
        Ok(Temporary { path, file, done: false.into(), _lock: Some(lock) })
    }

    #[cfg(not(windows))]
    fn beside(path: &Path, is_interrupted: &dyn Fn() -> bool) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let path = path.with_file_name(hidden(name, TEMPORARY));
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let temporary = Temporary { path: path.clone(), file, done: false.into(), _lock: None };
                    wait_for(&temporary.file, is_interrupted)?;
                    // Another run may have taken the new file for a left one before it was locked.
                    if is_at(&temporary.file, &path)? {
                        return Ok(temporary);
                    }
                    temporary.done.set(true);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    remove_left(&path, is_interrupted)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn take_the_place_of(self, path: &Path) -> io::Result<()> {
        retry_while_in_use(|| fs::rename(&self.path, path))?;
        self.done.set(true);
        Ok(())
    }
}

/// How the names of hidden files end.
const TEMPORARY: &str = ".dtpl-tmp";
#[cfg(windows)]
const LOCK: &str = ".dtpl-lk";
/// The most bytes, or units of UTF-16, of what is between the dot and the end.
#[cfg(any(unix, windows))]
const MOST_OF_NAME: usize = 255 - ".".len() - TEMPORARY.len();

/// The name of a hidden file beside the file of this name. A long one is cut, so that it is no longer
/// than a name may be; two files that begin alike for so long take turns.
fn hidden(name: &OsStr, end: &str) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(cut(name));
    hidden.push(end);
    hidden
}

/// As much of a name as there is room for, by bytes, which need not be UTF-8.
#[cfg(unix)]
fn cut(name: &OsStr) -> &OsStr {
    use std::os::unix::ffi::OsStrExt;
    use std::str::Utf8Error;
    let bytes = name.as_bytes();
    let bytes = &bytes[..bytes.len().min(MOST_OF_NAME)];
    // No half characters: there are file systems that take none.
    let is_half = |error: &Utf8Error| error.error_len().is_none();
    let whole = str::from_utf8(bytes).err().filter(is_half).map_or(bytes.len(), |error| error.valid_up_to());
    OsStr::from_bytes(&bytes[..whole])
}

/// As much of a name as there is room for, by units of UTF-16, in which the system counts.
#[cfg(windows)]
fn cut(name: &OsStr) -> OsString {
    use std::os::windows::ffi::{OsStrExt, OsStringExt};
    let units: Vec<u16> = name.encode_wide().collect();
    let (kept, rest) = units.split_at(units.len().min(MOST_OF_NAME));
    // No half characters: there are file systems that take none.
    let is_half = |last: &u16| (0xd800..0xdc00).contains(last) && !rest.is_empty();
    let whole = kept.len() - usize::from(kept.last().is_some_and(is_half));
    OsString::from_wide(&kept[..whole])
}

/// The name itself: systems without files.
#[cfg(not(any(unix, windows)))]
fn cut(name: &OsStr) -> &OsStr {
    name
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Before it was locked, another run may have put its own there.
        #[cfg(not(windows))]
        let is_own = is_at(&self.file, &self.path).unwrap_or(false);
        #[cfg(windows)]
        let is_own = true;
        if !self.done.get() && is_own {
            // Nothing can be done about a failure here, and the next run removes what is left.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Waits for the lock until the program is interrupted: a blocking call would go on after a signal that is
/// held, so this one tries again and again. Where the file system has no locks, runs cannot take turns,
/// and one is enough.
#[cfg(not(windows))]
pub fn wait_for(file: &File, is_interrupted: &dyn Fn() -> bool) -> io::Result<()> {
    use std::fs::TryLockError;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
                return Err(error);
            }
            _ => return Ok(()),
        }
        go_on(is_interrupted)?;
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Refuses a folder or a link in the place of the hidden file.
fn refuse_what_is_no_file(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let message = format!("{} is in the way", path.display());
        return Err(io::Error::other(message));
    }
    Ok(())
}

/// Waits for the run that holds the file, then removes it if it was left.
#[cfg(not(windows))]
fn remove_left(path: &Path, is_interrupted: &dyn Fn() -> bool) -> io::Result<()> {
    refuse_what_is_no_file(path)?;
    let is_denied = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let file = match OpenOptions::new().write(true).open(path) {
        // It has the mode of the file that it was to replace.
        Err(error) if is_denied(&error) => File::open(path),
        opened => opened,
    };
    if file.as_ref().is_err_and(is_denied) {
        let message = format!("{} was left by an earlier run, and cannot be opened", path.display());
        return Err(io::Error::other(message));
    }
    let Some(file) = if_there(file)? else { return Ok(()) };
    wait_for(&file, is_interrupted)?;
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
    let named = if_there(fs::symlink_metadata(path))?;
    Ok(named.is_some_and(|named| named.ino() == open.ino() && named.dev() == open.dev()))
}

/// Whether there is still a file at `path`: systems without files.
#[cfg(not(any(unix, windows)))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    fs::exists(path)
}
