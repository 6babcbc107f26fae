//! Many files in one folder, replaced together: everything is written before anything is replaced.
//!
//! The new files are put into a hidden folder inside, and then take their places one by one, so that
//! a run that is killed leaves every file old or new. What it leaves of the hidden folder the next run
//! removes, after a look at the list of files in it. Whoever writes holds the lock of the folder
//! itself. Paths are walked part by part and no symbolic link is followed, so that nothing is ever
//! written outside, whatever is put in the way meanwhile.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

pub use super::change::{Content, ExpectedFile, FilesInMemory, FolderChange, NewFiles};
use super::system::{self, Dir, Permissions, create_new, make_folder, remove_file, rename, write_new};
use super::walk::{Outermost, last, open_file, parent, parent_or_make, remove_all};
use super::{LOCK_FILE, if_there, read_some, survive_size_limits};
use crate::error::{Error, Result};

/// The hidden folder, and what is in it.
pub(super) const STAGE: &str = ".dtpl-tmp";
pub(super) const STAGED: &str = ".dtpl-tmp/files";
const STAGED_LIST: &str = ".dtpl-tmp/list";
const STAGED_LAST_LIST: &str = ".dtpl-tmp/last-list";

/// A folder that is worked in.
#[derive(Debug)]
pub struct Folder {
    pub(super) dir: Dir,
    path: PathBuf,
    /// What holds the lock, if the folder does not do so itself.
    _lock: Option<File>,
}

impl Folder {
    /// Opens a folder, or makes it, and waits until no other run works in it.
    pub fn make(path: &Path) -> Result<Folder> {
        fs::create_dir_all(path).map_err(Error::io("make the folder", path))?;
        let folder = Folder::open(path)?;
        let lock = system::lock_folder(&folder.dir).map_err(Error::io("lock", path))?;
        Ok(Folder { _lock: lock, ..folder })
    }

    /// Opens a folder for looking.
    pub fn open(path: &Path) -> Result<Folder> {
        let dir = system::open_root(path).map_err(Error::io("open", path))?;
        Ok(Folder { dir, path: path.to_owned(), _lock: None })
    }

    /// Whether nothing is in it, apart from the hidden folder and the lock.
    pub fn is_empty(&self) -> bool {
        let is_own = |name: &OsStr| name == STAGE || name == LOCK_FILE;
        let is_other = |entry: io::Result<fs::DirEntry>| !entry.is_ok_and(|entry| is_own(&entry.file_name()));
        fs::read_dir(&self.path).is_ok_and(|mut entries| !entries.any(is_other))
    }

    /// The content of a file; nothing if there is none.
    pub fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>> {
        self.read_file(path, most).map_err(self.failed("read", path))
    }

    /// The list of files that a killed run had written before it began to replace files, if there was
    /// such a run.
    pub fn left_list(&self, most: u64) -> Result<Option<Vec<u8>>> {
        match self.read_file(STAGED_LIST, most) {
            // Whatever it is, it is no list.
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(None),
            other => other.map_err(self.failed("read", STAGED_LIST)),
        }
    }

    /// Replaces the list by one that says which files the killed run has made. What that run left is
    /// removed soon, and nothing else would know of them if this run were killed too.
    ///
    /// # Errors
    /// When writing fails; then nothing has changed.
    pub fn adopt(&self, name: &str, list: &[u8]) -> Result<()> {
        let written = (|| {
            let Some(stage) = parent(&self.dir, STAGED_LIST)? else { return Ok(()) };
            if_there(remove_file(&stage, "adopted"))?;
            write_new(&stage, "adopted", list, self.permissions_of(name)?.as_ref())?;
            rename(&stage, "adopted", &self.dir, name)
        })();
        written.map_err(self.failed("write", name))
    }

    /// Makes the change: all of it is written before the first file is replaced. `watch` gets now and then
    /// how many steps are done, two for each file, and says whether to end early.
    ///
    /// # Errors
    /// When writing fails, or a path leads through a symbolic link or to what is no regular file.
    /// Before the first file is replaced nothing has changed; after it each file is old or new.
    pub fn apply(&self, change: &FolderChange, watch: &dyn Fn(usize) -> bool) -> Result<()> {
        self.remove_stage().map_err(self.failed("remove", STAGE))?;
        if change.is_empty() {
            return Ok(());
        }
        survive_size_limits().map_err(self.failed("write", STAGE))?;
        let done = self.stage(change, watch).and_then(|()| {
            let mut begun = false;
            let moved = self.move_all(change, watch, &mut begun);
            // So even of a change that failed half way it is known which files it was about.
            let is_about = begun || moved.is_ok();
            let listed = self.place_list(STAGED_LIST, change.list.filter(|_| is_about));
            moved.and(listed)?;
            for path in &change.remove {
                if watch(2 * change.write.count()) {
                    return Err(Error::Interrupted);
                }
                self.remove(path).map_err(self.failed("remove", path))?;
            }
            self.place_list(STAGED_LAST_LIST, change.list.filter(|_| change.last_list.is_some()))
        });
        let cleaned = self.remove_stage().map_err(self.failed("remove", STAGE));
        done.and(cleaned)
    }

    fn place_list(&self, staged: &str, list: Option<(&str, &Content)>) -> Result<()> {
        let Some((name, _)) = list else { return Ok(()) };
        rename(&self.dir, staged, &self.dir, name).map_err(self.failed("write", name))
    }

    pub(super) fn failed(&self, action: &'static str, path: &str) -> impl FnOnce(io::Error) -> Error {
        // Nobody knows the file in which the program prepares what it writes: the folder is at fault.
        let is_staged = action == "write" && path.starts_with(STAGE);
        Error::io(action, if is_staged { self.path.clone() } else { self.path.join(path) })
    }

    fn read_file(&self, path: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((mut file, len)) = open_file(&self.dir, path)? else { return Ok(None) };
        if len > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        read_some(&mut file, len, most)?.ok_or(io::ErrorKind::FileTooLarge.into()).map(Some)
    }

    /// Writes everything that is new into the hidden folder.
    pub(super) fn stage(&self, change: &FolderChange, watch: &dyn Fn(usize) -> bool) -> Result<()> {
        // Nobody else has to look into it.
        let made =
            system::make_private_folder(&self.dir, STAGE).and_then(|()| make_folder(&self.dir, STAGED));
        made.map_err(self.failed("write", STAGE))?;
        let (mut folder, mut done) = (String::new(), 0);
        let mut folders = Outermost::of(self.is_empty());
        change.write.each(&mut |number, bytes| {
            if watch(done) {
                return Err(Error::Interrupted);
            }
            done += 1;
            let path = &*change.write.path(number);
            let staged = (|| {
                let own = if folders.is_there(&self.dir, path) { self.permissions_of(path)? } else { None };
                let mode = match (own, change.like.get(path)) {
                    (None, Some(like)) => self.permissions_of(like)?,
                    (mode, _) => mode,
                };
                let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                if parent != folder {
                    self.make_staged(parent, &folder)?;
                    parent.clone_into(&mut folder);
                }
                write_new(&self.dir, &format!("{STAGED}/{path}"), bytes, mode.as_ref())
            })();
            staged.map_err(self.failed("write", path))
        })?;
        // What is in the way of a removal has to be known before anything changes.
        for path in &change.remove {
            self.permissions_of(path).map_err(self.failed("remove", path))?;
        }
        if let Some((name, content)) = change.list {
            let mode = self.permissions_of(name).map_err(self.failed("write", name))?;
            let lists = [(STAGED_LIST, Some(content)), (STAGED_LAST_LIST, change.last_list)];
            for (staged, content) in lists {
                let Some(content) = content else { continue };
                let written = create_new(&self.dir, staged, mode.as_ref()).and_then(|file| {
                    let mut out = BufWriter::with_capacity(1 << 16, file);
                    content(&mut out)?;
                    out.flush()
                });
                written.map_err(self.failed("write", name))?;
            }
        }
        system::sync(&self.dir).map_err(self.failed("write", STAGE))
    }

    /// The permissions of the file that will be replaced; nothing when there is none.
    fn permissions_of(&self, path: &str) -> io::Result<Option<Permissions>> {
        match parent(&self.dir, path)? {
            Some(parent) => system::replaceable_in(&parent, last(path)),
            None => Ok(None),
        }
    }

    /// Makes a folder in the hidden one; `last` is the one that was made before.
    fn make_staged(&self, folder: &str, last: &str) -> io::Result<()> {
        for (end, _) in folder.match_indices('/').chain([(folder.len(), "")]) {
            let outer = &folder[..end];
            if last.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                continue;
            }
            match make_folder(&self.dir, &format!("{STAGED}/{outer}")) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
        }
        Ok(())
    }

    /// Lets what was staged take its places: a folder that is new as a whole, files one by one.
    fn move_all(&self, change: &FolderChange, watch: &dyn Fn(usize) -> bool, begun: &mut bool) -> Result<()> {
        // The folder that came last as a whole, with everything that is in it.
        let mut moved: Option<String> = None;
        let count = change.write.count();
        for number in 0..count {
            if watch(count + number) {
                return Err(Error::Interrupted);
            }
            let path = &*change.write.path(number);
            let within = moved.as_deref().and_then(|moved| path.strip_prefix(moved));
            if !within.is_some_and(|rest| rest.starts_with('/')) {
                moved = self.move_one(path).map_err(self.failed("write", path))?;
                *begun = true;
            }
        }
        Ok(())
    }

    /// Moves a file, or the outermost of its folders that is not there yet; says which folder it was.
    fn move_one(&self, path: &str) -> io::Result<Option<String>> {
        let mut moved = None;
        let parent = parent_or_make(&self.dir, path, |outer, folder| {
            match rename(&self.dir, &format!("{STAGED}/{folder}"), outer, last(folder)) {
                // A file system of its own is mounted on the way: the files go one by one.
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                    make_folder(outer, last(folder))?;
                }
                renamed => {
                    renamed?;
                    moved = Some(folder.to_owned());
                }
            }
            Ok(moved.is_none())
        })?;
        let Some(parent) = &parent else { return Ok(moved) };
        let staged = format!("{STAGED}/{path}");
        match rename(&self.dir, &staged, parent, last(path)) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let bytes = self.read_file(&staged, u64::MAX)?.ok_or(io::ErrorKind::NotFound)?;
                let temporary = format!(".{}{STAGE}", last(path));
                let _ = remove_file(parent, &temporary);
                let written = write_new(parent, &temporary, &bytes, self.permissions_of(path)?.as_ref())
                    .and_then(|()| rename(parent, &temporary, parent, last(path)));
                if written.is_err() {
                    let _ = remove_file(parent, &temporary);
                }
                written?;
            }
            moved => moved?,
        }
        Ok(None)
    }

    /// Removes a file if it is one, and the folders that are empty then.
    fn remove(&self, path: &str) -> io::Result<()> {
        if self.permissions_of(path)?.is_some()
            && let Some(parent) = parent(&self.dir, path)?
        {
            remove_file(&parent, last(path))?;
        }
        let mut folder = path;
        while let Some((outer, _)) = folder.rsplit_once('/') {
            folder = outer;
            let Some(parent) = parent(&self.dir, folder)? else { continue };
            match system::remove_folder(&parent, last(folder)) {
                // Somebody keeps something else in it.
                Err(error) if is_kept(error.kind()) => break,
                removed => if_there(removed)?,
            };
        }
        Ok(())
    }

    /// Removes the hidden folder and what is in it.
    pub(super) fn remove_stage(&self) -> io::Result<()> {
        match system::is_folder(&self.dir, STAGE)? {
            None => Ok(()),
            Some(true) => remove_all(&self.dir, STAGE, 8),
            Some(false) => Err(io::Error::other("it is in the way")),
        }
    }
}

/// Whether a folder could not be removed since it holds something.
fn is_kept(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, ResourceBusy};
    matches!(kind, DirectoryNotEmpty | AlreadyExists | ResourceBusy)
}
