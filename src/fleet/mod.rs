//! Fleets: named sets of devices with variables of their own.
//!
//! [`mod@file`] reads `fleets.yaml`, [`object`] one fleet as a JSON object, [`list`] what
//! `balena fleet list --json` prints, [`lines`] a stream of such objects, one a line. [`settings`]
//! is what a project wants of a check. [`name`] knows which names can be folders, and which two cannot
//! be side by side. Whether a device type exists is not checked here.

pub(crate) mod file;
mod format;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod object;
pub(crate) mod settings;

use crate::diagnostic::{Diagnostics, Place};
use crate::render::placeholder::is_name;

#[cfg(feature = "cli")]
pub(crate) use format::read;
pub use format::{FleetFormat, parse};

/// A fleet as its file gives it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fleet {
    /// Its name, which can be that of a folder.
    pub name: String,
    /// The place of its name.
    pub place: Place,
    /// The names of its device types, at least one, each with its place.
    pub devices: Vec<(String, Place)>,
    /// The values of placeholders beyond the standard ones, the later one over the earlier.
    pub variables: Vec<FleetVariable>,
}

/// A variable that a file of fleets gives.
#[derive(Clone, Debug)]
pub struct FleetVariable {
    /// Its name, which a placeholder can have.
    pub name: String,
    /// The text as it was written.
    pub value: String,
    /// The place of the value.
    pub place: Place,
}

/// What is wrong with the name of a variable, if anything.
fn fault_of_variable(name: &str) -> Option<(String, &'static str)> {
    let message = || format!("no placeholder can be called `{}`", crate::escape::shortened(name, 80));
    (!is_name(name)).then(|| (message(), "a name is two or more of `A` to `Z` and `_`, a letter first"))
}

/// All fleets, or all that is wrong with them.
fn collected(all: impl Iterator<Item = Result<Fleet, Diagnostics>>) -> Result<Vec<Fleet>, Diagnostics> {
    let (mut fleets, mut faults) = (Vec::new(), Diagnostics::new());
    for fleet in all {
        match fleet {
            Ok(fleet) => fleets.push(fleet),
            Err(more) => faults.append(more),
        }
    }
    if faults.is_empty() { Ok(fleets) } else { Err(faults) }
}
