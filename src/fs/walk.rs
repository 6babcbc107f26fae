//! Paths below an open folder, walked part by part: no symbolic link is followed on the way.

use std::fs::File;
use std::io;

use super::system::{self, Dir};
use super::{if_there, not_a_file};

/// The folder of a path; nothing when one on the way is not there.
pub fn parent(root: &Dir, path: &str) -> io::Result<Option<Dir>> {
    parent_or_make(root, path, |_, _| Ok(false))
}

/// The folder of a path, walked part by part. When one on the way is not there, `make` gets the folder
/// around it and its path, and makes it, or ends the walk with `false`.
pub fn parent_or_make<'p>(
    root: &Dir,
    path: &'p str,
    mut make: impl FnMut(&Dir, &'p str) -> io::Result<bool>,
) -> io::Result<Option<Dir>> {
    let mut at: Option<Dir> = None;
    for (end, _) in path.match_indices('/') {
        let folder = &path[..end];
        let outer = at.as_ref().unwrap_or(root);
        let mut next = system::open_folder(outer, last(folder))?;
        if next.is_none() {
            if !make(outer, folder)? {
                return Ok(None);
            }
            next = system::open_folder(outer, last(folder))?;
        }
        at = Some(next.ok_or(io::ErrorKind::NotFound)?);
    }
    at.map_or_else(|| system::same(root), Ok).map(Some)
}

/// Opens a regular file for reading, and says how long it is; nothing if there is none.
pub fn open_file(root: &Dir, path: &str) -> io::Result<Option<(File, u64)>> {
    let opened = match system::open_at_once(root, path) {
        Some(opened) => opened,
        None => match parent(root, path)? {
            Some(parent) => system::open_in(&parent, last(path))?,
            None => None,
        },
    };
    let Some(file) = opened else { return Ok(None) };
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok(Some((file, metadata.len()))) } else { Err(not_a_file()) }
}

/// Removes a folder with all that is in it. Its files are at most `depth` folders deep. However deep it is,
/// no more than two folders are open at once, in case few may be.
pub fn remove_all(root: &Dir, path: &str, depth: u8) -> io::Result<()> {
    let Some(outer) = parent(root, path)? else { return Ok(()) };
    let Some(folder) = system::open_folder(&outer, last(path))? else { return Ok(()) };
    drop(outer);
    let full = system::remove_entries(folder)?;
    let depth = match depth.checked_sub(1) {
        None if !full.is_empty() => return Err(io::ErrorKind::DirectoryNotEmpty.into()),
        depth => depth.unwrap_or(0),
    };
    full.iter().try_for_each(|inner| remove_all(root, &format!("{path}/{inner}"), depth))?;
    let Some(outer) = parent(root, path)? else { return Ok(()) };
    if_there(system::remove_folder(&outer, last(path))).map(|_| ())
}

/// The last part of a path.
pub fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

/// Remembers whether the outermost folder of the last path is there: in one that is not, nothing is.
#[derive(Default)]
pub struct Outermost {
    name: String,
    is_there: bool,
    /// Whether nothing is there at all.
    is_nothing: bool,
}

impl Outermost {
    /// For a folder that is empty, or not.
    pub fn of(is_empty: bool) -> Self {
        Outermost { is_nothing: is_empty, ..Outermost::default() }
    }

    pub fn is_there(&mut self, root: &Dir, path: &str) -> bool {
        let Some((name, _)) = path.split_once('/') else { return true };
        if self.is_nothing {
            return false;
        }
        if name != self.name {
            name.clone_into(&mut self.name);
            self.is_there = !matches!(system::is_folder(root, name), Ok(None));
        }
        self.is_there
    }
}
