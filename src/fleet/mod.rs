//! Fleets: named sets of devices with variables of their own.
//!
//! [`mod@file`] reads `fleets.yaml`, [`object`] one fleet as a JSON object, [`list`] what
//! `balena fleet list --json` prints, [`lines`] such objects one a line: of a stream cut into [`blocks`], with
//! [`plain_line`] for the form that nearly all lines have ([`plain_fleet`]), most of which have the [`line_shape`]
//! of the one before. [`settings`] is what a project wants of a check. [`name`] knows which names can be folders,
//! and which two cannot be side by side. Whether a device type exists is not checked here.

#[cfg(feature = "cli")]
pub(crate) mod blocks;
pub(crate) mod file;
mod format;
#[cfg(feature = "cli")]
mod line_shape;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod object;
#[cfg(feature = "cli")]
pub(crate) mod plain_fleet;
#[cfg(feature = "cli")]
pub(crate) mod plain_line;
pub(crate) mod settings;

use std::borrow::Cow;

use crate::diagnostic::Place;
use crate::nearest::nearest;
use crate::render::placeholder::is_name;

pub use format::{FleetFormat, parse};
#[cfg(feature = "cli")]
pub(crate) use format::{is_too_little, read};

/// A fleet as its file gives it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fleet {
    /// Its name: one that can be that of a folder, or balena's slug (`acme/kiosk`) where two organisations have a
    /// fleet of one name.
    pub name: String,
    /// Its slug at balena, if it is from there.
    pub slug: Option<String>,
    /// Its name at balena, where `name` is the slug: a slug is in lower case.
    pub(crate) app_name: Option<String>,
    /// The place of its name.
    pub place: Place,
    /// The names of its device types, at least one, each with its place.
    pub devices: Vec<(String, Place)>,
    /// The values of placeholders beyond the standard ones, the later one over the earlier.
    pub variables: Vec<FleetVariable>,
}

impl Fleet {
    /// The value of `BALENA_APP_NAME`: without the organisation.
    pub fn app_name(&self) -> &str {
        self.app_name.as_deref().unwrap_or_else(|| name::app_name(&self.name))
    }

    /// Its organization at balena, if it is from there.
    pub fn organization(&self) -> Option<&str> {
        let slug = self.slug.as_deref().or_else(|| name::is_slug(&self.name).then_some(&*self.name))?;
        Some(slug.split_once('/')?.0)
    }

    /// The name of its folder.
    pub fn folder(&self) -> Cow<'_, str> {
        name::folder(&self.name)
    }

    /// Whether a user means this fleet by a name: by its own, or by its slug in any case.
    pub fn is_called(&self, name: &str) -> bool {
        name::is_called(name, &self.name, self.slug.as_deref())
    }
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

/// Whether one of the names of the fields that a fleet has was probably meant to be one of `wanted`, none of which it
/// has. It is reported as unknown; that the field is missing would be the same mistake once more.
fn is_misspelt<'n>(names: impl IntoIterator<Item = &'n str>, wanted: &[&str]) -> bool {
    names.into_iter().any(|name| !nearest(name, wanted.iter().copied()).is_empty())
}
