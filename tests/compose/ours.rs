//! What dtpl says about a project.

use std::path::Path;

use crate::docker::Answer;
use crate::project::Project;

/// The model of a project. Nothing while dtpl has no reader of compose files that follows docker compose.
pub fn answer(_project: &Project, _folder: &Path) -> Option<Answer> {
    None
}
