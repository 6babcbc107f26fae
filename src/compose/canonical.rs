//! The long form of every field that has a short one, so that what comes after reads one form.

use super::faults::Faults;
use super::merge::dependency;
use super::tree::{At, Entry, Map, Node, Value};
use super::{ports, volume};

/// More published ports than any project has; a short text can ask for a long range.
const MAX_PORTS: usize = 70_000;

/// Brings a whole file into the long form. `ports` counts what short forms of ports came to in all files.
pub fn canonical(root: &mut Node, ports: &mut usize, faults: &mut Faults) {
    let Some(map) = root.as_map_mut() else { return };
    for (name, entry) in map.iter_mut() {
        match &**name {
            "services" => each(&mut entry.node, &mut |node| service(node, ports, faults)),
            "networks" | "volumes" | "secrets" | "configs" => {
                each(&mut entry.node, &mut |node| external(node, faults));
            }
            _ => {}
        }
    }
}

/// Does something with each value of a map or list.
fn each(node: &mut Node, change: &mut dyn FnMut(&mut Node)) {
    match &mut node.value {
        Value::Map(map) => map.values_mut().for_each(|entry| change(&mut entry.node)),
        Value::List(items) => items.iter_mut().for_each(change),
        _ => {}
    }
}

fn entry(at: &At, value: Value) -> Entry {
    Entry { key: at.clone(), node: Node::new(at, value) }
}

fn text(at: &At, text: &str) -> Entry {
    entry(at, Value::Text(text.to_owned()))
}

/// A map with one field that is the text of a node.
fn wrapped(node: &mut Node, field: &str) {
    if let Value::Text(_) = node.value {
        let inner = node.clone();
        let map = Map::from([(field.to_owned(), Entry { key: inner.at.clone(), node: inner })]);
        node.value = Value::Map(map);
    }
}

fn unfit(node: &Node, field: &str, wanted: &str, faults: &mut Faults) {
    faults.error_if_first(&node.at, format!("`{field}` has to be {wanted}, this is {}", node.kind()));
}

fn service(node: &mut Node, ports: &mut usize, faults: &mut Faults) {
    let Some(map) = node.as_map_mut() else { return };
    for (name, entry) in map.iter_mut() {
        let node = &mut entry.node;
        match &**name {
            "build" => build(node, faults),
            "depends_on" => depends_on(node, faults),
            "env_file" => env_files(node, faults),
            "label_file" | "dns" => listed(node),
            "extends" => wrapped(node, "service"),
            "gpus" => gpus(node, faults),
            "networks" | "models" => by_name(node),
            "volumes" => each(node, &mut |node| mount(node, faults)),
            "devices" => each(node, &mut |node| device(node, faults)),
            "secrets" | "configs" => each(node, &mut |node| file_mount(node, faults)),
            "ports" => *ports += published(node, *ports, faults),
            "ulimits" => each(node, &mut |node| ulimit(node, faults)),
            "develop" => {
                if let Some(entry) = node.as_map_mut().and_then(|map| map.get_mut("watch")) {
                    each(&mut entry.node, &mut |watch| {
                        for name in ["ignore", "include"] {
                            if let Some(entry) = watch.as_map_mut().and_then(|map| map.get_mut(name)) {
                                listed(&mut entry.node);
                            }
                        }
                    });
                }
            }
            _ => {}
        }
    }
}

fn build(node: &mut Node, faults: &mut Faults) {
    wrapped(node, "context");
    let Some(map) = node.as_map_mut() else { return unfit(node, "build", "text or a map", faults) };
    for (name, entry) in map.iter_mut() {
        let node = &mut entry.node;
        match &**name {
            "secrets" => each(node, &mut |node| file_mount(node, faults)),
            "provenance" | "sbom" => {
                if let Some(text) = node.scalar() {
                    node.value = Value::Text(text);
                }
            }
            "additional_contexts" => contexts(node, faults),
            "ssh" => ssh(node, faults),
            "ulimits" => each(node, &mut |node| ulimit(node, faults)),
            _ => {}
        }
    }
}

fn contexts(node: &mut Node, faults: &mut Faults) {
    for entry in
        node.as_map().into_iter().flat_map(Map::values).filter(|entry| entry.node.as_text().is_none())
    {
        faults.error(
            &entry.node.at,
            format!("an additional context has to be text, this is {}", entry.node.kind()),
        );
    }
    let Value::List(items) = &node.value else { return };
    let mut map = Map::new();
    for item in items {
        match item.as_text().and_then(|text| text.split_once('=')) {
            Some((name, context)) => {
                map.insert(name.to_owned(), text(&item.at, context));
            }
            None => faults.error_with(&item.at, "an additional context has no name", "write NAME=CONTEXT"),
        }
    }
    node.value = Value::Map(map);
}

fn ssh(node: &mut Node, faults: &mut Faults) {
    let Value::List(items) = &node.value else { return };
    let mut map = Map::new();
    for item in items {
        match item.as_text().map(|text| text.split_once('=').ok_or(text)) {
            Some(Ok((id, path))) => {
                map.insert(id.to_owned(), text(&item.at, path));
            }
            Some(Err("default")) => {
                map.insert("default".to_owned(), entry(&item.at, Value::Null));
            }
            _ => faults.error_with(&item.at, "this SSH key has no path", "write `default`, or ID=PATH"),
        }
    }
    node.value = Value::Map(map);
}

fn depends_on(node: &mut Node, faults: &mut Faults) {
    match &mut node.value {
        Value::Map(map) => {
            for entry in map.values_mut() {
                let at = entry.node.at.clone();
                match entry.node.as_map_mut() {
                    Some(map) => {
                        map.entry("condition".to_owned()).or_insert_with(|| text(&at, "service_started"));
                        map.entry("required".to_owned())
                            .or_insert_with(|| self::entry(&at, Value::Bool(true)));
                    }
                    None => unfit(&entry.node, "depends_on", "a list of names or a map of maps", faults),
                }
            }
        }
        Value::List(items) => {
            let named = |item: &Node| {
                let name = item.as_text()?.to_owned();
                let node = Node::new(&item.at, dependency(item));
                Some((name, Entry { key: item.at.clone(), node }))
            };
            node.value = Value::Map(items.iter().filter_map(named).collect());
        }
        _ => unfit(node, "depends_on", "a list or a map", faults),
    }
}

fn env_files(node: &mut Node, faults: &mut Faults) {
    listed(node);
    if node.as_list().is_none() {
        return unfit(node, "env_file", "text or a list", faults);
    }
    each(node, &mut |node| {
        wrapped(node, "path");
        let at = node.at.clone();
        if let Some(map) = node.as_map_mut() {
            map.entry("required".to_owned()).or_insert_with(|| entry(&at, Value::Bool(true)));
        }
    });
}

/// A text as the only item of a list.
fn listed(node: &mut Node) {
    if let Value::Text(_) = node.value {
        node.value = Value::List(vec![node.clone()]);
    }
}

fn gpus(node: &mut Node, faults: &mut Faults) {
    match node.value {
        Value::List(_) => {}
        Value::Text(_) => {
            let at = &node.at;
            let all = Node::new(at, Value::Map(Map::from([("count".to_owned(), text(at, "all"))])));
            node.value = Value::List(vec![all]);
        }
        _ => unfit(node, "gpus", "`all` or a list", faults),
    }
}

/// A list of names as a map.
fn by_name(node: &mut Node) {
    if let Value::List(items) = &node.value {
        let named = |item: &Node| Some((item.as_text()?.to_owned(), entry(&item.at, Value::Null)));
        node.value = Value::Map(items.iter().filter_map(named).collect());
    }
}

fn mount(node: &mut Node, faults: &mut Faults) {
    let at = node.at.clone();
    match &node.value {
        Value::Map(_) => {}
        Value::Text(short) => match volume::parse(short) {
            Ok(volume) => {
                let mut map = Map::new();
                let mut put = |name: &str, value| map.insert(name.to_owned(), entry(&at, value));
                put("type", Value::Text(if volume.is_bind { "bind" } else { "volume" }.to_owned()));
                if !volume.source.is_empty() {
                    put("source", Value::Text(volume.source));
                }
                put("target", Value::Text(cleaned_target(&volume.target)));
                if volume.is_read_only {
                    put("read_only", Value::Bool(true));
                }
                if volume.is_empty_at_first {
                    let options = [("nocopy".to_owned(), entry(&at, Value::Bool(true)))];
                    put("volume", Value::Map(options.into_iter().collect()));
                }
                node.value = Value::Map(map);
            }
            Err(message) => faults.error(&at, message),
        },
        _ => unfit(node, "volumes", "a list of texts or maps", faults),
    }
}

/// The place of a mount without `.`, `..` and a slash at its end.
fn cleaned_target(target: &str) -> String {
    if target.is_empty() { String::new() } else { super::paths::clean(target) }
}

fn device(node: &mut Node, faults: &mut Faults) {
    let Value::Text(short) = &node.value else { return };
    let parts: Vec<&str> = short.split(':').collect();
    if parts.len() > 3 {
        return faults.error(&node.at, "this device has too many colons; write SOURCE:TARGET:PERMISSIONS");
    }
    let part = |index: usize| parts.get(index).copied().filter(|part| index == 2 || !part.is_empty());
    let source = part(0).unwrap_or_default();
    let at = &node.at;
    let map = Map::from([
        ("source".to_owned(), text(at, source)),
        ("target".to_owned(), text(at, part(1).unwrap_or(source))),
        ("permissions".to_owned(), text(at, part(2).unwrap_or("rwm"))),
    ]);
    node.value = Value::Map(map);
}

fn file_mount(node: &mut Node, faults: &mut Faults) {
    wrapped(node, "source");
    if node.as_map().is_none() {
        unfit(node, "secrets", "a list of names or maps", faults);
    }
}

fn published(node: &mut Node, before: usize, faults: &mut Faults) -> usize {
    let Value::List(items) = &node.value else {
        unfit(node, "ports", "a list", faults);
        return 0;
    };
    let mut all = Vec::new();
    let mut new = 0;
    for item in items {
        let short = match &item.value {
            Value::Map(_) => {
                all.push(item.clone());
                continue;
            }
            Value::Int(_) | Value::Text(_) => item.scalar().unwrap_or_default(),
            _ => {
                unfit(item, "ports", "a list of numbers, texts or maps", faults);
                continue;
            }
        };
        match ports::parse(&short) {
            Ok(ports) if before + new + ports.len() > MAX_PORTS => {
                faults.error(&item.at, format!("more than {MAX_PORTS} published ports"));
                return new;
            }
            Ok(ports) => {
                new += ports.len();
                all.extend(ports.into_iter().map(|port| long_port(&item.at, port)));
            }
            Err(message) => faults.error(&item.at, message),
        }
    }
    node.value = Value::List(all);
    new
}

fn long_port(at: &At, port: ports::Port) -> Node {
    let mut map = Map::from([
        ("mode".to_owned(), text(at, "ingress")),
        ("target".to_owned(), entry(at, Value::Int(port.target.into()))),
        ("protocol".to_owned(), text(at, &port.protocol)),
    ]);
    if !port.published.is_empty() {
        map.insert("published".to_owned(), text(at, &port.published));
    }
    if !port.host.is_empty() {
        map.insert("host_ip".to_owned(), text(at, &port.host));
    }
    Node::new(at, Value::Map(map))
}

fn ulimit(node: &mut Node, faults: &mut Faults) {
    if !matches!(node.value, Value::Map(_) | Value::Int(_)) {
        unfit(node, "ulimits", "an integer or a map", faults);
    }
}

/// `external: {name: NAME}`, the old form of `external: true` with `name`.
fn external(node: &mut Node, faults: &mut Faults) {
    let Some(map) = node.as_map_mut() else { return };
    let Some(inner) = map.get("external").map(|entry| entry.node.clone()) else { return };
    let Value::Map(old) = &inner.value else { return };
    map.insert("external".to_owned(), entry(&inner.at, Value::Bool(true)));
    let Some(name) = old.get("name") else { return };
    match map.get("name") {
        Some(other) if other.node != name.node => {
            faults.error_with(&inner.at, "`name` and `external.name` are two names", "keep `name`");
        }
        Some(_) => {}
        None => {
            map.insert("name".to_owned(), name.clone());
        }
    }
}
