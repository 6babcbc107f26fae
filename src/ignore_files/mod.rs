//! Ignore files: which one a builder reads for a build context, and what it leaves out.
//!
//! Docker reads the one that is called after the Dockerfile (`Dockerfile.dockerignore`), or `.dockerignore` in the
//! build context. balena's CLI reads the `.dockerignore` of the project alone, for all services; with its
//! `--multi-dockerignore` each service has its own.

mod invalid;
mod patterns;

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fs::{self, Limit};
use crate::source::Source;
pub use invalid::{InvalidPattern, invalid_patterns};
pub use patterns::{Patterns, expression};

/// The name of an ignore file.
pub const NAME: &str = ".dockerignore";
/// The most bytes of an ignore file.
const LONGEST: Limit = Limit { bytes: 1 << 20, flag: "--max-template-bytes" };

/// Who reads the ignore files of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IgnoreReader {
    /// Docker.
    #[default]
    Docker,
    /// balena's CLI.
    Balena,
    /// balena's CLI with `--multi-dockerignore`.
    BalenaMulti,
}

/// The ignore file that counts for a build context.
#[derive(Debug, Default)]
pub struct IgnoreFile {
    patterns: Patterns,
    /// Its path as messages show it; empty if there is none.
    pub name: String,
    /// The file, if there is one.
    pub source: Option<Arc<Source>>,
    /// What comes before a path of the build context in the paths that the file is about.
    before: String,
}

impl IgnoreFile {
    /// The file that counts for the build context in the folder `inside` of a project. `own` is the file that
    /// belongs to the Dockerfile, if there is one.
    ///
    /// # Errors
    /// When the file is there and cannot be read: without it, what it leaves out would be taken for a part of the
    /// context.
    pub fn of_context(
        project: &Path,
        inside: &str,
        own: Option<&Path>,
        reader: IgnoreReader,
    ) -> Result<IgnoreFile> {
        let is_of_project = inside.is_empty() || reader == IgnoreReader::Balena;
        let folder = if is_of_project { project.to_owned() } else { project.join(inside) };
        let own = own.filter(|path| reader == IgnoreReader::Docker && fs::is_file(path));
        let path = own.map(Path::to_owned).or_else(|| {
            let path = folder.join(NAME);
            // A link may lead out of the project.
            let is_here = fs::is_file(&path) && fs::is_inside(project, &path).unwrap_or(false);
            is_here.then_some(path)
        });
        let source = path.as_deref().map(read).transpose()?;
        let text = source.as_ref().map_or(&[][..], Source::bytes);
        let path = path.unwrap_or_default();
        let name = match is_of_project && !inside.is_empty() {
            true => path.strip_prefix(project).unwrap_or(&path).to_string_lossy().into_owned(),
            false => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let patterns = match reader {
            IgnoreReader::Docker => Patterns::parse(text),
            IgnoreReader::Balena | IgnoreReader::BalenaMulti => Patterns::parse_for_balena(text),
        };
        let before = if is_of_project && !inside.is_empty() { format!("{inside}/") } else { String::new() };
        Ok(IgnoreFile { patterns, name, source: source.map(Arc::new), before })
    }

    /// Whether a path of the build context is left out.
    pub fn excludes(&self, path: &str) -> bool {
        match self.before.as_str() {
            "" => self.patterns.exclude(path),
            before => self.patterns.exclude(&format!("{before}{path}")),
        }
    }

    /// Whether a line of the file may make something in a folder part of the context although the folder is not.
    pub fn may_include_in(&self, folder: &str) -> bool {
        self.patterns.may_include_in(&format!("{}{folder}", self.before))
    }

    /// The same, with what the builder adds to the file.
    #[cfg(feature = "cli")]
    pub fn may_keep_in(&self, folder: &str) -> bool {
        self.patterns.may_keep_in(&format!("{}{folder}", self.before))
    }
}

/// Reads an ignore file.
///
/// # Errors
/// When it cannot be read, and when it is longer than any that is meant as one.
pub fn read(path: &Path) -> Result<Source> {
    fs::read(path, LONGEST).map_err(|error| match error {
        // The limit is no flag's.
        Error::Input(_) => {
            let message = format!("an ignore file has at most {} bytes", LONGEST.bytes);
            let fault = Diagnostic::error(Place::of_path(path), message);
            Error::input(fault.help("leave out a folder with one pattern in place of its files"))
        }
        other => other,
    })
}
