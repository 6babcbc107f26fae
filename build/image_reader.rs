//! What the readers of the two catalogues of images share.

use std::sync::Arc;

use crate::date::Date;
use crate::source::Source;
use crate::yaml::{Node, NodeReader};

/// A name and what belongs to it, in the order of the file.
pub type Named<T> = Vec<(String, T)>;

pub struct FileReader {
    pub yaml: NodeReader,
}

impl FileReader {
    pub fn new(source: &Arc<Source>) -> FileReader {
        FileReader { yaml: NodeReader::new(source) }
    }

    pub fn named<T>(&mut self, node: &Node, read: impl Fn(&mut Self, &Node) -> T) -> Named<T> {
        let mut named = Vec::new();
        for (key, value) in self.yaml.entries(node, "this") {
            let value = read(self, value);
            named.extend(self.yaml.text(key, "a key").map(|key| (key, value)));
        }
        named
    }

    pub fn text(&mut self, node: &Node) -> String {
        self.yaml.text(node, "this").unwrap_or_default()
    }

    pub fn texts(&mut self, node: &Node) -> Vec<String> {
        self.yaml.items(node, "this").iter().map(|item| self.text(item)).collect()
    }

    pub fn date(&mut self, node: &Node) -> Date {
        let text = self.text(node);
        Date::parse(&text).unwrap_or_else(|| {
            self.yaml.error(node, format!("`{text}` is no day"));
            Date::from_bits(0)
        })
    }
}
