//! What is done below a folder where folders cannot be held open, on Windows: a folder is its path, and each
//! part of a path is looked at before it is used. The functions are those of `unix.rs`.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::in_use::retry_while_in_use;
use super::{if_there, is_link, not_a_file, not_a_folder, read_only};

/// A folder.
pub type Dir = PathBuf;

pub use std::fs::Permissions;

/// Finds a folder by its path, also where a link leads.
pub fn open_root(path: &Path) -> io::Result<Dir> {
    let root = fs::canonicalize(path)?;
    if fs::metadata(&root)?.is_dir() { Ok(root) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

/// Another one for the same folder.
pub fn same(folder: &Dir) -> io::Result<Dir> {
    Ok(folder.clone())
}

/// Waits until no other run holds the folder. Folders have no locks: a file in it that nobody else can open is one.
#[cfg(windows)]
pub fn lock_folder(folder: &Dir) -> io::Result<Option<File>> {
    super::in_use::open_alone(&folder.join(super::LOCK_FILE), &|| false).map(Some)
}

/// Systems without files have no locks either.
#[cfg(not(windows))]
pub fn lock_folder(_: &Dir) -> io::Result<Option<File>> {
    Ok(None)
}

/// Here no system walks a path under the rules of [`super::walk`].
pub fn open_at_once(_: &Dir, _: &str) -> Option<Option<File>> {
    None
}

/// Opens the file of this name.
pub fn open_in(at: &Dir, name: &str) -> io::Result<Option<File>> {
    match look(at, name)? {
        None => Ok(None),
        Some(metadata) if metadata.is_symlink() => Err(is_link()),
        Some(metadata) if !metadata.is_file() => Err(not_a_file()),
        Some(_) => if_there(File::open(at.join(name))),
    }
}

/// Finds a folder that is one itself, no link or junction to one; nothing if there is none.
pub fn open_folder(at: &Dir, name: &str) -> io::Result<Option<Dir>> {
    match look(at, name)? {
        None => Ok(None),
        Some(metadata) if metadata.is_dir() => Ok(Some(at.join(name))),
        Some(_) => Err(not_a_folder(name)),
    }
}

/// Makes a folder.
pub fn make_folder(at: &Dir, path: &str) -> io::Result<()> {
    retry_while_in_use(|| fs::create_dir(at.join(path)))
}

/// Makes a folder, with the rights that it inherits from the one around it.
pub fn make_private_folder(at: &Dir, path: &str) -> io::Result<()> {
    make_folder(at, path)
}

/// Writes a file that is not there yet.
pub fn write_new(at: &Dir, path: &str, bytes: &[u8], permissions: Option<&Permissions>) -> io::Result<()> {
    create_new(at, path, permissions)?.write_all(bytes)
}

/// Opens a file for writing that is not there yet.
pub fn create_new(at: &Dir, path: &str, permissions: Option<&Permissions>) -> io::Result<File> {
    let path = at.join(path);
    let file = retry_while_in_use(|| OpenOptions::new().write(true).create_new(true).open(&path))?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions.clone())?;
    }
    Ok(file)
}

/// Moves a file or a folder. A file that is there already is replaced.
pub fn rename(from: &Dir, path: &str, to: &Dir, name: &str) -> io::Result<()> {
    retry_while_in_use(|| fs::rename(from.join(path), to.join(name)))
}

/// Moves a file to a name that nothing has yet.
pub fn rename_new(from: &Dir, path: &str, to: &Dir, name: &str) -> io::Result<()> {
    // A second name is refused where one is taken; a move would replace the file.
    match fs::hard_link(from.join(path), to.join(name)) {
        Ok(()) => {
            // It has taken its place. The other name goes with the folder that it is in, if it has to stay now.
            let _ = remove_file(from, path);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Not every file system has links.
        Err(_) => match look(to, name)? {
            None => rename(from, path, to, name),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        },
    }
}

/// Lets two names in a folder change places in one step. No call of these systems does.
pub fn exchange(_: &Dir, _: &str, _: &str) -> io::Result<bool> {
    Ok(false)
}

/// Removes a file.
pub fn remove_file(at: &Dir, name: &str) -> io::Result<()> {
    retry_while_in_use(|| fs::remove_file(at.join(name)))
}

/// Removes a folder that is empty.
pub fn remove_folder(at: &Dir, name: &str) -> io::Result<()> {
    retry_while_in_use(|| fs::remove_dir(at.join(name)))
}

/// Removes what is in a folder, and says which folders in it are not empty. Links are removed, not followed.
pub fn remove_entries(folder: Dir) -> io::Result<Vec<String>> {
    let mut full = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let removed = if is_removed_as_folder(entry.file_type()?) {
            retry_while_in_use(|| fs::remove_dir(entry.path()))
        } else {
            retry_while_in_use(|| fs::remove_file(entry.path()))
        };
        match if_there(removed) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                let name = entry.file_name().into_string();
                full.push(name.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(full)
}

/// Whether it is a folder, or a link to one, which the system removes like a folder.
#[cfg(windows)]
fn is_removed_as_folder(kind: FileType) -> bool {
    use std::os::windows::fs::FileTypeExt as _;
    kind.is_dir() || kind.is_symlink_dir()
}

/// Whether it is a folder.
#[cfg(not(windows))]
fn is_removed_as_folder(kind: FileType) -> bool {
    kind.is_dir()
}

/// Whether what has this name is a folder; nothing if there is none.
pub fn is_folder(at: &Dir, name: &str) -> io::Result<Option<bool>> {
    Ok(look(at, name)?.map(|metadata| metadata.is_dir()))
}

/// The permissions of the file that will be replaced; nothing when there is none. That it cannot be
/// replaced is said before anything is changed.
pub fn replaceable_in(at: &Dir, name: &str) -> io::Result<Option<Permissions>> {
    match look(at, name)? {
        None => Ok(None),
        Some(metadata) if metadata.is_symlink() => Err(is_link()),
        Some(metadata) if !metadata.is_file() => Err(not_a_file()),
        Some(metadata) if metadata.permissions().readonly() => Err(read_only()),
        Some(metadata) => Ok(Some(metadata.permissions())),
    }
}

/// There is no call for all files, and one for each takes minutes. The next run compares what is in the
/// files, and replaces those that a power cut has damaged.
pub fn sync(_: &Dir) -> io::Result<()> {
    Ok(())
}

/// Whether a call failed since so many files are open.
pub fn is_too_many(error: &io::Error) -> bool {
    const TOO_MANY_OPEN_FILES: i32 = 4;
    error.raw_os_error() == Some(TOO_MANY_OPEN_FILES)
}

/// What has this name itself, be it a link.
fn look(at: &Dir, name: &str) -> io::Result<Option<Metadata>> {
    if_there(fs::symlink_metadata(at.join(name)))
}
