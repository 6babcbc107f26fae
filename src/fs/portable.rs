//! A folder where the system opens none: on Windows everything in it is reached by its path, and each part
//! of a path is looked at before it is gone through, so that no link is followed. Other systems without
//! Unix's calls (the library on WebAssembly) get the same.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use super::{if_there, walk};

/// A folder. The paths that its methods get are relative to it, with `/` between the parts.
#[derive(Debug)]
pub struct Dir {
    path: PathBuf,
    /// The file whose handle is the lock.
    lock: Option<File>,
}

/// What an entry of a folder is.
#[derive(Debug)]
pub enum EntryKind {
    File(Permissions),
    Folder,
    Link,
    Other,
}

impl Dir {
    pub fn open(path: &Path) -> io::Result<Dir> {
        match fs::metadata(path)?.is_dir() {
            true => Ok(Dir { path: path.to_owned(), lock: None }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub fn try_clone(&self) -> io::Result<Dir> {
        Ok(Dir { path: self.path.clone(), lock: None })
    }

    /// Waits until no other run has the lock, and keeps it for as long as this value lives. Windows locks no
    /// folders: the lock is a file that one process at a time can open, and that goes with it.
    #[cfg(windows)]
    pub fn lock(&mut self) -> io::Result<()> {
        use std::os::windows::fs::OpenOptionsExt as _;
        const GENERIC_WRITE: u32 = 0x4000_0000;
        const DELETE: u32 = 0x0001_0000;
        const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
        const ERROR_SHARING_VIOLATION: i32 = 32;
        let path = self.path.join(".dtpl-lock");
        let mut options = OpenOptions::new();
        options.access_mode(GENERIC_WRITE | DELETE).write(true).create(true);
        options.share_mode(0).custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
        loop {
            match options.open(&path) {
                Ok(file) => {
                    self.lock = Some(file);
                    return Ok(());
                }
                // While the file of another run goes, it cannot be opened either.
                Err(error)
                    if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION)
                        || (error.kind() == io::ErrorKind::PermissionDenied && path.exists()) =>
                {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                Err(error) => return Err(error),
            }
        }
    }

    #[cfg(not(windows))]
    pub fn lock(&mut self) -> io::Result<()> {
        self.lock = None;
        Ok(())
    }

    /// Opens a folder in this one that is one itself, no link to one; nothing if there is none.
    pub fn open_folder(&self, name: &str) -> io::Result<Option<Dir>> {
        match self.kind(name)? {
            None => Ok(None),
            Some(EntryKind::Folder) => Ok(Some(Dir { path: self.child(name)?, lock: None })),
            Some(_) => Err(walk::no_folder(name)),
        }
    }

    /// Opens whatever has this path, for reading.
    pub fn open_file(&self, path: &str) -> io::Result<Option<File>> {
        let Some(parent) = walk::parent(self, path)? else { return Ok(None) };
        match parent.kind(walk::last(path))? {
            None => Ok(None),
            Some(EntryKind::Link) => Err(walk::is_link()),
            Some(EntryKind::Folder) => Err(walk::not_a_file()),
            Some(_) => if_there(File::open(parent.child(walk::last(path))?)),
        }
    }

    /// What an entry is, without following a link; nothing if there is none.
    pub fn kind(&self, name: &str) -> io::Result<Option<EntryKind>> {
        let metadata = if_there(fs::symlink_metadata(self.child(name)?))?;
        Ok(metadata.map(|metadata| match metadata.file_type() {
            // A junction is one too.
            kind if kind.is_symlink() => EntryKind::Link,
            kind if kind.is_dir() => EntryKind::Folder,
            kind if kind.is_file() => EntryKind::File(metadata.permissions()),
            _ => EntryKind::Other,
        }))
    }

    /// Fails if entries of this folder cannot be made and removed; here the calls themselves find out.
    pub fn check_writable(&self) -> io::Result<()> {
        Ok(())
    }

    /// Makes a folder. Its rights are those of the folder around it, also with `_is_private`.
    pub fn make_folder(&self, path: &str, _is_private: bool) -> io::Result<()> {
        fs::create_dir(self.child(path)?)
    }

    /// Makes a file that is not there.
    pub fn create_new(&self, path: &str) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(self.child(path)?)
    }

    /// Moves an entry into another folder, in the place of a file of that name.
    pub fn rename(&self, path: &str, to: &Dir, name: &str) -> io::Result<()> {
        fs::rename(self.child(path)?, to.child(name)?)
    }

    /// Moves a file to a name that nothing has yet.
    pub fn rename_new(&self, path: &str, to: &Dir, name: &str) -> io::Result<()> {
        match to.kind(name)? {
            None => self.rename(path, to, name),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    pub fn remove_file(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.child(name)?)
    }

    pub fn remove_folder(&self, name: &str) -> io::Result<()> {
        fs::remove_dir(self.child(name)?)
    }

    /// Removes the files and empty folders in this folder. Returns the names of the folders that are not
    /// empty.
    pub fn remove_entries(self) -> io::Result<Vec<String>> {
        let mut full = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let removed = match entry.file_type()?.is_dir() {
                true => fs::remove_dir(entry.path()),
                false => fs::remove_file(entry.path()),
            };
            match removed {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    let name = entry.file_name().into_string();
                    full.push(name.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?);
                }
                removed => drop(if_there(removed)?),
            }
        }
        Ok(full)
    }

    /// Each file is synced when it is written: see [`finish`].
    pub fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// The path of an entry, when the system can have one of that name.
    fn child(&self, path: &str) -> io::Result<PathBuf> {
        let mut child = self.path.clone();
        for part in path.split('/') {
            if cfg!(windows) && !is_windows_name(part) {
                let message = format!("Windows cannot have a file called `{}`", crate::escape::escaped(part));
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
            child.push(part);
        }
        Ok(child)
    }
}

/// Writes a new file to the disk.
pub fn finish(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Whether a call failed because too many files are open; here no limit is that low.
pub fn is_too_many(_: &io::Error) -> bool {
    false
}

/// Whether Windows takes a name for that of a file: no part of a path, no stream of a file, no device, and
/// nothing that it shortens.
fn is_windows_name(name: &str) -> bool {
    let is_letter = |c: char| !c.is_control() && !r#"<>:"/\|?*"#.contains(c);
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_device = match stem.as_bytes() {
        b"CON" | b"PRN" | b"AUX" | b"NUL" => true,
        [b'C', b'O', b'M', b'1'..=b'9'] | [b'L', b'P', b'T', b'1'..=b'9'] => true,
        _ => false,
    };
    !name.is_empty() && !is_device && !name.ends_with(['.', ' ']) && name.chars().all(is_letter)
}
