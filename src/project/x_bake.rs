//! The extension `x-bake` of a build: what `docker buildx bake` reads of a compose file beyond Compose's own fields.
//! Lists go behind those of Compose, a secret or key takes the place of one with its name, `pull` and `no-cache`
//! replace Compose's, and contexts are added where Compose's have no such name.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bake_notes::BakeNotes;
use super::bake_text::{fields, is_sayable};
use crate::compose::tree::{At, Node, Value};
use crate::diagnostic::Diagnostic;
use crate::escape::shortened;
use crate::nearest::nearest_or_all;

/// A secret of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuildSecret {
    /// Its name in the Dockerfile.
    pub id: String,
    /// The file that it is in, relative to the project.
    pub file: Option<String>,
    /// The variable of the environment that it is in.
    pub environment: Option<String>,
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A list, or words in one text.
    Texts,
    Truth,
    /// A map of texts.
    Contexts,
}

const FIELDS: [(&str, Kind); 11] = [
    ("tags", Kind::Texts),
    ("cache-from", Kind::Texts),
    ("cache-to", Kind::Texts),
    ("secret", Kind::Texts),
    ("ssh", Kind::Texts),
    ("platforms", Kind::Texts),
    ("output", Kind::Texts),
    ("pull", Kind::Truth),
    ("no-cache", Kind::Truth),
    ("no-cache-filter", Kind::Texts),
    ("contexts", Kind::Contexts),
];

/// The extension of a build, if it has one.
#[derive(Clone, Copy, Default)]
pub struct XBake<'m>(Option<&'m Node>);

impl<'m> XBake<'m> {
    /// That of a build, with what bake would not read of it.
    pub fn of(build: &'m Node, notes: &mut BakeNotes) -> Self {
        let Some(node) = build.get("x-bake").filter(|node| !node.is_nothing()) else { return XBake(None) };
        let Some(map) = node.as_map() else {
            notes.error(&node.at, "`x-bake` is a map", "write its fields below it");
            return XBake(None);
        };
        for (name, entry) in map {
            let Some((_, kind)) = FIELDS.iter().find(|(known, _)| known == name) else {
                let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                let message = format!("`x-bake` has no field `{}`: left out", shortened(name, 40));
                let help = nearest_or_all(name, &known, "the fields are");
                notes.warnings.push(|| Diagnostic::warning(entry.key.place(), message).help(help));
                continue;
            };
            // Nothing in a list or map is as if it were not there.
            let is_text = |node: &Node| node.value == Value::Null || node.scalar().is_some();
            let (is_good, what) = match (kind, &entry.node.value) {
                (_, Value::Null) => (true, ""),
                (Kind::Truth, value) => (truth_of(value).is_some(), "`true` or `false`"),
                (Kind::Texts, Value::List(items)) => (items.iter().all(is_text), "a list of texts"),
                (Kind::Texts, _) => (is_text(&entry.node), "a list of texts"),
                (Kind::Contexts, Value::Map(map)) => {
                    (map.values().all(|entry| is_text(&entry.node)), "a map of texts")
                }
                (Kind::Contexts, _) => (false, "a map of texts"),
            };
            if !is_good {
                notes.error(&entry.node.at, format!("`{name}` of `x-bake` is {what}"), "bake refuses others");
            }
        }
        XBake(Some(node))
    }

    /// A field of it.
    pub fn get(&self, field: &str) -> Option<&'m Node> {
        self.0?.get(field)
    }

    /// The texts of a list, each with its place; of one text the words.
    pub fn texts(&self, field: &str) -> Vec<(&'m At, String)> {
        let Some(node) = self.get(field) else { return Vec::new() };
        match node.scalar() {
            Some(text) => text.split_whitespace().map(|word| (&node.at, word.to_owned())).collect(),
            None => {
                let items = node.as_list().unwrap_or_default().iter();
                items.filter_map(|item| Some((&item.at, item.scalar()?))).collect()
            }
        }
    }

    /// Whether something is to be done, if it is said.
    pub fn truth(&self, field: &str) -> Option<bool> {
        truth_of(&self.get(field)?.value)
    }

    /// The build contexts, by name, without empty ones.
    pub fn contexts(&self) -> BTreeMap<&'m str, (&'m At, String)> {
        let map = self.get("contexts").and_then(Node::as_map).into_iter().flatten();
        let contexts = map.filter_map(|(name, entry)| {
            let text = entry.node.scalar().filter(|text| !text.is_empty())?;
            Some((name.as_str(), (&entry.node.at, text)))
        });
        contexts.collect()
    }

    /// The secrets, each with its place.
    pub fn secrets(&self, notes: &mut BakeNotes) -> Vec<(&'m At, BuildSecret)> {
        let mut secrets = Vec::new();
        for (at, text) in self.texts("secret").into_iter().filter(|(_, text)| !text.is_empty()) {
            match secret(&text) {
                Ok(secret) => secrets.push((at, secret)),
                Err(why) => notes.error(at, why, "write it as id=NAME,src=PATH or id=NAME,env=VARIABLE"),
            }
        }
        secrets
    }
}

/// A truth value as bake reads it: also the words of YAML 1.1, with or without quotes. A text `true` is none.
fn truth_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Text(text) => match text.as_str() {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A secret as bake writes it: `id=NAME,src=PATH`.
fn secret(text: &str) -> Result<BuildSecret, &'static str> {
    let fields = fields(text).ok_or("a quotation mark in this secret is out of place")?;
    let mut secret = BuildSecret { id: String::new(), file: None, environment: None };
    let mut is_of_environment = false;
    for field in &fields {
        let (name, value) = field.split_once('=').ok_or("a part of this secret has no `=`")?;
        let value = value.to_owned();
        match name.to_ascii_lowercase().as_str() {
            "type" if value == "env" || value == "file" => is_of_environment = value == "env",
            "id" => secret.id = value,
            "src" | "source" => secret.file = Some(value),
            "env" => secret.environment = Some(value),
            _ => return Err("bake does not know a part of this secret"),
        }
    }
    if is_of_environment && secret.environment.is_none() {
        secret.environment = secret.file.take();
    }
    match secret.id.is_empty() {
        true => Err("this secret has no `id`"),
        false if !is_sayable(text) => Err("this secret has a carriage return in it"),
        false => Ok(secret),
    }
}
