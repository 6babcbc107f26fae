//! From flags to what the library asks for: limits, the registry, the user's variables.

use std::path::{Path, PathBuf};

use super::Session;
use super::args::{self, LimitArgs, RegistryFiles, SelectionArgs};
use crate::arch::Arch;
use crate::compose;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::error::Error;
use crate::fs::Limit;
use crate::ignore_files::IgnoreReader;
use crate::render::Limits;
use crate::render::placeholder::is_name;
use crate::workspace::{self, Definitions, ServiceFiles, Services, Workspace};
use crate::workspace::{fleets, location};

impl RegistryFiles {
    /// The limit for a registry, an env file or a compose file.
    pub fn limit(&self) -> Limit {
        Limit { bytes: self.max_config_bytes, flag: "--max-config-bytes" }
    }

    /// The registry with the overlays that the flags name.
    pub fn registry(&self) -> Result<Registry, Error> {
        workspace::registry(&self.files, self.limit(), Place::Flag("--device-types"))
    }
}

impl args::DefinitionArgs {
    /// The variables of `-D` and `--env-file`, and who builds what is at `path`: as `--compat` says, or else the
    /// settings in the file of fleets.
    pub fn read(&self, path: &Path, fleets: Option<&Path>, session: &Session) -> Result<Definitions, Error> {
        let limit = self.registry.limit();
        let mut read = Definitions::read(&self.env_file, &self.define, &session.place_of("-D"), limit)?;
        read.builder = match self.compat {
            Some(args::Compat::Balena) => Some(Builder::Classic),
            Some(args::Compat::Docker) => Some(Builder::BuildKit),
            None => fleets::build_settings(fleets, path, limit)?.builder.map(|(builder, _)| builder),
        };
        Ok(read)
    }

    /// Opens what a command works on: the project that a folder belongs to, or what is at the path.
    pub fn locate(
        &self,
        path: &Path,
        file: Option<&str>,
        definitions: &Definitions,
        limits: Limits,
        session: &mut Session,
    ) -> Result<Located, Error> {
        // The files of --compose-file are named as from the path that is given.
        let above = if self.compose_file.is_empty() { location::project_above(path) } else { None };
        if let Some(above) = above {
            let workspace = self.open(&above.folder, file, definitions, limits, session)?;
            let built = workspace.project().into_iter().flat_map(|project| &project.services);
            let own = built.filter(|service| service.build().is_some_and(|build| above.has(&build.context)));
            let services: Vec<String> = own.map(|service| service.name.clone()).collect();
            if !services.is_empty() {
                let folder = above.folder.display();
                session.say(format_args!("{} belongs to the project in {folder}", path.display()));
                return Ok(Located { workspace, services });
            }
        }
        let workspace = self.open(path, file, definitions, limits, session)?;
        if workspace.project().is_none_or(|project| project.compose.is_none()) {
            self.refuse_unusable_names(session)?;
        }
        Ok(Located { workspace, services: Vec::new() })
    }

    /// Without a compose file, a definition whose name no placeholder can have is a mistake: nothing can use it.
    fn refuse_unusable_names(&self, session: &Session) -> Result<(), Error> {
        let mut faults = Diagnostics::new();
        for (number, text) in (1..).zip(&self.define) {
            let name = text.split('=').next().unwrap_or_default();
            if !is_name(name) {
                // The name is not repeated: it may be a part of a secret.
                let which =
                    if self.define.len() > 1 { format!("definition {number}: ") } else { String::new() };
                let message = format!("{which}no placeholder can have the name before `=`");
                let help = "a name is two or more of `A` to `Z` and `_`, a letter first; only a compose file can \
                            use others";
                faults.push(|| Diagnostic::error(session.place_of("-D"), message).help(help));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Usage(faults)) }
    }

    /// Opens what is at a path.
    pub fn open(
        &self,
        path: &Path,
        file: Option<&str>,
        definitions: &Definitions,
        limits: Limits,
        session: &mut Session,
    ) -> Result<Workspace, Error> {
        let file = file.map(|file| (file, session.place_of("--file")));
        let request = workspace::Request {
            path,
            file,
            compose_files: &self.compose_files(),
            profiles: &self.profile,
            values: &definitions.values(),
            builder: definitions.builder,
            limits,
            config: self.registry.limit(),
        };
        Workspace::open(&request, &mut *session.streams.stdin)
    }

    /// The files of `--compose-file`, as paths of the project.
    pub fn compose_files(&self) -> Vec<String> {
        self.compose_file.iter().map(|file| compose::paths::join("", file)).collect()
    }

    /// Who reads the ignore files. `multi` is balena's `--multi-dockerignore`.
    pub fn ignore_reader(builder: Builder, multi: bool) -> IgnoreReader {
        match (builder, multi) {
            (Builder::BuildKit, _) => IgnoreReader::Docker,
            (Builder::Classic, false) => IgnoreReader::Balena,
            (Builder::Classic, true) => IgnoreReader::BalenaMulti,
        }
    }

    /// The warning that `--multi-dockerignore`, given at `place`, is for balena alone.
    pub fn multi_dockerignore_without_effect(place: Place) -> Diagnostic {
        let message =
            "`--multi-dockerignore` has no effect: for Docker, each build context has its own ignore file";
        Diagnostic::warning(place, message).help("leave it out: it is an option of balena's CLI")
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
    /// The services that `--service` names, or those that the path belongs to.
    pub fn services(&self, located: Vec<String>, session: &Session) -> Vec<(String, Place)> {
        let names = if self.service.is_empty() { located } else { self.service.clone() };
        names.into_iter().map(|name| (name, session.place_of("--service"))).collect()
    }
}

/// What a command works on.
pub struct Located {
    /// The project, or a template by itself.
    pub workspace: Workspace,
    /// The services that the path belongs to if it is a folder in the project; otherwise none.
    pub services: Vec<String>,
}

/// Standard input holds one template.
pub fn refuse_two_templates_on_stdin(paths: &[PathBuf]) -> Result<(), Error> {
    if paths.iter().filter(|path| *path == Path::new("-")).count() < 2 {
        return Ok(());
    }
    let fault = Diagnostic::error(Place::Flag("PATH"), "`-` is given more than once");
    Err(Error::usage(fault.help("standard input holds one template")))
}

/// What is wrong with the input of a command; another error stops it.
pub fn into_input(error: anyhow::Error) -> anyhow::Result<Diagnostics> {
    Ok(error.downcast::<Error>()?.into_input()?)
}

/// The arch that `--arch` names.
pub fn arch<'r>(name: &str, registry: &'r Registry, session: &Session) -> Result<&'r Arch, Diagnostic> {
    workspace::arch_named(registry, name, &session.place_of("--arch"))
}

/// How many threads to use: as many as `--jobs` says, or as there are processors.
pub fn jobs(given: Option<u16>) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(64);
    given.map_or_else(available, usize::from)
}
