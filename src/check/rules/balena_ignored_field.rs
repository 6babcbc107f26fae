//! A field that balena leaves out without an error.

use crate::check::Sink;
use crate::check::project::ProjectScope;
use crate::compose::tree::{At, Node};
use crate::project::review;

use super::balena_refused_field::{MOUNTS_BY_LABEL, is_given, label_texts};

pub(super) fn check(scope: &ProjectScope, sink: &mut Sink) {
    if !scope.is_for_balena {
        return;
    }
    let mut ignore = |at: &At, message: &str, help: &str| {
        sink.report_in(&at.source, at.span.clone(), &(0..0), message, help);
    };
    let at = &scope.model.root.at;
    if let Some((message, help)) = review::unread_by_balena(scope.model) {
        ignore(at, message, help);
    }
    for (_, entry) in scope.model.services() {
        let service = &entry.node;
        let field = |name: &str| service.as_map()?.get(name).filter(|entry| is_given(name, &entry.node));
        if let Some(entry) = field("profiles") {
            let help = "leave `profiles` out, or keep the service in a compose file that balena does not read";
            ignore(&entry.key, "balena leaves a service with `profiles` out", help);
            continue;
        }
        if let Some(entry) = field("expose") {
            ignore(&entry.key, "balena ignores `expose`", "leave it out: services of a device reach all ports");
        }
        if let Some(entry) = field("container_name") {
            ignore(&entry.key, "balena ignores `container_name`", "leave it out: services are reached by their name");
        }
        for port in service.items("ports") {
            for name in ["name", "app_protocol", "mode"] {
                // What the short form stands for has the place of the port.
                let written = port.as_map().and_then(|map| map.get(name)).filter(|entry| !entry.key.is(&port.at));
                if let Some(entry) = written {
                    ignore(&entry.key, &format!("balena ignores `ports.{name}`"), "leave it out");
                }
            }
        }
        let sources: Vec<&str> =
            service.items("volumes").iter().filter_map(|mount| mount.get("source")?.as_text()).collect();
        for mount in service.items("volumes") {
            let Some(source) = mount.get("source").and_then(Node::as_text) else { continue };
            let mut labels = MOUNTS_BY_LABEL.iter().filter(|(_, mounts)| mounts.contains(&source)).peekable();
            let is_whole = |mounts: &[&str]| mounts.iter().all(|mount| sources.contains(mount));
            if let Some((label, mounts)) = labels.peek()
                && !is_whole(mounts)
            {
                let help = format!("mount {} too, or write the label {label}: 1", mounts.join(", "));
                ignore(&mount.at, &format!("balena ignores the mount of {source}"), &help);
            }
        }
        private_labels(service.get("labels"), &mut ignore);
        private_labels(service.get("build").and_then(|build| build.get("labels")), &mut ignore);
    }
    for kind in ["networks", "volumes"] {
        for (_, _, resource) in scope.resources(kind) {
            private_labels(resource.get("labels").map(|entry| &entry.node), &mut ignore);
        }
    }
}

fn private_labels(labels: Option<&Node>, ignore: &mut impl FnMut(&At, &str, &str)) {
    for (at, name, _) in labels.into_iter().flat_map(label_texts) {
        if name.starts_with("io.balena.private") {
            ignore(at, "labels that begin with `io.balena.private` are for balena itself", "use another name");
        }
    }
}
