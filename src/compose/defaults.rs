//! What a field is where a file does not say it, and build arguments that have only a name.

use super::interpolation::Values;
use super::tree::{At, Entry, Map, Node, Value};

/// Sets the defaults of a whole file in the long form.
pub fn set(root: &mut Node) {
    let Some(services) = root.as_map_mut().and_then(|map| map.get_mut("services")) else { return };
    let Some(services) = services.node.as_map_mut() else { return };
    for entry in services.values_mut() {
        let Some(service) = entry.node.as_map_mut() else { continue };
        if let Some(build) = service.get_mut("build") {
            let at = build.node.at.clone();
            if let Some(map) = build.node.as_map_mut() {
                default(map, &at, "context", ".");
            }
        }
        for (list, name, value) in
            [("ports", "protocol", "tcp"), ("ports", "mode", "ingress"), ("gpus", "count", "all")]
        {
            let Some(Value::List(items)) = service.get_mut(list).map(|entry| &mut entry.node.value) else {
                continue;
            };
            for item in items {
                let at = item.at.clone();
                if let Some(map) = item.as_map_mut()
                    && (list != "gpus" || !map.contains_key("device_ids"))
                {
                    default(map, &at, name, value);
                }
            }
        }
    }
}

fn default(map: &mut Map, at: &At, name: &str, value: &str) {
    map.entry(name.to_owned()).or_insert_with(|| Entry { key: at.clone(), node: Node::text(at, value) });
}

/// Gives build arguments without a value the variable of their name; those that are used go into `used`.
pub fn give_values(root: &mut Node, values: &Values, used: &mut Values) {
    let Some(services) = root.as_map_mut().and_then(|map| map.get_mut("services")) else { return };
    let Some(services) = services.node.as_map_mut() else { return };
    let mut value_of = |name: &str| {
        let value = values.get(name)?;
        used.insert(name.to_owned(), value.clone());
        Some(value.clone())
    };
    for entry in services.values_mut() {
        let build = entry.node.as_map_mut().and_then(|map| map.get_mut("build"));
        let args = build.and_then(|build| build.node.as_map_mut()?.get_mut("args"));
        match args.map(|args| &mut args.node.value) {
            Some(Value::Map(map)) => {
                for (name, entry) in map.iter_mut().filter(|(_, entry)| entry.node.value == Value::Null) {
                    entry.node.value = value_of(name).map_or(Value::Null, Value::Text);
                }
            }
            Some(Value::List(items)) => {
                for item in items {
                    let Some(name) = item.as_text().filter(|text| !text.contains('=')) else { continue };
                    if let Some(value) = value_of(name) {
                        item.value = Value::Text(format!("{name}={value}"));
                    }
                }
            }
            _ => {}
        }
    }
}
