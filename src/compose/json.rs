//! A model as JSON, field by field as `docker compose config --format json` prints it, with paths relative to
//! the project.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::formats;
use super::model::Model;
use super::tree::{Map, Node, Value};

/// The services of a model: `{"services": {NAME: {...}}}`.
pub fn config(model: &Model) -> Json {
    let services: JsonMap<String, Json> =
        model.services().map(|(name, entry)| (name.to_owned(), service(&entry.node))).collect();
    json!({ "services": services })
}

fn service(node: &Node) -> Json {
    let mut fields = JsonMap::new();
    for (name, entry) in node.as_map().into_iter().flatten().filter(|(name, _)| !name.starts_with("x-")) {
        if matches!(&**name, "image" | "platform") && entry.node.is_nothing() {
            continue;
        }
        let value = match &**name {
            "build" => build(&entry.node),
            _ => plain(&entry.node),
        };
        fields.insert(name.clone(), value);
    }
    Json::Object(fields)
}

fn build(node: &Node) -> Json {
    let mut fields = JsonMap::new();
    for (name, entry) in node.as_map().into_iter().flatten().filter(|(name, _)| !name.starts_with("x-")) {
        let node = &entry.node;
        let value = match &**name {
            "args" => Json::Object(given(pairs(node))),
            "labels" => {
                let text =
                    |(name, value): (String, Option<String>)| (name, Json::String(value.unwrap_or_default()));
                Json::Object(pairs(node).into_iter().map(text).collect())
            }
            "additional_contexts" => {
                let text =
                    |(name, value): (String, Option<String>)| (name, Json::String(value.unwrap_or_default()));
                Json::Object(pairs(node).into_iter().map(text).collect())
            }
            "extra_hosts" => Json::Array(hosts(node).into_iter().map(Json::String).collect()),
            "ssh" => Json::Array(ssh(node).into_iter().map(Json::String).collect()),
            "shm_size" => {
                let size = match &node.value {
                    Value::Int(size) => i64::try_from(*size).unwrap_or_default(),
                    _ => node.scalar().and_then(|text| formats::bytes(&text).ok()).unwrap_or_default(),
                };
                Json::String(size.to_string())
            }
            "secrets" => {
                let mut secrets = plain(node);
                for secret in secrets.as_array_mut().into_iter().flatten() {
                    if let Some(mode) = secret.get_mut("mode")
                        && let Some(number) = mode.as_i64()
                    {
                        *mode = Json::String(format!("0{number:o}"));
                    }
                }
                secrets
            }
            "no_cache" | "privileged" | "pull" => truth(node),
            _ => plain(node),
        };
        if !is_empty(&value) {
            fields.insert(name.clone(), value);
        }
    }
    if node.get("dockerfile").is_none() && node.get("dockerfile_inline").is_none() {
        fields.insert("dockerfile".to_owned(), Json::String("Dockerfile".to_owned()));
    }
    Json::Object(fields)
}

/// What is left out of JSON: nothing, empty texts, lists and maps, and `false`.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn truth(node: &Node) -> Json {
    match &node.value {
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Text(text) => Json::Bool(formats::truth(text).unwrap_or_default()),
        _ => Json::Null,
    }
}

fn given(pairs: Vec<(String, Option<String>)>) -> JsonMap<String, Json> {
    pairs.into_iter().filter_map(|(name, value)| Some((name, Json::String(value?)))).collect()
}

/// `{NAME: value}` or `[NAME=value, NAME]`.
pub fn pairs(node: &Node) -> Vec<(String, Option<String>)> {
    match &node.value {
        Value::Map(map) => map.iter().map(|(name, entry)| (name.clone(), entry.node.scalar())).collect(),
        Value::List(items) => {
            let pair = |item: &Node| {
                let text = item.scalar()?;
                Some(match text.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (text, None),
                })
            };
            items.iter().filter_map(pair).collect()
        }
        _ => Vec::new(),
    }
}

/// `HOST=ADDRESS`, sorted.
pub fn hosts(node: &Node) -> Vec<String> {
    let bare = |address: &str| {
        let inner = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.filter(|inner| !inner.is_empty()).unwrap_or(address).to_owned()
    };
    let mut hosts = Vec::new();
    match &node.value {
        Value::Map(map) => {
            for (name, entry) in map {
                let addresses = match &entry.node.value {
                    Value::List(items) => items.iter().filter_map(Node::scalar).collect(),
                    _ => vec![entry.node.scalar().unwrap_or_default()],
                };
                hosts.extend(addresses.iter().map(|address| format!("{name}={}", bare(address))));
            }
        }
        Value::List(items) => {
            for text in items.iter().filter_map(Node::scalar) {
                if let Some((name, addresses)) = text.split_once('=').or_else(|| text.split_once(':')) {
                    hosts.extend(addresses.split(',').map(|address| format!("{name}={}", bare(address))));
                }
            }
        }
        _ => {}
    }
    hosts.sort();
    hosts
}

/// `ID` or `ID=PATH`.
fn ssh(node: &Node) -> Vec<String> {
    let one = |(id, path): (String, Option<String>)| match path {
        Some(path) if !path.is_empty() => format!("{id}={path}"),
        _ => id,
    };
    pairs(node).into_iter().map(one).collect()
}

/// A value as it is.
fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => i64::try_from(*number).map_or(Json::Null, Json::from),
        Value::Float(number) => Json::from(*number),
        Value::Date(text) | Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Map(map) => fields(map),
    }
}

fn fields(map: &Map) -> Json {
    let shown = map.iter().filter(|(name, _)| !name.starts_with("x-"));
    Json::Object(shown.map(|(name, entry)| (name.clone(), plain(&entry.node))).collect())
}
