//! From YAML nodes to the tree: scalars get their types, `!reset` and `!override` are taken out and kept.

use std::collections::HashSet;
use std::sync::Arc;

use super::faults::Faults;
use super::scalar;
use super::tree::{At, Entry, Map, Node, Path, Value, below};
use crate::source::Source;
use crate::yaml::{self, Tag};

/// A document of a compose file.
pub struct Document {
    /// What is in it, without what has the tag `!reset`.
    pub root: Node,
    /// The paths with `!reset` or `!override`, whose values in earlier files and extended services go.
    pub resets: HashSet<Path>,
}

/// The tree of a document. Keys that are not text are reported.
pub fn document(source: &Arc<Source>, node: &yaml::Node, faults: &mut Faults) -> Document {
    let mut decoder = Decoder { source, resets: HashSet::new(), faults };
    let root = decoder.node(node, &Path::new(), true);
    let at = At { source: Arc::clone(source), span: node.span.clone() };
    let root = root.unwrap_or_else(|| Node::new(&at, Value::Map(Map::new())));
    Document { root, resets: decoder.resets }
}

struct Decoder<'d> {
    source: &'d Arc<Source>,
    resets: HashSet<Path>,
    faults: &'d mut Faults,
}

impl Decoder<'_> {
    fn at(&self, node: &yaml::Node) -> At {
        At { source: Arc::clone(self.source), span: node.span.clone() }
    }

    /// `follows_tags` is whether the tags in it count: below `!override` they do not.
    fn node(&mut self, node: &yaml::Node, path: &Path, follows_tags: bool) -> Option<Node> {
        let mut follows_tags = follows_tags;
        match node.tag {
            Some(Tag::Reset) if follows_tags => {
                self.resets.insert(path.clone());
                return None;
            }
            Some(Tag::Override) if follows_tags => {
                self.resets.insert(path.clone());
                follows_tags = false;
            }
            _ => {}
        }
        let value = match &node.value {
            yaml::Value::Null => Value::Null,
            yaml::Value::Scalar(text) if node.is_plain => scalar::plain(text),
            yaml::Value::Scalar(text) => Value::Text(text.clone()),
            yaml::Value::List(items) => {
                let path = below(path, "[]");
                Value::List(items.iter().filter_map(|item| self.node(item, &path, follows_tags)).collect())
            }
            yaml::Value::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let Some(name) = key.as_scalar() else { continue };
                    let at = self.at(key);
                    if key.is_plain && !matches!(scalar::plain(name), Value::Text(_)) {
                        let message = format!("the key `{name}` is not text");
                        self.faults.error_with(&at, message, format!("write it in quotes: \"{name}\""));
                    }
                    if let Some(node) = self.node(value, &below(path, name), follows_tags) {
                        map.insert(name.to_owned(), Entry { key: at, node });
                    }
                }
                Value::Map(map)
            }
        };
        if let Some(Tag::Typed(name)) = node.tag
            && !matches!(
                (name, &value),
                ("int", Value::Int(_))
                    | ("float", Value::Float(_) | Value::Int(_))
                    | ("bool", Value::Bool(_))
                    | ("null", Value::Null)
            )
        {
            let at = self.at(node);
            self.faults.error(&at, format!("this is no {name}, as its tag says"));
        }
        Some(Node { at: self.at(node), value })
    }
}

/// Takes away what a file resets, from what came before it.
pub fn reset(node: &mut Node, resets: &HashSet<Path>, path: &Path) {
    if resets.is_empty() {
        return;
    }
    match &mut node.value {
        Value::Map(map) => {
            map.retain(|key, entry| {
                let path = below(path, key);
                if resets.contains(&path) {
                    return false;
                }
                reset(&mut entry.node, resets, &path);
                true
            });
        }
        Value::List(items) => {
            let path = below(path, "[]");
            for item in items {
                reset(item, resets, &path);
            }
        }
        _ => {}
    }
}
