//! `--metadata`: what `docker buildx` wrote about the builds.

use std::path::PathBuf;
use std::sync::Arc;

use crate::batch::{BuildResult, read_metadata};
use crate::diagnostic::Diagnostics;
use crate::error::Error;
use crate::fs::{self, Limit};

/// The results of builds in all the files; nothing if there are no files.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn read(paths: &[PathBuf], limit: Limit) -> Result<Option<Vec<BuildResult>>, Error> {
    let (mut results, mut faults, mut is_unread) = (Vec::new(), Diagnostics::new(), false);
    for path in paths {
        match fs::read(path, limit) {
            // Its lines can hold build arguments.
            Ok(source) => results.extend(read_metadata(&Arc::new(source.hiding_lines()), &mut faults)),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => {
                is_unread |= !matches!(error, Error::Input(_));
                faults.append(error.into_diagnostics());
            }
        }
    }
    match (faults.is_empty(), is_unread) {
        (true, _) => Ok((!paths.is_empty()).then_some(results)),
        (false, true) => Err(Error::Usage(faults)),
        (false, false) => Err(Error::Input(faults)),
    }
}
