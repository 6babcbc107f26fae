//! Paths below an open folder, walked part by part: no symbolic link is followed on the way.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat, unlinkat};
use rustix::io::Errno;

use super::if_there;

/// The rights of a new folder, from which the user's mask takes some.
pub const ALL_RIGHTS: Mode = Mode::RWXU.union(Mode::RWXG).union(Mode::RWXO);

/// The folder of a path; nothing when one on the way is not there.
pub fn parent(root: &OwnedFd, path: &str) -> io::Result<Option<OwnedFd>> {
    parent_or_make(root, path, |_, _| Ok(false))
}

/// The folder of a path, walked part by part. When one on the way is not there, `make` gets the folder
/// around it and its path, and makes it, or ends the walk with `false`.
pub fn parent_or_make<'p>(
    root: &OwnedFd,
    path: &'p str,
    mut make: impl FnMut(&OwnedFd, &'p str) -> io::Result<bool>,
) -> io::Result<Option<OwnedFd>> {
    let mut at: Option<OwnedFd> = None;
    for (end, _) in path.match_indices('/') {
        let folder = &path[..end];
        let outer = at.as_ref().unwrap_or(root);
        let mut next = open_folder(outer, last(folder))?;
        if next.is_none() {
            if !make(outer, folder)? {
                return Ok(None);
            }
            next = open_folder(outer, last(folder))?;
        }
        at = Some(next.ok_or(io::ErrorKind::NotFound)?);
    }
    at.map_or_else(|| root.try_clone(), Ok).map(Some)
}

/// Opens a regular file for reading, and says how long it is; nothing if there is none.
pub fn open_file(root: &OwnedFd, path: &str) -> io::Result<Option<(File, u64)>> {
    let Some(file) = open(root, path)?.map(File::from) else { return Ok(None) };
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok(Some((file, metadata.len()))) } else { Err(not_a_file()) }
}

/// Opens whatever has this path. One call where the kernel walks the path under the same rules.
fn open(root: &OwnedFd, path: &str) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{ResolveFlags, openat2};
        let rules = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        // After any other error the walk below finds out what is wrong, or the kernel is an old one.
        if let Ok(file) = if_there(openat2(root, path, flags, Mode::empty(), rules)) {
            return Ok(file);
        }
    }
    let Some(parent) = parent(root, path)? else { return Ok(None) };
    match openat(&parent, last(path), flags, Mode::empty()) {
        Err(Errno::LOOP) => Err(is_link()),
        opened => if_there(opened),
    }
}

/// Removes a folder with all that is in it. Its files are at most three folders deep. However
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
    if_there(unlinkat(&outer, last(path), AtFlags::REMOVEDIR)).map(|_| ())
}

/// Opens a folder that is one itself, no link to one; nothing if there is none.
pub fn open_folder(at: &OwnedFd, name: &str) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(at, name, flags, Mode::empty()) {
        Err(Errno::NOTDIR | Errno::LOOP) => {
            Err(io::Error::other(format!("`{name}` on the way is a symbolic link, or no folder")))
        }
        opened => if_there(opened),
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

/// Remembers whether the outermost folder of the last path is there: in one that is not, nothing is.
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
