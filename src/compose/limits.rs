//! What a service may have of the machine, where two fields say it, and where it puts its mounts.

use std::collections::BTreeSet;

use super::faults::Faults;
use super::tree::Node;
use super::{formats, paths};

/// Reports limits that are given in two ways, differently.
pub fn check_limits(service: &Node, faults: &mut Faults) {
    let scale = service.get("scale");
    let replicas = service.find(&["deploy", "replicas"]);
    let mut differ = |one: &Node, field: &str, other: &str| {
        faults.error(&one.at, format!("`{field}` and `{other}` say two different things"));
    };
    if let (Some(scale), Some(replicas)) = (scale, replicas)
        && scale.number() != replicas.number()
    {
        differ(scale, "scale", "deploy.replicas");
    }
    let limits = service.find(&["deploy", "resources", "limits"]);
    let reservations = service.find(&["deploy", "resources", "reservations"]);
    if let (Some(cpus), Some(limits)) = (service.get("cpus"), limits)
        && cpus.number().is_some_and(|cpus| cpus != 0.0)
        && cpus.number() != Some(limits.get("cpus").and_then(Node::number).unwrap_or(0.0))
    {
        differ(cpus, "cpus", "deploy.resources.limits.cpus");
    }
    for (field, place, name) in [
        ("mem_limit", limits, "deploy.resources.limits.memory"),
        ("mem_reservation", reservations, "deploy.resources.reservations.memory"),
    ] {
        if let (Some(memory), Some(place)) = (service.get(field), place)
            && memory.bytes().is_some_and(|memory| memory != 0)
            && memory.bytes() != Some(place.get("memory").and_then(Node::bytes).unwrap_or(0))
        {
            differ(memory, field, name);
        }
    }
    if let (Some(pids), Some(limits)) = (service.get("pids_limit"), limits)
        && pids.number().is_some_and(|pids| pids != 0.0)
        && pids.number() != Some(limits.get("pids").and_then(Node::number).unwrap_or(0.0))
    {
        differ(pids, "pids_limit", "deploy.resources.limits.pids");
    }
    for count in [scale, replicas].into_iter().flatten() {
        if count.number().is_some_and(|count| count < 0.0) {
            faults.error(&count.at, "a number of containers cannot be negative");
        }
    }
    let containers = scale.or(replicas).and_then(Node::number).unwrap_or(1.0);
    if let Some(name) = service.get("container_name").filter(|node| !node.is_nothing())
        && containers > 1.0
    {
        let shown = formats::number_shown(containers);
        faults.error(&name.at, format!("{shown} containers cannot have one `container_name`"));
    }
}

/// Reports mounts in one place, and folders that are watched without a target.
pub fn check_mounts(service: &Node, faults: &mut Faults) {
    let watches = service.get("develop").map_or(&[][..], |develop| develop.items("watch"));
    for watch in watches {
        let action = watch.get("action").and_then(Node::as_text);
        if watch.get("target").is_none_or(Node::is_nothing) && !matches!(action, Some("rebuild" | "restart"))
        {
            faults.error(&watch.at, "this action of `develop.watch` needs a `target`");
        }
    }
    let mut places = BTreeSet::new();
    let tmpfs = match service.get("tmpfs") {
        Some(node) if node.as_text().is_some() => std::slice::from_ref(node),
        Some(node) => node.as_list().unwrap_or_default(),
        None => &[],
    };
    let tmpfs = tmpfs.iter().map(|node| (node, node.as_text().and_then(|text| text.split(':').next())));
    let volumes = service.items("volumes").iter();
    let volumes = volumes.map(|node| (node, node.get("target").and_then(Node::as_text)));
    for (node, target) in tmpfs.chain(volumes) {
        // A target that is not given is the folder itself, once.
        let target = paths::clean(target.unwrap_or_default());
        if !places.insert(target.clone()) {
            faults.error(&node.at, format!("two mounts have the target `{target}`"));
        }
    }
}
