//! Items of lists that say the same thing twice: of two ports, mounts or variables with one name the last counts.

use std::collections::HashMap;

use super::faults::Faults;
use super::tree::{Node, Path, Value, below, matches};

/// The lists whose items have a name, and what the name is.
const LISTS: &[(&str, Name)] = &[
    ("networks.*.labels", Name::BeforeEquals),
    ("networks.*.ipam.options", Name::BeforeEquals),
    ("services.*.annotations", Name::BeforeEquals),
    ("services.*.build.args", Name::BeforeEquals),
    ("services.*.build.additional_contexts", Name::BeforeEquals),
    ("services.*.build.platform", Name::BeforeEquals),
    ("services.*.build.tags", Name::BeforeEquals),
    ("services.*.build.labels", Name::BeforeEquals),
    ("services.*.cap_add", Name::BeforeEquals),
    ("services.*.cap_drop", Name::BeforeEquals),
    ("services.*.configs", Name::Mount("")),
    ("services.*.deploy.labels", Name::BeforeEquals),
    ("services.*.dns", Name::BeforeEquals),
    ("services.*.dns_opt", Name::BeforeEquals),
    ("services.*.dns_search", Name::BeforeEquals),
    ("services.*.environment", Name::BeforeEquals),
    ("services.*.env_file", Name::File),
    ("services.*.expose", Name::Port),
    ("services.*.labels", Name::BeforeEquals),
    ("services.*.links", Name::BeforeEquals),
    ("services.*.networks.*.aliases", Name::BeforeEquals),
    ("services.*.networks.*.link_local_ips", Name::BeforeEquals),
    ("services.*.ports", Name::Published),
    ("services.*.profiles", Name::BeforeEquals),
    ("services.*.secrets", Name::Mount("/run/secrets")),
    ("services.*.sysctls", Name::BeforeEquals),
    ("services.*.tmpfs", Name::BeforeEquals),
    ("services.*.volumes", Name::Volume),
    ("services.*.devices", Name::Device),
];

#[derive(Clone, Copy)]
enum Name {
    BeforeEquals,
    Mount(&'static str),
    File,
    Port,
    Published,
    Volume,
    Device,
}

/// Keeps the last of the items with one name, at the place of the first.
pub fn keep_last(node: &mut Node, path: &Path, faults: &mut Faults) {
    match &mut node.value {
        Value::Map(map) => {
            for (key, entry) in map {
                keep_last(&mut entry.node, &below(path, key), faults);
            }
        }
        Value::List(items) => {
            let Some((_, name)) = LISTS.iter().find(|(pattern, _)| matches(path, pattern)) else { return };
            let mut kept: Vec<Node> = Vec::with_capacity(items.len());
            let mut places: HashMap<String, usize> = HashMap::new();
            for item in items.drain(..) {
                let name = match name_of(&item, *name) {
                    Ok(name) => name,
                    Err(message) => {
                        faults.error(&item.at, message);
                        continue;
                    }
                };
                match places.get(&name) {
                    Some(&place) => kept[place] = item,
                    None => {
                        places.insert(name, kept.len());
                        kept.push(item);
                    }
                }
            }
            *items = kept;
        }
        _ => {}
    }
}

fn name_of(item: &Node, name: Name) -> Result<String, String> {
    let field = |field: &str| item.get(field).and_then(Node::scalar);
    let is_map = item.as_map().is_some();
    let text = item.as_text();
    Ok(match (name, text) {
        (Name::BeforeEquals, Some(text)) => text.split('=').next().unwrap_or(text).to_owned(),
        (Name::BeforeEquals, None) => return Err(format!("this has to be text, not {}", item.kind())),
        (Name::Mount(folder), Some(text)) => format!("{folder}/{text}"),
        (Name::Mount(folder), None) if is_map => {
            field("target").unwrap_or_else(|| format!("{folder}/{}", field("source").unwrap_or_default()))
        }
        (Name::File, Some(text)) => text.to_owned(),
        (Name::File, None) if is_map => field("path").ok_or("this environment file has no `path`")?,
        (Name::Port, _) if matches!(item.value, Value::Int(_) | Value::Text(_)) => {
            item.scalar().unwrap_or_default()
        }
        (Name::Mount(_) | Name::Port, _) => {
            return Err(format!("this has to be a name or a map, not {}", item.kind()));
        }
        (Name::Published, _) if is_map => {
            let target = field("target").ok_or("this port has no `target`")?;
            let published = field("published").unwrap_or_default();
            let host = field("host_ip").unwrap_or_else(|| "0.0.0.0".to_owned());
            let protocol = field("protocol").unwrap_or_else(|| "tcp".to_owned());
            format!("{host}:{published}:{target}/{protocol}")
        }
        (Name::Published, _) => item.scalar().unwrap_or_default(),
        (Name::Volume | Name::Device, None) if is_map => {
            field("target").ok_or("this mount has no `target`")?
        }
        (Name::Volume, Some(text)) => super::volume::parse(text)?.target,
        (Name::Device, Some(text)) => {
            let parts: Vec<&str> = text.split(':').collect();
            parts.get(1).or(parts.first()).copied().unwrap_or_default().to_owned()
        }
        (Name::File | Name::Volume | Name::Device, _) => String::new(),
    })
}
