//! What two files say about one field, as Docker Compose puts them together: most lists are joined, most maps
//! merged, and some fields have rules of their own.

use std::collections::HashSet;

use super::faults::Faults;
use super::tree::{Entry, Map, Node, Path, Value, below, matches, shown};

/// Each subnet of a file is compared with each of another one, as Docker Compose does: more pairs than any project
/// has.
const MOST_SUBNETS: usize = 1_000;

/// How the fields that are not merged as they are come together.
const RULES: &[(&str, Rule)] = &[
    ("networks.*.ipam.config", Rule::Subnets),
    ("networks.*.labels", Rule::Pairs),
    ("volumes.*.labels", Rule::Pairs),
    ("services.*.annotations", Rule::Pairs),
    ("services.*.build", Rule::Build),
    ("services.*.build.args", Rule::Pairs),
    ("services.*.build.additional_contexts", Rule::Pairs),
    ("services.*.build.extra_hosts", Rule::Hosts),
    ("services.*.build.labels", Rule::Pairs),
    ("services.*.command", Rule::Replaced),
    ("services.*.depends_on", Rule::Names(true)),
    ("services.*.deploy.labels", Rule::Pairs),
    ("services.*.dns", Rule::Pairs),
    ("services.*.dns_opt", Rule::Pairs),
    ("services.*.dns_search", Rule::Pairs),
    ("services.*.entrypoint", Rule::Replaced),
    ("services.*.env_file", Rule::Pairs),
    ("services.*.label_file", Rule::Pairs),
    ("services.*.environment", Rule::Pairs),
    ("services.*.extra_hosts", Rule::Hosts),
    ("services.*.healthcheck.test", Rule::Replaced),
    ("services.*.labels", Rule::Pairs),
    ("services.*.volumes.*.volume.labels", Rule::Pairs),
    ("services.*.logging", Rule::Logging),
    ("services.*.models", Rule::Names(false)),
    ("services.*.networks", Rule::Names(false)),
    ("services.*.sysctls", Rule::Pairs),
    ("services.*.tmpfs", Rule::Pairs),
    ("services.*.ulimits.*", Rule::Replaced),
];

#[derive(Clone, Copy)]
enum Rule {
    /// The later one counts.
    Replaced,
    /// Both as lists of `NAME=value`, one after the other.
    Pairs,
    /// As `Pairs`, without what is there already.
    Hosts,
    /// A text is the context.
    Build,
    /// Both as maps by name; `true` for `depends_on`, whose names have fields of their own.
    Names(bool),
    /// Merged if the driver is the same.
    Logging,
    /// Merged by subnet.
    Subnets,
}

/// Puts a later value over an earlier one.
pub fn merge(earlier: Node, later: Node, path: &Path, faults: &mut Faults) -> Node {
    if let Some((_, rule)) = RULES.iter().find(|(pattern, _)| matches(path, pattern)) {
        return by_rule(*rule, earlier, later, path, faults);
    }
    if later.value == Value::Null {
        return earlier;
    }
    let at = later.at.clone();
    match (earlier.value, later.value) {
        (Value::Map(one), Value::Map(other)) => {
            Node { at: earlier.at, value: Value::Map(maps(one, other, path, faults)) }
        }
        (Value::List(mut items), Value::List(others)) => {
            items.extend(others);
            Node { at: earlier.at, value: Value::List(items) }
        }
        (earlier @ (Value::Map(_) | Value::List(_)), later) => {
            let kind = if matches!(earlier, Value::Map(_)) { "map" } else { "list" };
            let message = format!("`{}` is a {kind} in an earlier place, and not here", shown(path));
            faults.error_with(&at, message, format!("write a {kind}, or put `!override` before the value"));
            Node { at, value: later }
        }
        (_, value) => Node { at, value },
    }
}

fn maps(mut one: Map, other: Map, path: &Path, faults: &mut Faults) -> Map {
    for (key, entry) in other {
        match one.remove(&key) {
            Some(earlier) => {
                let path = below(path, &key);
                let key_at = if entry.node.value == Value::Null { earlier.key } else { entry.key };
                let node = merge(earlier.node, entry.node, &path, faults);
                one.insert(key, Entry { key: key_at, node });
            }
            None => {
                one.insert(key, entry);
            }
        }
    }
    one
}

fn by_rule(rule: Rule, earlier: Node, later: Node, path: &Path, faults: &mut Faults) -> Node {
    let at = if later.value == Value::Null { earlier.at.clone() } else { later.at.clone() };
    let map = |value: Map| Node { at: at.clone(), value: Value::Map(value) };
    match rule {
        Rule::Replaced => later,
        Rule::Pairs => {
            let mut items = sequence(earlier);
            items.extend(sequence(later));
            Node { at, value: Value::List(items) }
        }
        Rule::Hosts => {
            let mut items = sequence(earlier);
            let there: HashSet<Option<String>> = items.iter().map(Node::scalar).collect();
            items.extend(sequence(later).into_iter().filter(|item| !there.contains(&item.scalar())));
            Node { at, value: Value::List(items) }
        }
        Rule::Build => map(maps(build(earlier), build(later), path, faults)),
        Rule::Names(is_dependency) => {
            map(maps(names(earlier, is_dependency), names(later, is_dependency), path, faults))
        }
        Rule::Logging => match (earlier.value, later.value) {
            (Value::Map(one), Value::Map(other)) => {
                let driver = |map: &Map| map.get("driver").map(|entry| entry.node.clone());
                match (driver(&one), driver(&other)) {
                    (Some(one), Some(two)) if one != two => map(other),
                    _ => map(maps(one, other, path, faults)),
                }
            }
            (one, Value::Null) => Node { at, value: one },
            (_, other) => Node { at, value: other },
        },
        Rule::Subnets => subnets(earlier, later, path, faults),
    }
}

/// A list of `NAME=value`, by name; a text is the only item.
fn sequence(node: Node) -> Vec<Node> {
    match node.value {
        Value::List(items) => items,
        Value::Text(_) => vec![node],
        Value::Map(map) => {
            let mut items = Vec::new();
            for (key, entry) in map {
                let at = &entry.key;
                match &entry.node.value {
                    Value::Null => items.push(Node::text(at, key)),
                    Value::List(values) => {
                        let scalars = values.iter().filter_map(Node::scalar);
                        items.extend(scalars.map(|value| Node::text(at, format!("{key}={value}"))));
                    }
                    _ => {
                        let value = entry.node.scalar().unwrap_or_default();
                        items.push(Node::text(&entry.node.at, format!("{key}={value}")));
                    }
                }
            }
            items.sort_by(|one, other| one.as_text().cmp(&other.as_text()));
            items
        }
        _ => Vec::new(),
    }
}

fn build(node: Node) -> Map {
    match node.value {
        Value::Map(map) => map,
        Value::Text(_) => {
            let key = node.at.clone();
            Map::from([("context".to_owned(), Entry { key, node })])
        }
        _ => Map::new(),
    }
}

fn names(node: Node, is_dependency: bool) -> Map {
    match node.value {
        Value::Map(map) => map,
        Value::List(items) => {
            let entry = |item: Node| {
                let name = item.scalar()?;
                let value = match is_dependency {
                    true => dependency(&item),
                    false => Value::Null,
                };
                Some((name, Entry { key: item.at.clone(), node: Node { at: item.at, value } }))
            };
            items.into_iter().filter_map(entry).collect()
        }
        _ => Map::new(),
    }
}

/// What `depends_on: [NAME]` is in the long form.
pub fn dependency(name: &Node) -> Value {
    let entry = |value| Entry { key: name.at.clone(), node: Node::new(&name.at, value) };
    Value::Map(Map::from([
        ("condition".to_owned(), entry(Value::Text("service_started".to_owned()))),
        ("required".to_owned(), entry(Value::Bool(true))),
    ]))
}

fn subnets(earlier: Node, later: Node, path: &Path, faults: &mut Faults) -> Node {
    let at = later.at.clone();
    let (Value::List(configs), Value::List(others)) = (earlier.value, later.value) else {
        faults.error(&at, format!("`{}` has to be a list", shown(path)));
        return Node { at, value: Value::List(Vec::new()) };
    };
    if configs.len().saturating_mul(others.len()) > MOST_SUBNETS {
        faults.error(&at, "too many subnets in two files");
        return Node { at, value: Value::List(others) };
    }
    let subnet = |node: &Node| node.get("subnet").cloned();
    let mut all: Vec<Node> = Vec::new();
    for config in &configs {
        for other in &others {
            if subnet(other) != subnet(config) && !all.iter().any(|there| subnet(there) == subnet(other)) {
                all.push(other.clone());
                continue;
            }
            let fields = |node: &Node| node.as_map().cloned().unwrap_or_default();
            let merged = maps(fields(config), fields(other), path, faults);
            let merged = Node { at: other.at.clone(), value: Value::Map(merged) };
            match all.iter_mut().find(|there| subnet(there) == subnet(&merged)) {
                Some(there) => *there = merged,
                None => all.push(merged),
            }
        }
    }
    Node { at, value: Value::List(all) }
}
