//! The only place that touches files: reading with a limit, and writing whole or not at all.
//!
//! [`replace()`] replaces one file, [`folder`] many at once, [`create`] makes files that are not there yet,
//! [`new_folder`] a folder as a whole.

// Only the command line writes files.
#[cfg(feature = "cli")]
pub mod beside;
#[cfg(feature = "cli")]
mod change;
#[cfg(feature = "cli")]
mod compare;
#[cfg(feature = "cli")]
pub mod create;
#[cfg(feature = "cli")]
pub mod entries;
#[cfg(feature = "cli")]
pub(crate) mod folder;
#[cfg(feature = "cli")]
mod in_use;
#[cfg(feature = "cli")]
pub mod new_folder;
#[cfg(all(feature = "cli", not(unix)))]
mod paths;
#[cfg(feature = "cli")]
mod replace;
#[cfg(all(feature = "cli", unix))]
mod unix;
#[cfg(feature = "cli")]
mod walk;

#[cfg(all(feature = "cli", not(unix)))]
use paths as system;
#[cfg(all(feature = "cli", unix))]
use unix as system;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path};

use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::source::Source;

#[cfg(feature = "cli")]
pub use replace::replace;
pub use std::fs::File;

/// The file that is the lock of a folder, where folders have none.
#[cfg(feature = "cli")]
const LOCK_FILE: &str = ".dtpl-lock";

/// How much may be read, and the flag that says so.
///
/// ```
/// let limit = dtpl::Limit { bytes: 1 << 20, flag: "--max-config-bytes" };
/// assert_eq!(
///     limit.exceeded("fleets.yaml").to_string(),
///     "fleets.yaml: error: longer than the limit of 1048576 bytes\n  = help: raise it with --max-config-bytes BYTES"
/// );
/// ```
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
        let message = format!("longer than the limit of {} bytes", self.bytes);
        Error::input(
            Diagnostic::error(Place::File(name.to_owned()), message)
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
        let bytes = read_some(&mut file, expected, limit.bytes).map_err(failed())?;
        let bytes = bytes.ok_or_else(|| limit.exceeded(&name))?;
        let after = file.metadata().map_err(failed())?;
        let same = before.modified().ok() == after.modified().ok() && before.len() == after.len();
        if !before.is_file() || (same && bytes.len() as u64 == after.len()) || before.len() == 0 {
            return Ok(Source::new(name, bytes));
        }
    }
    Err(Error::io("read", path)(io::Error::other("it changes while it is read")))
}

/// Opens a file, to be read piece by piece.
#[cfg(feature = "cli")]
pub fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(Error::io("read", path)(io::ErrorKind::IsADirectory.into())),
        _ => Ok(file),
    }
}

/// A file without a name for bytes that are read again soon. The system keeps it in memory, or moves it to the disk,
/// and the program's own memory stays small. Nothing where the system has no such files.
#[cfg(all(feature = "cli", target_os = "linux"))]
pub fn unnamed_file() -> Option<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    memfd_create("dtpl", MemfdFlags::CLOEXEC).ok().map(File::from)
}

/// A file without a name: only Linux is asked for one.
#[cfg(all(feature = "cli", not(target_os = "linux")))]
pub fn unnamed_file() -> Option<File> {
    None
}

/// Reads a stream to its end.
pub fn read_stream(stream: &mut dyn Read, name: &str, limit: Limit) -> Result<Source> {
    let bytes = read_some(stream, 0, limit.bytes).map_err(Error::io("read", name))?;
    bytes.map(|bytes| Source::new(name, bytes)).ok_or_else(|| limit.exceeded(name))
}

/// How many lines that are not blank a file has.
#[cfg(feature = "cli")]
pub fn count_lines(path: &Path) -> io::Result<usize> {
    use std::io::BufRead as _;
    let (mut count, mut is_blank) = (0, true);
    let mut reader = io::BufReader::with_capacity(1 << 16, File::open(path)?);
    loop {
        let bytes = reader.fill_buf()?;
        for byte in bytes {
            match byte {
                b'\n' => count += usize::from(!std::mem::replace(&mut is_blank, true)),
                byte => is_blank &= byte.is_ascii_whitespace(),
            }
        }
        let read = bytes.len();
        if read == 0 {
            return Ok(count + usize::from(!is_blank));
        }
        reader.consume(read);
    }
}

/// The whole stream, or nothing when it is longer than `most` bytes.
fn read_some(stream: &mut dyn Read, expected: u64, most: u64) -> io::Result<Option<Vec<u8>>> {
    // One byte more than expected, so that the end is found without growing the buffer.
    let mut bytes = Vec::with_capacity(usize::try_from(expected + 1).unwrap_or(0));
    stream.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Returns `None` if a call failed because the file does not exist.
#[cfg(feature = "cli")]
fn if_there<T, E: Into<io::Error>>(called: Result<T, E>) -> io::Result<Option<T>> {
    match called.map_err(Into::into) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        called => called.map(Some),
    }
}

/// The content of a file that this program may have written before; nothing if there is no file.
#[cfg(feature = "cli")]
pub fn read_if_there(path: &Path, limit: Limit) -> Result<Option<Vec<u8>>> {
    match replaceable(path).map_err(Error::io("read", path))? {
        None => Ok(None),
        Some(_) => Ok(Some(read(path, limit)?.bytes().to_vec())),
    }
}

/// The regular file that a run of this program may replace; nothing if there is none.
#[cfg(feature = "cli")]
fn replaceable(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match if_there(fs::symlink_metadata(path))? {
        Some(metadata) if metadata.is_symlink() => {
            Err(io::Error::other("it is a symbolic link; name the file itself"))
        }
        Some(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
        metadata => Ok(metadata),
    }
}

/// The error for a link where none is followed.
#[cfg(feature = "cli")]
fn is_link() -> io::Error {
    io::Error::other("it is a symbolic link; nothing is written through one")
}

/// The error for what is no file.
#[cfg(feature = "cli")]
fn not_a_file() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// The error for what is no folder.
#[cfg(feature = "cli")]
fn not_a_folder(name: &str) -> io::Error {
    io::Error::other(format!("`{name}` on the way is a symbolic link, or no folder"))
}

/// On Windows such a file can neither be replaced nor removed.
#[cfg(all(feature = "cli", not(unix)))]
fn read_only() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only")
}

/// Whether there is a regular file, also where a symbolic link leads. A pipe would never end.
pub fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether what is at a path, or where a symbolic link leads, is a regular file; nothing when there is
/// nothing. A link that leads nowhere is something.
pub fn is_file_there(path: &Path) -> Result<Option<bool>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.is_file())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(is_there(path).then_some(false))
        }
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// Whether what is at a path has that very name in its directory. Where the case of a name does not count,
/// it can be found by others too. A directory that cannot be listed is not asked.
pub fn has_this_name(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return true };
    let swap = |char: char| match char.is_ascii_lowercase() {
        true => char.to_ascii_uppercase(),
        false => char.to_ascii_lowercase(),
    };
    let swapped: String = name.chars().map(swap).collect();
    // Mostly case counts, and this one look says so. A directory may have many names to go through.
    if swapped == name || !is_there(&path.with_file_name(swapped)) {
        return true;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::read_dir(folder)
        .map_or(true, |mut entries| entries.any(|entry| entry.is_ok_and(|it| it.file_name() == name)))
}

/// The names in a directory, sorted, each with whether it is a regular file by itself, no
/// link to one; names that are not UTF-8 are left out.
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

/// The names in a directory, as [`entries_in`] has them.
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

/// Whether `path`, with every symbolic link followed, is in `root`.
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
#[cfg(feature = "cli")]
pub fn real_path(path: &Path) -> Option<std::path::PathBuf> {
    fs::canonicalize(path).ok()
}

/// Whether the two are the same file, under whatever names.
#[cfg(feature = "cli")]
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// Whether two paths lead to one file on the disk. Where the case of a name does not count, different paths can.
#[cfg(all(feature = "cli", unix))]
pub fn is_one_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let number = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    number(one).is_some_and(|one| number(other) == Some(one))
}

/// Whether two paths lead to one file on the disk. Where the case of a name does not count, different paths can.
#[cfg(all(feature = "cli", windows))]
pub fn is_one_file(one: &Path, other: &Path) -> bool {
    same_file::is_same_file(one, other).unwrap_or(false)
}

/// Whether two paths lead to one file: systems without files.
#[cfg(all(feature = "cli", not(any(unix, windows))))]
pub fn is_one_file(one: &Path, other: &Path) -> bool {
    is_same_file(one, other)
}

/// A write beyond `ulimit -f` then fails with "File too large" instead of ending the program.
///
/// # Errors
/// When the system does not let the signal be caught.
#[cfg(feature = "cli")]
pub fn survive_size_limits() -> io::Result<()> {
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Default::default())?;
    Ok(())
}

/// Waits for the lock of an open folder. Where the file system has none, runs cannot take turns, and one is enough.
#[cfg(all(feature = "cli", unix))]
fn lock(file: &File) -> io::Result<()> {
    match file.lock() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        locked => locked,
    }
}
