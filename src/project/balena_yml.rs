//! `.balena/balena.yml`: the variables and secrets that balena gives to a build.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::service::{Service, ServiceKind};
use crate::compose;
use crate::error::{Error, Result};
use crate::nearest::{did_you_mean, nearest_or_all};
use crate::source::Source;
use crate::yaml::{self, Dialect, Node, NodeReader, Value};

/// Where the file can be. More than one is refused, as the balena builder does.
pub const NAMES: [&str; 12] = [
    ".balena/balena.yml",
    ".balena/balena.yaml",
    ".balena/balena.json",
    ".balena/resin.yml",
    ".balena/resin.yaml",
    ".balena/resin.json",
    ".resin/balena.yml",
    ".resin/balena.yaml",
    ".resin/balena.json",
    ".resin/resin.yml",
    ".resin/resin.yaml",
    ".resin/resin.json",
];

/// The folders of these files.
pub const FOLDERS: [&str; 2] = [".balena", ".resin"];

/// Variables, by name.
type BuildVariables = BTreeMap<String, String>;

/// How the file of a secret is read, by its path in the project.
type Get<'g> = dyn Fn(&str) -> Result<Option<Source>> + 'g;

/// Adds the `build-variables` of a file to the build arguments of the services: the global ones, over
/// them those of the service, over the arguments of the compose file. `folder` is where the file is, and `get` reads
/// files of the project.
///
/// # Errors
/// What the balena builder refuses: broken YAML, variables that are neither a map of texts nor a list of
/// `NAME=VALUE`, secrets without a source or whose file is missing. Also a service that the project does not have.
pub fn apply(source: &Arc<Source>, folder: &str, services: &mut [Service], get: &Get) -> Result<()> {
    let root = yaml::parse(source, Dialect::Compose).map_err(Error::Input)?;
    let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    let mut reader = MetadataReader { yaml: NodeReader::new(source), names, folder, get, failed: None };
    let mut global = BuildVariables::new();
    let mut own: BTreeMap<String, BuildVariables> = BTreeMap::new();
    for (key, node) in reader.yaml.entries(&root, "balena.yml") {
        match key.as_scalar() {
            Some("build-variables") => {
                for (service, node) in reader.parts(node, "build-variables") {
                    let variables = reader.variables(node);
                    match service {
                        Some(name) => own.insert(name, variables),
                        None => Some(std::mem::replace(&mut global, variables)),
                    };
                }
            }
            Some("build-secrets") => {
                for (_, node) in reader.parts(node, "build-secrets") {
                    reader.secrets(node);
                }
            }
            Some(other) => {
                // The builder does not look at others: only what was probably meant is a fault.
                if let Some(help) = did_you_mean(other, ["build-variables", "build-secrets"]) {
                    reader.yaml.error_with(key, format!("balena.yml has no field `{other}`"), help);
                }
            }
            None => {}
        }
    }
    let MetadataReader { mut yaml, failed, .. } = reader;
    if let Some(error) = failed {
        return Err(error);
    }
    if !yaml.diagnostics.is_empty() {
        yaml.diagnostics.sort_by_position();
        return Err(Error::Input(yaml.diagnostics));
    }
    for service in services {
        if let ServiceKind::Build(build) = &mut service.kind {
            let own = own.get(&service.name).into_iter().flatten();
            for (name, value) in global.iter().chain(own) {
                build.args.insert(name.clone(), Some(value.clone()));
            }
        }
    }
    Ok(())
}

struct MetadataReader<'r> {
    yaml: NodeReader,
    /// The services of the project.
    names: Vec<String>,
    folder: &'r str,
    get: &'r Get<'r>,
    failed: Option<Error>,
}

impl MetadataReader<'_> {
    /// What is under `global`, without a name, and under each service.
    fn parts<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(Option<String>, &'n Node)> {
        let mut parts = Vec::new();
        for (field, node) in self.yaml.fields(node, what, &["global", "services"]) {
            if field == "global" {
                parts.push((None, node));
                continue;
            }
            for (key, node) in self.yaml.entries(node, "services") {
                let Some(name) = key.as_scalar() else { continue };
                if !self.names.iter().any(|known| known == name) {
                    let known: Vec<&str> = self.names.iter().map(String::as_str).collect();
                    let help = nearest_or_all(name, &known, "the services are");
                    self.yaml.error_with(key, format!("the project has no service `{name}`"), help);
                }
                parts.push((Some(name.to_owned()), node));
            }
        }
        parts
    }

    /// A scalar that is text for the builder, and no number or truth value.
    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.yaml.text(node, what)?;
        if !compose::is_text(node) {
            let help = "write it in quotes";
            self.yaml.error_with(
                node,
                format!("{what} has to be text, this is a number or a truth value"),
                help,
            );
            return None;
        }
        Some(text)
    }

    fn variables(&mut self, node: &Node) -> BuildVariables {
        let mut variables = BuildVariables::new();
        match &node.value {
            Value::List(items) => {
                for item in items {
                    let Some(text) = self.text(item, "a build variable") else { continue };
                    match text.split_once('=') {
                        Some((name, value)) if !value.is_empty() && !name.trim().is_empty() => {
                            variables.insert(name.to_owned(), value.to_owned());
                        }
                        _ => self.yaml.error(item, "a build variable is NAME=VALUE"),
                    }
                }
            }
            _ => {
                for (key, value) in self.yaml.entries(node, "variables") {
                    if let (Some(name), Some(value)) = (key.as_scalar(), self.text(value, "a build variable"))
                    {
                        variables.insert(name.to_owned(), value);
                    }
                }
            }
        }
        variables
    }

    fn secrets(&mut self, node: &Node) {
        for item in self.yaml.items(node, "secrets") {
            let mut source = None;
            let mut has_dest = false;
            for (field, node) in self.yaml.fields(item, "a secret", &["source", "dest"]) {
                let text = self.text(node, field);
                match field {
                    "source" => source = text.map(|text| (text, node)),
                    _ => has_dest = true,
                }
            }
            let Some((source, node)) = source.filter(|_| has_dest) else {
                self.yaml.error_with(
                    item,
                    "a secret needs a `source` and a `dest`",
                    "source: FILE, dest: NAME",
                );
                continue;
            };
            let path = compose::paths::join(&format!("{}/secrets", self.folder), &source);
            match (self.get)(&path) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let message = format!("the file of the secret, {path}, does not exist");
                    self.yaml.error(node, message);
                }
                Err(error) => self.failed = Some(error),
            }
        }
    }
}
