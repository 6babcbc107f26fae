//! From a compose file to what dtpl does with each service: build it, look at its image, or leave it alone.

use std::collections::BTreeMap;

use super::bake_notes::BakeNotes;
use super::build_settings::{self, BuildSettings};
use super::service::{Build, BuildPlaces, Service, ServiceKind, from_context, inside};
use super::x_bake::XBake;
use crate::compose::tree::{At, Entry, Node};
use crate::compose::{Model, is_elsewhere, is_target, pairs};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::escape::shortened;

/// What a model comes to.
pub struct Services {
    /// The services, by name; those with a fault are left out.
    pub services: Vec<Service>,
    /// What was probably not meant.
    pub warnings: Diagnostics,
    /// A context or Dockerfile that leads out of the project or depends on a variable without a value, and a
    /// name that cannot be a service's.
    pub faults: Diagnostics,
}

/// The services of a model.
pub fn services(model: &Model) -> Services {
    let mut reader = ServiceReader { model, faults: Diagnostics::new(), warnings: Diagnostics::new() };
    let services = model.services().filter_map(|(name, entry)| reader.service(name, entry)).collect();
    for (at, name) in &model.unset {
        let message = format!("{name} is not set and becomes nothing");
        reader.warnings.push(|| Diagnostic::warning(at.place(), message).help(how_to_set(name)));
    }
    Services { services, warnings: reader.warnings, faults: reader.faults }
}

struct ServiceReader<'m> {
    model: &'m Model,
    faults: Diagnostics,
    warnings: Diagnostics,
}

/// The longest name a service may have; it becomes part of file and image names.
const LONGEST_NAME: usize = 128;

impl ServiceReader<'_> {
    fn error(&mut self, at: &At, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(|| Diagnostic::error(at.place(), message).help(help));
    }

    fn service(&mut self, name: &str, entry: &Entry) -> Option<Service> {
        let starts = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !starts || name.len() > LONGEST_NAME {
            let message = format!("a service cannot be called `{}`", shortened(name, 40));
            let help = match starts {
                true => format!("a name has at most {LONGEST_NAME} characters, and this has {}", name.len()),
                false => "use letters, digits, `_`, `-` and `.`, a letter, digit or `_` first".to_owned(),
            };
            self.error(&entry.key, message, help);
            return None;
        }
        let text = |field: &str| entry.node.get(field).and_then(Node::as_text).map(str::to_owned);
        let kind = match entry.node.get("build") {
            Some(build) => self.build(build, &entry.node)?,
            None => ServiceKind::External { image: text("image").unwrap_or_default() },
        };
        let skipped = match &kind {
            ServiceKind::Remote { .. } => "is built from an address on a network: skipped",
            ServiceKind::Inline => "has its Dockerfile in the compose file (`dockerfile_inline`): skipped",
            ServiceKind::Build(_) | ServiceKind::External { .. } => "",
        };
        if !skipped.is_empty() {
            self.warnings.push(|| Diagnostic::info(entry.key.place(), format!("`{name}` {skipped}")));
        }
        Some(Service { name: name.to_owned(), kind })
    }

    fn build(&mut self, node: &Node, service: &Node) -> Option<ServiceKind> {
        let text = |field: &str| node.get(field).and_then(Node::as_text).filter(|text| !text.is_empty());
        let context = match node.get("context") {
            Some(context) => self.path(context, "the build context", inside)?,
            None => NodeContext::Inside(String::new()),
        };
        let context = match context {
            NodeContext::Remote(context) => return Some(ServiceKind::Remote { context }),
            NodeContext::Inside(context) => context,
        };
        let mut notes = BakeNotes::default();
        let x_bake = XBake::of(node, &mut notes);
        let place = |field: &str| node.get(field).map(|node| node.at.place());
        let mut places = BuildPlaces {
            context: place("context"),
            dockerfile: place("dockerfile"),
            target: place("target"),
            platform: service.get("platform").map(|node| node.at.place()),
            platforms: platforms_of(node, &x_bake),
            args: node.get("args").map(places_of).unwrap_or_default(),
            contexts: BTreeMap::new(),
            ssh: BTreeMap::new(),
            bake: BakeNotes::default(),
        };
        if text("dockerfile_inline").is_some() {
            return Some(ServiceKind::Inline);
        }
        let mut dockerfile = None;
        if let Some(named) = node.get("dockerfile").filter(|_| text("dockerfile").is_some()) {
            match self.path(named, "the Dockerfile", |path| from_context(&context, path))? {
                NodeContext::Remote(_) => {
                    self.error(
                        &named.at,
                        "the Dockerfile has to be in the project",
                        "name a file of the project",
                    );
                }
                NodeContext::Inside(path) if path.is_empty() => {
                    self.error(&named.at, "the Dockerfile has to be a file", "name a file of the project");
                }
                NodeContext::Inside(path) => dockerfile = Some(path),
            }
        }
        let args = node.get("args").map(pairs).unwrap_or_default().into_iter().collect();
        let mut contexts = BTreeMap::new();
        for (name, entry) in node.entries("additional_contexts") {
            let value = entry.node.scalar().unwrap_or_default();
            // A folder to Docker Compose, a target to bake.
            let target = is_target(&value).then(|| self.target_of_bake(&entry.node.at, &value, &mut notes));
            contexts.insert(name.to_owned(), target.flatten().unwrap_or(value));
            places.contexts.insert(name.to_owned(), entry.node.at.place());
        }
        for (name, (at, value)) in x_bake.contexts() {
            let value = self.target_of_bake(at, &value, &mut notes);
            if let Some(value) = value.filter(|_| !contexts.contains_key(name)) {
                contexts.insert(name.to_owned(), value);
                places.contexts.insert(name.to_owned(), at.place());
            }
        }
        let target = text("target").map(str::to_owned);
        let platform = service.get("platform").and_then(Node::as_text).map(str::to_owned);
        let settings = BuildSettings::of(service, self.model, &x_bake, &mut notes);
        places.ssh = build_settings::ssh_of(node, &x_bake).map(|(at, id, _)| (id, at.place())).collect();
        places.bake = notes;
        Some(ServiceKind::Build(Box::new(Build {
            context,
            dockerfile,
            args,
            target,
            platform,
            contexts,
            settings,
            places,
        })))
    }

    /// A context as bake reads it, with the service that is its target; nothing where there is no such service.
    fn target_of_bake(&self, at: &At, value: &str, notes: &mut BakeNotes) -> Option<String> {
        let Some(name) = value.strip_prefix("target:").or_else(|| value.strip_prefix("service:")) else {
            return Some(value.to_owned());
        };
        let built = || self.model.services().filter(|(_, entry)| entry.node.get("build").is_some());
        // The targets that bake makes of services have no dots.
        let is_it = |own: &str| own.replace('.', "_") == name.replace('.', "_");
        let Some((service, _)) = built().find(|(own, _)| is_it(own)) else {
            let names: Vec<&str> = built().map(|(name, _)| name).collect();
            let folder =
                if is_target(value) { "; a folder of this name is written ./target:NAME" } else { "" };
            let help = format!("the services that are built are {}{folder}", names.join(", "));
            notes.error(at, "this context is no service that is built", help);
            return None;
        };
        Some(format!("service:{service}"))
    }

    /// A path, as `read` reads it, for which a variable that is not set is an error: it would name another folder.
    fn path(
        &mut self,
        node: &Node,
        what: &str,
        read: impl Fn(&str) -> Result<String, &'static str>,
    ) -> Option<NodeContext> {
        let text = node.as_text()?;
        if let Some(name) = self.model.unset_at(&node.at) {
            let name = name.to_owned();
            self.error(&node.at, format!("{name} is not set"), how_to_set(&name));
            return None;
        }
        if is_elsewhere(text) {
            return Some(NodeContext::Remote(text.to_owned()));
        }
        if text.contains('\\') {
            let written = text.replace('\\', "/");
            let message = format!("{what} has a backslash in it, which is part of a name here");
            self.error(&node.at, message, format!("write {written}"));
            return None;
        }
        match read(text) {
            Ok(path) => Some(NodeContext::Inside(path)),
            Err(why) => {
                self.error(&node.at, format!("{what} is outside the project"), why);
                None
            }
        }
    }
}

/// Where the platforms of an image are written: `x-bake` adds to those of Compose.
fn platforms_of(build: &Node, x_bake: &XBake) -> Option<(&'static str, Place)> {
    let own = build.get("platforms").filter(|_| !build.items("platforms").is_empty());
    let own = own.map(|node| ("build.platforms", node.at.place()));
    own.or_else(|| Some(("build.x-bake.platforms", x_bake.get("platforms")?.at.place())))
}

/// Where each build argument is written, whether they are a map or a list.
fn places_of(args: &Node) -> BTreeMap<String, Place> {
    let name = |item: &Node| Some(item.as_text()?.split('=').next()?.to_owned());
    let items = args.as_list().into_iter().flatten();
    let of_list = items.filter_map(|item| Some((name(item)?, item.at.place())));
    let map = args.as_map().into_iter().flatten();
    of_list.chain(map.map(|(name, entry)| (name.clone(), entry.key.place()))).collect()
}

fn how_to_set(name: &str) -> String {
    format!("give it with -D {name}=VALUE, --env-file or .env, or say ${{{name}:-default}}")
}

enum NodeContext {
    Inside(String),
    Remote(String),
}
