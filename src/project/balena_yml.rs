//! `.balena/balena.yml`: the variables that balena gives to a build.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::service::{Service, ServiceKind};
use crate::diagnostic::Diagnostics;
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

/// Variables, by name.
type BuildVariables = BTreeMap<String, String>;

/// Adds the `build-variables` of a file to the build arguments of the services: the global ones, over
/// them those of the service, over the arguments of the compose file.
///
/// # Errors
/// Broken YAML, or variables that are neither a map nor a list of `NAME=VALUE`.
pub fn apply(source: &Arc<Source>, services: &mut [Service]) -> Result<(), Diagnostics> {
    let root = yaml::parse(source, Dialect::Compose)?;
    let mut reader = NodeReader::new(source);
    let mut global = BuildVariables::new();
    let mut own: BTreeMap<String, BuildVariables> = BTreeMap::new();
    for (key, node) in reader.entries(&root, "balena.yml") {
        if key.as_scalar() != Some("build-variables") {
            continue;
        }
        for (field, node) in reader.fields(node, "build-variables", &["global", "services"]) {
            if field == "global" {
                global = variables(&mut reader, node);
                continue;
            }
            for (name, node) in reader.entries(node, "services") {
                if let Some(name) = name.as_scalar() {
                    own.insert(name.to_owned(), variables(&mut reader, node));
                }
            }
        }
    }
    if !reader.diagnostics.is_empty() {
        return Err(reader.diagnostics);
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

fn variables(reader: &mut NodeReader, node: &Node) -> BuildVariables {
    let mut variables = BuildVariables::new();
    match &node.value {
        Value::List(items) => {
            for item in items {
                let Some(text) = reader.text(item, "a build variable") else { continue };
                match text.split_once('=') {
                    Some((name, value)) => variables.extend([(name.to_owned(), value.to_owned())]),
                    None => reader.error(item, "a build variable is NAME=VALUE"),
                }
            }
        }
        _ => {
            for (key, value) in reader.entries(node, "variables") {
                if let (Some(name), Some(value)) = (key.as_scalar(), reader.text(value, "a build variable")) {
                    variables.insert(name.to_owned(), value);
                }
            }
        }
    }
    variables
}
