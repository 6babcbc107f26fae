//! Paths as a bake file or matrix has them: relative to the folder in which it is used.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Place;
use crate::fs;

use super::usage;

/// A path as it is from `base`, or from the current directory. What is relative to that already stays as it is.
pub fn from_base(path: &Path, base: Option<&Path>) -> anyhow::Result<PathBuf> {
    if base.is_none() && path.is_relative() {
        let text = path.to_string_lossy();
        // Bake and GitHub read `/` on every system.
        return Ok(if cfg!(windows) { PathBuf::from(text.replace('\\', "/")) } else { path.to_owned() });
    }
    let base = base.unwrap_or(Path::new("."));
    let Some(from) = fs::real_path(base).filter(|_| fs::is_dir(base)) else {
        let place = Place::of_path(base);
        return Err(usage(
            place,
            "this is not a directory",
            "name the directory from which the file is used",
        ));
    };
    Ok(way(&from, &real(path)))
}

/// A path without symbolic links, as far as it is there.
pub fn real(path: &Path) -> PathBuf {
    if let Some(real) = fs::real_path(if path.as_os_str().is_empty() { Path::new(".") } else { path }) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

/// The way from a folder to a path. On Windows there is none from one drive to another.
fn way(from: &Path, to: &Path) -> PathBuf {
    let (from, target): (Vec<Component>, Vec<Component>) =
        (from.components().collect(), to.components().collect());
    if from.first() != target.first() {
        return to.to_owned();
    }
    let common = from.iter().zip(&target).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - common);
    let way: Vec<Component> = up.chain(target[common..].iter().copied()).collect();
    let parts: Vec<String> = way.iter().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    PathBuf::from(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}
