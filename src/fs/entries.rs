//! What is in a folder, and how all of it is removed.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use super::if_there;
use crate::error::{Error, Result};

/// What something in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Folder,
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// Something in a folder.
#[derive(Debug)]
pub struct Entry {
    pub name: OsString,
    pub kind: EntryKind,
    /// What tells a file apart that has several names, for one that has.
    pub file: Option<(u64, u64)>,
}

/// What is in a folder, sorted by name. No link is followed.
pub fn entries(folder: &Path) -> Result<Vec<Entry>> {
    let failed = || Error::io("read", folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let kind = entry.file_type().map_err(failed())?;
        let kind = match kind {
            kind if kind.is_dir() => EntryKind::Folder,
            kind if kind.is_file() => EntryKind::File,
            kind if kind.is_symlink() => EntryKind::Link,
            _ => EntryKind::Other,
        };
        let file = if kind == EntryKind::File { shared_file(&entry) } else { None };
        found.push(Entry { name: entry.file_name(), kind, file });
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

#[cfg(unix)]
fn shared_file(entry: &fs::DirEntry) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = entry.metadata().ok()?;
    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn shared_file(_: &fs::DirEntry) -> Option<(u64, u64)> {
    None
}

/// Removes a folder or a file. In a folder that may not be written to, the mode is changed first.
pub fn remove(path: &Path) -> io::Result<()> {
    let Some(metadata) = if_there(fs::symlink_metadata(path))? else { return Ok(()) };
    if !metadata.is_dir() {
        return if_there(fs::remove_file(path)).map(|_| ());
    }
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        removed => if_there(removed).map(|_| ()),
    }
}

/// Lets the owner write into all folders below one.
fn open_up(path: &Path) -> io::Result<()> {
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        #[cfg(unix)]
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}
