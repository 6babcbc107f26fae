//! A project: a directory or an archive with one service, or with several that a compose file names.
//!
//! [`service`] says what a service is, [`compose`] and [`balena_yml`] read them from their files,
//! [`dockerfile_choice`] decides which Dockerfile a service has for a device, [`node`] makes one where
//! there is only a `package.json`. [`directory`] does it all for a folder, [`review`] says what is wrong with
//! the whole.

pub(crate) mod bake_notes;
pub(crate) mod bake_text;
pub(crate) mod balena_yml;
mod build_settings;
pub mod directory;
pub mod dockerfile_choice;
pub mod node;
pub(crate) mod review;
pub(crate) mod service;
mod services;
mod x_bake;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compose::interpolation::Values;
use crate::compose::{self, Model, dotenv};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::error::{Error, Result};
use crate::nearest::nearest_or_all;
use crate::render::Redaction;
use crate::source::Source;

pub use build_settings::BuildSettings;
pub use dockerfile_choice::{Candidate, Choice};
pub use review::Review;
pub use service::{Build, Service, ServiceKind};
pub use x_bake::BuildSecret;

/// Whether a value of a compose file is kept out of messages. Short words, such as the name of a folder, are part of
/// too many.
pub fn is_hidden(value: &str) -> bool {
    const SHORT: usize = 6;
    let is_odd = || value.contains(|c: char| c.is_ascii_digit()) && value.contains(char::is_alphabetic);
    value.len() >= SHORT || (value.len() + 2 >= SHORT && is_odd())
}

/// The services of a project, by name.
#[derive(Debug)]
pub struct Project {
    /// At least one.
    pub services: Vec<Service>,
    /// The compose file they come from, relative to the project.
    pub compose: Option<String>,
    /// The file in which each service is written: the compose file, or one that it includes.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) written_in: BTreeMap<String, String>,
    /// What was probably not meant.
    pub warnings: Diagnostics,
    /// What the compose files say.
    pub(crate) model: Option<Arc<Model>>,
    /// The program that builds it: the one that was asked for, or that its files show.
    pub builder: Builder,
    /// The file or folder that shows that the project is for balena, whoever was asked for.
    pub for_balena: Option<&'static str>,
    /// The values of `${...}` in the compose file, which messages must not hold.
    pub(crate) redaction: Redaction,
}

/// What is known of who builds a project before its files are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct WhoBuilds {
    /// The program that was asked for.
    pub asked: Option<Builder>,
    /// The folder that only balena reads, if it is there: its files may be of any name.
    pub folder: Option<&'static str>,
}

/// The compose files of a project.
pub(crate) struct ComposeFiles {
    /// Their paths, each over those before it.
    pub files: Vec<String>,
    /// What `${...}` in them can be.
    pub values: Values,
    /// Files that are not read.
    pub warnings: Diagnostics,
}

/// Which compose files a project has, and what `${...}` in them can be. balena does not read `COMPOSE_FILE`.
pub(crate) fn compose_files(
    get: &dyn Fn(&str) -> Result<Option<Source>>,
    request: &compose::Request,
    is_for_balena: bool,
) -> Result<ComposeFiles> {
    let mut files = request.files.to_vec();
    let mut warnings = Diagnostics::new();
    if files.is_empty() {
        let mut there = Vec::new();
        let mut names = compose::NAMES;
        if is_for_balena {
            names.rotate_left(2);
        }
        for name in names {
            there.extend(get(name)?.map(|source| (name, source.name().to_owned())));
        }
        let mut there = there.into_iter();
        let first = there.next();
        for (_, ignored) in there {
            let used = first.as_ref().map_or("", |(_, shown)| shown);
            let message = format!("{used} is used instead of this file");
            warnings.push(|| Diagnostic::warning(Place::File(ignored), message));
        }
        files.extend(first.map(|(name, _)| name.to_owned()));
    }
    let mut values = Values::new();
    let folder = files.first().map_or("", |file| compose::paths::parent(file));
    if !files.is_empty()
        && let Some(source) = get(&compose::paths::join(folder, ".env"))?
    {
        let source = Arc::new(source.hiding_lines());
        values = dotenv::parse(&source, request.values, &Values::new()).map_err(Error::Input)?;
    }
    values.extend(request.values.clone());
    if let Some(list) = values.get("COMPOSE_FILE").filter(|_| request.files.is_empty() && !is_for_balena) {
        let listed = compose::listed_files(list, &values);
        // An empty list names none: the usual file is read.
        files = if listed.is_empty() { files } else { listed };
    }
    Ok(ComposeFiles { files, values, warnings })
}

/// The file or folder that shows that a project is for balena.
fn balena_file(get: &dyn Fn(&str) -> Result<Option<Source>>) -> Result<Option<&'static str>> {
    for name in ["balena.yml", "balena.yaml"].into_iter().chain(balena_yml::NAMES) {
        if get(name)?.is_some() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The values of variables in compose files, which messages must not hold.
fn redaction_of(model: &Model) -> Redaction {
    let used = model.used.iter().filter(|(_, value)| is_hidden(value));
    let used = used.map(|(name, value)| (format!("${{{name}}}"), value.clone()));
    Redaction::new(used, Some(&model.root.at.source))
}

/// The file of build variables and secrets.
fn metadata(get: &dyn Fn(&str) -> Result<Option<Source>>) -> Result<Option<(&'static str, Source)>> {
    let mut metadata: Option<(&'static str, Source)> = None;
    for name in balena_yml::NAMES {
        let Some(source) = get(name)? else { continue };
        if let Some((_, first)) = &metadata {
            let message = format!("there is {} too", first.name());
            let place = Place::File(source.name().to_owned());
            return Err(Error::input(Diagnostic::error(place, message).help("keep one of the two")));
        }
        metadata = Some((name, source));
    }
    Ok(metadata)
}

impl Project {
    /// Reads the services from a project's files. `get` gives the file of a path, if there is one; `request`
    /// says which compose files, without one the file that the project has, and what `${...}` can take, over
    /// what the project's own `.env` says. Without a compose file there is one service. `who` says who
    /// builds; if nobody said it, it is balena where the project has a file that only balena reads.
    ///
    /// # Errors
    /// Those of `get`, and every fault of the files.
    pub fn read(
        get: impl Fn(&str) -> Result<Option<Source>>,
        request: &compose::Request,
        who: WhoBuilds,
    ) -> Result<Self> {
        let for_balena = balena_file(&get)?.or(who.folder);
        let shown = if for_balena.is_some() { Builder::Classic } else { Builder::BuildKit };
        let builder = who.asked.unwrap_or(shown);
        let found = compose_files(&get, request, builder == Builder::Classic)?;
        let Some(file) = found.files.first().cloned() else {
            return Ok(Project {
                services: vec![Service::only()],
                compose: None,
                written_in: BTreeMap::new(),
                warnings: Diagnostics::new(),
                model: None,
                builder,
                for_balena,
                redaction: Redaction::default(),
            });
        };
        let ComposeFiles { files, values, warnings: mut all_warnings } = found;
        let request = compose::Request { files: &files, profiles: request.profiles, values: &values };
        let (mut model, mut faults) = compose::read(&get, &request)?;
        let services::Services { mut services, warnings, faults: more } = services::services(&model);
        faults.append(more);
        if services.is_empty() && faults.is_empty() {
            let at = &model.root.at;
            let fault = || Diagnostic::error(at.place(), "the compose file has no services");
            faults.push(|| fault().help("write them under `services:`"));
        }
        let redaction = redaction_of(&model);
        if !faults.is_empty() {
            faults.sort_by_position();
            return Err(redaction.error(Error::Input(faults)));
        }
        let written_in = model.services().map(|(name, entry)| {
            let file = entry.key.source.name();
            (name.to_owned(), file.to_owned())
        });
        let written_in = written_in.collect();
        all_warnings.append(std::mem::take(&mut model.warnings));
        all_warnings.append(warnings);
        if let Some((name, source)) = metadata(&get)? {
            let folder = compose::paths::parent(name);
            balena_yml::apply(&Arc::new(source.hiding_lines()), folder, &mut services, &get)?;
        }
        let compose = get(&file)?.map(|source| source.name().to_owned());
        let model = Some(Arc::new(model));
        Ok(Project {
            services,
            compose,
            written_in,
            warnings: all_warnings,
            model,
            builder,
            for_balena,
            redaction,
        })
    }

    /// The service to render: the one that is named, or the only one that is built here.
    ///
    /// # Errors
    /// When the name is none of the project's, when several could be meant, or when there is nothing
    /// to build for it here.
    pub fn service(&self, name: Option<&str>, named_at: Place) -> Result<&Service> {
        let all: Vec<&str> = self.services.iter().map(|service| &*service.name).collect();
        let built: Vec<&Service> = self.services.iter().filter(|service| service.build().is_some()).collect();
        let names_of_built = built.iter().map(|service| &*service.name).collect::<Vec<_>>().join(", ");
        let chosen = match (name, built.as_slice()) {
            (Some(name), _) => self.services.iter().find(|service| service.name == name).ok_or_else(|| {
                let left_out = self.model.iter().flat_map(|model| &model.left_out);
                if left_out.into_iter().any(|own| own == name) {
                    let help = "enable one of its profiles with --profile".to_owned();
                    return (format!("the service `{name}` is in a profile that is not enabled"), help);
                }
                let help = nearest_or_all(name, &all, "the services are");
                (format!("the project has no service `{name}`"), help)
            }),
            (None, [only]) => Ok(*only),
            (None, []) => {
                let help = format!("the services are {}", all.join(", "));
                Err(("no service of the project is built here".to_owned(), help))
            }
            (None, _) => {
                let help = format!("choose one with --service: {names_of_built}");
                Err(("the project has several services".to_owned(), help))
            }
        };
        let built_here = chosen.and_then(|service| match &service.kind {
            ServiceKind::Build(_) => Ok(service),
            ServiceKind::External { .. } => {
                let names = if built.is_empty() { "none" } else { &names_of_built };
                let what = "is an image built elsewhere: there is no Dockerfile";
                let message = format!("the service `{}` {what}", service.name);
                Err((message, format!("the services built here are {names}")))
            }
            ServiceKind::Inline => {
                let what = "has its Dockerfile in the compose file: nothing is replaced in it";
                let message = format!("the service `{}` {what}", service.name);
                Err((
                    message,
                    "write it into a Dockerfile.template, and name that with `dockerfile:`".to_owned(),
                ))
            }
            ServiceKind::Remote { .. } => {
                let message = format!("the service `{}` is built from an address on a network", service.name);
                Err((message, "dtpl asks no network; render in a copy of that project".to_owned()))
            }
        });
        built_here.map_err(|(message, help)| Error::input(Diagnostic::error(named_at, message).help(help)))
    }
}
