//! Checking nodes against a schema: what a field may hold, which fields there are.

use std::sync::Arc;

use super::{Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::nearest::nearest_or_all;
use crate::source::Source;

/// Checks nodes against a schema. Every method that finds something wrong notes it and goes on.
pub struct NodeReader {
    source: Arc<Source>,
    /// What was wrong so far, in the order of the file when the schema is walked in that order.
    pub diagnostics: Diagnostics,
}

impl NodeReader {
    /// A reader of nodes that were parsed from `source`.
    pub fn new(source: &Arc<Source>) -> Self {
        NodeReader { source: Arc::clone(source), diagnostics: Diagnostics::new() }
    }

    /// The place of a node.
    pub fn place(&self, node: &Node) -> Place {
        Place::Text(Arc::clone(&self.source), node.span.clone())
    }

    /// Notes an error at a node.
    pub fn error(&mut self, node: &Node, message: impl Into<String>) {
        self.diagnostics.push(|| Diagnostic::error_at(&self.source, node.span.clone(), message));
    }

    /// Notes an error at a node, with what to do.
    pub fn error_with(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        let error = || Diagnostic::error_at(&self.source, node.span.clone(), message).help(help);
        self.diagnostics.push(error);
    }

    /// The entries of a map; nothing at all counts as an empty one.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Node, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.error(node, format!("{what} has to be a map, this is {}", node.kind()));
                &[]
            }
        }
    }

    /// The entries of a map whose keys are the fields in `known`; another key is an error that
    /// names the nearest field.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Vec<(&'n str, &'n Node)> {
        let mut fields = Vec::new();
        for (key, value) in self.entries(node, what) {
            let Some(name) = key.as_scalar() else { continue };
            if known.contains(&name) {
                fields.push((name, value));
            } else {
                let help = nearest_or_all(name, known, "the fields are");
                self.error_with(key, format!("{what} has no field `{name}`"), help);
            }
        }
        fields
    }

    /// A scalar's text.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.value {
            Value::Scalar(text) => Some(text.clone()),
            _ => {
                self.error(node, format!("{what} has to be text, this is {}", node.kind()));
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn truth(&mut self, node: &Node, what: &str) -> Option<bool> {
        let truth = node.as_scalar().and_then(|text| text.parse().ok());
        if truth.is_none() {
            self.error(node, format!("{what} has to be true or false"));
        }
        truth
    }

    /// The items of a list; nothing at all counts as an empty one.
    pub fn items<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.error(node, format!("{what} has to be a list, this is {}", node.kind()));
                &[]
            }
        }
    }
}
