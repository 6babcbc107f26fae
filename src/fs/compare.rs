//! What of many files is in a folder already: most runs change few of them.

use std::io::{self, Read as _};
use std::ops::Range;

use super::folder::Folder;
use super::system::is_too_many;
use super::walk::{Outermost, open_file};
use crate::error::{Error, Result};
use crate::threads;

impl Folder {
    /// Whether a file is there and holds just this.
    pub fn holds(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        self.is_same(path, bytes, &mut Vec::new()).map_err(self.failed("read", path))
    }

    /// Whether each of these files is there and holds just the bytes beside its path, looked at by `jobs`
    /// threads at once. Neighbours are quicker when they are in order.
    pub fn holds_each(&self, files: &[(&str, &[u8])], jobs: usize) -> Result<Vec<bool>> {
        let parts = threads::share(&mut vec![(); jobs], 0..files.len(), 512, |(), range: Range<usize>| {
            let (mut buffer, mut folders) = (Vec::new(), Outermost::default());
            let mut held = Vec::with_capacity(range.len());
            for &(path, bytes) in files.get(range).unwrap_or_default() {
                let is_same = folders.is_there(&self.dir, path)
                    && self.is_same(path, bytes, &mut buffer).map_err(self.failed("read", path))?;
                held.push(is_same);
            }
            Ok(held)
        });
        match parts.into_iter().collect::<Result<Vec<_>>>() {
            // So few files may be open at once that the threads have too many.
            Err(Error::Io { source, .. }) if jobs > 1 && is_too_many(&source) => self.holds_each(files, 1),
            all => all.map(|all| all.concat()),
        }
    }

    fn is_same(&self, path: &str, bytes: &[u8], buffer: &mut Vec<u8>) -> io::Result<bool> {
        let file = open_file(&self.dir, path)?.filter(|(_, len)| *len == bytes.len() as u64);
        let Some((mut file, _)) = file else { return Ok(false) };
        buffer.resize(bytes.len(), 0);
        match file.read_exact(buffer) {
            Ok(()) => Ok(buffer == bytes),
            // Somebody has cut it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}
