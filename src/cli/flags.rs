//! From flags to what the library asks for: limits, the registry, the user's variables.

use std::path::Path;

use super::Session;
use super::args::{self, LimitArgs, RegistryFiles, SelectionArgs};
use crate::arch::Arch;
use crate::compose::interpolation::Values;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Place};
use crate::dockerfile::Builder;
use crate::error::Error;
use crate::fs::Limit;
use crate::ignore_files::IgnoreReader;
use crate::render::Limits;
use crate::workspace::{self, Definitions, ServiceFiles, Services, Workspace};

impl RegistryFiles {
    /// The limit for a registry, an env file or a compose file.
    pub fn limit(&self) -> Limit {
        Limit { bytes: self.max_config_bytes, flag: "--max-config-bytes" }
    }

    /// The registry with the overlays that the flags name.
    pub fn registry(&self) -> Result<Registry, Error> {
        workspace::registry(&self.files, self.limit(), Place::Flag("--registry"))
    }
}

impl args::DefinitionArgs {
    /// The variables of `-D` and `--env-file`.
    pub fn read(&self, session: &Session) -> Result<Definitions, Error> {
        Definitions::read(&self.env_file, &self.define, &session.place_of("-D"), self.registry.limit())
    }

    /// Opens what a command works on.
    pub fn open(
        &self,
        path: &Path,
        file: Option<&str>,
        values: &Values,
        limits: Limits,
        session: &mut Session,
    ) -> Result<Workspace, Error> {
        let file = file.map(|file| (file, session.place_of("--file")));
        let request = workspace::Request { path, file, values, limits, config: self.registry.limit() };
        Workspace::open(&request, &mut *session.streams.stdin)
    }

    /// The program that builds.
    pub fn builder(&self) -> Builder {
        match self.compat {
            Some(args::Compat::Balena) => Builder::Classic,
            None => Builder::BuildKit,
        }
    }

    /// Who reads the ignore files. `multi` is balena's `--multi-dockerignore`.
    pub fn ignore_reader(&self, multi: bool) -> IgnoreReader {
        match (self.builder(), multi) {
            (Builder::BuildKit, _) => IgnoreReader::Docker,
            (Builder::Classic, false) => IgnoreReader::Balena,
            (Builder::Classic, true) => IgnoreReader::BalenaMulti,
        }
    }

    /// Whether `--compat balena` is given.
    pub fn only_balena(&self) -> bool {
        self.compat.is_some()
    }
}

impl LimitArgs {
    pub fn limits(&self) -> Limits {
        Limits {
            template_bytes: self.max_template_bytes,
            output_bytes: self.max_output_bytes,
            strict: self.strict,
        }
    }
}

impl args::BuildArgs {
    /// Builds a service as the flags say.
    pub fn apply(&self, service: &mut ServiceFiles) {
        service.override_build(&self.build_arg, &self.build_context, self.target.as_deref());
    }

    /// The same for all services.
    pub fn apply_to_all(&self, services: &mut Services) {
        services.list_mut().iter_mut().for_each(|service| self.apply(service));
    }
}

impl SelectionArgs {
    /// The services that `--service` names.
    pub fn services(&self, session: &Session) -> Vec<(String, Place)> {
        self.service.iter().map(|name| (name.clone(), session.place_of("--service"))).collect()
    }
}

/// The arch that `--arch` names.
pub fn arch<'r>(name: &str, registry: &'r Registry, session: &Session) -> Result<&'r Arch, Diagnostic> {
    let found = registry.arch_called(name);
    found.map_err(|(message, help)| Diagnostic::error(session.place_of("--arch"), message).helps(help))
}

/// How many threads to use: as many as `--jobs` says, or as there are processors.
pub fn jobs(given: Option<u16>) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(64);
    given.map_or_else(available, usize::from)
}
