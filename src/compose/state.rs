//! What is kept while the files of a project are read: the files themselves, their variables, and what was
//! found out on the way.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::faults::Faults;
use super::interpolation::Values;
use super::tree::{At, Map, Path};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::source::Source;

/// More files than any project has, each counted as often as it is read.
const MAX_FILES: usize = 1_000;

/// More bytes than the files of any project have, each counted as often as it is read.
const MAX_BYTES: usize = 16 << 20;

/// Where a group of files is read: the folder that their paths are relative to, and their variables.
#[derive(Clone)]
pub struct Context {
    /// The folder, relative to the project; empty for the project itself.
    pub base: String,
    /// What `${...}` can be.
    pub values: Rc<Values>,
}

/// How the file with a path is read.
pub type Get<'l> = dyn Fn(&str) -> Result<Option<Source>> + 'l;

/// Reads files and keeps what was found out on the way.
pub struct Loader<'l> {
    get: &'l Get<'l>,
    /// What is wrong.
    pub faults: Faults,
    /// What was probably not meant.
    pub warnings: Diagnostics,
    /// A file that could not be read.
    pub failed: Option<Error>,
    /// The contexts that are being read, the innermost last.
    pub contexts: Vec<Context>,
    /// The values of variables that are in the files.
    pub used: Values,
    /// Variables that have no value, and where.
    pub unset: Vec<(At, String)>,
    /// Bytes of all texts with their variables replaced.
    pub replaced: usize,
    /// Whether these were too many.
    pub is_full: bool,
    /// Nodes that were copied because services extend others.
    pub copied: usize,
    /// Ports that short forms came to.
    pub ports: usize,
    /// Files that were read for `extends`, by path and folder.
    pub extended: BTreeMap<(String, String), Option<Extended>>,
    files: usize,
    bytes: usize,
}

impl<'l> Loader<'l> {
    /// A loader that reads files with `get`.
    pub fn new(get: &'l Get<'l>) -> Self {
        Loader {
            get,
            faults: Faults::default(),
            warnings: Diagnostics::new(),
            failed: None,
            contexts: Vec::new(),
            used: Values::new(),
            unset: Vec::new(),
            replaced: 0,
            is_full: false,
            copied: 0,
            ports: 0,
            extended: BTreeMap::new(),
            files: 0,
            bytes: 0,
        }
    }

    /// What `${...}` can be in the files that are being read.
    pub fn values(&self) -> Rc<Values> {
        self.contexts.last().map(|context| Rc::clone(&context.values)).unwrap_or_default()
    }

    /// The folder of the files that are being read.
    pub fn base(&self) -> String {
        self.contexts.last().map(|context| context.base.clone()).unwrap_or_default()
    }

    /// The file with a path; nothing after a fault. `named_at` is the place that names it.
    pub fn file(&mut self, path: &str, named_at: Option<&At>, what: &str) -> Option<Source> {
        let fault = if path.starts_with("..") || path.starts_with('/') || path.starts_with('~') {
            format!("{what} `{path}` is outside the project")
        } else {
            self.files += 1;
            match (self.get)(path) {
                _ if self.files > MAX_FILES => format!("more than {MAX_FILES} files belong to this project"),
                Ok(Some(source)) if self.bytes + source.bytes().len() > MAX_BYTES => {
                    format!("more than {MAX_BYTES} bytes of files belong to this project")
                }
                Ok(Some(source)) => {
                    self.bytes += source.bytes().len();
                    if let Some(at) = named_at {
                        self.faults.reach(&source, at);
                    }
                    return Some(source);
                }
                Ok(None) => format!("{what} `{path}` does not exist"),
                Err(error) => {
                    self.failed.get_or_insert(error);
                    return None;
                }
            }
        };
        match named_at {
            Some(at) => self.faults.error(at, fault),
            None => self.faults.diagnostics.push(|| Diagnostic::error(Place::File(path.to_owned()), fault)),
        }
        None
    }

    /// The file with a path, if it is there and can be read.
    pub fn try_file(&mut self, path: &str) -> Option<Source> {
        let is_outside = path.starts_with("..") || path.starts_with('/') || path.starts_with('~');
        self.files += 1;
        if is_outside || self.files > MAX_FILES { None } else { (self.get)(path).ok().flatten() }
    }
}

/// The services of a file that others extend, and what the file resets.
#[derive(Clone)]
pub struct Extended {
    /// The services by name, those that were written out in their final form.
    pub services: Rc<RefCell<Map>>,
    /// What the file resets.
    pub resets: Rc<HashSet<Path>>,
}
