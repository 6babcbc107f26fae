//! What there is to do in a folder: which files are new, which go, and what lists them. Nothing here holds the content
//! of all files at once, which may be more than the memory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::error::Result;

/// Writes the content of a file, as often as it is asked for it.
pub type Content<'c> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'c;

/// Files with their new content, in the order of their paths, each once.
pub trait NewFiles {
    /// How many there are.
    fn count(&self) -> usize;

    /// The path of the one with this number.
    fn path(&self, number: usize) -> Cow<'_, str>;

    /// Hands over the number and the content of each, in whatever order.
    ///
    /// # Errors
    /// Those of `take`; when a content cannot be made.
    fn each(&self, take: &mut dyn FnMut(usize, &[u8]) -> Result<()>) -> Result<()>;
}

/// Files that are in memory, by path.
pub type FilesInMemory<'f> = Vec<(&'f str, &'f [u8])>;

impl NewFiles for FilesInMemory<'_> {
    fn count(&self) -> usize {
        self.len()
    }

    fn path(&self, number: usize) -> Cow<'_, str> {
        self.get(number).map_or("", |(path, _)| *path).into()
    }

    fn each(&self, take: &mut dyn FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        self.iter().enumerate().try_for_each(|(number, (_, bytes))| take(number, bytes))
    }
}

static NOTHING: FilesInMemory = Vec::new();

/// What there is to do in a folder. Paths have `/` between their parts, and no part is `..`.
pub struct FolderChange<'c> {
    /// Files with their new content.
    pub write: &'c dyn NewFiles,
    /// For a file that is new, the one that it gets its mode from.
    pub like: BTreeMap<&'c str, &'c str>,
    /// Files to remove, and the folders that are empty then.
    pub remove: Vec<&'c str>,
    /// The file in the folder that lists its files, with its new content. It is replaced after all
    /// others, and a run that was killed before is known by the one that it left.
    pub list: Option<(&'c str, &'c Content<'c>)>,
    /// What that file holds when files were removed. Until then they have to be listed.
    pub last_list: Option<&'c Content<'c>>,
}

impl Default for FolderChange<'_> {
    fn default() -> Self {
        FolderChange {
            write: &NOTHING,
            like: BTreeMap::new(),
            remove: Vec::new(),
            list: None,
            last_list: None,
        }
    }
}

impl FolderChange<'_> {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.write.count() == 0 && self.remove.is_empty() && self.list.is_none()
    }
}

/// A file as it has to be, told by its digest.
#[derive(Debug)]
pub struct ExpectedFile<'f> {
    /// Its path, with `/` between the parts.
    pub path: Cow<'f, str>,
    /// How many bytes it has, up to what 32 bits hold.
    pub bytes: u64,
    /// The SHA-256 of its content.
    pub sha256: &'f [u8; 32],
}
