//! The services of a project, each with the Dockerfile that it has for a device.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::service_images;
use super::service_template::{ServiceTemplate, TemplateCache, TemplateRef};
use crate::compose::Model;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::expansion::Env;
use crate::error::{Error, Result};
use crate::project::directory;
use crate::project::service::Build;
use crate::project::{Choice, Project, Service, is_hidden};
use crate::render::{Limits, Redaction, Rendering, Variables};
use crate::source::Source;
use crate::subject::Subject;
use crate::threads;

/// The services that are built here, in the order of their names.
#[derive(Debug)]
pub struct Services {
    list: Vec<ServiceFiles>,
    /// The compose file that they come from, if there is one.
    pub compose: Option<String>,
    /// Whether they are those of a project: a template by itself may lie beside anything.
    pub(crate) is_of_project: bool,
    /// What the compose files say.
    model: Option<Arc<Model>>,
    redaction: Redaction,
    /// The services that run an image as it is.
    images: Vec<ServiceFiles>,
}

/// One service, and the templates that it has.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServiceFiles {
    /// Its name.
    pub name: String,
    /// How it is built; its context is relative to the project.
    pub build: Build,
    /// `BALENA_SERVICE_NAME`.
    pub variables: Variables,
    /// Whether nothing is built, and its Dockerfile only stands for an image.
    has_only_image: bool,
    files: FileLookup,
    /// The values of the compose file, which may be in paths.
    project: Redaction,
}

#[derive(Debug)]
enum FileLookup {
    /// The same for every device.
    Shared(Arc<ServiceTemplate>),
    /// Different ones, or none, for some devices: each is looked for on demand.
    ByDevice { folder: PathBuf, named: Option<String>, limits: Limits, found: TemplateCache },
}

impl Services {
    /// The services of a project in a folder. `named` is the Dockerfile of `--file`; `only` are the
    /// services that are wanted, all if there are none in it. At most `jobs` threads look for the files.
    ///
    /// # Errors
    /// A name of `only` that is no service, every Dockerfile that is missing or at fault, and a project in which
    /// nothing is built.
    pub fn of_project(
        folder: &Path,
        project: &Project,
        only: &[(String, Place)],
        named: Option<&str>,
        limits: &Limits,
        jobs: usize,
    ) -> Result<Self> {
        let mut built = Vec::new();
        let mut faults = Diagnostics::new();
        for (name, place) in only {
            if let Err(error) = project.service(Some(name), place.clone()) {
                faults.append(error.into_input()?);
            }
        }
        let is_wanted = |service: &&Service| {
            only.is_empty() || project.compose.is_none() || only.iter().any(|(name, _)| *name == service.name)
        };
        let place = || Place::File(project.compose.clone().unwrap_or_default());
        for service in project.services.iter().filter(is_wanted) {
            // There is nothing to render for the others; the project warns about those on a network.
            let Some(build) = service.build() else { continue };
            if let Some(why) = crate::fleet::name::unfit(&service.name) {
                let message = format!("the service `{}` cannot be a folder's name: {why}", service.name);
                faults.push(|| Diagnostic::error(place(), message));
            }
            built.push((&*service.name, build));
        }
        let find = |&(name, build): &(&str, &Build)| {
            let found = ServiceFiles::find(folder, name, build, named, limits);
            let redaction = &project.redaction;
            found.map(|service| service.redacted(redaction)).map_err(|error| redaction.error(error))
        };
        let found = threads::share(&mut vec![(); jobs], 0..built.len(), 32, |(), part| {
            built[part].iter().map(find).collect::<Vec<_>>()
        });
        let mut list = Vec::new();
        for files in found.into_iter().flatten() {
            match files {
                Ok(files) => list.push(files),
                Err(error) => faults.append(error.into_input()?),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Input(faults));
        }
        list.sort_by(|one, other| one.name.cmp(&other.name));
        let model = project.model.clone();
        let mut images = Vec::new();
        for file in model.iter().flat_map(|model| service_images::of_model(model)) {
            if only.is_empty() || only.iter().any(|(name, _)| *name == file.name) {
                let mut service =
                    ServiceFiles::of_file(file.source, file.choice, &file.name, folder, limits)?;
                service.has_only_image = true;
                images.push(service.redacted(&project.redaction));
            }
        }
        let redaction = project.redaction.clone();
        Ok(Services { list, compose: project.compose.clone(), is_of_project: true, model, redaction, images })
    }

    /// A single service, without a compose file.
    pub fn of_service(service: ServiceFiles) -> Self {
        Services {
            list: vec![service],
            compose: None,
            is_of_project: false,
            model: None,
            redaction: Redaction::default(),
            images: Vec::new(),
        }
    }

    /// The services, where at least one has to be built.
    ///
    /// # Errors
    /// If all of them run an image as it is.
    pub fn built(&self) -> Result<&[ServiceFiles]> {
        if self.list.is_empty() {
            let place = Place::File(self.compose.clone().unwrap_or_default());
            let names: Vec<&str> = self.images.iter().map(|service| &*service.name).collect();
            let fault = Diagnostic::error(place, "no service of the project is built here");
            let help = match names.is_empty() {
                true => "a Dockerfile in the compose file, or at an address on a network, is not rendered"
                    .to_owned(),
                false => format!("the services are {}", names.join(", ")),
            };
            return Err(Error::input(fault.help(help)));
        }
        Ok(&self.list)
    }

    /// The services that run an image as it is, each with a Dockerfile of one `FROM`.
    pub fn images(&self) -> &[ServiceFiles] {
        &self.images
    }

    /// The values of variables in the compose files, which messages must not hold.
    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// What the compose files say.
    pub(crate) fn model(&self) -> Option<&Arc<Model>> {
        self.model.as_ref()
    }

    /// The services, by name, to change how they are built.
    pub fn list_mut(&mut self) -> &mut [ServiceFiles] {
        &mut self.list
    }

    /// The services, by name.
    pub fn list(&self) -> &[ServiceFiles] {
        &self.list
    }

    /// About how many bytes the results for one device have.
    pub fn bytes(&self) -> usize {
        // Those that are not read yet are counted with more bytes than nearly all have.
        let of_service = |service: &ServiceFiles| {
            service.shared().map_or(1 << 13, |prepared| prepared.template.source().bytes().len())
        };
        self.list.iter().map(of_service).fold(0, usize::saturating_add)
    }

    /// The templates of all services, when none of them depends on the device.
    pub fn shared(&self) -> Option<Vec<&ServiceTemplate>> {
        self.list.iter().map(ServiceFiles::shared).collect()
    }
}

impl ServiceFiles {
    /// Finds the Dockerfile of a service. One that may differ between devices is looked for on demand, and so is
    /// one with a fault, which is then said of the devices that need it.
    fn find(folder: &Path, name: &str, build: &Build, named: Option<&str>, limits: &Limits) -> Result<Self> {
        let found = directory::find_shared(folder, build, named, limits.template());
        let load = |found| ServiceTemplate::load(found, folder, limits);
        match found.and_then(|found| found.map(load).transpose()) {
            Ok(Some(template)) => {
                Ok(ServiceFiles::new(name, build.clone(), FileLookup::Shared(Arc::new(template))))
            }
            Ok(None) | Err(Error::Input(_)) => {
                Ok(ServiceFiles::on_demand(folder, name, build, named, limits))
            }
            Err(error) => Err(error),
        }
    }

    /// A service whose Dockerfile is looked for for each device.
    pub fn on_demand(folder: &Path, name: &str, build: &Build, named: Option<&str>, limits: &Limits) -> Self {
        let (folder, named) = (folder.to_owned(), named.map(str::to_owned));
        let files = FileLookup::ByDevice { folder, named, limits: *limits, found: TemplateCache::default() };
        ServiceFiles::new(name, build.clone(), files)
    }

    /// The service with these values kept out of its messages.
    pub(crate) fn redacted(self, project: &Redaction) -> Self {
        ServiceFiles { project: project.clone(), ..self }
    }

    /// A service whose template is given by itself. Files that it includes are in `folder`.
    ///
    /// # Errors
    /// Every fault of the template.
    pub fn of_file(
        source: Source,
        choice: Choice,
        service: &str,
        folder: &Path,
        limits: &Limits,
    ) -> Result<Self> {
        let found = directory::Found { source, choice, warnings: Diagnostics::new() };
        let template = ServiceTemplate::load(found, folder, limits)?;
        Ok(ServiceFiles::new(service, Build::default(), FileLookup::Shared(Arc::new(template))))
    }

    fn new(name: &str, build: Build, files: FileLookup) -> Self {
        let mut variables = Variables::new();
        variables.set_standard("BALENA_SERVICE_NAME", name);
        ServiceFiles {
            name: name.to_owned(),
            build,
            variables,
            has_only_image: false,
            files,
            project: Redaction::default(),
        }
    }

    /// Whether nothing is built, and its Dockerfile only stands for an image.
    pub fn has_only_image(&self) -> bool {
        self.has_only_image
    }

    /// The build arguments of the compose file that have a value.
    pub fn build_args(&self) -> Env {
        build_args(&self.build)
    }

    /// Changes how it is built: what is given here goes before what the compose file says.
    pub fn override_build(
        &mut self,
        args: &[(String, String)],
        contexts: &[(String, String)],
        target: Option<&str>,
    ) {
        self.build.override_with(args, contexts, target);
    }

    /// The build contexts beside the main one, by name.
    pub fn named_contexts(&self) -> &BTreeMap<String, String> {
        &self.build.contexts
    }

    /// The values that messages about a rendering of this service must not hold: those of a user's
    /// variables, and build arguments of the compose file.
    pub(crate) fn redaction(&self, rendering: &Rendering) -> Redaction {
        // The target and the names of build contexts may have values of the compose file in them.
        redaction_of(rendering, &self.build).and(&self.project)
    }

    fn shared(&self) -> Option<&ServiceTemplate> {
        match &self.files {
            FileLookup::Shared(template) => Some(template),
            FileLookup::ByDevice { .. } => None,
        }
    }

    /// The templates that were found for devices so far; none if all devices have one.
    pub(crate) fn variants(&self) -> Vec<Arc<ServiceTemplate>> {
        match &self.files {
            FileLookup::Shared(_) => Vec::new(),
            FileLookup::ByDevice { found, .. } => found.all(),
        }
    }

    /// The template for a device.
    ///
    /// # Errors
    /// When no file is for the device, and every fault of the one that is.
    pub fn template(&self, subject: &Subject) -> Result<TemplateRef<'_>> {
        match &self.files {
            FileLookup::Shared(template) => Ok(TemplateRef::Shared(template)),
            FileLookup::ByDevice { folder, named, limits, found } => {
                let find = || {
                    let limit = limits.template();
                    directory::find(folder, &self.build, named.as_deref(), subject, limit)
                };
                let found = found.get_or_load(subject, folder, limits, find).map(TemplateRef::OfDevice);
                found.map_err(|error| self.project.error(error))
            }
        }
    }
}

/// The values that messages about a rendering must not hold, of what is given to it and to its build: those of a
/// user's variables, and build arguments of the compose file.
pub(crate) fn redaction_of(rendering: &Rendering, build: &Build) -> Redaction {
    let of_variables = rendering.given().map(|variable| {
        let value = String::from_utf8_lossy(variable.value()).into_owned();
        (format!("%%{}%%", variable.name()), value)
    });
    let of_arguments = build.args.iter().filter_map(|(name, value)| {
        let value = value.clone().filter(|value| is_hidden(value))?;
        Some((format!("${{{name}}}"), value))
    });
    // What a Tera template produced has the values in it.
    let source = rendering.template().source();
    let template = Some(source).filter(|source| !source.is_made());
    Redaction::new(of_variables.chain(of_arguments), template)
}

/// The build arguments that have a value.
pub(crate) fn build_args(build: &Build) -> Env {
    let args = build.args.iter();
    args.filter_map(|(name, value)| Some((name.clone(), value.clone()?.into_bytes()))).collect()
}
