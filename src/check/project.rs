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
    /// Calls `visit` for every text of the project, and says whether it is about an image: what is built, or the
    /// name of one.
    pub fn texts(&self, mut visit: impl FnMut(&At, &str, bool)) {
        fn walk(node: &Node, is_of_image: bool, visit: &mut dyn FnMut(&At, &str, bool)) {
            match &node.value {
                Value::Text(text) => visit(&node.at, text, is_of_image),
                Value::List(items) => items.iter().for_each(|item| walk(item, is_of_image, visit)),
                Value::Map(map) => {
                    for (_, entry) in map.iter().filter(|(name, _)| !name.starts_with("x-")) {
                        walk(&entry.node, is_of_image, visit);
                    }
                }
                _ => {}
            }
        }
        for (_, service) in self.model.services() {
            for (name, entry) in service.node.as_map().into_iter().flatten() {
                walk(&entry.node, matches!(&**name, "build" | "image" | "platform"), &mut visit);
            }
        }
        for kind in ["networks", "volumes", "secrets", "configs"] {
            self.model.root.entries(kind).for_each(|(_, entry)| walk(&entry.node, false, &mut visit));
        }
    }

    /// The entries of a map at the top of the file, such as `volumes`.
    pub fn resources(&self, kind: &str) -> impl Iterator<Item = (&str, &At, &Map)> {
        let entries = self.model.root.entries(kind);
        entries.filter_map(|(name, entry)| Some((name, &entry.key, entry.node.as_map()?)))
    }
}
