//! What dtpl says about a project.

use std::path::Path;

use crate::docker::{Answer, ENVIRONMENT};
use crate::project::Project;

/// The model of a project.
pub fn answer(project: &Project, folder: &Path) -> Answer {
    let values = ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    dtpl::workspace::compose_config(folder, &project.named, &project.profiles, &values)
        .map_err(|error| error.to_string())
}
