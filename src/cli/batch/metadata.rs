//! `--metadata`: what `docker buildx` wrote about the builds.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::batch::{BuildResult, Builds, read_metadata};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Error;
use crate::escape::shortened;
use crate::fs::{self, Limit};
use crate::nearest::did_you_mean;

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

/// Warns of results of builds that the batch does not have.
pub fn notes(builds: &Builds, results: &[BuildResult]) -> Diagnostics {
    let mut notes = Diagnostics::new();
    let rows = builds.by_platform();
    let known: BTreeSet<&str> = rows.iter().flat_map(|build| [&*build.name, &*build.target]).collect();
    for result in results {
        let name = result.target.as_ref().unwrap_or(&result.file);
        if known.contains(name.as_str()) {
            continue;
        }
        let what = match &result.target {
            Some(_) => "no build has this name",
            None => "no build has the name of this file",
        };
        let message = format!("`{}`: {what}; not used", shortened(name, 80));
        let help = did_you_mean(name, known.iter().copied());
        notes.push_warning(|| Diagnostic::warning(result.place.clone(), message).helps(help));
    }
    notes
}
