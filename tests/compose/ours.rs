//! What dtpl says about a project.

use std::path::Path;

use crate::docker::{Answer, ENVIRONMENT};
use crate::project::Project;

/// The model of a project. docker compose takes its name from the folder, and dtpl from a variable.
pub fn answer(project: &Project, folder: &Path) -> Answer {
    let name = ("COMPOSE_PROJECT_NAME", "project");
    let values = ENVIRONMENT.into_iter().chain([name]);
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    dtpl::workspace::compose_config(folder, &project.named, &project.profiles, &values)
        .map_err(|error| error.to_string())
}
