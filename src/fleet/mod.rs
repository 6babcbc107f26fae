//! Fleets: named sets of devices with variables of their own.
//!
//! [`mod@file`] reads `fleets.yaml`, [`object`] one fleet as a JSON object, [`list`] what
//! `balena fleet list --json` prints, [`lines`] a stream of such objects, one a line. [`settings`]
//! is what a project wants of a check. [`name`] knows which names can be folders, and which two cannot lie side by side.
//!
//! Whether a device type exists is not asked here.

pub(crate) mod file;
mod format;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod object;
pub(crate) mod settings;

use crate::diagnostic::Place;
use crate::render::placeholder::is_name;

pub use format::{Format, parse};

/// A fleet as its file gives it.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Its name, which can be that of a folder.
    pub name: String,
    /// Where the name stands.
    pub place: Place,
    /// The names of its device types, at least one, each with where it stands.
    pub devices: Vec<(String, Place)>,
    /// What its placeholders stand for beyond the standard ones, the later one over the earlier.
    pub variables: Vec<Variable>,
}

/// A variable that a file of fleets gives.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, which a placeholder can have.
    pub name: String,
    /// The text as it was written.
    pub value: String,
    /// Where the value stands.
    pub place: Place,
}

/// What is wrong with the name of a variable, if anything.
fn fault_of_variable(name: &str) -> Option<(String, &'static str)> {
    (!is_name(name)).then(|| {
        let shown = crate::escape::shortened(name, 80);
        (
            format!("no placeholder can be called `{shown}`"),
            "a name is two or more of `A` to `Z` and `_`, a letter first",
        )
    })
}
