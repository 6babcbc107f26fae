//! From flags to what the library asks for: limits, the registry, the user's variables.

use std::path::Path;

use super::Context;
use super::args::{self, Bounds, Only, RegistryFiles};
use crate::device_types::Registry;
use crate::diagnostic::Place;
use crate::error::Result;
use crate::fs::Limit;
use crate::project::interpolation::Values;
use crate::render::Limits;
use crate::workspace::{self, Definitions, Workspace};

impl RegistryFiles {
    /// The limit for a registry, an env file or a compose file.
    pub fn limit(&self) -> Limit {
        Limit { bytes: self.max_config_bytes, flag: "--max-config-bytes" }
    }

    /// The registry with the overlays that the flags name.
    ///
    /// # Errors
    /// Those of [`workspace::registry()`].
    pub fn registry(&self) -> Result<Registry> {
        workspace::registry(&self.files, self.limit(), Place::Flag("--registry"))
    }
}

impl args::Definitions {
    /// The variables of `-D` and `--env-file`.
    ///
    /// # Errors
    /// Those of [`Definitions::read`].
    pub fn read(&self, context: &Context) -> Result<Definitions> {
        Definitions::read(&self.env_file, &self.define, &context.place_of("-D"), self.registry.limit())
    }

    /// Whether `--compat balena` is given.
    pub fn only_balena(&self) -> bool {
        self.compat.is_some()
    }
}

impl Bounds {
    /// The limits of a render.
    pub fn limits(&self) -> Limits {
        Limits {
            template_bytes: self.max_template_bytes,
            output_bytes: self.max_output_bytes,
            strict: self.strict,
        }
    }
}

impl Only {
    /// The services that `--service` names.
    pub fn services(&self, context: &Context) -> Vec<(String, Place)> {
        self.service.iter().map(|name| (name.clone(), context.place_of("--service"))).collect()
    }
}

/// Opens what a command works on.
///
/// # Errors
/// Those of [`Workspace::open`].
pub fn open(
    path: &Path,
    file: Option<&str>,
    values: &Values,
    limits: Limits,
    config: Limit,
    context: &mut Context,
) -> Result<Workspace> {
    let file = file.map(|file| (file, context.place_of("--file")));
    let request = workspace::Request { path, file, values, limits, config };
    Workspace::open(&request, &mut *context.streams.stdin)
}

/// How many threads to use: as asked for, or as many as there are processors.
pub fn jobs(given: Option<u16>) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(64);
    given.map_or_else(available, usize::from)
}
