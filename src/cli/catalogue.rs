//! The catalogue of base images as the flags want it: with images files, as of a day, with a horizon.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Session;
use super::args::CatalogueArgs;
use crate::device_types::Registry;
use crate::error::Result;
use crate::fs::{self, Limit};
use crate::image::{Catalogue, Date, ImagesFile};
use crate::pin::LOCK_FILE;
use crate::workspace::{images_files, images_files_of_project};

/// What a catalogue refers to.
pub struct OpenCatalogue {
    files: Vec<ImagesFile>,
    day: Date,
    horizon: u16,
}

impl OpenCatalogue {
    /// The catalogue, with the names of the device types of a registry.
    pub fn catalogue<'r>(&'r self, registry: &'r Registry) -> Catalogue<'r> {
        Catalogue::new(registry).as_of(self.day).horizon(self.horizon).with_files(&self.files)
    }
}

/// Today, in UTC. Nothing where the clock is not set.
fn today() -> Option<Date> {
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
        let lock = folder.map(|folder| folder.join(LOCK_FILE));
        paths.extend(lock.filter(|lock| fs::is_file(lock)));
        paths.extend(images_files_of_project(fleets, path, limit)?);
        paths.extend(self.images.iter().cloned());
        let files = images_files(&paths, registry, limit, session.place_of("--images"))?;
        let day = self.as_of.or_else(|| today().map(|today| today.max(Catalogue::snapshot())));
        Ok(OpenCatalogue { files, day: day.unwrap_or_else(Catalogue::snapshot), horizon: self.horizon })
    }
}
