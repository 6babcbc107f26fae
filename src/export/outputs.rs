//! Where the Dockerfile of each service goes in an exported project, and which files it stands for.
//!
//! A builder must find the rendered file by what the compose file says, and must find nothing else. balena's
//! builder would render a `Dockerfile.template` again, and would take a `Dockerfile.raspberrypi3` that lies beside
//! the plain one. So the plain file has the name that the compose file gives, without the extension of a template,
//! and the templates stay behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::RenderedService;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fs;
use crate::ignore_files;
use crate::project::dockerfile_choice::{FileForm, PRECEDENCE};
use crate::project::service::in_project;

/// The ignore file that BuildKit reads for a Dockerfile is called after it.
const IGNORE_FILE: &str = ".dockerignore";

/// A file that is written in place of one that is copied.
#[derive(Debug, PartialEq, Eq)]
pub struct OutputFile {
    pub bytes: Arc<[u8]>,
    /// The file of the project that it gets its mode from.
    pub like: String,
}

/// What the Dockerfiles of a project change in it. Paths are relative to the project, without symbolic links.
#[derive(Debug, Default)]
pub struct Outputs {
    /// Files to write, by path.
    pub files: BTreeMap<String, OutputFile>,
    /// The Dockerfiles of the services, by path in their build contexts, where the compose file has to say another
    /// one than it does.
    pub dockerfiles: BTreeMap<String, String>,
    /// For each service its build context, and the ignore file of its own that BuildKit looks for.
    pub contexts: Vec<(String, String)>,
    /// Paths whose variants stay behind: `Dockerfile` for `Dockerfile.template` and `Dockerfile.aarch64`.
    bases: BTreeSet<String>,
    /// Other templates that stay behind.
    templates: BTreeSet<String>,
    /// The extensions of variants.
    extensions: BTreeSet<String>,
}

/// The Dockerfile of a service, before those of others are looked at.
struct Wanted<'s> {
    service: &'s RenderedService,
    /// The build context, without symbolic links.
    context: String,
    /// The path in it that the compose file gives.
    named: Option<String>,
    /// The path in it that the Dockerfile gets.
    name: String,
}

impl Outputs {
    /// Decides for all services.
    ///
    /// # Errors
    /// A folder where a Dockerfile has to go, and a build context that cannot be read.
    pub fn new(project: &Path, services: &[RenderedService], registry: &Registry) -> Result<Self> {
        let mut outputs = Outputs { extensions: extensions(registry), ..Outputs::default() };
        let mut wanted = Vec::with_capacity(services.len());
        for service in services {
            wanted.push(outputs.wanted(project, service)?);
        }
        outputs.give_own_names(project, &mut wanted);
        let mut faults = Diagnostics::new();
        for one in wanted {
            if let Err(error) = outputs.add(project, one) {
                faults.append(error.into_input()?);
            }
        }
        if faults.is_empty() { Ok(outputs) } else { Err(Error::Input(faults)) }
    }

    /// Whether a file is a template that stays behind, or a variant for another device.
    pub fn leave_behind(&self, path: &str) -> bool {
        if self.files.contains_key(path) {
            return false;
        }
        let variant_of = |(base, extension): (&str, &str)| {
            self.extensions.contains(extension) && self.bases.contains(base)
        };
        self.templates.contains(path) || path.rsplit_once('.').is_some_and(variant_of)
    }

    fn wanted<'s>(&self, project: &Path, service: &'s RenderedService) -> Result<Wanted<'s>> {
        let context = real(project, &service.build.context)?;
        let named = service.build.dockerfile.clone();
        let is_template = service.choice.form != FileForm::Plain;
        let name = match &named {
            // The compose file names the template: the plain file has the name without its extension.
            Some(named) if is_template && service.build.in_project(named) == service.choice.path => {
                service.choice.name.clone()
            }
            Some(named) => named.clone(),
            None => "Dockerfile".to_owned(),
        };
        Ok(Wanted { service, context, named, name })
    }

    /// Gives services whose Dockerfiles have one path and differ a Dockerfile each: `Dockerfile.SERVICE`.
    fn give_own_names(&self, project: &Path, wanted: &mut [Wanted]) {
        let path = |one: &Wanted| in_project(&one.context, &one.name);
        let mut shared: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, one) in wanted.iter().enumerate() {
            shared.entry(path(one)).or_default().push(at);
        }
        let mut taken: BTreeSet<String> = shared.keys().cloned().collect();
        for sharing in shared.into_values() {
            let bytes = |at: &usize| wanted.get(*at).map(|one| &one.service.bytes);
            let first = sharing.first().and_then(bytes);
            if sharing.iter().all(|at| bytes(at) == first) {
                continue;
            }
            for at in sharing {
                let Some(one) = wanted.get_mut(at) else { continue };
                // A builder would take `Dockerfile.aarch64` for a template.
                let is_free = |path: &str, extension: &str| {
                    !self.extensions.contains(extension)
                        && format!(".{extension}") != IGNORE_FILE
                        && !taken.contains(path)
                        && !fs::is_there(&project.join(path))
                };
                let own = |extension: &str| format!("{}.{extension}", one.name);
                let service = &one.service.name;
                let numbered = (1..).map(|number| format!("{service}-{number}"));
                let mut extensions = std::iter::once(service.clone()).chain(numbered);
                let free = extensions
                    .find(|extension| is_free(&in_project(&one.context, &own(extension)), extension));
                one.name = own(&free.unwrap_or_default());
                taken.insert(in_project(&one.context, &one.name));
            }
        }
    }

    fn add(&mut self, project: &Path, wanted: Wanted) -> Result<()> {
        let Wanted { service, context, named, name } = wanted;
        let real_path = |name: &str| {
            let path = in_project(&context, name);
            Ok::<_, Error>(join(&real_folder_of(project, &path)?, last(&path)))
        };
        let path = real_path(&name)?;
        if fs::is_dir(&project.join(&path)) {
            let place = Place::of_path(&project.join(&path));
            let message = "the Dockerfile has to go where this folder is";
            return Err(Error::input(Diagnostic::error(place, message).help("rename the folder")));
        }
        if named.as_deref().unwrap_or("Dockerfile") != name {
            self.dockerfiles.insert(service.name.clone(), name.clone());
        }
        if service.choice.form != FileForm::Plain {
            self.templates
                .insert(join(&real_folder_of(project, &service.choice.path)?, last(&service.choice.path)));
        }
        for base in [named.as_deref().unwrap_or("Dockerfile"), &name] {
            self.bases.insert(real_path(base)?);
        }
        let own_ignore_file = format!("{path}{IGNORE_FILE}");
        let of_template = service.choice.ignore_file();
        if of_template != own_ignore_file
            && fs::is_file(&project.join(&of_template))
            && !fs::is_there(&project.join(&own_ignore_file))
        {
            let bytes = ignore_files::read(&project.join(&of_template))?.bytes().into();
            self.files.insert(own_ignore_file.clone(), OutputFile { bytes, like: of_template });
        }
        self.contexts.push((context, own_ignore_file));
        let (bytes, like) = (Arc::clone(&service.bytes), service.choice.path.clone());
        self.files.insert(path, OutputFile { bytes, like });
        Ok(())
    }
}

/// The extensions that a variant of a Dockerfile can have.
fn extensions(registry: &Registry) -> BTreeSet<String> {
    let devices = registry.device_types().iter().map(|device| device.slug.to_string());
    let arches = registry.arches().iter().map(|arch| arch.slug.to_string());
    let templates = PRECEDENCE.iter().filter_map(|form| match form {
        FileForm::Template => Some("template".to_owned()),
        FileForm::Tera => Some("tera".to_owned()),
        _ => None,
    });
    devices.chain(arches).chain(templates).collect()
}

/// The path of a folder of the project without symbolic links.
fn real(project: &Path, folder: &str) -> Result<String> {
    let open = |path: &Path| fs::real_path(path).ok_or_else(|| not_there(path));
    let root = if project.as_os_str().is_empty() { Path::new(".") } else { project };
    let (root, folder) = (open(root)?, open(&root.join(folder))?);
    let below = folder.strip_prefix(root).unwrap_or(Path::new(""));
    Ok(below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// The path in the project of a file in it, without symbolic links on the way.
///
/// # Errors
/// When its folder is not there.
pub fn path_of_file(project: &Path, file: &Path) -> Result<String> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::real_path(folder).ok_or_else(|| not_there(folder))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = folder.to_string_lossy();
    Ok(join(&real(project, &folder)?, &name))
}

fn real_folder_of(project: &Path, path: &str) -> Result<String> {
    real(project, path.rsplit_once('/').map_or("", |(folder, _)| folder))
}

fn not_there(path: &Path) -> Error {
    Error::input(Diagnostic::error(Place::of_path(path), "there is no such folder"))
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}
