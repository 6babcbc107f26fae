//! Where the files that belong to a path are looked for: in its folder and in those above it, up to the root of
//! the Git repository, or of the file system.
//!
//! That is what users of Git, Cargo and Docker Compose expect. The nearest file counts.

use std::path::{Path, PathBuf};

use crate::compose;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::fs;
use crate::project::directory;

/// The file that a project has its fleets and settings in.
const FLEETS: &str = "fleets.yaml";
/// Names that somebody may have written instead.
const NEARLY_FLEETS: [&str; 5] = ["fleets.yml", "fleet.yaml", "fleet.yml", "Fleets.yaml", "Fleets.yml"];
/// What balena's contract of a project is called.
const CONTRACT: &str = "balena.yml";

/// The folder of a path, and those above it, nearest first; none for standard input.
fn folders(path: &Path) -> Vec<Folder> {
    if path == Path::new("-") {
        return Vec::new();
    }
    let given = match path.parent() {
        _ if fs::is_dir(path) => path,
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Some(real) = fs::real_path(given) else { return Vec::new() };
    let here = if given.is_absolute() { None } else { fs::real_path(Path::new(".")) };
    let mut folders = Vec::new();
    for (number, folder) in real.ancestors().enumerate() {
        let shown = match (&here, number) {
            (_, 0) => given.to_owned(),
            (Some(here), _) => relative(folder, here),
            (None, _) => folder.to_owned(),
        };
        let within: Vec<String> = real
            .strip_prefix(folder)
            .iter()
            .flat_map(|rest| rest.iter())
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        folders.push(Folder { shown, within: within.join("/") });
        if fs::is_there(&folder.join(".git")) {
            break;
        }
    }
    folders
}

/// A folder at or above a path.
struct Folder {
    /// How messages name it.
    shown: PathBuf,
    /// The way from it to the folder of the path.
    within: String,
}

/// The path of a folder as seen from another.
fn relative(folder: &Path, here: &Path) -> PathBuf {
    if let Ok(below) = folder.strip_prefix(here) {
        return if below.as_os_str().is_empty() { PathBuf::from(".") } else { below.to_owned() };
    }
    match here.strip_prefix(folder) {
        Ok(above) => above.iter().map(|_| "..").collect(),
        Err(_) => folder.to_owned(),
    }
}

/// The file of fleets for a path, if there is one. Into `notes` goes which file is not read because of its name.
pub fn fleets_file(path: &Path, notes: &mut Diagnostics) -> Option<PathBuf> {
    for folder in folders(path) {
        let file = directory::display(&folder.shown, FLEETS);
        if fs::is_file(&file) {
            return Some(file);
        }
        let near = NEARLY_FLEETS.iter().map(|name| directory::display(&folder.shown, name));
        for near in near.filter(|near| fs::is_file(near)) {
            notes.push_warning(|| {
                let message = format!("this file is not read: the name is `{FLEETS}`");
                Diagnostic::warning(Place::of_path(&near), message)
                    .help("rename it, or name it with --fleets")
            });
        }
    }
    None
}

/// The contract of balena for a path, if there is one.
pub fn contract_file(path: &Path) -> Option<PathBuf> {
    let files = folders(path).into_iter().map(|folder| directory::display(&folder.shown, CONTRACT));
    files.into_iter().find(|file| fs::is_file(file))
}

/// The project above a folder.
pub struct Above {
    /// Its folder.
    pub folder: PathBuf,
    /// The way from it to the folder that was given.
    within: String,
    /// Whether that has a Dockerfile of its own.
    has_dockerfile: bool,
}

impl Above {
    /// Whether a service with this build context is the one that the folder belongs to, or one of those in it.
    /// A folder with a Dockerfile of its own belongs only to a service that is built from it.
    pub fn has(&self, context: &str) -> bool {
        let is_in = |folder: &str, path: &str| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        context == self.within
            || !self.has_dockerfile && (is_in(context, &self.within) || is_in(&self.within, context))
    }
}

/// The nearest folder above a folder that has a compose file; none if the folder has one itself.
pub fn project_above(path: &Path) -> Option<Above> {
    if path == Path::new("-") || !fs::is_dir(path) {
        return None;
    }
    let has_compose =
        |folder: &Path| compose::NAMES.iter().any(|name| fs::is_file(&directory::display(folder, name)));
    let found = folders(path).into_iter().enumerate().find(|(_, folder)| has_compose(&folder.shown));
    let (_, Folder { shown, within }) = found.filter(|(number, _)| *number > 0)?;
    let names = fs::names_in(path).unwrap_or_default();
    let has_dockerfile = names
        .iter()
        .any(|name| name == "Dockerfile" || name.starts_with("Dockerfile.") || name == "package.json");
    Some(Above { folder: shown, within, has_dockerfile })
}
