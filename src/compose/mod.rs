//! Compose files, as Docker Compose 2.40 reads them: several files one over the other, `extends`, `include`,
//! anchors, `!reset` and `!override`, variables, profiles. Every value keeps the place where it was written.
//!
//! [`read`] gives the [`Model`]. It goes through these steps, which are Docker Compose's: [`loader`] reads a
//! file and replaces its variables ([`substitute`]), writes out what services extend ([`extends`]), adds what
//! is included ([`mod@include`]), puts the file over those before it ([`merge`], [`unique`]), checks the result
//! against the table of fields ([`schema`]), and brings it into the long form ([`canonical`]). At the end
//! the parts of the project are compared with each other ([`consistency`]).

mod canonical;
mod consistency;
mod decode;
mod defaults;
mod documents;
pub mod dotenv;
mod extends;
mod faults;
mod formats;
mod include;
pub mod interpolation;
mod json;
mod limits;
mod loader;
mod merge;
mod model;
pub mod paths;
mod ports;
mod scalar;
mod schema;
mod state;
mod substitute;
pub mod tree;
mod unique;
mod volume;

use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::source::Source;
use crate::yaml;
use interpolation::Values;
use state::{Context, Loader};
use tree::{At, Map, Node, Value};

pub use formats::command_words;
pub use json::{config, hosts, pairs};
pub use model::Model;
pub use paths::{is_elsewhere, is_target};

/// The names a compose file can have, in the order in which Docker Compose looks for them. balena reads only the
/// last two.
pub const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The files that `COMPOSE_FILE` of a `.env` names, with `COMPOSE_PATH_SEPARATOR`, `;` or `:` between them.
pub fn listed_files(list: &str, values: &Values) -> Vec<String> {
    let usual = if list.contains(';') { ";" } else { ":" };
    let given = values.get("COMPOSE_PATH_SEPARATOR").map(String::as_str).filter(|text| !text.is_empty());
    list.split(given.unwrap_or(usual))
        .filter(|file| !file.is_empty())
        .map(|file| paths::join("", file))
        .collect()
}

/// Which compose files to read, and how.
///
/// ```
/// use dtpl::workspace::ComposeRequest;
///
/// let values = [("TAG".to_owned(), "1".to_owned())].into();
/// let files = ["compose.yml".to_owned(), "compose.dev.yml".to_owned()];
/// let request = ComposeRequest { files: &files, ..ComposeRequest::new(&values) };
/// assert!(request.profiles.is_empty(), "all services");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Request<'q> {
    /// The compose files, relative to the project, each over those before it.
    pub files: &'q [String],
    /// The profiles whose services are wanted; all services if there are none in it.
    pub profiles: &'q [String],
    /// What `${...}` can be.
    pub values: &'q Values,
}

/// Whether a scalar is text, and no number, truth value or date.
pub fn is_text(node: &yaml::Node) -> bool {
    let plain = node.as_scalar().filter(|_| node.is_plain);
    plain.is_none_or(|text| matches!(scalar::plain(text), tree::Value::Text(_)))
}

impl<'q> Request<'q> {
    /// The compose file that a project has, with all services.
    pub fn new(values: &'q Values) -> Self {
        Request { files: &[], profiles: &[], values }
    }
}

/// Reads the compose files of a project. `get` gives the file with a path, relative to the project, if it is
/// there. The result is the model with every fault of the files: it is what the files say only if there is none.
///
/// # Errors
/// Those of `get`.
pub fn read(get: &dyn Fn(&str) -> Result<Option<Source>>, request: &Request) -> Result<(Model, Diagnostics)> {
    let mut loader = Loader::new(get);
    let first = request.files.first().map_or("", |file| paths::parent(file));
    let mut values = request.values.clone();
    match project_name(get, request) {
        Some(name) if name.is_empty() => {
            let source = Arc::new(Source::new(shown_name(get, request), ""));
            let fault = Diagnostic::error_at(&source, 0..0, "the name of the project is empty");
            return Err(Error::input(fault.help("write letters or digits after `name:`")));
        }
        Some(name) => {
            values.insert("COMPOSE_PROJECT_NAME".to_owned(), name);
        }
        None => {}
    }
    let values = Rc::new(values);
    let context = Context { base: first.to_owned(), values: Rc::clone(&values) };
    let files: Vec<(String, Option<At>)> = request.files.iter().map(|file| (file.clone(), None)).collect();
    let root = loader.model(&files, context, first, &[]);
    let root = root.filter(|root| root.as_map().is_some_and(|map| !map.is_empty()));
    let mut root = root.unwrap_or_else(|| {
        let source = Arc::new(Source::new(shown_name(get, request), ""));
        let at = At { source, span: 0..0 };
        if loader.failed.is_none() && loader.faults.is_empty() {
            let help = "write them under `services:`";
            loader.faults.error_with(&at, "the compose file has no services", help);
        }
        Node::new(&at, Value::Map(Map::new()))
    });
    schema::validate(&root, schema::Stage::Text, &mut loader.faults);
    let left_out = choose(&mut root, request.profiles);
    consistency::check_project(&root, &left_out, &mut loader.faults);
    loader.check_env_files(&root);
    if let Some(error) = loader.failed {
        return Err(error);
    }
    let Loader { faults, mut used, mut unset, warnings, .. } = loader;
    let order =
        |(one, name): &(At, String), (other, next): &(At, String)| one.cmp_place(other).then(name.cmp(next));
    unset.sort_by(order);
    // An anchor is read wherever it is used.
    unset.dedup_by(|one, other| order(one, other).is_eq());
    defaults::give_values(&mut root, &values, &mut used);
    Ok((Model { root, used, unset, warnings, left_out }, faults.diagnostics))
}

/// The first file, as messages show it.
fn shown_name(get: &state::Get, request: &Request) -> String {
    let first = request.files.first().map_or("", String::as_str);
    get(first).ok().flatten().map_or_else(|| first.to_owned(), |source| source.name().to_owned())
}

/// The name that the last of the files gives the project, in the letters that names of projects have.
fn project_name(get: &state::Get, request: &Request) -> Option<String> {
    let mut name = None;
    for file in request.files {
        // A file that cannot be read is reported when it is read for its services.
        let Ok(Some(source)) = get(file) else { continue };
        let text = source.bytes();
        if !text.starts_with(b"name:") && !text.windows(6).any(|window| window == b"\nname:") {
            continue;
        }
        let documents = yaml::documents(&Arc::new(source), yaml::Dialect::Compose).unwrap_or_default();
        for document in documents {
            let yaml::Value::Map(entries) = document.value else { continue };
            let named = entries.iter().find(|(key, _)| key.as_scalar() == Some("name"));
            let text = named.and_then(|(_, value)| value.as_scalar()).filter(|text| !text.is_empty());
            name = text.map(str::to_owned).or(name);
        }
    }
    let name = interpolation::interpolate(&name?, request.values).ok()?.text.to_lowercase();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect();
    Some(name.trim_start_matches(['_', '-']).to_owned())
}

/// Leaves out the services of profiles that are not wanted, and gives their names.
fn choose(root: &mut Node, profiles: &[String]) -> Vec<String> {
    let mut left_out = Vec::new();
    if profiles.is_empty() || profiles.iter().any(|profile| profile == "*") {
        return left_out;
    }
    let services = root.as_map_mut().and_then(|map| map.get_mut("services"));
    if let Some(Value::Map(services)) = services.map(|entry| &mut entry.node.value) {
        services.retain(|name, entry| {
            let own = entry.node.items("profiles");
            let is_wanted = own.is_empty()
                || own.iter().any(|own| profiles.iter().any(|wanted| own.as_text() == Some(wanted)));
            if !is_wanted {
                left_out.push(name.clone());
            }
            is_wanted
        });
    }
    left_out
}

impl Loader<'_> {
    /// The files of `env_file` and `label_file` have to be there, and be readable.
    fn check_env_files(&mut self, root: &Node) {
        let Some(services) = root.get("services").and_then(Node::as_map) else { return };
        for entry in services.values() {
            let service = &entry.node;
            for file in service.get("env_file").and_then(Node::as_list).unwrap_or_default() {
                let Some(path) = file.get("path") else { continue };
                let is_required =
                    file.get("required").is_none_or(|node| node.scalar().as_deref() != Some("false"));
                let format = file.get("format").filter(|format| format.as_text() != Some(""));
                if let Some(format) = format.filter(|format| format.as_text() != Some("raw")) {
                    self.faults
                        .error(&format.at, "this format of environment files is not known; there is `raw`");
                }
                self.check_env_file(path, is_required, format.is_some());
            }
            for file in service.get("label_file").and_then(Node::as_list).unwrap_or_default() {
                self.check_env_file(file, true, false);
            }
        }
    }

    fn check_env_file(&mut self, node: &Node, is_required: bool, is_raw: bool) {
        let Some(path) = node.as_text() else { return };
        let source = match is_required {
            true => self.file(path, Some(&node.at), "the environment file"),
            false => self.try_file(path),
        };
        let Some(source) = source else { return };
        let source = Arc::new(source.hiding_lines());
        let values = self.values();
        let read = match is_raw {
            true => dotenv::check_raw(&source),
            false => dotenv::parse(&source, &values, &Values::new()).map(|_| ()),
        };
        if let Err(faults) = read {
            self.faults.diagnostics.append(faults);
        }
    }
}
