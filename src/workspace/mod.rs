//! What a command works on: a project or a template by itself, its services, and the device types and
//! fleets that it renders for. Everything is opened once here; commands only read flags and print.
//!
//! - [`Workspace`] is a project directory, a template file, or standard input. It gives the [`Services`],
//!   each with the [`ServiceTemplate`] that it has for a device.
//! - [`registry()`] reads the device-type registry, [`Definitions`] the variables that a user gives,
//!   [`fleets`] the file of fleets, [`images_files`] what a user knows of images.
//! - [`DeviceChoice`] chooses what one rendering is for, [`Targets`] what many are for.
//!
//! ```
//! use std::path::Path;
//! use dtpl::workspace::{self, Definitions, Targets, Workspace, select};
//! use dtpl::{Place, Registry};
//!
//! let registry = Registry::embedded();
//! let request = workspace::Request::new(Path::new("-"));
//! let mut template = "FROM debian:%%BALENA_ARCH%%\n".as_bytes();
//! let (services, mut notes) = Workspace::open(&request, &mut template)?.into_services(&[], 1)?;
//! let devices = select(&registry, "raspberrypi3", &Place::CommandLine)?;
//! let definitions = Definitions::default();
//! let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
//! assert_eq!((services.list().len(), targets.len()), (1, 1));
//! # Ok::<(), dtpl::Error>(())
//! ```

mod compose_config;
#[cfg(feature = "cli")]
pub(crate) mod contract;
mod definitions;
pub(crate) mod device_names;
#[cfg(feature = "cli")]
pub(crate) mod fleets;
mod images;
#[cfg(feature = "cli")]
pub(crate) mod location;
mod registry;
mod service_images;
mod service_template;
pub(crate) mod services;
mod subject;
mod suggestions;
pub(crate) mod target;

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::compose::{self, interpolation::Values};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::error::{Error, Result};
use crate::escape::escaped;
use crate::fs::{self, Limit};
use crate::project::service::{ONLY_SERVICE, refuse_outside};
use crate::project::{Choice, directory, dockerfile_choice};
use crate::render::Limits;
use crate::source::Source;

pub use crate::compose::Request as ComposeRequest;
pub use crate::fleet::file::FleetsFile;
pub use crate::fleet::settings::CheckSettings;
pub use crate::fleet::{Fleet, FleetFormat, FleetVariable, parse as parse_fleets};
pub use crate::project::dockerfile_choice::FileForm;
pub use crate::project::{
    Build, BuildSecret, BuildSettings, Candidate, Project, Review, Service, ServiceKind, WhoBuilds,
};
pub use compose_config::compose_config;
pub use definitions::Definitions;
pub use device_names::arch_named;
#[cfg(feature = "cli")]
pub use images::images_files_of_project;
pub use images::{images_files, lock_file_of};
pub use registry::registry;
pub use service_template::{ServiceTemplate, TemplateRef};
pub use services::{ServiceFiles, Services};
pub use subject::{DeviceChoice, subject_of_fleet};
pub use target::{Target, Targets, select};

/// What to open.
#[non_exhaustive]
pub struct Request<'q> {
    /// A project directory, a template, or `-` for a template on standard input.
    pub path: &'q Path,
    /// The Dockerfile of `--file`, and where it was given.
    pub file: Option<(&'q str, Place)>,
    /// The compose files, relative to the project, each over those before it; without one the file that the
    /// project has.
    pub compose_files: &'q [String],
    /// The profiles of the compose file whose services are wanted; without one all services.
    pub profiles: &'q [String],
    /// What `${...}` in the compose file can be.
    pub values: &'q Values,
    /// The program that builds, if that is said: otherwise a file that only balena reads shows that it does.
    pub builder: Option<Builder>,
    /// How much a template may be.
    pub limits: Limits,
    /// How long a compose file and other files of the project may be.
    pub config: Limit,
}

impl<'q> Request<'q> {
    /// Opens what is at a path, within the default limits.
    pub fn new(path: &'q Path) -> Self {
        static NONE: Values = Values::new();
        let config = Limit { bytes: 2 << 20, flag: "--max-config-bytes" };
        Request {
            path,
            file: None,
            compose_files: &[],
            profiles: &[],
            values: &NONE,
            builder: None,
            limits: Limits::default(),
            config,
        }
    }
}

/// A project, or a template by itself.
///
/// ```
/// use std::path::Path;
/// use dtpl::workspace::{Request, Workspace};
///
/// let workspace = Workspace::open(&Request::new(Path::new("templates/python")), &mut std::io::empty())?;
/// let (services, _warnings) = workspace.into_services(&[], 1)?;
/// assert_eq!(services.list().len(), 1);
/// # Ok::<(), dtpl::Error>(())
/// ```
#[derive(Debug)]
pub struct Workspace {
    content: ProjectContent,
    /// The project's directory; for a template by itself, the folder that it includes files from.
    folder: PathBuf,
    /// The Dockerfile of `--file`.
    file: Option<String>,
    limits: Limits,
    /// The program that was asked for.
    builder: Option<Builder>,
}

#[derive(Debug)]
enum ProjectContent {
    Project(Project),
    Template(Source, Choice),
}

impl Workspace {
    /// Reads the compose file of a project, or the template by itself.
    ///
    /// # Errors
    /// A file that cannot be read or is at fault; `--file` that leads out of the project, or is given
    /// with a template.
    pub fn open(request: &Request, stdin: &mut dyn Read) -> Result<Self> {
        let &Request { path, ref file, compose_files, profiles, values, builder, limits, config } = request;
        let is_stdin = path == Path::new("-");
        if !is_stdin && fs::is_dir(path) {
            if let Some((name, place)) = file {
                refuse_outside(name, place.clone())?;
                refuse_yaml(name, place.clone())?;
            }
            let compose = compose::Request { files: compose_files, profiles, values };
            let project = directory::read(path, &compose, config, builder)?;
            let file = file.as_ref().map(|(name, _)| (*name).to_owned());
            let (content, folder) = (ProjectContent::Project(project), path.to_owned());
            return Ok(Workspace { content, folder, file, limits, builder });
        }
        if file.is_some() {
            let message = "--file chooses in a project, and this is not a directory";
            let fault = Diagnostic::error(Place::of_path(path), message);
            return Err(Error::usage(fault.help("leave --file out, or name the directory")));
        }
        if !is_stdin && is_yaml(path) {
            return Err(Error::input(not_a_template(path)));
        }
        let (source, path_shown, file_name) = if is_stdin {
            let source = fs::read_stream(stdin, "<stdin>", limits.template())?;
            (source, "-".into(), "Dockerfile.template".into())
        } else {
            let file_name = path.file_name().unwrap_or_default().to_string_lossy();
            (fs::read(path, limits.template())?, path.to_string_lossy(), file_name)
        };
        let choice = Choice { path: path_shown.into_owned(), ..dockerfile_choice::of_file(&file_name) };
        let parent = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !is_stdin);
        let folder = parent.unwrap_or(Path::new(".")).to_owned();
        let content = ProjectContent::Template(source, choice);
        Ok(Workspace { content, folder, file: None, limits, builder })
    }

    /// The project; `None` for a template by itself.
    pub fn project(&self) -> Option<&Project> {
        match &self.content {
            ProjectContent::Project(project) => Some(project),
            ProjectContent::Template(..) => None,
        }
    }

    /// The program that builds: the one that was asked for, or balena's where the project has a file that only
    /// balena reads. Nothing of a project is decided elsewhere.
    pub fn builder(&self) -> Builder {
        match (self.project(), self.builder) {
            (Some(project), _) => project.builder,
            (None, builder) => builder.unwrap_or(Builder::BuildKit),
        }
    }

    /// The file or folder that shows that balena builds the project, if nobody said who does.
    pub fn shown_by(&self) -> Option<&'static str> {
        self.project().and_then(|project| project.for_balena).filter(|_| self.builder.is_none())
    }

    /// The project's directory, or the folder of a template by itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The only service that is built, or the one with the name of `--service`.
    ///
    /// # Errors
    /// When there is no such service, when one of several has to be chosen, when the compose file has a placeholder
    /// in it, and when its Dockerfile cannot be read.
    pub fn into_service(self, named: Option<(&str, Place)>) -> Result<(ServiceFiles, Diagnostics)> {
        let name = named.as_ref().map(|(name, _)| *name);
        let project = match self.content {
            ProjectContent::Template(source, choice) => {
                let name = name.unwrap_or(ONLY_SERVICE);
                let service = ServiceFiles::of_file(source, choice, name, &self.folder, &self.limits)?;
                return Ok((service, Diagnostics::new()));
            }
            ProjectContent::Project(project) => project,
        };
        let in_compose = || Place::File(project.compose.clone().unwrap_or_default());
        let place = named.as_ref().map_or_else(in_compose, |(_, place)| place.clone());
        // A project without a compose file has one service, whatever it is called.
        let service = project.service(name.filter(|_| project.compose.is_some()), place)?;
        let build = service.build().cloned().unwrap_or_default();
        let name = name.unwrap_or(&service.name);
        let file = self.file.as_deref();
        let mut warnings = project.review(&[&service.name]).refuse()?;
        let service = ServiceFiles::on_demand(&self.folder, name, &build, file, &self.limits);
        warnings.append(project.warnings);
        Ok((service.redacted(&project.redaction), warnings))
    }

    /// What there is to say of the project before all services that are built, or only some, become a result. For
    /// one service this is part of [`into_service`](Self::into_service); `dtpl check` has rules for it.
    ///
    /// # Errors
    /// Placeholders in what the compose file says of them.
    pub fn review(&self, only: &[(String, Place)]) -> Result<Diagnostics> {
        let only: Vec<&str> = only.iter().map(|(name, _)| &**name).collect();
        self.project().map_or_else(|| Ok(Diagnostics::new()), |project| project.review(&only).refuse())
    }

    /// All services that are built, or only some, and the warnings of the project. At most `jobs` threads
    /// look for their Dockerfiles.
    ///
    /// # Errors
    /// Those of [`Services::of_project`].
    pub fn into_services(self, only: &[(String, Place)], jobs: usize) -> Result<(Services, Diagnostics)> {
        match self.content {
            ProjectContent::Template(..) => {
                let named = only.first().map(|(name, place)| (name.as_str(), place.clone()));
                let (service, warnings) = self.into_service(named)?;
                Ok((Services::of_service(service), warnings))
            }
            ProjectContent::Project(project) => {
                let (folder, file) = (&self.folder, self.file.as_deref());
                let services = Services::of_project(folder, &project, only, file, &self.limits, jobs)?;
                Ok((services, project.warnings))
            }
        }
    }
}

/// Whether a file is YAML, by its name.
fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yml" || end == "yaml")
}

/// Refuses a YAML file as the Dockerfile of `--file`: `docker compose -f` takes a compose file.
pub(crate) fn refuse_yaml(name: &str, place: Place) -> Result<()> {
    if !is_yaml(Path::new(name)) {
        return Ok(());
    }
    let shown = escaped(name);
    let (what, help) = match name.contains("compose") {
        true => ("compose", "name it with"),
        false => ("YAML", "if it is a compose file, name it with"),
    };
    let fault = Diagnostic::error(place, format!("`{shown}` is a {what} file, not a template"));
    Err(Error::input(fault.help(format!("{help} --compose-file {shown}"))))
}

/// The fault of a YAML file in the place of a template.
fn not_a_template(path: &Path) -> Diagnostic {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = Place::of_path(path);
    match name.contains("compose") {
        true => Diagnostic::error(place, "this is a compose file, not a template").help(format!(
            "name the project, and the file with a flag: {} --compose-file {name}",
            folder.display()
        )),
        false => Diagnostic::error(place, "this is a YAML file, not a template")
            .help("name a Dockerfile.template, or the directory of the project"),
    }
}
