//! An open folder on Unix: everything in it is reached through its descriptor, so that nothing is reached
//! through a symbolic link, whatever is put in the way meanwhile.

use std::fs::{File, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags};
use rustix::fs::{accessat, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::{if_there, walk};

/// An open folder. The paths that its methods get are relative to it, with `/` between the parts.
#[derive(Debug)]
pub struct Dir(OwnedFd);

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
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Dir(rustix::fs::open(path, flags, Mode::empty())?))
    }

    pub fn try_clone(&self) -> io::Result<Dir> {
        self.0.try_clone().map(Dir)
    }

    /// Waits until no other run has the lock, and keeps it for as long as the folder is open.
    pub fn lock(&mut self) -> io::Result<()> {
        super::lock(&File::from(self.0.try_clone()?))
    }

    /// Opens a folder in this one that is one itself, no link to one; nothing if there is none.
    pub fn open_folder(&self, name: &str) -> io::Result<Option<Dir>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&self.0, name, flags, Mode::empty()) {
            Err(Errno::NOTDIR | Errno::LOOP) => Err(walk::no_folder(name)),
            opened => Ok(if_there(opened)?.map(Dir)),
        }
    }

    /// Opens whatever has this path, for reading. One call where the kernel walks the path under the same
    /// rules.
    pub fn open_file(&self, path: &str) -> io::Result<Option<File>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{ResolveFlags, openat2};
            let rules = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            // After any other error the walk below finds out what is wrong, or the kernel is an old one.
            if let Ok(file) = if_there(openat2(&self.0, path, flags, Mode::empty(), rules)) {
                return Ok(file.map(File::from));
            }
        }
        let Some(parent) = walk::parent(self, path)? else { return Ok(None) };
        match openat(&parent.0, walk::last(path), flags, Mode::empty()) {
            Err(Errno::LOOP) => Err(walk::is_link()),
            opened => Ok(if_there(opened)?.map(File::from)),
        }
    }

    /// What an entry is, without following a link; nothing if there is none.
    pub fn kind(&self, name: &str) -> io::Result<Option<EntryKind>> {
        let stat = if_there(statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW))?;
        Ok(stat.map(|stat| match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                EntryKind::File(Permissions::from_mode(Mode::from_raw_mode(stat.st_mode).bits() as u32))
            }
            FileType::Directory => EntryKind::Folder,
            FileType::Symlink => EntryKind::Link,
            _ => EntryKind::Other,
        }))
    }

    /// Fails if entries of this folder cannot be made and removed.
    pub fn check_writable(&self) -> io::Result<()> {
        Ok(accessat(&self.0, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty())?)
    }

    /// Makes a folder; one that nobody else has to look into with `is_private`.
    pub fn make_folder(&self, path: &str, is_private: bool) -> io::Result<()> {
        let all = Mode::RWXU | Mode::RWXG | Mode::RWXO;
        Ok(mkdirat(&self.0, path, if is_private { Mode::RWXU } else { all })?)
    }

    /// Makes a file that is not there.
    pub fn create_new(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
        Ok(File::from(openat(&self.0, path, flags, mode)?))
    }

    /// Moves an entry into another folder, in the place of a file of that name.
    pub fn rename(&self, path: &str, to: &Dir, name: &str) -> io::Result<()> {
        Ok(renameat(&self.0, path, &to.0, name)?)
    }

    /// Moves a file to a name that nothing has yet.
    pub fn rename_new(&self, path: &str, to: &Dir, name: &str) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        {
            use rustix::fs::{RenameFlags, renameat_with};
            match renameat_with(&self.0, path, &to.0, name, RenameFlags::NOREPLACE) {
                // Neither every kernel nor every file system has it.
                Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {}
                moved => return Ok(moved?),
            }
        }
        match statat(&to.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => self.rename(path, to, name),
            Err(error) => Err(error.into()),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    pub fn remove_file(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub fn remove_folder(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// Removes the files and empty folders in this folder. Returns the names of the folders that are not
    /// empty.
    pub fn remove_entries(self) -> io::Result<Vec<String>> {
        let mut full = Vec::new();
        let mut entries = rustix::fs::Dir::new(self.0)?;
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let folder = entries.fd()?;
            let removed = match entry.file_type() {
                FileType::Directory => Err(Errno::ISDIR),
                _ => unlinkat(folder, name, AtFlags::empty()),
            };
            let removed = match removed {
                Err(Errno::ISDIR | Errno::PERM) => unlinkat(folder, name, AtFlags::REMOVEDIR),
                removed => removed,
            };
            match removed {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::NOTEMPTY | Errno::EXIST) => {
                    let name = name.to_str().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                    full.push(name.to_owned());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(full)
    }

    /// Waits until everything that was written below is on the disk. A file system that has no such call
    /// writes when it likes.
    pub fn sync(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        match rustix::fs::syncfs(&self.0) {
            Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
        #[cfg(not(target_os = "linux"))]
        {
            rustix::fs::sync();
            Ok(())
        }
    }
}

/// Writes a new file. What is synced comes with the folder: see [`Dir::sync`].
pub fn finish(_: &File) -> io::Result<()> {
    Ok(())
}

/// Whether a call failed because too many files are open.
pub fn is_too_many(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| number == Some(errno.raw_os_error()))
}
