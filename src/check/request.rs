//! What `dtpl check` looks at.

use std::path::Path;

use super::hadolint::HadolintFinding;
use super::settings::Settings;
use crate::device_types::Registry;
use crate::error::Result;
use crate::workspace::{Services, Target};

/// Another program that looks at rendered Dockerfiles.
pub type Linter<'l> = dyn Fn(&[u8]) -> Result<Vec<HadolintFinding>> + Sync + 'l;

/// What is checked.
pub struct Request<'q> {
    /// The services whose Dockerfiles are checked.
    pub services: &'q Services,
    /// The devices that they are checked for.
    pub targets: &'q [Target<'q>],
    /// The device types that the catalogue of images knows by name.
    pub registry: &'q Registry,
    /// The project's folder, in which the build contexts are; `None` for a template by itself.
    pub folder: Option<&'q Path>,
    /// Which rules are reported, and with which severity.
    pub settings: &'q Settings,
    /// Another program that looks at each rendering.
    pub linter: Option<&'q Linter<'q>>,
    /// The most bytes of one rendering.
    pub max_bytes: u64,
    /// How many threads to use.
    pub jobs: usize,
}
