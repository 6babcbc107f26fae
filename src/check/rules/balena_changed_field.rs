//! A field that balena reads as something else than Docker does.

use crate::check::Sink;
use crate::check::project::ProjectScope;
use crate::compose::tree::{At, Node, Value};

use super::balena_refused_field::{MOUNTS_BY_LABEL, is_given};

/// The fields that only devices with a newer Supervisor know: a release with one of them requires it.
const NEWER: [&str; 11] = [
    "annotations",
    "attach",
    "cgroup",
    "cpu_rt_runtime",
    "cpu_rt_period",
    "cpus",
    "device_cgroup_rules",
    "post_start",
    "pre_stop",
    "uts",
    "volumes_from",
];

/// The same of a network of a service.
const NEWER_OF_NETWORK: [&str; 5] = ["ipv6_address", "mac_address", "driver_opts", "gw_priority", "priority"];

pub(super) fn check(scope: &ProjectScope, sink: &mut Sink) {
    if !scope.is_for_balena {
        return;
    }
    let mut say = |at: &At, message: &str, help: &str| {
        sink.report_in(&at.source, at.span.clone(), &(0..0), message, help);
    };
    for (_, entry) in scope.model.services().filter(|(_, entry)| entry.node.items("profiles").is_empty()) {
        let service = &entry.node;
        let Some(map) = service.as_map() else { continue };
        let newer = map.iter().filter(|(name, entry)| NEWER.contains(&&***name) && is_given(name, &entry.node));
        let mut newer: Vec<(&At, &str)> = newer.map(|(name, entry)| (&entry.key, &**name)).collect();
        let pid = map.get("pid").filter(|entry| entry.node.as_text().is_some_and(|pid| pid.starts_with("service:")));
        newer.extend(pid.map(|entry| (&entry.key, "pid: service:")));
        let start = service.get("healthcheck").and_then(Node::as_map).and_then(|map| map.get("start_interval"));
        newer.extend(start.map(|entry| (&entry.key, "healthcheck.start_interval")));
        for (_, network) in service.entries("networks") {
            let fields = network.node.as_map().into_iter().flatten();
            let fields = fields.filter(|(name, entry)| NEWER_OF_NETWORK.contains(&&***name) && is_given(name, &entry.node));
            newer.extend(fields.map(|(name, entry)| (&entry.key, &**name)));
        }
        for (at, field) in newer {
            let message = format!("`{field}` needs a newer Supervisor");
            say(at, &message, "balena does not deploy the release to devices with an older Supervisor");
        }
        let volumes = service.items("volumes");
        let sources: Vec<&str> = volumes.iter().filter_map(|mount| mount.get("source")?.as_text()).collect();
        for mount in volumes {
            let source = mount.get("source").and_then(Node::as_text);
            // There is a label only if all of its mounts are there.
            let is_whole = |mounts: &[&str]| mounts.iter().all(|mount| sources.contains(mount));
            let label = MOUNTS_BY_LABEL
                .iter()
                .find(|(_, mounts)| is_whole(mounts) && source.is_some_and(|source| mounts.contains(&source)));
            if let (Some((label, _)), Some(source)) = (label, source) {
                let message = format!("balena mounts {source} where the label {label} says, not where this mount says");
                say(&mount.at, &message, "write the label in place of the mount");
            }
        }
        if let Some(priority) = service.get("oom_score_adj")
            && priority.number().is_some_and(|priority| priority <= -900.0)
        {
            say(&priority.at, "a score of -900 or less may end balena's own services first", "write a higher one");
        }
        let empty = service.get("environment").and_then(Node::as_map).into_iter().flatten();
        for (name, entry) in empty.filter(|(_, entry)| entry.node.value == Value::Null) {
            let message = format!("balena sets {name} to nothing");
            say(&entry.key, &message, "Docker takes the value of the environment; set it in the dashboard");
        }
    }
    for (_, _, network) in scope.resources("networks") {
        let options = network.get("driver_opts").and_then(|entry| entry.node.as_map());
        if let Some(entry) = options.and_then(|options| options.get("com.docker.network.bridge.name")) {
            say(&entry.key, "a bridge with a name of its own may not pass the device's firewall", "leave it out");
        }
    }
}
