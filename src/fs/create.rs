//! Files that are not there yet, made together: all of them or none, and never in the place of another.
//!
//! They are written into the hidden folder of [`Folder`] first. From there each takes its place by a
//! move that refuses one that is taken, and what was done is undone when one of them cannot.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::folder::{FilesInMemory, Folder, FolderChange, STAGE, STAGED};
use super::walk::{last, parent, parent_or_make};
use super::{is_there, survive_size_limits, system};
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
        let write: BTreeMap<&str, &[u8]> = files.iter().copied().collect();
        let write: FilesInMemory = write.into_iter().collect();
        let change = FolderChange { write: &write, ..FolderChange::default() };
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
        let to = parent_or_make(&self.dir, path, |outer, folder| {
            system::make_folder(outer, last(folder))?;
            made.folders.push(folder);
            Ok(true)
        })?;
        let to = to.ok_or(io::ErrorKind::NotFound)?;
        match system::rename_new(&self.dir, &format!("{STAGED}/{path}"), &to, last(path)) {
            // A file system of its own is mounted on the way.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let written = system::write_new(&to, last(path), bytes, None);
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
        let parent_of = |path| parent(&self.dir, path).ok().flatten();
        for path in &made.files {
            let _ = parent_of(path).map(|outer| system::remove_file(&outer, last(path)));
        }
        for path in made.folders.iter().rev() {
            let _ = parent_of(path).map(|outer| system::remove_folder(&outer, last(path)));
        }
    }
}
