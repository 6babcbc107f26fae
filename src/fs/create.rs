//! Files that are not there yet, made together: all of them or none, and never in the place of another.
//!
//! They are written into the hidden folder of [`Folder`] first. From there each takes its place by a
//! move that refuses one that is taken, and what was done is undone when one of them cannot.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, mkdirat, renameat, statat, unlinkat};
use rustix::io::Errno;

use super::folder::{Folder, FolderChange, STAGE, STAGED};
use super::walk::{ALL_RIGHTS, last, parent, parent_or_make};
use super::{is_there, survive_size_limits};
use crate::error::{Error, Result};

/// Makes files, by their paths with `/` between the parts, in a folder that is made if it is not
/// there. What they are `plan` says, when no other run works in the folder, and `files` out of that.
/// They take their places in this order, so that where the last of them is all are, whenever the program
/// is killed. `is_interrupted` says now and then whether to give up.
///
/// # Errors
/// Those of `plan`; when one of the files is there already, when a path leads through a symbolic link,
/// or when writing fails. Then all is as it was before.
pub fn all<P>(
    folder: &Path,
    plan: impl FnOnce() -> Result<P>,
    files: impl FnOnce(&P) -> Vec<(&str, &[u8])>,
    is_interrupted: &dyn Fn() -> bool,
) -> Result<P> {
    let is_new = |path: &&Path| !path.as_os_str().is_empty() && !is_there(path);
    let new: Vec<&Path> = folder.ancestors().take_while(is_new).collect();
    let done = Folder::make(folder).and_then(|opened| {
        let plan = plan()?;
        opened.create(&files(&plan), is_interrupted)?;
        Ok(plan)
    });
    if done.is_err() {
        for folder in new {
            // Only what is empty goes: somebody else may have put something there meanwhile.
            let _ = fs::remove_dir(folder);
        }
    }
    done
}

/// What has taken its place so far, to undo it.
#[derive(Default)]
struct Made<'p> {
    files: Vec<&'p str>,
    folders: Vec<&'p str>,
}

impl Folder {
    fn create(&self, files: &[(&str, &[u8])], is_interrupted: &dyn Fn() -> bool) -> Result<()> {
        self.remove_stage().map_err(self.failed("remove", STAGE))?;
        survive_size_limits().map_err(self.failed("write", STAGE))?;
        let change = FolderChange { write: files.iter().copied().collect(), ..FolderChange::default() };
        let mut made = Made::default();
        let done = self.stage(&change, &|_| is_interrupted()).and_then(|()| {
            files.iter().try_for_each(|(path, bytes)| {
                if is_interrupted() {
                    return Err(Error::Interrupted);
                }
                self.place(path, bytes, &mut made).map_err(self.failed("write", path))
            })
        });
        if done.is_err() {
            self.undo(&made);
        }
        let cleaned = self.remove_stage().map_err(self.failed("remove", STAGE));
        done.and(cleaned)
    }

    /// Moves a file to its place, and makes the folders on the way.
    fn place<'p>(&self, path: &'p str, bytes: &[u8], made: &mut Made<'p>) -> io::Result<()> {
        let to = parent_or_make(&self.fd, path, |outer, folder| {
            mkdirat(outer, last(folder), ALL_RIGHTS)?;
            made.folders.push(folder);
            Ok(true)
        })?;
        let to = to.ok_or(io::ErrorKind::NotFound)?;
        match move_new(&self.fd, &format!("{STAGED}/{path}"), &to, last(path)) {
            // A file system of its own is mounted on the way.
            Err(Errno::XDEV) => {
                let written = self.write_new(&to, last(path), bytes, None);
                if !matches!(&written, Err(error) if error.kind() == io::ErrorKind::AlreadyExists) {
                    made.files.push(path);
                }
                written
            }
            moved => {
                moved?;
                made.files.push(path);
                Ok(())
            }
        }
    }

    /// Removes what was made. What cannot be removed stays: the error that led here is the one that counts.
    fn undo(&self, made: &Made) {
        let all = made.files.iter().map(|path| (path, AtFlags::empty()));
        let folders = made.folders.iter().rev().map(|path| (path, AtFlags::REMOVEDIR));
        for (path, flags) in all.chain(folders) {
            if let Ok(Some(outer)) = parent(&self.fd, path) {
                let _ = unlinkat(&outer, last(path), flags);
            }
        }
    }
}

/// Moves a file to a name that nothing has yet.
fn move_new(from: &OwnedFd, path: &str, to: &OwnedFd, name: &str) -> rustix::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        match renameat_with(from, path, to, name, RenameFlags::NOREPLACE) {
            // Neither every kernel nor every file system has it.
            Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {}
            moved => return moved,
        }
    }
    match statat(to, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => renameat(from, path, to, name),
        Err(error) => Err(error),
        Ok(_) => Err(Errno::EXIST),
    }
}
