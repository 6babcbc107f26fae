//! `dtpl export`: a project with plain Dockerfiles for one device, as a folder that builders take as it is.
//!
//! [`outputs`] decides where each Dockerfile goes and which files it stands for, [`compose_file`] changes the
//! compose file where it has to name another Dockerfile, [`contents`] says which files of the project stay, and
//! [`mod@copy`] makes the folder.

pub mod compose_file;
pub mod contents;
pub mod copy;
mod flow;
pub mod outputs;

use std::sync::Arc;

use crate::project::{Build, Choice};

/// A service with its Dockerfile for a device.
#[derive(Debug)]
pub struct RenderedService {
    /// Its name.
    pub name: String,
    /// How it is built; its context is relative to the project.
    pub build: Build,
    /// The file that its Dockerfile was made from; its path is relative to the project.
    pub choice: Choice,
    /// The Dockerfile, which many services may have.
    pub bytes: Arc<[u8]>,
}
