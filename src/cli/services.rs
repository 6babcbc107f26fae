//! The services that a command renders: those of a project, or the one of a template by itself.

use std::path::Path;

use super::args::RegistryFiles;
use super::{Context, target, usage};
use crate::batch::services::Services;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::fs::{self, Limit};
use crate::project::interpolation::Values;
use crate::project::service::ONLY_SERVICE;
use crate::project::{Choice, directory, dockerfile_choice};
use crate::render::placeholder::LONGEST_TEXT;

/// What is asked for, by the flags of a command.
pub struct Asked<'c> {
    /// A project, a template, or `-`.
    pub path: &'c Path,
    /// `--service`
    pub service: &'c [String],
    /// `--file`
    pub file: Option<&'c str>,
    pub registry: &'c RegistryFiles,
    /// `--max-template-bytes`
    pub max_template_bytes: u64,
    /// How many threads may look for them.
    pub jobs: usize,
}

/// How many threads to use: as asked for, or as many as there are processors.
pub fn jobs(given: Option<u16>) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(64);
    given.map_or_else(available, usize::from)
}

impl Asked<'_> {
    /// Whether it is a folder with a project in it.
    pub fn is_project(&self) -> bool {
        self.path != Path::new("-") && fs::is_dir(self.path)
    }

    /// The services. What is probably not meant goes into `notes`.
    pub fn find(
        &self,
        values: &Values,
        notes: &mut Diagnostics,
        context: &mut Context,
    ) -> anyhow::Result<Services> {
        let limit =
            Limit { bytes: self.max_template_bytes.min(LONGEST_TEXT as u64), flag: "--max-template-bytes" };
        let path = self.path;
        if self.is_project() {
            let place = || context.place_of("--service");
            let only: Vec<(String, Place)> =
                self.service.iter().map(|name| (name.clone(), place())).collect();
            let file = target::file(self.file, context)?;
            let project = directory::read(path, values, target::limit(self.registry))?;
            let services = Services::of_project(path, &project, &only, file, limit, self.jobs)?;
            notes.append(project.warnings);
            return Ok(services);
        }
        if self.file.is_some() {
            let place = Place::File(path.to_string_lossy().into_owned());
            return Err(usage(
                Diagnostic::error(place, "--file chooses in a project, and this is not a directory")
                    .help("leave --file out, or name the directory"),
            ));
        }
        let service = self.service.first().map_or(ONLY_SERVICE, String::as_str);
        if path == Path::new("-") {
            let source = fs::read_stream(context.streams.stdin, "<stdin>", limit)?;
            let choice = Choice { path: "-".to_owned(), ..dockerfile_choice::of_file("Dockerfile.template") };
            return Ok(Services::of_file(source, choice, service, Path::new("."), limit)?);
        }
        let source = fs::read(path, limit)?;
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let choice =
            Choice { path: path.to_string_lossy().into_owned(), ..dockerfile_choice::of_file(&file_name) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Services::of_file(source, choice, service, folder, limit)?)
    }
}
