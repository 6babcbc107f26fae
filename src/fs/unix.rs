//! What is done below an open folder, on Unix: folders are held by descriptors, so that a path cannot
//! change its meaning between two calls. `paths.rs` has the same functions for other systems.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags, accessat, fchmod, mkdirat, openat};
use rustix::fs::{linkat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::{if_there, is_link, lock, not_a_file, not_a_folder};

/// A folder that is open.
pub type Dir = OwnedFd;

/// The permissions of a file.
pub type Permissions = Mode;

/// What a kernel or a file system says that does not offer a call.
const NOT_OFFERED: [Errno; 4] = [Errno::NOSYS, Errno::INVAL, Errno::OPNOTSUPP, Errno::NOTSUP];

/// Opens a folder by its path, also where a link leads.
pub fn open_root(path: &Path) -> io::Result<Dir> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Another one for the same folder.
pub fn same(folder: &Dir) -> io::Result<Dir> {
    folder.try_clone()
}

/// Waits until no other run holds the folder. The folder itself is locked as long as it is open, so there
/// is nothing to keep.
pub fn lock_folder(folder: &Dir) -> io::Result<Option<File>> {
    lock(&File::from(folder.try_clone()?))?;
    Ok(None)
}

const TO_READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Opens whatever has this path in one call, where the kernel walks the path under the rules of
/// [`super::walk`]. Nothing when it does not, or when there was an error, which the walk then explains.
#[cfg(target_os = "linux")]
pub fn open_at_once(root: &Dir, path: &str) -> Option<Option<File>> {
    use rustix::fs::{ResolveFlags, openat2};
    let rules = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let opened = if_there(openat2(root, path, TO_READ, Mode::empty(), rules));
    opened.ok().map(|file| file.map(File::from))
}

/// No kernel but that of Linux walks a path so.
#[cfg(not(target_os = "linux"))]
pub fn open_at_once(_: &Dir, _: &str) -> Option<Option<File>> {
    None
}

/// Opens whatever has this name.
pub fn open_in(at: &Dir, name: &str) -> io::Result<Option<File>> {
    match openat(at, name, TO_READ, Mode::empty()) {
        Err(Errno::LOOP) => Err(is_link()),
        opened => Ok(if_there(opened)?.map(File::from)),
    }
}

/// Opens a folder that is one itself, no link to one; nothing if there is none.
pub fn open_folder(at: &Dir, name: &str) -> io::Result<Option<Dir>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(at, name, flags, Mode::empty()) {
        Err(Errno::NOTDIR | Errno::LOOP) => Err(not_a_folder(name)),
        opened => if_there(opened),
    }
}

/// Makes a folder, with the rights that the user's mask leaves.
pub fn make_folder(at: &Dir, path: &str) -> io::Result<()> {
    Ok(mkdirat(at, path, Mode::RWXU | Mode::RWXG | Mode::RWXO)?)
}

/// Makes a folder that nobody else can look into.
pub fn make_private_folder(at: &Dir, path: &str) -> io::Result<()> {
    Ok(mkdirat(at, path, Mode::RWXU)?)
}

/// Writes a file that is not there yet.
pub fn write_new(at: &Dir, path: &str, bytes: &[u8], permissions: Option<&Permissions>) -> io::Result<()> {
    create_new(at, path, permissions)?.write_all(bytes)
}

/// Opens a file for writing that is not there yet.
pub fn create_new(at: &Dir, path: &str, permissions: Option<&Permissions>) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let new = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
    let file = File::from(openat(at, path, flags, new)?);
    if let Some(permissions) = permissions {
        fchmod(&file, *permissions)?;
    }
    Ok(file)
}

/// Moves a file or a folder. A file that is there already is replaced.
pub fn rename(from: &Dir, path: &str, to: &Dir, name: &str) -> io::Result<()> {
    Ok(renameat(from, path, to, name)?)
}

/// Moves a file to a name that nothing has yet.
pub fn rename_new(from: &Dir, path: &str, to: &Dir, name: &str) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        match renameat_with(from, path, to, name, RenameFlags::NOREPLACE) {
            // Neither every kernel nor every file system has it.
            Err(error) if NOT_OFFERED.contains(&error) => {}
            moved => return Ok(moved?),
        }
    }
    // A second name is refused where one is taken; a plain move would replace the file.
    match linkat(from, path, to, name, AtFlags::empty()) {
        Ok(()) => {
            // It has taken its place. The other name goes with the folder that it is in, if it has to stay now.
            let _ = remove_file(from, path);
            Ok(())
        }
        Err(Errno::EXIST) => Err(Errno::EXIST.into()),
        // Not every file system has links.
        Err(_) => match statat(to, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => rename(from, path, to, name),
            Err(error) => Err(error.into()),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        },
    }
}

/// Lets two names in a folder change places in one step. Says whether the system can.
pub fn exchange(at: &Dir, one: &str, other: &str) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        match renameat_with(at, one, at, other, RenameFlags::EXCHANGE) {
            // Neither every kernel nor every file system has it.
            Err(error) if NOT_OFFERED.contains(&error) => Ok(false),
            exchanged => exchanged.map(|()| true).map_err(io::Error::from),
        }
    }
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    {
        let _ = (at, one, other);
        Ok(false)
    }
}

/// Removes a file.
pub fn remove_file(at: &Dir, name: &str) -> io::Result<()> {
    Ok(unlinkat(at, name, AtFlags::empty())?)
}

/// Removes a folder that is empty.
pub fn remove_folder(at: &Dir, name: &str) -> io::Result<()> {
    Ok(unlinkat(at, name, AtFlags::REMOVEDIR)?)
}

/// Removes what is in a folder, and says which folders in it are not empty.
pub fn remove_entries(folder: Dir) -> io::Result<Vec<String>> {
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
            Err(Errno::NOTEMPTY | Errno::EXIST) => {
                let name = name.to_str().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                full.push(name.to_owned());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(full)
}

/// Whether what has this name is a folder; nothing if there is none.
pub fn is_folder(at: &Dir, name: &str) -> io::Result<Option<bool>> {
    let stat = if_there(statat(at, name, AtFlags::SYMLINK_NOFOLLOW))?;
    Ok(stat.map(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory))
}

/// The permissions of the file that will be replaced; nothing when there is none. That its folder cannot
/// be changed is said before anything is.
pub fn replaceable_in(at: &Dir, name: &str) -> io::Result<Option<Permissions>> {
    accessat(at, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty())?;
    let stat = if_there(statat(at, name, AtFlags::SYMLINK_NOFOLLOW))?;
    match stat.map(|stat| (FileType::from_raw_mode(stat.st_mode), stat.st_mode)) {
        None => Ok(None),
        Some((FileType::RegularFile, mode)) => Ok(Some(Mode::from_raw_mode(mode))),
        Some((FileType::Symlink, _)) => Err(is_link()),
        Some(_) => Err(not_a_file()),
    }
}

/// Makes what was written last a power cut. One call for all files.
#[cfg(target_os = "linux")]
pub fn sync(folder: &Dir) -> io::Result<()> {
    match rustix::fs::syncfs(folder) {
        // A file system that has none syncs when it likes.
        Err(error) if !NOT_OFFERED.contains(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Tells the system to write to the disk what it still holds in memory. Other systems than Linux may return
/// before that is done, so a power cut can damage files. One call for each would take minutes; the next run
/// compares what is in the files, and replaces those that are damaged.
#[cfg(not(target_os = "linux"))]
pub fn sync(_: &Dir) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

/// Whether a call failed since so many files are open.
pub fn is_too_many(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| number == Some(errno.raw_os_error()))
}
