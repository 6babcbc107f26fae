//! `extends`: a service that begins as another one, of this file or of another.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use super::canonical::canonical;
use super::decode::{self, Document};
use super::merge::merge;
use super::paths;
use super::state::{Extended, Loader};
use super::tree::{At, Entry, Node, Path, Value};
use super::unique::keep_last;

/// A chain of services that extend each other: longer ones take too much of the stack.
const MAX_CHAIN: usize = 100;

/// Nodes that are copied for all services that extend others; a long text counts as several.
const MAX_COPIED: usize = 2_000_000;

/// A file that is named at a place.
type NamedFile = (String, At);

impl Loader<'_> {
    /// Writes out what the services of a file extend. `resets` are those of the file.
    pub(super) fn apply_extends(&mut self, root: &mut Node, path: &str, resets: &HashSet<Path>) {
        let Some(services) = root.as_map_mut().and_then(|map| map.get_mut("services")) else { return };
        let Some(map) = services.node.as_map_mut() else { return };
        if !map.values().any(|entry| entry.node.get("extends").is_some()) {
            return;
        }
        let names: Vec<String> = map.keys().cloned().collect();
        let all = Extended { services: Rc::new(RefCell::new(std::mem::take(map))), resets: Rc::default() };
        for name in names {
            self.extended_service(&name, &all, path, resets, &mut Vec::new());
        }
        *map = all.services.take();
    }

    /// The service with what it extends written out, which replaces it in its file.
    fn extended_service(
        &mut self,
        name: &str,
        file: &Extended,
        path: &str,
        resets: &HashSet<Path>,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        let service = file.services.borrow().get(name)?.node.clone();
        if service.value == Value::Null {
            return None;
        }
        let Some(map) = service.as_map() else {
            self.faults.error(
                &service.at,
                format!("the service `{name}` has to be a map, this is {}", service.kind()),
            );
            return None;
        };
        let Some(extends) = map.get("extends") else { return Some(service) };
        if self.copied > MAX_COPIED {
            // It has been reported.
            return None;
        }
        let at = &extends.node.at;
        let (reference, reference_at, other) = self.extended_reference(&extends.node)?;
        let (base_file, base_path) = match &other {
            None => (file.clone(), path.to_owned()),
            Some((named, at)) => {
                let wanted = paths::join(&self.base(), named);
                let loaded = self.extended_file(&wanted, at)?;
                (loaded, wanted)
            }
        };
        if !base_file.services.borrow().contains_key(&reference) {
            let services = base_file.services.borrow();
            let known: Vec<&str> = match self.faults.are_read() {
                true => services.keys().map(String::as_str).collect(),
                false => Vec::new(),
            };
            let message = format!("there is no service `{reference}` in {base_path}");
            let help = self.faults.nearest_or_all(&reference, &known, "the services are");
            self.faults.error_with(&reference_at, message, help);
            return None;
        }
        let link = (base_path.clone(), name.to_owned());
        if chain.contains(&link) {
            let message = format!("the service `{name}` extends itself, through others");
            self.faults.error_with(at, message, "leave `extends` out of one of them");
            return None;
        }
        if chain.len() >= MAX_CHAIN {
            self.faults.error(at, format!("more than {MAX_CHAIN} services extend each other in a row"));
            return None;
        }
        chain.push(link);
        let base_resets = if other.is_some() { Rc::clone(&base_file.resets) } else { Rc::default() };
        let base = self.extended_service(&reference, &base_file, &base_path, &base_resets, chain);
        chain.pop();
        let Some(mut base) = base else { return Some(service) };
        self.copied += size(&base);
        if self.copied > MAX_COPIED {
            self.faults.error(at, "too many services extend each other");
            return None;
        }
        decode::reset(&mut base, resets, &vec!["services".to_owned(), name.to_owned()]);
        let as_service = vec!["services".to_owned(), "x".to_owned()];
        let mut merged = merge(base, service.clone(), &as_service, &mut self.faults);
        if let Some(map) = merged.as_map_mut() {
            map.remove("extends");
        }
        let mut services = file.services.borrow_mut();
        if let Some(entry) = services.get_mut(name) {
            entry.node = merged.clone();
        }
        Some(merged)
    }

    /// The service that `extends` names with its place, and the file that it is in if that is another, with its
    /// place.
    fn extended_reference(&mut self, extends: &Node) -> Option<(String, At, Option<NamedFile>)> {
        let (service, file) = match &extends.value {
            Value::Map(_) => {
                let file = extends.get("file").filter(|file| file.value != Value::Null);
                (extends.get("service"), file)
            }
            _ => (Some(extends), None),
        };
        let named = service.and_then(|service| Some((service.as_text()?.to_owned(), service.at.clone())));
        let Some((reference, at)) = named else {
            let message = "`extends` does not say which service";
            self.faults.error_with(&extends.at, message, "write `extends: {service: NAME}`");
            return None;
        };
        let Some(file) = file else { return Some((reference, at, None)) };
        let Some(name) = file.as_text() else {
            self.faults.error(&file.at, "`extends.file` has to be text");
            return None;
        };
        Some((reference, at, Some((name.to_owned(), file.at.clone()))))
    }

    /// The services of another file, read once.
    fn extended_file(&mut self, path: &str, named_at: &At) -> Option<Extended> {
        let key = (path.to_owned(), self.base());
        if let Some(known) = self.extended.get(&key) {
            return known.clone();
        }
        let loaded = self.load_extended(path, named_at);
        self.extended.insert(key, loaded.clone());
        loaded
    }

    fn load_extended(&mut self, path: &str, named_at: &At) -> Option<Extended> {
        let source = self.file(path, Some(named_at), "the file")?;
        let mut model = None;
        let mut resets = HashSet::new();
        for document in self.documents(source) {
            let Document { root, resets: more } = document;
            let mut merged = match model.take() {
                Some(mut model) => {
                    decode::reset(&mut model, &more, &Path::new());
                    merge(model, root, &Path::new(), &mut self.faults)
                }
                None => root,
            };
            keep_last(&mut merged, &Path::new(), &mut self.faults);
            canonical(&mut merged, &mut self.ports, &mut self.faults);
            keep_last(&mut merged, &Path::new(), &mut self.faults);
            // Those of the last document are what a service that extends one of these goes by.
            resets = more;
            model = Some(merged);
        }
        let mut model = model?;
        // The paths are those of the folder of the file from now on.
        let folder = paths::join("", paths::parent(path));
        let folder = paths::relative_to(&folder, &self.base());
        paths::resolve(&mut model, &folder, &Path::new());
        let Some(Entry { node, .. }) = model.as_map_mut().and_then(|map| map.remove("services")) else {
            self.faults.error(named_at, format!("{path} has no `services`"));
            return None;
        };
        let at = node.at.clone();
        let Value::Map(services) = node.value else {
            self.faults.error(&at, "`services` has to be a map");
            return None;
        };
        Some(Extended { services: Rc::new(RefCell::new(services)), resets: Rc::new(resets) })
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Map(map) => map.values().map(|entry| size(&entry.node)).sum::<usize>(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Text(text) => text.len() / 64,
        _ => 0,
    }
}
