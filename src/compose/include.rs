//! `include`: other projects, whose services, networks and so on become those of this one.

use std::rc::Rc;

use super::dotenv;
use super::interpolation::Values;
use super::paths;
use super::state::{Context, Loader};
use super::tree::{At, Entry, Map, Node, Value};
use crate::diagnostic::Diagnostic;

/// What a file can include.
const RESOURCES: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];

/// Files that include each other: deeper chains take too much of the stack.
const MAX_DEPTH: usize = 50;

/// A project to include.
pub struct Included {
    /// Its files, and where each is named.
    pub files: Vec<(String, Option<At>)>,
    /// Where they are read.
    pub context: Context,
    /// Their folder as the including project sees it.
    pub seen_from: String,
    /// Where it is included.
    pub at: At,
}

impl Loader<'_> {
    /// Takes what a file includes out of it. `including` are the files that led here, this one last.
    pub(super) fn includes(&mut self, root: &mut Node, including: &[String]) -> Vec<Included> {
        let Some(Entry { node: include, .. }) = root.as_map_mut().and_then(|map| map.remove("include"))
        else {
            return Vec::new();
        };
        match include.value {
            Value::List(items) => items.iter().filter_map(|item| self.included(item, including)).collect(),
            Value::Null => Vec::new(),
            _ => {
                let message = format!("`include` has to be a list, this is {}", include.kind());
                self.faults.error(&include.at, message);
                Vec::new()
            }
        }
    }

    fn included(&mut self, item: &Node, including: &[String]) -> Option<Included> {
        let at = &item.at;
        let base = self.base();
        let (files, directory, env_files) = match &item.value {
            Value::Text(_) => (vec![item.clone()], None, Vec::new()),
            Value::Map(map) => {
                let is_known = |name: &str| matches!(name, "path" | "project_directory" | "env_file");
                for (name, entry) in map.iter().filter(|(name, _)| !is_known(name)) {
                    let place = entry.key.place();
                    let message = format!("`include` has no field `{name}`: ignored");
                    self.warnings.push(|| Diagnostic::warning(place, message));
                }
                let list = |name| map.get(name).map_or(Some(Vec::new()), |entry| texts(&entry.node));
                let (Some(files), Some(env_files)) = (list("path"), list("env_file")) else {
                    self.faults.error(at, "`path` and `env_file` have to be text or lists of texts");
                    return None;
                };
                (files, map.get("project_directory").map(|entry| entry.node.clone()), env_files)
            }
            Value::Null => return None,
            _ => {
                self.faults.error(at, "an item of `include` has to be text or a map");
                return None;
            }
        };
        let texts = |nodes: &[Node]| -> Vec<(String, At)> {
            let text = |node: &Node| Some((paths::join(&base, node.as_text()?), node.at.clone()));
            nodes.iter().filter_map(text).collect()
        };
        let files = texts(&files);
        let first = files.first().map(|(path, _)| path.clone()).unwrap_or_default();
        if files.is_empty() {
            return None;
        }
        if including.contains(&first) {
            self.faults.error(at, format!("{first} includes itself, through others"));
            return None;
        }
        if including.len() > MAX_DEPTH {
            self.faults.error(at, format!("more than {MAX_DEPTH} files include each other in a row"));
            return None;
        }
        let folder = match directory.as_ref().and_then(Node::as_text) {
            Some(directory) => paths::join(&base, directory),
            None => paths::parent(&first).to_owned(),
        };
        let folder = if folder == "." { String::new() } else { folder };
        let values = self.values_of_included(&folder, &texts(&env_files))?;
        let context = Context { base: folder, values };
        let files: Vec<(String, Option<At>)> = files.into_iter().map(|(path, at)| (path, Some(at))).collect();
        let seen_from = paths::relative_to(&context.base, &base);
        Some(Included { files, context, seen_from, at: at.clone() })
    }

    /// The variables of an included project: those of this one, and those of its own environment files.
    fn values_of_included(&mut self, folder: &str, named: &[(String, At)]) -> Option<Rc<Values>> {
        let outer = self.values();
        let mut own = Values::new();
        if named.is_empty() {
            let path = paths::join(folder, ".env");
            let Some(source) = self.try_file(&path) else { return Some(outer) };
            self.read_variables(source, &outer, &mut own)?;
        }
        for (path, at) in named {
            let source = self.file(path, Some(at), "the environment file")?;
            self.read_variables(source, &outer, &mut own)?;
        }
        let mut values = own;
        values.extend(outer.iter().map(|(name, value)| (name.clone(), value.clone())));
        Some(Rc::new(values))
    }

    fn read_variables(
        &mut self,
        source: crate::source::Source,
        outer: &Values,
        own: &mut Values,
    ) -> Option<()> {
        let source = std::sync::Arc::new(source.hiding_lines());
        match dotenv::parse(&source, outer, own) {
            Ok(values) => {
                *own = values;
                Some(())
            }
            Err(diagnostics) => {
                self.faults.diagnostics.append(diagnostics);
                None
            }
        }
    }

    /// Adds the resources of an included project, which must not be there already.
    pub(super) fn take_over(&mut self, included: Node, root: &mut Node, at: &At) {
        let Value::Map(mut included) = included.value else { return };
        let Some(root) = root.as_map_mut() else { return };
        for kind in RESOURCES {
            let Some(Entry { key, node }) = included.remove(kind) else { continue };
            let Value::Map(resources) = node.value else { continue };
            let there = root
                .entry(kind.to_owned())
                .or_insert_with(|| Entry { key, node: Node { at: node.at, value: Value::Map(Map::new()) } });
            if there.node.value == Value::Null {
                there.node.value = Value::Map(Map::new());
            }
            let Some(there) = there.node.as_map_mut() else { continue };
            for (name, resource) in resources {
                match there.get(&name) {
                    Some(same) if same.node == resource.node => {}
                    Some(other) => {
                        let position = other.key.source.position(other.key.span.start);
                        let place = format!("{}:{}", other.key.source.name(), position.line);
                        let message = format!("`{kind}.{name}` of this file is there already, at {place}");
                        self.faults.error_with(at, message, "rename one of the two, or leave one out");
                    }
                    None => {
                        there.insert(name, resource);
                    }
                }
            }
        }
    }
}

/// A text, or the texts of a list.
fn texts(node: &Node) -> Option<Vec<Node>> {
    match &node.value {
        Value::Text(_) => Some(vec![node.clone()]),
        Value::List(items) if items.iter().all(|item| item.as_text().is_some()) => Some(items.clone()),
        _ => None,
    }
}
