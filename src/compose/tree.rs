//! A compose file as a tree whose every value knows where it was written, also after files were merged.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::formats;
use crate::diagnostic::Place;
use crate::source::{Source, Span};

/// Where a value was written.
#[derive(Clone, Debug)]
pub struct At {
    /// The file.
    pub source: Arc<Source>,
    /// The place in it.
    pub span: Span,
}

impl At {
    /// The place for a message.
    pub fn place(&self) -> Place {
        Place::Text(Arc::clone(&self.source), self.span.clone())
    }

    /// Whether it is the same place.
    pub fn is(&self, other: &At) -> bool {
        self.cmp_place(other) == Ordering::Equal
    }

    /// An order of places: by file name, then by where they are in it.
    pub fn cmp_place(&self, other: &At) -> Ordering {
        let key = |at: &At| (at.span.start, at.span.end);
        self.source.name().cmp(other.source.name()).then(key(self).cmp(&key(other)))
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it was written.
    pub at: At,
    /// What it is.
    pub value: Value,
}

/// An entry of a map: where its key was written, and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The place of the key.
    pub key: At,
    /// The value.
    pub node: Node,
}

/// A map, by key.
pub type Map = BTreeMap<String, Entry>;

/// A value as the YAML reader of Docker Compose understands it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A date, which no field takes.
    Date(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map.
    Map(Map),
}

/// Two values are equal wherever they were written.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl Node {
    /// A value at a place.
    pub fn new(at: &At, value: Value) -> Node {
        Node { at: at.clone(), value }
    }

    /// A text at a place.
    pub fn text(at: &At, text: impl Into<String>) -> Node {
        Node::new(at, Value::Text(text.into()))
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The map, if it is one, to change it.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// A field of a map.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_map()?.get(name).map(|entry| &entry.node)
    }

    /// A field of a field.
    pub fn find(&self, names: &[&str]) -> Option<&Node> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The text of a scalar as Docker Compose writes it out; nothing for lists and maps.
    pub fn scalar(&self) -> Option<String> {
        Some(match &self.value {
            Value::Bool(truth) => truth.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => formats::number_shown(*number),
            Value::Text(text) | Value::Date(text) => text.clone(),
            Value::Null | Value::List(_) | Value::Map(_) => return None,
        })
    }

    /// The items of a field that is a list; none if it is not.
    pub fn items(&self, field: &str) -> &[Node] {
        self.get(field).and_then(Node::as_list).unwrap_or_default()
    }

    /// The entries of a field that is a map; none if it is not.
    pub fn entries(&self, field: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let map = self.get(field).and_then(Node::as_map);
        map.into_iter().flatten().map(|(name, entry)| (&**name, entry))
    }

    /// Whether it is nothing, or an empty text.
    pub fn is_nothing(&self) -> bool {
        self.value == Value::Null || self.as_text() == Some("")
    }

    /// The truth value, or the text that is one.
    pub fn truth(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(truth) => Some(*truth),
            Value::Text(text) => formats::truth(text),
            _ => None,
        }
    }

    /// The number, or the text that is one.
    pub fn number(&self) -> Option<f64> {
        match &self.value {
            #[expect(clippy::cast_precision_loss, reason = "compared with small numbers")]
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::Text(text) => formats::number_of(text),
            _ => None,
        }
    }

    /// The number of bytes: `64m`.
    pub fn bytes(&self) -> Option<i64> {
        match &self.value {
            Value::Int(number) => i64::try_from(*number).ok(),
            _ => self.scalar().and_then(|text| formats::bytes(&text).ok()),
        }
    }

    /// What messages call it.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Date(_) => "a date",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// The keys from the root to a value; the items of lists are `[]`.
pub type Path = Vec<String>;

/// Whether a path is of a pattern such as `services.*.build.args`: `*` is any key.
pub fn matches(path: &[String], pattern: &str) -> bool {
    let mut parts = pattern.split('.');
    let fits = path.iter().all(|part| parts.next().is_some_and(|wanted| wanted == "*" || wanted == part));
    fits && parts.next().is_none()
}

/// The path of an entry below a path.
pub fn below(path: &[String], key: &str) -> Path {
    let mut longer = Vec::with_capacity(path.len() + 1);
    longer.extend_from_slice(path);
    longer.push(key.to_owned());
    longer
}

/// The path as messages show it: `services.web.ports`.
pub fn shown(path: &[String]) -> String {
    path.join(".").replace(".[]", "[]")
}
