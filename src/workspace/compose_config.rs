//! What the compose files of a project come to, for whoever compares it with Docker Compose.

use std::path::Path;
use std::sync::Arc;

use crate::compose::interpolation::Values;
use crate::compose::{self, dotenv};
use crate::error::{Error, Result};
use crate::fs::{self, Limit};
use crate::project::directory::display;

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
    let get = |name: &str| {
        let path = display(root, name);
        if fs::is_file(&path) { fs::read(&path, limit).map(Some) } else { Ok(None) }
    };
    let own = compose::NAMES.iter().find(|name| fs::is_file(&display(root, name)));
    let own: Vec<String> = own.map(|name| (*name).to_owned()).into_iter().collect();
    let files = if files.is_empty() { &own } else { files };
    let folder = files.first().map_or("", |file| compose::paths::parent(file));
    let mut all = Values::new();
    if let Some(source) = get(&compose::paths::join(folder, ".env"))? {
        all =
            dotenv::parse(&Arc::new(source.hiding_lines()), values, &Values::new()).map_err(Error::Input)?;
    }
    all.extend(values.clone());
    let listed = all.get("COMPOSE_FILE").filter(|_| *files == own).map(|list| compose::listed_files(list));
    let files = listed.as_deref().unwrap_or(files);
    let (model, faults) = compose::read(&get, &compose::Request { files, profiles, values: &all })?;
    if faults.is_empty() { Ok(compose::config(&model)) } else { Err(Error::Input(faults)) }
}
