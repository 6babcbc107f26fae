//! What a rule looks at that is about the compose file itself.

use crate::compose::Model;
use crate::compose::tree::{At, Map, Node, Value};

/// The compose files of a project, merged.
pub struct ProjectScope<'c> {
    /// What they say.
    pub model: &'c Model,
    /// Whether the project is built by balena.
    pub is_for_balena: bool,
}

impl ProjectScope<'_> {
    /// Calls `visit` for every text of the project.
    pub fn texts(&self, mut visit: impl FnMut(&At, &str)) {
        fn walk(node: &Node, visit: &mut dyn FnMut(&At, &str)) {
            match &node.value {
                Value::Text(text) => visit(&node.at, text),
                Value::List(items) => items.iter().for_each(|item| walk(item, visit)),
                Value::Map(map) => map.values().for_each(|entry| walk(&entry.node, visit)),
                _ => {}
            }
        }
        walk(&self.model.root, &mut visit);
    }

    /// The entries of a map at the top of the file, such as `volumes`.
    pub fn resources(&self, kind: &str) -> impl Iterator<Item = (&str, &At, &Map)> {
        let entries = self.model.root.entries(kind);
        entries.filter_map(|(name, entry)| Some((name, &entry.key, entry.node.as_map()?)))
    }
}
