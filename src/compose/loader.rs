//! Reads the files of a project one after the other, each over those before it.

use super::canonical::canonical;
use super::decode::{self, Document};
use super::include::Included;
use super::merge::merge;
use super::schema::{Stage, validate};
use super::state::{Context, Loader};
use super::tree::{At, Map, Node, Path, Value};
use super::unique::keep_last;
use super::{consistency, defaults, paths};

impl Loader<'_> {
    /// The model of several files, each over those before it. `seen_from` is the folder of their paths as the
    /// including project sees it; `including` are the files that led here.
    pub(super) fn model(
        &mut self,
        files: &[(String, Option<At>)],
        context: Context,
        seen_from: &str,
        including: &[String],
    ) -> Option<Node> {
        self.contexts.push(context);
        let mut model = None;
        for (path, named_at) in files {
            let Some(source) = self.file(path, named_at.as_ref(), "the compose file") else { continue };
            let mut including = including.to_vec();
            including.push(path.clone());
            for document in self.documents(source) {
                model = Some(self.add(model, document, path, &including));
            }
        }
        if let Some(model) = &mut model {
            defaults::set(model);
            consistency::check_resources(model, &mut self.faults);
            paths::resolve(model, seen_from, &Path::new());
        }
        self.contexts.pop();
        model
    }

    /// Puts a document over the model of those before it.
    fn add(&mut self, model: Option<Node>, document: Document, path: &str, including: &[String]) -> Node {
        let Document { mut root, resets } = document;
        let nothing = Node::new(&root.at, Value::Map(Map::new()));
        let mut model = model.unwrap_or(nothing);
        self.apply_extends(&mut root, path, &resets);
        decode::reset(&mut model, &resets, &Path::new());
        for included in self.includes(&mut root, including) {
            let Included { files, context, seen_from, at } = included;
            let Some(model) = self.model(&files, context, &seen_from, including) else { continue };
            self.take_over(model, &mut root, &at);
        }
        let mut model = merge(model, root, &Path::new(), &mut self.faults);
        keep_last(&mut model, &Path::new(), &mut self.faults);
        validate(&model, Stage::Shape, &mut self.faults);
        if let Some(map) = model.as_map_mut() {
            map.remove("version");
        }
        canonical(&mut model, &mut self.ports, &mut self.faults);
        keep_last(&mut model, &Path::new(), &mut self.faults);
        model
    }
}
