//! The images files of a user and of a project.

use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "cli")]
use super::fleets;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fs::{self, Limit};
use crate::image::{ImagesFile, LOCK_FILE};
use crate::project::directory;

/// The most images files that are read.
const MOST_FILES: usize = 256;
/// The most files of a checkout that are read: several times as many as there are.
const MOST_FILES_OF_A_CHECKOUT: usize = 2_000;

/// Reads images files, in the order given.
///
/// # Errors
/// A file that cannot be read; every fault of all files that can, device types that the registry does not have among
/// them; more than 256 files, at `place`.
pub fn images_files(
    paths: &[PathBuf],
    registry: &Registry,
    limit: Limit,
    place: Place,
) -> Result<Vec<ImagesFile>> {
    if paths.len() > MOST_FILES {
        let message = format!("more than {MOST_FILES} images files");
        return Err(Error::input(Diagnostic::error(place, message).help("join them into fewer files")));
    }
    let (mut files, mut faults) = (Vec::new(), Diagnostics::new());
    for path in paths {
        if fs::is_dir(path) {
            files.push(official_images(path, limit, &mut faults)?);
            continue;
        }
        match ImagesFile::parse(&Arc::new(fs::read(path, limit)?)) {
            Ok(file) => {
                faults.append(file.unknown_devices(registry));
                files.push(file);
            }
            Err(more) => faults.append(more),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(Error::Input(faults)) }
}

/// What a checkout of official-images says, of all images in its folder `library`.
fn official_images(folder: &Path, limit: Limit, faults: &mut Diagnostics) -> Result<ImagesFile> {
    let library = folder.join("library");
    if !fs::is_dir(&library) {
        let help = "give an images file, or a checkout of official-images";
        let fault = Diagnostic::error(Place::of_path(folder), "the folder has no folder `library`");
        return Err(Error::input(fault.help(help)));
    }
    let mut file = ImagesFile::default();
    let names = fs::entries_in(&library)?;
    if !names.iter().any(|(_, is_file)| *is_file) {
        let fault = Diagnostic::error(Place::of_path(&library), "the folder has no files");
        return Err(Error::input(fault.help("give a whole checkout of official-images")));
    }
    for (name, _) in names.iter().filter(|(_, is_file)| *is_file).take(MOST_FILES_OF_A_CHECKOUT) {
        let path = library.join(name);
        let source = fs::read(&path, limit)?;
        let text = String::from_utf8_lossy(source.bytes()).into_owned();
        if let Err(fault) = file.add_official(name, &text, &Place::of_path(&path)) {
            faults.push(|| fault);
        }
    }
    Ok(file)
}

/// The lock file of a project in this folder, if it has one: an images file too, and what it says of platforms is newer
/// than most tables.
pub fn lock_file_of(folder: &Path) -> Option<PathBuf> {
    Some(directory::display(folder, LOCK_FILE)).filter(|path| fs::is_file(path))
}

/// The images files that a project names in `images:` of its file of fleets, `given` or the nearest; each path is
/// from the folder of that file.
///
/// # Errors
/// When the file of fleets cannot be read, and every fault of its settings.
#[cfg(feature = "cli")]
pub fn images_files_of_project(given: Option<&Path>, project: &Path, limit: Limit) -> Result<Vec<PathBuf>> {
    let named = fleets::build_settings(given, project, limit)?.images;
    // It was found there before, and said which file is not read because of its name.
    let file = fleets::path(given, project, &mut Diagnostics::new());
    let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    Ok(named.into_iter().map(|(path, _)| directory::display(folder, &path)).collect())
}
