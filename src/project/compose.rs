//! Services from a compose file: the fields that say what is built, and no others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::interpolation::{Interpolated, Values, interpolate};
use super::service::{Build, Service, ServiceKind, inside, is_remote};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::escape::shortened;
use crate::source::Source;
use crate::yaml::{self, Dialect, Node, NodeReader, Value};

/// The names a compose file can have, the preferred first: balena's two, then Docker's newer ones.
pub const NAMES: [&str; 4] = ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"];

/// What a compose file says.
#[derive(Debug)]
pub struct Compose {
    /// The services, by name.
    pub services: Vec<Service>,
    /// What was probably not meant.
    pub warnings: Diagnostics,
    /// The values of variables that are in the services, with their names.
    pub used: Values,
}

/// Reads a compose file. `values` are what `${...}` can take.
///
/// # Errors
/// Every fault of the fields that are read: broken YAML, a context or Dockerfile that leads out of
/// the project, a variable that is required, a name that cannot be a service's.
pub fn parse(source: &Arc<Source>, values: &Values) -> Result<Compose, Diagnostics> {
    let root = yaml::parse(source, Dialect::Compose)?;
    let mut reader = ComposeReader {
        yaml: NodeReader::new(source),
        warnings: Diagnostics::new(),
        values,
        used: Values::new(),
        replaced: 0,
    };
    let mut services = BTreeMap::new();
    for (key, node) in reader.yaml.entries(&root, "a compose file") {
        match key.as_scalar() {
            Some("services") => {
                for (name, node) in reader.yaml.entries(node, "services") {
                    let service = reader.service(name, node);
                    services.extend(service.map(|service| (service.name.clone(), service)));
                }
            }
            Some("include") => {
                reader.yaml.error_with(key, "`include` is not followed", "write the services into this file")
            }
            _ => {}
        }
    }
    if services.is_empty() && reader.yaml.diagnostics.is_empty() {
        reader.yaml.error_with(&root, "the compose file has no services", "write them under `services:`");
    }
    let ComposeReader { yaml, warnings, used, .. } = reader;
    if !yaml.diagnostics.is_empty() {
        return Err(yaml.diagnostics);
    }
    Ok(Compose { services: services.into_values().collect(), warnings, used })
}

struct ComposeReader<'v> {
    yaml: NodeReader,
    warnings: Diagnostics,
    values: &'v Values,
    used: Values,
    /// Bytes of all texts with their variables replaced.
    replaced: usize,
}

/// Bytes of all texts of a file with their variables replaced: more than any compose file has.
const MOST_REPLACED: usize = 8 << 20;

/// The longest name a service may have; it becomes part of file and image names.
const LONGEST_NAME: usize = 128;

impl ComposeReader<'_> {
    fn service(&mut self, key: &Node, node: &Node) -> Option<Service> {
        let name = key.as_scalar()?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let starts = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !starts || !name.bytes().all(allowed) || name.len() > LONGEST_NAME {
            let shown = shortened(name, 40);
            self.yaml.error_with(
                key,
                format!("a service cannot be called `{shown}`"),
                "use letters, digits, `_`, `-` and `.`, a letter, digit or `_` first",
            );
            return None;
        }
        let (mut build, mut image, mut platform) = (None, None, None);
        for (field, value) in self.yaml.entries(node, "a service") {
            match field.as_scalar() {
                Some("build") => build = Some(value),
                Some("image") => image = Some(value),
                Some("platform") => platform = self.text(value, "platform"),
                Some("extends") => self.yaml.error_with(
                    field,
                    "`extends` is not followed",
                    "write the fields out, or use a YAML anchor and `<<`",
                ),
                _ => {}
            }
        }
        let kind = match (build, image) {
            (Some(build), _) => self.build(build, platform)?,
            (None, Some(image)) => ServiceKind::External { image: self.text(image, "image")? },
            (None, None) => {
                self.yaml.error_with(
                    key,
                    format!("the service `{name}` has neither `build` nor `image`"),
                    "say `build: FOLDER`",
                );
                return None;
            }
        };
        if let ServiceKind::Remote { .. } = kind {
            let place = self.yaml.place(key);
            self.warnings.push(|| {
                Diagnostic::info(place, format!("`{name}` is built from an address on a network: skipped"))
            });
        }
        Some(Service { name: name.to_owned(), kind })
    }

    fn build(&mut self, node: &Node, platform: Option<String>) -> Option<ServiceKind> {
        if matches!(node.value, Value::Scalar(_)) {
            let context = self.path(node, "the build context")?;
            return Some(match context {
                NodeContext::Remote(context) => ServiceKind::Remote { context },
                NodeContext::Inside(context) => {
                    ServiceKind::Build(Build { context, platform, ..Build::default() })
                }
            });
        }
        let (mut remote, mut context) = (None, String::new());
        let (mut dockerfile, mut args, mut target) = (None, BTreeMap::new(), None);
        let mut contexts = BTreeMap::new();
        for (field, value) in self.yaml.entries(node, "build") {
            match field.as_scalar() {
                Some("context") => match self.path(value, "the build context")? {
                    NodeContext::Remote(context) => remote = Some(context),
                    NodeContext::Inside(path) => context = path,
                },
                Some("dockerfile") => match self.path(value, "the Dockerfile")? {
                    NodeContext::Remote(_) => {
                        self.yaml.error(value, "the Dockerfile has to be in the project")
                    }
                    NodeContext::Inside(path) if path.is_empty() => {
                        self.yaml.error(value, "the Dockerfile has to be a file");
                    }
                    NodeContext::Inside(path) => dockerfile = Some(path),
                },
                Some("dockerfile_inline") => self.yaml.error_with(
                    field,
                    "`dockerfile_inline` is not rendered",
                    "write it to a Dockerfile.template in the context",
                ),
                Some("args") => args = self.args(value),
                Some("additional_contexts") => {
                    let named = self.pairs(value, "additional_contexts", "a build context");
                    contexts =
                        named.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect();
                }
                Some("target") => target = self.text(value, "target"),
                _ => {}
            }
        }
        let build = Build { context, dockerfile, args, target, platform, contexts };
        Some(remote.map_or(ServiceKind::Build(build), |context| ServiceKind::Remote { context }))
    }

    /// A scalar with its variables replaced.
    fn replaced(&mut self, node: &Node, what: &str) -> Option<Interpolated> {
        let text = self.yaml.text(node, what)?;
        let fault = match interpolate(&text, self.values) {
            Ok(done) => {
                self.replaced += done.text.len();
                for name in &done.used {
                    let value = self.values.get(name).cloned().unwrap_or_default();
                    self.used.insert(name.clone(), value);
                }
                if self.replaced <= MOST_REPLACED {
                    return Some(done);
                }
                format!("more than {MOST_REPLACED} bytes in the file with its variables replaced")
            }
            Err(message) => message,
        };
        self.yaml.error(node, fault);
        None
    }

    /// The same; a variable that is not set becomes nothing, with a warning, as Docker Compose has it.
    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let done = self.replaced(node, what)?;
        for name in done.unset {
            let place = self.yaml.place(node);
            self.warnings.push(|| {
                Diagnostic::warning(place, format!("{name} is not set and becomes nothing"))
                    .help(how_to_set(&name))
            });
        }
        Some(done.text)
    }

    /// A path, for which a variable that is not set is an error: it would name another folder.
    fn path(&mut self, node: &Node, what: &str) -> Option<NodeContext> {
        let done = self.replaced(node, what)?;
        if let Some(name) = done.unset.first() {
            self.yaml.error_with(node, format!("{name} is not set"), how_to_set(name));
            return None;
        }
        if is_remote(&done.text) {
            return Some(NodeContext::Remote(done.text));
        }
        match inside(&done.text) {
            Ok(path) => Some(NodeContext::Inside(path)),
            Err(why) => {
                self.yaml.error_with(node, format!("{what} is outside the project"), why);
                None
            }
        }
    }

    /// Build arguments.
    fn args(&mut self, node: &Node) -> BTreeMap<String, Option<String>> {
        self.pairs(node, "args", "a build argument")
    }

    /// `{NAME: value}` or `[NAME=value, NAME]`, of a field of that name.
    fn pairs(&mut self, node: &Node, field: &str, what: &str) -> BTreeMap<String, Option<String>> {
        let mut args = BTreeMap::new();
        match &node.value {
            Value::List(items) => {
                for item in items {
                    let Some(text) = self.text(item, what) else { continue };
                    match text.split_once('=') {
                        Some((name, value)) => args.insert(name.to_owned(), Some(value.to_owned())),
                        None => args.insert(text, None),
                    };
                }
            }
            _ => {
                for (key, value) in self.yaml.entries(node, field) {
                    let Some(name) = key.as_scalar() else { continue };
                    let value = match value.value {
                        Value::Null => None,
                        _ => self.text(value, what),
                    };
                    args.insert(name.to_owned(), value);
                }
            }
        }
        args
    }
}

fn how_to_set(name: &str) -> String {
    format!("give it with -D {name}=VALUE, --env-file or .env, or say ${{{name}:-default}}")
}

enum NodeContext {
    Inside(String),
    Remote(String),
}
