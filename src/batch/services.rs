//! What a batch renders: the services of a project, each with the Dockerfile it has for a device.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::arch::Arch;
use crate::device_types::DeviceType;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fs::Limit;
use crate::project::directory::{self, For};
use crate::project::service::{Build, Kind};
use crate::project::{Choice, Project, Service};
use crate::render::tera::TeraTemplate;
use crate::render::{Layers, Template, Variable, Variables};
use crate::source::Source;
use crate::threads;

use super::target::Target;

/// The services that are built here, in the order of their names.
#[derive(Debug)]
pub struct Services {
    list: Vec<ServiceFiles>,
    /// The compose file that they come from, if there is one.
    pub compose: Option<String>,
}

/// One service, and the templates that it has.
#[derive(Debug)]
pub struct ServiceFiles {
    /// Its name.
    pub name: String,
    /// How it is built; its context is relative to the project.
    pub build: Build,
    /// `BALENA_SERVICE_NAME`.
    pub variables: Variables,
    files: Files,
}

#[derive(Debug)]
enum Files {
    /// The same for every device.
    One(Arc<Prepared>),
    /// Another one for some: found when it is asked for, by device type.
    ByDevice { folder: PathBuf, named: Option<String>, limit: Limit, found: Mutex<Found> },
}

type Found = BTreeMap<String, std::result::Result<Arc<Prepared>, Diagnostics>>;

/// A Dockerfile that was read, with what its renders share.
#[derive(Debug)]
pub struct Prepared {
    /// Its text.
    pub template: Template,
    /// Which file it is, relative to the project.
    pub choice: Arc<Choice>,
    /// What there is to say about it, whoever it is for.
    pub notes: Diagnostics,
    /// The text between the placeholders as JSON has it; nothing when it is not UTF-8.
    pub json: Option<Vec<Vec<u8>>>,
    /// The head of its JSON objects behind the fleet, up to the digest.
    pub json_head: Vec<u8>,
    /// A Tera template, which becomes another text for each target: see [`ServiceFiles::prepared`].
    pub tera: Option<TeraTemplate>,
    /// The variables of a user's own that a Tera template put into the text.
    pub given: Vec<Variable>,
}

/// A template that a service has for a device. Most are the service's only one, and asking for it must
/// not touch a counter that all threads share.
#[derive(Debug)]
pub enum Own<'s> {
    /// The only one.
    Here(&'s Arc<Prepared>),
    /// One of several.
    Found(Arc<Prepared>),
}

impl std::ops::Deref for Own<'_> {
    type Target = Arc<Prepared>;

    fn deref(&self) -> &Arc<Prepared> {
        match self {
            Own::Here(prepared) => prepared,
            Own::Found(prepared) => prepared,
        }
    }
}

impl Prepared {
    /// Reads the placeholders of a file that was found.
    ///
    /// # Errors
    /// A text that cannot be a Dockerfile.
    pub fn new(
        source: Source,
        choice: Choice,
        service: &str,
        notes: Diagnostics,
    ) -> std::result::Result<Self, Diagnostics> {
        let source = Arc::new(source);
        let template = match choice.substituted {
            true => Template::parse(source)?,
            false => Template::verbatim(source),
        };
        Ok(Prepared::of(template, Arc::new(choice), service, notes))
    }

    pub(super) fn of(template: Template, choice: Arc<Choice>, service: &str, mut notes: Diagnostics) -> Self {
        notes.append(template.suspicions());
        let json = json_pieces(&template);
        let mut json_head = Vec::new();
        for (name, value) in [("service", service), ("source", &choice.path), ("name", &choice.name)] {
            json_head.extend_from_slice(format!("\"{name}\":\"").as_bytes());
            crate::json::push_string(value, &mut json_head);
            json_head.extend_from_slice(b"\",");
        }
        Prepared { template, choice, notes, json, json_head, tera: None, given: Vec::new() }
    }
}

fn json_pieces(template: &Template) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(template.source().bytes()).ok()?;
    let mut pieces = Vec::with_capacity(template.placeholders().len() + 1);
    let mut at = 0;
    let ends = template.placeholders().iter().map(|&placeholder| template.span(placeholder));
    for span in ends.chain(std::iter::once(text.len()..text.len())) {
        let mut piece = Vec::with_capacity(span.start - at + 16);
        crate::json::push_string(text.get(at..span.start)?, &mut piece);
        pieces.push(piece);
        at = span.end;
    }
    Some(pieces)
}

impl Services {
    /// The services of a project in a folder. `named` is the Dockerfile that `--file` asks for, `only`
    /// the services that are asked for.
    ///
    /// # Errors
    /// A service that is not there or not built, and files that cannot be read.
    pub fn of_project(
        folder: &Path,
        project: &Project,
        only: &[(String, Place)],
        named: Option<&str>,
        limit: Limit,
        jobs: usize,
    ) -> Result<Self> {
        let mut built = Vec::new();
        let mut faults = Diagnostics::new();
        for (name, place) in only {
            if let Err(error) = project.service(Some(name), place.clone()) {
                faults.append(of_error(error)?);
            }
        }
        let is_wanted = |service: &&Service| {
            only.is_empty() || project.compose.is_none() || only.iter().any(|(name, _)| *name == service.name)
        };
        for service in project.services.iter().filter(is_wanted) {
            let place = || Place::File(project.compose.clone().unwrap_or_default());
            match &service.kind {
                Kind::Build(build) => {
                    if let Some(why) = crate::fleet::name::unfit(&service.name) {
                        let message =
                            format!("the service `{}` cannot be a folder's name: {why}", service.name);
                        faults.push(|| Diagnostic::error(place(), message));
                    }
                    built.push((&*service.name, build));
                }
                // There is nothing to render for these; of what lies on a network the project says so.
                Kind::External { .. } | Kind::Remote { .. } => {}
            }
        }
        let find = |&(name, build): &(&str, &Build)| {
            ServiceFiles::find(folder, name.to_owned(), build.clone(), named, limit)
        };
        let found = threads::share(&mut vec![(); jobs], 0..built.len(), 32, |(), part| {
            built[part].iter().map(find).collect::<Vec<_>>()
        });
        let mut list = Vec::new();
        for files in found.into_iter().flatten() {
            match files {
                Ok(files) => list.push(files),
                Err(error) => faults.append(of_error(error)?),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Input(faults));
        }
        if list.is_empty() {
            let place = Place::File(project.compose.clone().unwrap_or_default());
            let names: Vec<&str> = project.services.iter().map(|service| &*service.name).collect();
            return Err(Error::input(
                Diagnostic::error(place, "no service of the project is built here")
                    .help(format!("the services are {}", names.join(", "))),
            ));
        }
        list.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Services { list, compose: project.compose.clone() })
    }

    /// One service whose template is there already: a file by itself, or standard input. What it
    /// includes lies in `folder`.
    ///
    /// # Errors
    /// A text that cannot be a Dockerfile.
    pub fn of_file(
        source: Source,
        choice: Choice,
        service: &str,
        folder: &Path,
        limit: Limit,
    ) -> Result<Self> {
        let prepared = Prepared::read(source, choice, service, Diagnostics::new(), (folder, limit))?;
        let build = Build::default();
        let files = Files::One(Arc::new(prepared));
        let list = vec![ServiceFiles { name: service.to_owned(), build, variables: named(service), files }];
        Ok(Services { list, compose: None })
    }

    /// The services.
    pub fn list(&self) -> &[ServiceFiles] {
        &self.list
    }

    /// About how many bytes the results for one device have.
    pub fn bytes(&self) -> usize {
        let of_service = |service: &ServiceFiles| match &service.files {
            Files::One(prepared) => prepared.template.source().bytes().len(),
            // Not read yet; more than nearly all have.
            Files::ByDevice { .. } => 1 << 13,
        };
        self.list.iter().map(of_service).fold(0, usize::saturating_add)
    }

    /// The templates that are the same for every device, for asking what they have in common; nothing
    /// when one depends on the device.
    pub fn shared(&self) -> Option<Vec<&Prepared>> {
        let one = |service: &ServiceFiles| match &service.files {
            Files::One(prepared) => Some(Arc::as_ptr(prepared)),
            Files::ByDevice { .. } => None,
        };
        if self.list.iter().any(|service| one(service).is_none()) {
            return None;
        }
        Some(
            self.list
                .iter()
                .filter_map(|service| match &service.files {
                    Files::One(prepared) => Some(&**prepared),
                    Files::ByDevice { .. } => None,
                })
                .collect(),
        )
    }
}

/// What is wrong with the input; another error stops the whole.
fn of_error(error: Error) -> Result<Diagnostics> {
    match error {
        Error::Input(diagnostics) => Ok(diagnostics),
        other => Err(other),
    }
}

fn named(service: &str) -> Variables {
    let mut variables = Variables::new();
    variables.set_standard("BALENA_SERVICE_NAME", service);
    variables
}

impl ServiceFiles {
    fn find(folder: &Path, name: String, build: Build, file: Option<&str>, limit: Limit) -> Result<Self> {
        let files = match directory::find_shared(folder, &build, file, limit)? {
            Some(found) => {
                let prepared =
                    Prepared::read(found.source, found.choice, &name, found.warnings, (folder, limit))?;
                Files::One(Arc::new(prepared))
            }
            None => {
                let (folder, named) = (folder.to_owned(), file.map(str::to_owned));
                Files::ByDevice { folder, named, limit, found: Mutex::default() }
            }
        };
        Ok(ServiceFiles { variables: named(&name), name, build, files })
    }

    /// The template for a target; of a Tera template, what it becomes for just that target, which has at
    /// most so many bytes.
    ///
    /// # Errors
    /// When there is none, when it cannot be read, when a Tera template cannot be rendered.
    pub fn prepared(&self, target: &Target, most_bytes: u64) -> std::result::Result<Own<'_>, Diagnostics> {
        let prepared = self.template(target.device, target.arch)?;
        match &prepared.tera {
            None => Ok(prepared),
            Some(tera) => {
                let made = prepared.made(tera, target, self, &Variables::new(), most_bytes);
                made.map(|made| Own::Found(Arc::new(made)))
            }
        }
    }

    /// What a Tera template becomes for a target when the names that it needs and that there are not stand
    /// for themselves: so that the rest of it can be looked at. Nothing when that is not what is wrong.
    pub fn filled(&self, target: &Target, most_bytes: u64) -> Option<Arc<Prepared>> {
        let prepared = self.template(target.device, target.arch).ok()?;
        let tera = prepared.tera.as_ref()?;
        let layers = [&*target.own, &self.variables, &*target.base];
        let mut filler = Variables::new();
        for name in tera.unknown(Layers(&layers)) {
            let place = Place::Text(Arc::clone(tera.source()), 0..0);
            // A name between signs fits into a line.
            let _ = filler.define(name, format!("%%{name}%%"), place);
        }
        filler.iter().next()?;
        prepared.made(tera, target, self, &filler, most_bytes).ok().map(Arc::new)
    }

    /// The template for a device; a Tera template as it stands in its file.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn template(&self, device: &DeviceType, arch: &Arch) -> std::result::Result<Own<'_>, Diagnostics> {
        let (folder, named, limit, found) = match &self.files {
            Files::One(prepared) => return Ok(Own::Here(prepared)),
            Files::ByDevice { folder, named, limit, found } => (folder, named, limit, found),
        };
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(&*device.slug) {
            return known.clone().map(Own::Found);
        }
        let wanted =
            For { device: Some(&device.slug), arch: Some(&arch.slug), platform: Some(&arch.platform) };
        let told = |error| match error {
            Error::Input(diagnostics) | Error::Usage(diagnostics) => diagnostics,
            Error::Io { action, path, source } => {
                let place = Place::File(path.to_string_lossy().into_owned());
                Diagnostic::error(place, format!("cannot {action}: {source}")).into()
            }
            Error::Interrupted => Diagnostics::new(),
        };
        let new = directory::find(folder, &self.build, named.as_deref(), wanted, *limit)
            .map_err(told)
            .and_then(|new| {
                // Devices that have the same file share it.
                let same = |known: &&Arc<Prepared>| {
                    *known.choice == new.choice && known.template.source().bytes() == new.source.bytes()
                };
                let known = found.values().flatten().find(same).map(Arc::clone);
                known.map_or_else(
                    || {
                        let at = (folder.as_path(), *limit);
                        let new = Prepared::read(new.source, new.choice, &self.name, new.warnings, at);
                        new.map(Arc::new).map_err(told)
                    },
                    Ok,
                )
            });
        found.insert(device.slug.to_string(), new.clone());
        new.map(Own::Found)
    }
}
