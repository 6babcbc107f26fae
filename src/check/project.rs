//! What a rule looks at that is about the compose file itself.

use crate::compose::Model;
use crate::compose::tree::{At, Map};

/// The compose files of a project, merged.
pub struct ProjectScope<'c> {
    /// What they say.
    pub model: &'c Model,
    /// Whether the project is built by balena.
    pub is_for_balena: bool,
}

impl ProjectScope<'_> {
    /// The entries of a map at the top of the file, such as `volumes`.
    pub fn resources(&self, kind: &str) -> impl Iterator<Item = (&str, &At, &Map)> {
        let entries = self.model.root.entries(kind);
        entries.filter_map(|(name, entry)| Some((name, &entry.key, entry.node.as_map()?)))
    }
}
