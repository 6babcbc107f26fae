//! The catalogue of base images as the flags want it: with images files, as of a day, with a horizon.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::CatalogueArgs;
use super::{Session, online};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::fs::Limit;
use crate::image::{Catalogue, Date, ImagesFile, LookupFaultKind, NoImage, Reference, Refused};
use crate::lock::{self, CollectRequest, LockedImage, LockedImages};
use crate::source::Source;
use crate::workspace::{images_files, images_files_of_project, lock_file_of};

/// What a catalogue refers to.
pub struct OpenCatalogue {
    files: Vec<ImagesFile>,
    refused: Refused,
    day: Date,
    horizon: u16,
}

impl OpenCatalogue {
    /// The catalogue, with the names of the device types of a registry.
    pub fn catalogue<'r>(&'r self, registry: &'r Registry) -> Catalogue<'r> {
        let catalogue = Catalogue::new(registry).as_of(self.day).horizon(self.horizon);
        catalogue.with_files(&self.files).without(&self.refused)
    }

    /// With `--online`, asks the registries about images, and lays what they say over everything else. What is not
    /// known after that goes into `notes`; `redact` takes values out of what is said of an image.
    ///
    /// # Errors
    /// When this program cannot ask, or a setting of what asks is at fault.
    pub fn ask(
        &mut self,
        references: impl IntoIterator<Item = Reference>,
        redact: &dyn Fn(&Reference, Diagnostic) -> Diagnostic,
        command: &CatalogueArgs,
        limit: Limit,
        notes: &mut Diagnostics,
        session: &Session,
    ) -> anyhow::Result<()> {
        let is_asked = |reference: &Reference| command.online.online && reference.text() != "scratch";
        let asked = references.into_iter().filter(is_asked).map(|one| (one.full_name(), one));
        let asked: BTreeMap<String, Reference> = asked.collect();
        let references: Vec<Reference> = asked.into_values().collect();
        let Some(answers) = online::ask(&references, &command.online, session.streams.variable, limit)?
        else {
            return Ok(());
        };
        let mut found = LockedImages::new();
        for (reference, answer) in references.iter().zip(answers) {
            let fault = match answer {
                Ok(published) => {
                    let image = LockedImage::of_published(&published, today());
                    if !image.platforms.is_empty() {
                        found.insert(lock::name_in_file(reference), image);
                        continue;
                    }
                    let message = format!("`{}` is there for no platform of Linux", reference.text());
                    Diagnostic::warning(session.place_of("--online"), message)
                }
                Err(fault) if fault.kind == LookupFaultKind::NotFound => {
                    self.refused.insert(reference.full_name(), (NoImage::Missing, today()));
                    continue;
                }
                Err(fault) => {
                    let message = format!("`{}` was not looked up: {}", reference.text(), fault.message);
                    Diagnostic::warning(session.place_of("--online"), message).helps(fault.help)
                }
            };
            notes.push_warning(|| redact(reference, fault));
            self.refused.insert(reference.full_name(), (NoImage::NoAnswer, today()));
        }
        if !found.is_empty() {
            let text = lock::write(&found).map_err(Error::Input)?;
            let source = Arc::new(Source::new(Catalogue::REGISTRY, text));
            self.files.push(ImagesFile::parse(&source).map_err(Error::Input)?);
        }
        Ok(())
    }

    /// Asks about all images that the builds of a project use, as [`ask`](Self::ask) does.
    ///
    /// # Errors
    /// As there.
    pub fn ask_for_project(
        &mut self,
        request: &CollectRequest,
        command: &CatalogueArgs,
        limit: Limit,
        notes: &mut Diagnostics,
        session: &Session,
    ) -> anyhow::Result<()> {
        if !command.online.online {
            return Ok(());
        }
        // What is at fault in the project, the command itself reports.
        let wanted = lock::collect_known(request);
        let redact =
            |reference: &Reference, note: Diagnostic| match wanted.get(&lock::name_in_file(reference)) {
                Some(image) => image.redacted(note),
                None => note,
            };
        let references: Vec<Reference> = wanted.values().map(|image| image.reference.clone()).collect();
        self.ask(references, &redact, command, limit, notes, session)
    }
}

/// Today, in UTC. Nothing where the clock is not set.
pub fn today() -> Option<Date> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Date::at_unix_time(since.as_secs())
}

impl CatalogueArgs {
    /// Opens the catalogue for what is at a path: the lock file of the folder, the images files that the `fleets.yaml`
    /// of the path names, and those of the flags, each over those before it. With a clock that is not set, or one that is behind the tables, images
    /// are judged as of the day of the tables.
    ///
    /// # Errors
    /// Images files that cannot be read, and every fault in them.
    pub fn open(
        &self,
        folder: Option<&Path>,
        path: &Path,
        fleets: Option<&Path>,
        registry: &Registry,
        limit: Limit,
        session: &Session,
    ) -> Result<OpenCatalogue> {
        let mut paths: Vec<PathBuf> = Vec::new();
        paths.extend(folder.and_then(lock_file_of));
        paths.extend(images_files_of_project(fleets, path, limit)?);
        paths.extend(self.images.iter().cloned());
        let files = images_files(&paths, registry, limit, session.place_of("--images"))?;
        let day = self.as_of.or_else(|| today().map(|today| today.max(Catalogue::snapshot())));
        Ok(OpenCatalogue {
            files,
            refused: Refused::new(),
            day: day.unwrap_or_else(Catalogue::snapshot),
            horizon: self.horizon,
        })
    }
}
