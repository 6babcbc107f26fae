//! What a project's compose files come to.

use super::interpolation::Values;
use super::tree::{At, Entry, Node};
use crate::diagnostic::Diagnostics;

/// A project as its compose files describe it, in the long form.
#[derive(Debug)]
pub struct Model {
    /// The whole of it.
    pub root: Node,
    /// The values of variables that are in it, with their names.
    pub used: Values,
    /// Variables that have no value and became nothing, and where; in the order of [`At::cmp_place`].
    pub unset: Vec<(At, String)>,
    /// What was probably not meant.
    pub warnings: Diagnostics,
    /// The names of the services that are in a profile, and in none that is enabled.
    pub left_out: Vec<String>,
}

impl Model {
    /// The services, by name.
    pub fn services(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let services = self.root.get("services").and_then(Node::as_map);
        services.into_iter().flatten().map(|(name, entry)| (&**name, entry))
    }

    /// Whether a variable without a value was part of a text.
    pub fn unset_at(&self, at: &At) -> Option<&str> {
        let is_it = |(other, _): &(At, String)| other.cmp_place(at);
        let found = self.unset.binary_search_by(is_it).ok()?;
        self.unset.get(found).map(|(_, name)| &**name)
    }
}
