//! `dtpl init`: the files of a new project.
//!
//! [`stack`] holds the templates. [`detect`] finds out which of them fits a folder, and [`plan`] compares
//! the template with the folder: existing files are never overwritten, and an existing application is
//! not mixed with the template's.
//!
//! ```
//! use dtpl::init::{Stack, plan};
//!
//! let folder = std::env::temp_dir().join("dtpl-there-is-no-such-folder");
//! let plan = plan(&folder, Stack::called("python").unwrap())?;
//! assert!(plan.in_order().iter().any(|(path, _)| *path == "Dockerfile.template"));
//! # Ok::<(), dtpl::Error>(())
//! ```

mod stack;

use std::path::Path;

use crate::compose;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fs;
pub use stack::{STACKS, Stack, Start, TemplateFile};

/// The Dockerfile of every template.
const DOCKERFILE: &str = "Dockerfile.template";

/// What `dtpl init` does in a folder.
#[derive(Debug)]
#[non_exhaustive]
pub struct InitPlan {
    /// The template.
    pub stack: &'static Stack,
    /// Its files to make, by path.
    pub make: Vec<&'static TemplateFile>,
    /// Its files that exist already, and are kept.
    pub keep: Vec<&'static str>,
    /// What is left to do before the project builds, a sentence each.
    pub left: Vec<String>,
}

impl InitPlan {
    /// The files to make, in the order in which they appear. The manifest shows that there is an
    /// application, and the Dockerfile that there is a project: they come last, so that after an
    /// interrupted run the next one makes what is missing.
    pub fn in_order(&self) -> Vec<(&'static str, &'static [u8])> {
        let mut files = self.make.clone();
        files.sort_by_key(|file| (file.path == DOCKERFILE, self.stack.shows_application(file.path)));
        files.into_iter().map(|file| (file.path, file.text.as_bytes())).collect()
    }
}

/// Returns the stack that a folder's manifest belongs to: `node` for a folder with a `package.json`.
///
/// # Errors
/// When there is no manifest, and when there are several.
pub fn detect(folder: &Path) -> Result<&'static Stack> {
    let is_there = |stack: &&Stack| stack.manifest.is_some_and(|name| fs::is_file(&folder.join(name)));
    let found: Vec<&Stack> = STACKS.iter().filter(is_there).collect();
    let stacks = match found.as_slice() {
        [only] => return Ok(only),
        [] => STACKS.iter().collect(),
        _ => found.clone(),
    };
    let manifests: Vec<&str> = stacks.iter().filter_map(|stack| stack.manifest).collect();
    let (last, rest) = manifests.split_last().unwrap_or((&"", &[]));
    let rest = rest.join(", ");
    let message = match found.as_slice() {
        [] => format!("no {rest} or {last} here to detect the stack from"),
        _ => format!("{rest} and {last} are here: the stack is ambiguous"),
    };
    let names: Vec<&str> = stacks.iter().map(|stack| stack.name).collect();
    let fault = Diagnostic::error(Place::File(shown(folder)), message);
    Err(Error::usage(fault.help(format!("pass --stack {}", names.join("|")))))
}

/// Compares a template with a folder, which need not be there yet.
///
/// # Errors
/// A folder that cannot be read, or that has a Dockerfile.
pub fn plan(folder: &Path, stack: &'static Stack) -> Result<InitPlan> {
    let names = if fs::is_dir(folder) { fs::names_in(folder)? } else { Vec::new() };
    refuse_dockerfiles(folder, &names)?;
    let is_there = |path: &str| fs::is_there(&folder.join(path));
    let is_own = stack.files.iter().any(|file| stack.shows_application(file.path) && is_there(file.path));
    let (mut make, mut keep, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for file in stack.files {
        if is_there(file.path) {
            keep.push(file.path);
        } else if !is_own || Stack::is_packaging(file.path) {
            make.push(file);
        }
    }
    if is_own {
        if let Some((lock, command)) = stack.lock.filter(|(lock, _)| !is_there(lock)) {
            left.push(format!("the build needs {lock}, which does not exist: `{command}` makes it"));
        }
        let start = stack.start.as_ref().filter(|start| !start.file.is_some_and(is_there));
        left.extend(start.map(|start| start.left.to_owned()));
    }
    if let Some(name) = compose::NAMES.iter().find(|name| names.iter().any(|other| other == *name)) {
        left.push(format!(
            "{name} says which folders are built: make sure that one of its services is this one"
        ));
    }
    Ok(InitPlan { stack, make, keep, left })
}

/// A folder with a Dockerfile, in whatever form, is a project already.
fn refuse_dockerfiles(folder: &Path, names: &[String]) -> Result<()> {
    let is_dockerfile = |name: &&str| *name == "Dockerfile" || name.starts_with("Dockerfile.");
    let found: Vec<&str> = names.iter().map(String::as_str).filter(is_dockerfile).collect();
    let Some(first) = found.first() else { return Ok(()) };
    let message = match found.len() {
        1 => "the project has a Dockerfile already".to_owned(),
        _ => format!("the project has Dockerfiles already: {}", found.join(", ")),
    };
    let place = Place::File(shown(&folder.join(first)));
    Err(Error::input(Diagnostic::error(place, message).help(
        "`dtpl check` and `dtpl render` work with it as it is; or name another folder for a new project",
    )))
}

/// A path for messages: without the `.` in front.
fn shown(path: &Path) -> String {
    let below = path.strip_prefix(".").unwrap_or(path);
    let shown = if below.as_os_str().is_empty() { path } else { below };
    shown.to_string_lossy().into_owned()
}
