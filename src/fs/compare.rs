//! What of many files is in a folder already: most runs change few of them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::change::{Content, ExpectedFile};
use super::folder::Folder;
use super::system::is_too_many;
use super::walk::{Outermost, open_file};
use crate::error::{Error, Result};
use crate::threads;

impl Folder {
    /// Whether a file is there and holds just this.
    pub fn holds(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        let is_same = |file: &[u8]| file == bytes;
        self.is_same(path, bytes.len() as u64, is_same, &mut Vec::new()).map_err(self.failed("read", path))
    }

    /// The same of what is written by `content`.
    pub fn holds_content(&self, path: &str, content: &Content) -> Result<bool> {
        let is_same = || match open_file(&self.dir, path)? {
            Some((file, _)) => is_content_of(file, content),
            None => Ok(false),
        };
        is_same().map_err(self.failed("read", path))
    }

    /// Which of so many files are there and hold just what `expected` says of them, looked at by `jobs` threads at
    /// once. Neighbours are quicker when they are in order.
    pub fn holds_each<'f>(
        &self,
        count: usize,
        expected: &(dyn Fn(usize) -> Option<ExpectedFile<'f>> + Sync),
        jobs: usize,
    ) -> Result<Vec<bool>> {
        let is_empty = self.is_empty();
        let parts = threads::share(&mut vec![(); jobs], 0..count, 512, |(), range: Range<usize>| {
            let (mut buffer, mut folders) = (Vec::new(), Outermost::of(is_empty));
            let mut held = Vec::with_capacity(range.len());
            for number in range {
                let Some(ExpectedFile { path, bytes, sha256 }) = expected(number) else {
                    held.push(false);
                    continue;
                };
                let is_expected = |file: &[u8]| Sha256::digest(file)[..] == sha256[..];
                let is_same = folders.is_there(&self.dir, &path)
                    && self
                        .is_same(&path, bytes, is_expected, &mut buffer)
                        .map_err(self.failed("read", &path))?;
                held.push(is_same);
            }
            Ok(held)
        });
        match parts.into_iter().collect::<Result<Vec<_>>>() {
            // So few files may be open at once that the threads have too many.
            Err(Error::Io { source, .. }) if jobs > 1 && is_too_many(&source) => {
                self.holds_each(count, expected, 1)
            }
            all => all.map(|all| all.concat()),
        }
    }

    fn is_same(
        &self,
        path: &str,
        bytes: u64,
        is_expected: impl Fn(&[u8]) -> bool,
        buffer: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let most = u64::from(u32::MAX);
        let file = open_file(&self.dir, path)?.filter(|(_, len)| *len.min(&most) == bytes.min(most));
        let Some((mut file, len)) = file else { return Ok(false) };
        let Ok(len) = usize::try_from(len) else { return Ok(false) };
        buffer.resize(len, 0);
        match file.read_exact(buffer) {
            Ok(()) => Ok(is_expected(buffer)),
            // Somebody has cut it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether an open file holds exactly what `content` writes.
pub fn is_content_of(file: File, content: &Content) -> io::Result<bool> {
    struct Compare<R>(R);
    impl<R: Read> Write for Compare<R> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut there = [0; 4096];
            let there = &mut there[..bytes.len().min(4096)];
            self.0.read_exact(there)?;
            if *there == bytes[..there.len()] {
                Ok(there.len())
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut compare = Compare(io::BufReader::new(file));
    match content(&mut compare) {
        Ok(()) => Ok(compare.0.read(&mut [0])? == 0),
        // Shorter than what is written, or different from it.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
