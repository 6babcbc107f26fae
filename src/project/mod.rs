//! A project: a directory or an archive with one service, or with several that a compose file names.
//!
//! [`service`] says what a service is, [`compose`] and [`balena_yml`] read them from their files,
//! [`dockerfile_choice`] decides which Dockerfile a service has for a device, [`node`] makes one where
//! there is only a `package.json`. [`directory`] does it all for a folder.

pub(crate) mod balena_yml;
pub mod directory;
pub mod dockerfile_choice;
pub mod node;
pub(crate) mod service;
mod services;

use std::sync::Arc;

use crate::compose::interpolation::Values;
use crate::compose::{self, dotenv};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::nearest::nearest_or_all;
use crate::render::Redaction;
use crate::source::Source;

pub use dockerfile_choice::{Candidate, Choice};
pub use service::{Build, Service, ServiceKind};

/// Bytes of the shortest value of a compose file that is kept out of messages.
pub const SHORTEST_SECRET: usize = 6;

/// The services of a project, by name.
#[derive(Debug)]
pub struct Project {
    /// At least one.
    pub services: Vec<Service>,
    /// The compose file they come from, relative to the project.
    pub compose: Option<String>,
    /// What was probably not meant.
    pub warnings: Diagnostics,
    /// The values of `${...}` in the compose file, which messages must not hold.
    pub(crate) redaction: Redaction,
}

impl Project {
    /// Reads the services from a project's files. `get` gives the file of a path, if there is one;
    /// `values` are what `${...}` can take, over what the project's own `.env` says. Without a compose
    /// file there is one service.
    ///
    /// # Errors
    /// Those of `get`, and every fault of the files.
    pub fn read(get: impl Fn(&str) -> Result<Option<Source>>, values: &Values) -> Result<Self> {
        let mut there = Vec::new();
        for name in compose::NAMES {
            there.extend(get(name)?.map(|source| (name, source)));
        }
        let mut there = there.into_iter();
        let Some((file, source)) = there.next() else {
            let (warnings, redaction) = (Diagnostics::new(), Redaction::default());
            return Ok(Project { services: vec![Service::only()], compose: None, warnings, redaction });
        };
        let mut all = Values::new();
        if let Some(source) = get(".env")? {
            let source = Arc::new(source.hiding_lines());
            all = dotenv::parse(&source, values, &Values::new()).map_err(Error::Input)?;
        }
        all.extend(values.clone());
        let files = [file.to_owned()];
        let request = compose::Request { files: &files, profiles: &[], values: &all };
        let (model, mut faults) = compose::read(&get, &request)?;
        let services::Services { services: list, warnings: mut found, faults: more } =
            services::services(&model);
        faults.append(more);
        if list.is_empty() && faults.is_empty() {
            let at = &model.root.at;
            let fault = || Diagnostic::error(at.place(), "the compose file has no services");
            faults.push(|| fault().help("write them under `services:`"));
        }
        if !faults.is_empty() {
            faults.sort_by_position();
            return Err(Error::Input(faults));
        }
        let (mut services, mut warnings) = (list, Diagnostics::new());
        warnings.append(model.warnings);
        warnings.append(std::mem::take(&mut found));
        for (_, ignored) in there {
            warnings.push(|| {
                let message = format!("{} is used instead of this file", source.name());
                Diagnostic::warning(Place::File(ignored.name().to_owned()), message)
            });
        }
        let mut metadata: Option<Source> = None;
        for name in balena_yml::NAMES {
            let Some(source) = get(name)? else { continue };
            if let Some(first) = &metadata {
                let message = format!("there is {} too", first.name());
                let place = Place::File(source.name().to_owned());
                return Err(Error::input(Diagnostic::error(place, message).help("keep one of the two")));
            }
            metadata = Some(source);
        }
        if let Some(source) = metadata {
            balena_yml::apply(&Arc::new(source.hiding_lines()), &mut services).map_err(Error::Input)?;
        }
        // Shorter values, such as the name of a folder, are part of too many messages.
        let used = model.used.into_iter().filter(|(_, value)| value.len() >= SHORTEST_SECRET);
        let used = used.map(|(name, value)| (format!("${{{name}}}"), value));
        let redaction = Redaction::new(used, Some(&model.root.at.source));
        Ok(Project { services, compose: Some(source.name().to_owned()), warnings, redaction })
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
