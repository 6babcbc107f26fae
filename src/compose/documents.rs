//! A file of a project as documents in which the variables are replaced.

use std::sync::Arc;

use super::decode::{self, Document};
use super::state::Loader;
use super::tree::{At, Path};
use crate::source::Source;
use crate::yaml::{self, Dialect};

/// All of a project is checked after each document.
const MAX_DOCUMENTS: usize = 100;

impl Loader<'_> {
    /// The documents of a compose file with their variables replaced.
    pub(super) fn documents(&mut self, source: Source) -> Vec<Document> {
        let source = Arc::new(source);
        let nodes = match yaml::documents(&source, Dialect::Compose) {
            Ok(nodes) => nodes,
            Err(diagnostics) => {
                self.faults.append(diagnostics, &source);
                return Vec::new();
            }
        };
        if let Some(node) = nodes.get(MAX_DOCUMENTS) {
            let at = At { source, span: node.span.clone() };
            self.faults.error(&at, format!("more than {MAX_DOCUMENTS} documents in one file"));
            return Vec::new();
        }
        let mut documents = Vec::new();
        for node in &nodes {
            let mut document = decode::document(&source, node, &mut self.faults);
            if document.root.as_map().is_none() {
                let message = format!("a compose file has to be a map, this is {}", document.root.kind());
                self.faults.error(&document.root.at, message);
                continue;
            }
            self.substitute(&mut document.root, &Path::new());
            documents.push(document);
        }
        documents
    }
}
