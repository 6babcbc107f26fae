//! A file for what does not fit into memory, which nobody else finds.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::{Error, Result};

/// A new file for reading and writing that nobody else finds: its name goes at once, or with it.
pub fn temporary_file(folder: &Path) -> Result<File> {
    let failed = || Error::io("make a temporary file in", folder);
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // FILE_FLAG_DELETE_ON_CLOSE
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, 0x0400_0000);
    for number in 0..1_000 {
        let path = folder.join(format!(".dtpl-{}-{number}", std::process::id()));
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed()(error)),
            Ok(file) => {
                #[cfg(unix)]
                fs::remove_file(&path).map_err(failed())?;
                return Ok(file);
            }
        }
    }
    Err(failed()(io::ErrorKind::AlreadyExists.into()))
}
