//! The variables that a user gives with `-D` and `--env-file`, and who builds the project, if that is said.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::compose::interpolation::Values;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::env_file;
use crate::error::{Error, Result};
use crate::fleet::Fleet;
use crate::fs::{self, Limit};
use crate::render::Variables;

/// The variables that a user gives to all renderings, in the order in which the later one wins.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// The program that builds, if a flag, the environment or the settings of the project say it. Without that,
    /// the project may show it: see [`Workspace::builder`](super::Workspace::builder).
    pub builder: Option<Builder>,
    entries: Vec<(String, String, Place)>,
}

impl Definitions {
    /// Reads env files, then definitions such as `LOCALE=en_GB`, which were given at `place`.
    ///
    /// # Errors
    /// An env file that cannot be read; every text that is not `NAME=VALUE`, and a name that is given
    /// twice with different values.
    pub fn read(env_files: &[PathBuf], defines: &[String], place: &Place, limit: Limit) -> Result<Self> {
        let mut entries = Vec::new();
        for path in env_files {
            let source = Arc::new(fs::read(path, limit)?.hiding_lines());
            for entry in env_file::parse(&source).map_err(Error::Input)? {
                let place = Place::Text(Arc::clone(&source), entry.span);
                entries.push((entry.name, entry.value, place));
            }
        }
        let mut faults = Diagnostics::new();
        let mut values: BTreeMap<&str, &str> = BTreeMap::new();
        for (number, text) in (1..).zip(defines) {
            let fault = |message: String| Diagnostic::error(place.clone(), message);
            // The text is not repeated: it may be the secret itself.
            let which = || if defines.len() > 1 { format!("definition {number}: ") } else { String::new() };
            let Some((name, value)) = text.split_once('=') else {
                faults.push(|| fault(format!("{}expected NAME=VALUE, found no `=`", which())));
                continue;
            };
            if !is_variable(name) {
                faults.push(|| {
                    fault(format!("{}the text before `=` is not a variable name", which()))
                        .help("a name consists of `A` to `Z`, `_` and digits, without a digit first")
                });
                continue;
            }
            match values.insert(name, value) {
                Some(before) if before != value => {
                    faults.push(|| fault(format!("{name} is given twice, with different values")));
                }
                _ => entries.push((name.to_owned(), value.to_owned(), place.clone())),
            }
        }
        if faults.is_empty() { Ok(Definitions { builder: None, entries }) } else { Err(Error::Usage(faults)) }
    }

    /// Whether it is said that balena builds: then only what its builder knows may be used.
    pub fn only_balena(&self) -> bool {
        self.builder == Some(Builder::Classic)
    }

    /// As values for `${...}` in a compose file.
    pub fn values(&self) -> Values {
        self.entries.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect()
    }

    /// Sets the variables of a fleet, and these over them. Values that cannot be used go into `notes`;
    /// with `quiet`, those of the definitions do not, since another fleet has reported them.
    pub fn define(
        &self,
        fleet: Option<&Fleet>,
        quiet: bool,
        variables: &mut Variables,
        notes: &mut Diagnostics,
    ) {
        for variable in fleet.iter().flat_map(|fleet| &fleet.variables) {
            let (name, value) = (&variable.name, variable.value.clone());
            if let Err(fault) = variables.define(name, value, variable.place.clone()) {
                notes.push(|| fault);
            }
        }
        for (name, value, place) in &self.entries {
            if let Err(fault) = variables.define(name, value.clone(), place.clone())
                && !quiet
            {
                notes.push(|| fault);
            }
        }
    }
}

/// Whether a variable can have this name. More names are allowed than for a placeholder: a compose file can use
/// `${APP_V2}`.
fn is_variable(name: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    name.bytes().all(is_part) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}
