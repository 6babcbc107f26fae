//! What the parts of a project say of each other: networks that are not there, services that wait for
//! themselves, two sources of one secret.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use super::faults::Faults;
use super::formats;
use super::limits::{check_limits, check_mounts};
use super::tree::{At, Node, Value};
use crate::nearest::did_you_mean;

/// Checks what each file, with those it is merged with, has to say by itself.
pub fn check_resources(root: &Node, faults: &mut Faults) {
    for (name, entry) in root.entries("volumes") {
        let Some(map) = entry.node.as_map() else { continue };
        if map.get("external").is_some_and(|entry| entry.node.truth() == Some(true))
            && let Some(other) =
                map.keys().find(|key| !matches!(&***key, "name" | "external") && !key.starts_with("x-"))
        {
            let message = format!("the volume `{name}` is external, and cannot have `{other}`");
            faults.error(&entry.node.at, message);
        }
    }
    for (kind, sources) in
        [("configs", &["file", "environment", "content"][..]), ("secrets", &["file", "environment"])]
    {
        for (name, entry) in root.entries(kind) {
            let Some(map) = entry.node.as_map() else { continue };
            let given = sources.iter().filter(|source| map.contains_key(**source)).count();
            let kind = kind.trim_end_matches('s');
            let sources = sources.join(", ");
            if given > 1 {
                faults.error(&entry.key, format!("the {kind} `{name}` can have only one of {sources}"));
            } else if given == 0 && !map.contains_key("driver") && !map.contains_key("external") {
                faults.error(&entry.key, format!("the {kind} `{name}` needs one of {sources}"));
            }
        }
    }
    for (_, service) in root.entries("services") {
        for port in service.node.items("ports") {
            if let Some(host) = port.get("host_ip").and_then(Node::as_text)
                && host.parse::<IpAddr>().is_err()
            {
                faults.error(&port.at, "`host_ip` is not an address");
            }
        }
        let reserved = service.node.find(&["deploy", "resources", "reservations"]);
        let devices = reserved.map_or(&[][..], |node| node.items("devices"));
        for request in service.node.items("gpus").iter().chain(devices) {
            if request.get("count").is_some() && request.get("device_ids").is_some() {
                faults.error(&request.at, "a device can have only one of `count` and `device_ids`");
            }
        }
        for watch in service.node.get("develop").map_or(&[][..], |develop| develop.items("watch")) {
            if watch.get("path").and_then(Node::as_text) == Some("") {
                faults.error(&watch.at, "`path` is empty");
            }
        }
    }
}

/// Checks the whole project, when all files are merged.
/// `left_out` are the services of profiles that are not wanted.
pub fn check_project(root: &Node, left_out: &[String], faults: &mut Faults) {
    let services: BTreeMap<&str, &Node> =
        root.entries("services").map(|(name, entry)| (name, &entry.node)).collect();
    let names: Vec<&str> = services.keys().copied().collect();
    let mut dependencies = BTreeMap::new();
    for (name, entry) in root.entries("services") {
        let service = &entry.node;
        // A service whose `extends` has a fault may have one of them there.
        let is_whole = faults.is_empty() || service.get("extends").is_none();
        if is_whole
            && ["build", "image", "provider"]
                .iter()
                .all(|field| service.get(field).is_none_or(Node::is_nothing))
        {
            let message = format!("the service `{name}` has neither `build` nor `image`");
            faults.error_with(&entry.key, message, "say `build: FOLDER`");
        }
        check_build(name, service, (&services, left_out), root, faults);
        check_references(name, service, root, faults);
        check_texts(service, faults);
        check_limits(service, faults);
        check_mounts(service, faults);
        check_ports(service, faults);
        let needed = needed(service);
        for (other, at, is_required) in &needed {
            if !services.contains_key(&**other) && (*is_required || !left_out.contains(other)) {
                let message = format!("`{name}` depends on the service `{other}`, which is not there");
                let help = faults.nearest_or_all(other, &names, "the services are");
                faults.error_with(at, message, help);
            }
        }
        dependencies.insert(name, needed);
    }
    check_cycles(&dependencies, faults);
    for (name, secret) in root.entries("secrets") {
        let Some(map) = secret.node.as_map() else { continue };
        let has = |field: &str| map.get(field).is_some_and(|entry| !entry.node.is_nothing());
        if map.get("external").is_none_or(|entry| entry.node.truth() != Some(true))
            && !has("file")
            && !has("environment")
        {
            faults.error(&secret.key, format!("the secret `{name}` needs one of file, environment"));
        }
    }
}

fn check_build(
    name: &str,
    service: &Node,
    (services, left_out): (&BTreeMap<&str, &Node>, &[String]),
    root: &Node,
    faults: &mut Faults,
) {
    let Some(build) = service.get("build") else { return };
    if let (Some(inline), Some(_)) = (build.get("dockerfile_inline"), build.get("dockerfile"))
        && !inline.is_nothing()
    {
        faults.error(&inline.at, format!("`{name}` cannot have both `dockerfile` and `dockerfile_inline`"));
    }
    for (_, entry) in build.get("additional_contexts").and_then(Node::as_map).into_iter().flatten() {
        let Some(other) = entry.node.as_text().and_then(|text| text.strip_prefix("service:")) else {
            continue;
        };
        match services.get(other) {
            None if left_out.iter().any(|name| name == other) => {
                let message = format!(
                    "the context is the service `{other}`, which is in a profile that is not enabled"
                );
                faults.error_with(&entry.node.at, message, "enable one of its profiles with --profile");
            }
            None => {
                let names: Vec<&str> = services.keys().copied().collect();
                let message = format!("the context is the service `{other}`, which is not there");
                let help = faults.nearest_or_all(other, &names, "the services are");
                faults.error_with(&entry.node.at, message, help);
            }
            Some(other_service) if other_service.get("build").is_none() => {
                faults.error(
                    &entry.node.at,
                    format!("the context is the service `{other}`, which is not built"),
                );
            }
            Some(_) => {}
        }
    }
    let platforms = build.items("platforms");
    if let Some(platform) = service.get("platform").filter(|node| !node.is_nothing())
        && !platforms.is_empty()
        && !platforms.contains(platform)
    {
        let help = "add it to `platforms`, or leave `platform` out";
        faults.error_with(
            &platform.at,
            "`build.platforms` does not have the `platform` of the service",
            help,
        );
    }
    for secret in build.items("secrets") {
        match secret.get("source") {
            Some(source) => defined(source, root, "secrets", "secret", faults),
            None => faults.error(&secret.at, "this secret has no `source`"),
        }
    }
}

/// Reports a name that none of the project's resources of a kind has.
fn defined(name: &Node, root: &Node, kind: &str, singular: &str, faults: &mut Faults) {
    let Some(text) = name.as_text() else { return };
    let known = root.get(kind).and_then(Node::as_map);
    if known.is_some_and(|known| known.contains_key(text)) {
        return;
    }
    let known = known.filter(|_| faults.are_read());
    let known: Vec<&str> = known.into_iter().flatten().map(|(name, _)| &**name).collect();
    let main = root.at.source.name();
    let help = if let Some(near) = did_you_mean(text, known.iter().copied()) {
        near
    } else if main != name.at.source.name() {
        // Of another file that names it, it may be that only a service is read.
        format!("write it under `{kind}:` in {main}")
    } else if known.is_empty() {
        format!("write it under `{kind}:`")
    } else {
        faults.nearest_or_all(text, &known, &format!("the {kind} are"))
    };
    faults.error_with(&name.at, format!("there is no {singular} `{text}`"), help);
}

/// Reports ports that are no ports.
fn check_ports(service: &Node, faults: &mut Faults) {
    for target in service.items("ports").iter().filter_map(|port| port.get("target")) {
        if target.number().is_some_and(|number| number <= 0.0) {
            faults.error(&target.at, "a port is a number from 1 on");
        }
    }
}

fn check_references(name: &str, service: &Node, root: &Node, faults: &mut Faults) {
    let networks = service.get("networks").and_then(Node::as_map);
    if let (Some(mode), Some(networks)) =
        (service.get("network_mode").filter(|node| !node.is_nothing()), networks)
        && !networks.is_empty()
    {
        faults.error(&mode.at, format!("`{name}` cannot have both `network_mode` and `networks`"));
    }
    for (network, entry) in networks.into_iter().flatten().filter(|(network, _)| *network != "default") {
        defined(&Node::text(&entry.key, network.clone()), root, "networks", "network", faults);
    }
    for volume in service.items("volumes") {
        let is_named = volume.get("type").and_then(Node::as_text) == Some("volume");
        if let Some(source) = volume.get("source").filter(|source| is_named && !source.is_nothing()) {
            defined(source, root, "volumes", "volume", faults);
        } else if volume.get("type").and_then(Node::as_text) == Some("bind") && volume.get("source").is_none()
        {
            faults.error(&volume.at, "a mount of type `bind` needs a `source`");
        }
    }
    for (kind, singular) in [("configs", "config"), ("secrets", "secret")] {
        for mount in service.items(kind) {
            match mount.get("source") {
                Some(source) => defined(source, root, kind, singular, faults),
                None => faults.error(&mount.at, format!("this {singular} has no `source`")),
            }
        }
    }
    for (model, entry) in service.get("models").and_then(Node::as_map).into_iter().flatten() {
        defined(&Node::text(&entry.key, model.clone()), root, "models", "model", faults);
    }
}

/// Texts that have to be read further: commands, hosts, variables.
fn check_texts(service: &Node, faults: &mut Faults) {
    let hooks = service.items("post_start").iter().chain(service.items("pre_stop"));
    let commands = hooks.filter_map(|hook| hook.get("command"));
    for command in ["command", "entrypoint"].iter().filter_map(|field| service.get(field)).chain(commands) {
        if command.as_text().is_some_and(|text| !formats::is_command(text)) {
            faults.error_with(&command.at, "this command cannot be split into words", "close its quotes");
        }
    }
    let build_hosts = service.find(&["build", "extra_hosts"]);
    for hosts in [service.get("extra_hosts"), build_hosts].into_iter().flatten() {
        for host in hosts.as_list().unwrap_or_default() {
            let name =
                host.as_text().and_then(|text| text.split_once(['=']).or_else(|| text.split_once(':')));
            match name {
                None => faults.error_with(&host.at, "this host has no address", "write HOST=ADDRESS"),
                Some((name, _)) if name.is_empty() || name.contains([':', '=']) => {
                    faults.error(&host.at, "this is no name of a host");
                }
                Some(_) => {}
            }
        }
        for (name, entry) in hosts.as_map().into_iter().flatten() {
            if name.is_empty() || name.contains([':', '=']) {
                faults.error(&entry.key, "this is no name of a host");
            }
        }
    }
    for group in service.items("group_add").iter().filter(|group| matches!(group.value, Value::Float(_))) {
        faults.error(&group.at, "a group is a name or an integer");
    }
    let build_args = service.find(&["build", "args"]);
    for variables in [service.get("environment"), build_args].into_iter().flatten() {
        for variable in variables.as_list().unwrap_or_default() {
            let name = variable.as_text().and_then(|text| text.split('=').next()).unwrap_or_default();
            if name.ends_with(char::is_whitespace) {
                faults.error(&variable.at, "the name of this variable ends with a space");
            }
        }
    }
    if let Some(test) = service.find(&["healthcheck", "test"])
        && let Some([first, ..]) = test.as_list()
        && !matches!(first.as_text(), Some("CMD" | "CMD-SHELL" | "NONE"))
    {
        faults.error(&first.at, "`healthcheck.test` has to begin with \"CMD\", \"CMD-SHELL\" or \"NONE\"");
    }
    if let Some(retries) = service.find(&["healthcheck", "retries"])
        && let Some(true) = retries.number().map(|number| number < 0.0)
    {
        faults.error(&retries.at, "`healthcheck.retries` cannot be negative");
    }
}

/// The services that a service needs, where it says so, and whether it cannot be without.
fn needed(service: &Node) -> Vec<(String, At, bool)> {
    let mut needed: Vec<(String, At, bool)> = Vec::new();
    for (name, entry) in service.get("depends_on").and_then(Node::as_map).into_iter().flatten() {
        let is_required = entry.node.as_map().is_none_or(|map| {
            !map.contains_key("required")
                || map.get("required").is_some_and(|entry| entry.node.truth() == Some(true))
        });
        needed.push((name.clone(), entry.key.clone(), is_required));
    }
    let mut there: BTreeSet<String> = needed.iter().map(|(name, ..)| name.clone()).collect();
    let mut add = |name: &str, at: &At| {
        if there.insert(name.to_owned()) {
            needed.push((name.to_owned(), at.clone(), true));
        }
    };
    for link in service.items("links") {
        let parts: Vec<&str> = link.as_text().unwrap_or_default().split(':').collect();
        match parts[..] {
            [name, _] => add(name, &link.at),
            _ => add(link.as_text().unwrap_or_default(), &link.at),
        }
    }
    for field in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(node) = service.get(field)
            && let Some(name) = node.as_text().and_then(|text| text.strip_prefix("service:"))
        {
            add(name, &node.at);
        }
    }
    for from in service.items("volumes_from") {
        let text = from.as_text().unwrap_or_default();
        if !text.starts_with("container:") {
            add(text.split(':').next().unwrap_or_default(), &from.at);
        }
    }
    needed
}

/// Reports services that wait for themselves, each circle once.
fn check_cycles(dependencies: &BTreeMap<&str, Vec<(String, At, bool)>>, faults: &mut Faults) {
    // Services that wait for nothing are taken away, then those that waited only for these, until what is left
    // waits for itself.
    let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, needed) in dependencies {
        let needed = needed.iter().filter(|(other, ..)| dependencies.contains_key(&**other));
        let mut number = 0;
        for (other, ..) in needed {
            waiting.entry(other).or_default().push(name);
            number += 1;
        }
        open.insert(name, number);
    }
    let mut done: Vec<&str> =
        open.iter().filter(|(_, number)| **number == 0).map(|(name, _)| *name).collect();
    while let Some(name) = done.pop() {
        open.remove(name);
        for other in waiting.get(name).into_iter().flatten() {
            if let Some(number) = open.get_mut(other) {
                *number -= 1;
                if *number == 0 {
                    done.push(other);
                }
            }
        }
    }
    let Some((name, _)) = open.iter().next() else { return };
    let mut circle: Vec<&str> = vec![name];
    let mut places: BTreeMap<&str, usize> = BTreeMap::from([(*name, 0)]);
    // Each of those that are left waits for another of them.
    while let Some(last) = circle.last() {
        let needed = dependencies.get(last).into_iter().flatten();
        let Some((next, at, _)) = needed.into_iter().find(|(other, ..)| open.contains_key(&**other)) else {
            return;
        };
        if let Some(&start) = places.get(&**next) {
            let shown = circle[start..].iter().copied().chain([&**next]).collect::<Vec<_>>().join(" -> ");
            faults.error(at, format!("these services wait for each other: {shown}"));
            return;
        }
        places.insert(next, circle.len());
        circle.push(next);
    }
}
