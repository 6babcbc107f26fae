//! Ignore files: which one a builder reads for a build context, and what it leaves out.
//!
//! Docker reads the one that is called after the Dockerfile (`Dockerfile.dockerignore`), or `.dockerignore` in the
//! build context. balena's CLI reads the `.dockerignore` of the project alone, for all services; with its
//! `--multi-dockerignore` each service has its own.

mod patterns;

use std::path::Path;

use crate::fs::{self, Limit};
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
    /// What comes before a path of the build context in the paths that the file is about.
    before: String,
}

impl IgnoreFile {
    /// The file that counts for the build context in the folder `inside` of a project. `own` is the file that
    /// belongs to the Dockerfile, if there is one.
    pub fn of_context(project: &Path, inside: &str, own: Option<&Path>, reader: IgnoreReader) -> IgnoreFile {
        let is_of_project = inside.is_empty() || reader == IgnoreReader::Balena;
        let folder = if is_of_project { project.to_owned() } else { project.join(inside) };
        let own = own.filter(|path| reader == IgnoreReader::Docker && fs::is_file(path));
        let found = own.and_then(|path| Some((read(path)?, path.to_owned())));
        let found = found.or_else(|| {
            let path = folder.join(NAME);
            // A link may lead out of the project.
            let is_here = fs::is_file(&path) && fs::is_inside(project, &path).unwrap_or(false);
            is_here.then(|| read(&path)).flatten().map(|text| (text, path))
        });
        let (text, path) = found.unwrap_or_default();
        let name = match is_of_project && !inside.is_empty() {
            true => path.strip_prefix(project).unwrap_or(&path).to_string_lossy().into_owned(),
            false => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let patterns = match reader {
            IgnoreReader::Docker => Patterns::parse(&text),
            IgnoreReader::Balena | IgnoreReader::BalenaMulti => Patterns::parse_for_balena(&text),
        };
        let before = if is_of_project && !inside.is_empty() { format!("{inside}/") } else { String::new() };
        IgnoreFile { patterns, name, before }
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

fn read(path: &Path) -> Option<String> {
    let source = fs::read(path, LONGEST).ok()?;
    Some(String::from_utf8_lossy(source.bytes()).into_owned())
}
