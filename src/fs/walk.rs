//! Paths below an open folder, walked part by part: no symbolic link is followed on the way.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat, unlinkat};
use rustix::io::Errno;

/// The folder of a path, walked part by part; nothing when one is not there.
pub fn parent(root: &OwnedFd, path: &str) -> io::Result<Option<OwnedFd>> {
    let mut at: Option<OwnedFd> = None;
    let Some((folders, _)) = path.rsplit_once('/') else {
        return root.try_clone().map(Some);
    };
    for part in folders.split('/') {
        match open_folder(at.as_ref().unwrap_or(root), part)? {
            Some(folder) => at = Some(folder),
            None => return Ok(None),
        }
    }
    Ok(at)
}

/// Opens a file for reading; nothing if there is none. One call where the kernel walks the path under
/// the same rules.
pub fn open_file(root: &OwnedFd, path: &str) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{ResolveFlags, openat2};
        let rules = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match openat2(root, path, flags, Mode::empty(), rules) {
            Ok(file) => return Ok(Some(file)),
            Err(Errno::NOENT) => return Ok(None),
            // The walk below knows better what is wrong, or the kernel is an old one.
            Err(_) => {}
        }
    }
    let Some(parent) = parent(root, path)? else { return Ok(None) };
    match openat(&parent, last(path), flags, Mode::empty()) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP) => Err(is_link()),
        Err(error) => Err(error.into()),
    }
}

/// Removes a folder with all that is in it. Files lie at most three folders deep in it. However
/// deep it is, no more than two folders are open at once, in case few may be.
pub fn remove_all(root: &OwnedFd, path: &str, depth: u8) -> io::Result<()> {
    let Some(outer) = parent(root, path)? else { return Ok(()) };
    let Some(folder) = open_folder(&outer, last(path))? else { return Ok(()) };
    drop(outer);
    let mut full = Vec::new();
    let mut entries = rustix::fs::Dir::new(folder)?;
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
            Err(Errno::NOTEMPTY | Errno::EXIST) if depth > 0 => {
                let name = name.to_str().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                full.push(format!("{path}/{name}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    drop(entries);
    full.iter().try_for_each(|inner| remove_all(root, inner, depth - 1))?;
    let Some(outer) = parent(root, path)? else { return Ok(()) };
    match unlinkat(&outer, last(path), AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Opens a folder that is one itself, no link to one; nothing if there is none.
pub fn open_folder(at: &OwnedFd, name: &str) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(at, name, flags, Mode::empty()) {
        Ok(fd) => Ok(Some(fd)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::NOTDIR | Errno::LOOP) => {
            let message = format!("`{name}` on the way is a symbolic link, or no folder");
            Err(io::Error::other(message))
        }
        Err(error) => Err(error.into()),
    }
}

pub fn is_link() -> io::Error {
    io::Error::other("it is a symbolic link; nothing is written through one")
}

pub fn not_a_file() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// The last part of a path.
pub fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

/// Remembers of the outermost folder that was asked for last whether it is there: in one that is not,
/// nothing is.
#[derive(Default)]
pub struct Outermost<'p> {
    name: &'p str,
    is_there: bool,
}

impl<'p> Outermost<'p> {
    pub fn is_there(&mut self, root: &OwnedFd, path: &'p str) -> bool {
        let Some((name, _)) = path.split_once('/') else { return true };
        if name != self.name {
            let found = statat(root, name, AtFlags::SYMLINK_NOFOLLOW);
            (self.name, self.is_there) = (name, !matches!(found, Err(Errno::NOENT)));
        }
        self.is_there
    }
}
