//! What the compose files of a project come to, for whoever compares it with Docker Compose.

use std::path::Path;

use crate::compose;
use crate::compose::interpolation::Values;
use crate::error::{Error, Result};
use crate::fs::Limit;
use crate::project;

/// The services of a project, each field by field as `docker compose config --format json` prints it, with
/// paths relative to the project: `{"services": {NAME: {...}}}`.
///
/// `files` are compose files relative to `root`; none in it is the file that the project has. `profiles` are
/// those whose services are wanted, all if there are none in it. `values` are what `${...}` can take, over
/// what the project's own `.env` says.
///
/// # Errors
/// A file that cannot be read, and every fault of the files.
pub fn compose_config(
    root: &Path,
    files: &[String],
    profiles: &[String],
    values: &Values,
) -> Result<serde_json::Value> {
    let limit = Limit { bytes: 2 << 20, flag: "--max-config-bytes" };
    let get = |name: &str| project::directory::file_of_project(root, name, limit);
    let request = compose::Request { files, profiles, values };
    let found = project::compose_files(&get, &request, false)?;
    let request = compose::Request { files: &found.files, profiles, values: &found.values };
    let (model, faults) = compose::read(&get, &request)?;
    if faults.is_empty() { Ok(compose::config(&model)) } else { Err(Error::Input(faults)) }
}
