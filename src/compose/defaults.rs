//! What a field is where a file does not say it.

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
