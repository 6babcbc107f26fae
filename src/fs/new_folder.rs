//! A folder that is made as a whole: all of it, or nothing.
//!
//! Everything is written into a hidden folder beside it, which then takes its place in one step. Whatever
//! happens on the way, the folder is the old one or the new one. What a killed run left of the hidden folder
//! the next run removes; runs for one folder take turns. A hidden file beside the folder lists what is in it, so
//! that a later run replaces what this program made, and nothing else. It is not inside, as everything there
//! goes into an image.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::beside::{LIST, OLD, STAGE, beside, listed, write_list};
use super::entries::{EntryKind, entries, remove};
use super::{is_dir, is_there, survive_size_limits, system};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};

/// Bytes that are copied before an interruption is noticed.
const PIECE: u64 = 64 << 20;

/// A folder that is being made.
pub struct NewFolder<'i> {
    /// Where it goes.
    path: PathBuf,
    /// Where it is made.
    stage: PathBuf,
    /// What is in the folder that it replaces.
    old: BTreeSet<String>,
    /// What is in it so far.
    made: BTreeSet<String>,
    /// The modes of its folders, which they get at the end: one may forbid to write into it.
    modes: Vec<(PathBuf, Permissions)>,
    is_interrupted: &'i dyn Fn() -> bool,
    /// Of the hidden folder and of the one that it replaces.
    locks: [Option<File>; 2],
}

impl<'i> NewFolder<'i> {
    /// Begins a folder that is new, empty, or made by an earlier run. Waits until no other run works on it.
    ///
    /// # Errors
    /// When something else is there, and when the system refuses.
    pub fn begin(path: &Path, is_interrupted: &'i dyn Fn() -> bool) -> Result<Self> {
        let failed = |action| Error::io(action, path);
        if is_there(path) && !is_dir(path) {
            return Err(refused(
                path,
                "the output is a file, and this needs a folder",
                "name a folder with --output",
            ));
        }
        survive_size_limits().map_err(failed("write"))?;
        let place = place_of(path).map_err(failed("make the folder"))?;
        if place.file_name().is_none() {
            let help = "name a folder in it with --output";
            return Err(refused(path, "the output is the root of the file system", help));
        }
        let stage = beside(&place, STAGE);
        let lock = take(&stage, is_interrupted).map_err(Error::io("make the folder", &stage))?;
        // From here on a failure removes the hidden folder.
        let mut folder = NewFolder {
            old: BTreeSet::new(),
            made: BTreeSet::new(),
            modes: Vec::new(),
            path: place,
            stage,
            is_interrupted,
            locks: [lock, None],
        };
        // It will have the name of the hidden folder until it is removed: another run has to wait until then.
        if is_dir(&folder.path) {
            let [_, old_lock] = &mut folder.locks;
            *old_lock = lock_of(&folder.path, is_interrupted).map_err(failed("lock"))?.flatten();
        }
        folder.old = folder.old_paths(path)?;
        Ok(folder)
    }

    /// The paths in the folder that will be replaced.
    fn old_paths(&self, shown: &Path) -> Result<BTreeSet<String>> {
        if !is_dir(&self.path) {
            return Ok(BTreeSet::new());
        }
        let listed = listed(&self.path).map_err(Error::io("read", beside(&self.path, LIST)))?;
        let mut there = BTreeSet::new();
        let mut folders = vec![(self.path.clone(), String::new())];
        while let Some((folder, below)) = folders.pop() {
            for entry in entries(&folder)? {
                let path = join(&below, &entry.name.to_string_lossy());
                if !listed.contains(&path) {
                    let help = "name a new folder with --output, or remove this one";
                    let message = "this is not from an earlier export, and would be lost";
                    return Err(refused(&shown.join(&path), message, help));
                }
                if entry.kind == EntryKind::Folder {
                    folders.push((folder.join(&entry.name), path.clone()));
                }
                there.insert(path);
            }
        }
        Ok(there)
    }

    /// Makes a folder with the mode of another, and those above it.
    pub fn folder(&mut self, path: &Path, like: &Path) -> Result<()> {
        self.go_on()?;
        let at = self.stage.join(path);
        if path.as_os_str().is_empty() || self.made.contains(&shown(path)) {
            return Ok(());
        }
        if let (Some(above), Some(like)) = (path.parent(), like.parent()) {
            self.folder(above, like)?;
        }
        self.made.insert(shown(path));
        fs::create_dir(&at).map_err(self.failed("make the folder", path))?;
        // One that is not there gives no mode.
        if let Ok(metadata) = fs::metadata(like) {
            self.modes.push((at, metadata.permissions()));
        }
        Ok(())
    }

    /// Copies a regular file with its mode and its time.
    pub fn copy(&mut self, from: &Path, path: &Path) -> Result<()> {
        let mut source = File::open(from).map_err(Error::io("read", from))?;
        let metadata = source.metadata().map_err(Error::io("read", from))?;
        let mut file = self.new_file(path)?;
        loop {
            let copied = io::copy(&mut (&mut source).take(PIECE), &mut file);
            if copied.map_err(self.failed("write", path))? < PIECE {
                break;
            }
            self.go_on()?;
        }
        let finished =
            file.set_permissions(metadata.permissions()).and_then(|()| match metadata.modified() {
                Ok(time) => file.set_times(FileTimes::new().set_modified(time)),
                Err(_) => Ok(()),
            });
        finished.map_err(self.failed("write", path))
    }

    /// Writes a file, with the mode of another if there is one.
    pub fn write(&mut self, bytes: &[u8], path: &Path, like: Option<&Path>) -> Result<()> {
        let mode = like.and_then(|like| fs::metadata(like).ok());
        let mut file = self.new_file(path)?;
        let written = file.write_all(bytes).and_then(|()| match mode.filter(fs::Metadata::is_file) {
            Some(metadata) => file.set_permissions(metadata.permissions()),
            None => Ok(()),
        });
        written.map_err(self.failed("write", path))
    }

    /// Makes a symbolic link that says where it leads as another one does.
    pub fn link(&mut self, from: &Path, path: &Path) -> Result<()> {
        self.go_on()?;
        let target = fs::read_link(from).map_err(Error::io("read", from))?;
        self.made.insert(shown(path));
        make_link(&target, from, &self.stage.join(path)).map_err(self.failed("make the link", path))
    }

    /// Gives a file that was made a second name.
    pub fn second_name(&mut self, first: &Path, path: &Path) -> Result<()> {
        self.go_on()?;
        self.made.insert(shown(path));
        let linked = fs::hard_link(self.stage.join(first), self.stage.join(path));
        linked.map_err(self.failed("make the link", path))
    }

    fn new_file(&mut self, path: &Path) -> Result<File> {
        self.go_on()?;
        self.made.insert(shown(path));
        let opened = OpenOptions::new().write(true).create_new(true).open(self.stage.join(path));
        opened.map_err(self.failed("write", path))
    }

    /// Lets the folder take its place, with the mode of another.
    ///
    /// # Errors
    /// When the system refuses; then the old folder is there as it was.
    pub fn finish(mut self, like: &Path) -> Result<()> {
        let failed = || Error::io("write", &self.path);
        // The innermost first.
        for (folder, mode) in self.modes.drain(..).rev() {
            fs::set_permissions(&folder, mode).map_err(failed())?;
        }
        let mode = fs::metadata(like).map(|metadata| metadata.permissions());
        if let Ok(mode) = mode {
            fs::set_permissions(&self.stage, mode).map_err(failed())?;
        }
        let dir = system::open_root(&self.stage).map_err(failed())?;
        system::sync(&dir).map_err(failed())?;
        drop(dir);
        self.go_on()?;
        // Until it has taken its place, the folder there has to be known too.
        let both = self.old.union(&self.made).cloned().collect();
        write_list(&self.path, &both)?;
        self.take_the_place().map_err(failed())?;
        // The longer list is right as well, and the folder is there: there is nothing to report.
        let _ = write_list(&self.path, &self.made);
        Ok(())
    }

    fn take_the_place(&self) -> io::Result<()> {
        if !is_there(&self.path) {
            return fs::rename(&self.stage, &self.path);
        }
        let outer = system::open_root(self.path.parent().unwrap_or(Path::new(".")))?;
        let name = |path: &Path| path.file_name().and_then(OsStr::to_str).map(str::to_owned);
        if let (Some(stage), Some(own)) = (name(&self.stage), name(&self.path))
            && system::exchange(&outer, &stage, &own)?
        {
            return Ok(());
        }
        let old = beside(&self.path, OLD);
        remove(&old)?;
        fs::rename(&self.path, &old)?;
        if let Err(error) = fs::rename(&self.stage, &self.path) {
            fs::rename(&old, &self.path)?;
            return Err(error);
        }
        remove(&old)
    }

    fn go_on(&self) -> Result<()> {
        if (self.is_interrupted)() { Err(Error::Interrupted) } else { Ok(()) }
    }

    fn failed(&self, action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        Error::io(action, self.path.join(path))
    }
}

impl Drop for NewFolder<'_> {
    /// Removes the hidden folder: a part of a new one, or the old one.
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and the next run removes what is left.
        let _ = remove(&self.stage);
    }
}

/// The folder's own path, without links; the folders above it are made.
fn place_of(path: &Path) -> io::Result<PathBuf> {
    if is_there(path) {
        return fs::canonicalize(path);
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(above)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    Ok(fs::canonicalize(above)?.join(name))
}

/// Makes an empty folder that is this run's alone, and waits for another run that has it.
fn take(stage: &Path, is_interrupted: &dyn Fn() -> bool) -> io::Result<Option<File>> {
    loop {
        match fs::create_dir(stage) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        if fs::symlink_metadata(stage)?.is_symlink() {
            return Err(super::is_link());
        }
        let Some(lock) = lock_of(stage, is_interrupted)? else { continue };
        for entry in entries(stage).map_err(io::Error::other)? {
            remove(&stage.join(entry.name))?;
        }
        return Ok(lock);
    }
}

/// Locks a folder; nothing if it is another one meanwhile.
#[cfg(unix)]
fn lock_of(stage: &Path, is_interrupted: &dyn Fn() -> bool) -> io::Result<Option<Option<File>>> {
    use std::os::unix::fs::MetadataExt as _;
    let Some(file) = super::if_there(File::open(stage))? else { return Ok(None) };
    super::replace::wait_for(&file, is_interrupted)?;
    let Some(there) = super::if_there(fs::symlink_metadata(stage))? else { return Ok(None) };
    let own = file.metadata()?;
    Ok(((own.dev(), own.ino()) == (there.dev(), there.ino())).then_some(Some(file)))
}

/// Folders have no locks on this system.
#[cfg(not(unix))]
fn lock_of(_: &Path, _: &dyn Fn() -> bool) -> io::Result<Option<Option<File>>> {
    Ok(Some(None))
}

#[cfg(unix)]
fn make_link(target: &Path, _: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(windows)]
fn make_link(target: &Path, from: &Path, at: &Path) -> io::Result<()> {
    match is_dir(from) {
        true => std::os::windows::fs::symlink_dir(target, at),
        false => std::os::windows::fs::symlink_file(target, at),
    }
}

#[cfg(not(any(unix, windows)))]
fn make_link(_: &Path, _: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn join(below: &str, name: &str) -> String {
    if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") }
}

/// A path in the list, with `/` on every system.
fn shown(path: &Path) -> String {
    path.iter().map(OsStr::to_string_lossy).collect::<Vec<_>>().join("/")
}

fn refused(path: &Path, message: &str, help: &str) -> Error {
    Error::usage(Diagnostic::error(Place::of_path(path), message).help(help))
}
