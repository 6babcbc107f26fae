//! A field that balena's reader of compose files refuses: the release ends with the first of them.

use nodejs_semver::Range;

use crate::check::Sink;
use crate::check::project::ProjectScope;
use crate::compose::tree::{At, Entry, Map, Node, Value};

/// The fields of a service that are refused whatever they say (@balena/compose-parser 0.2.6).
const SERVICE: [&str; 23] = [
    "blkio_config",
    "configs",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "credential_spec",
    "deploy",
    "develop",
    "external_links",
    "gpus",
    "isolation",
    "links",
    "logging",
    "mem_swappiness",
    "memswap_limit",
    "oom_kill_disable",
    "platform",
    "pull_policy",
    "runtime",
    "scale",
    "secrets",
    "stdin_open",
    "storage_opt",
];

/// The same of `build`.
const BUILD: [&str; 14] = [
    "additional_contexts",
    "cache_to",
    "dockerfile_inline",
    "entitlements",
    "isolation",
    "network",
    "no_cache",
    "platforms",
    "privileged",
    "pull",
    "secrets",
    "ssh",
    "tags",
    "ulimits",
];

/// Folders and files of the host that a service gets through a label.
pub(super) const MOUNTS_BY_LABEL: [(&str, &[&str]); 8] = [
    ("io.balena.features.balena-socket", &["/var/run/docker.sock"]),
    ("io.balena.features.balena-socket", &["/var/run/balena-engine.sock"]),
    ("io.balena.features.dbus", &["/run/dbus"]),
    ("io.balena.features.sysfs", &["/sys"]),
    ("io.balena.features.procfs", &["/proc"]),
    ("io.balena.features.kernel-modules", &["/lib/modules"]),
    ("io.balena.features.firmware", &["/lib/firmware"]),
    ("io.balena.features.journal-logs", &["/var/log/journal", "/run/log/journal", "/etc/machine-id"]),
];

pub(super) fn check(scope: &ProjectScope, sink: &mut Sink) {
    if !scope.is_for_balena {
        return;
    }
    let mut reporter = Reporter { sink };
    for kind in ["secrets", "configs"] {
        let top = scope.model.root.as_map().and_then(|map| map.get(kind));
        if let Some(entry) = top.filter(|entry| entry.node.as_map().is_some_and(|map| !map.is_empty())) {
            reporter.refuse(&entry.key, kind, "for a build, use the secrets of .balena/balena.yml");
        }
    }
    // balena leaves out services with a profile, and looks no further at them.
    for (_, entry) in scope.model.services().filter(|(_, entry)| entry.node.items("profiles").is_empty()) {
        service(&entry.node, &mut reporter);
    }
    for (_, _, network) in scope.resources("networks") {
        self::network(network, &mut reporter);
    }
    for (_, _, volume) in scope.resources("volumes") {
        if let Some(external) = volume.get("external").filter(|entry| entry.node.truth() == Some(true)) {
            reporter.refuse(&external.key, "external", "leave it out: balena makes the volume");
        }
        driver(volume, &["local", "default"], &mut reporter);
        labels(volume, &mut reporter);
    }
}

struct Reporter<'r, 's> {
    sink: &'r mut Sink<'s>,
}

impl Reporter<'_, '_> {
    /// Reports a field that is refused.
    fn refuse(&mut self, at: &At, field: &str, help: &str) {
        self.say(at, &format!("balena refuses `{field}`"), help);
    }

    fn say(&mut self, at: &At, message: &str, help: &str) {
        self.sink.report_in(&at.source, at.span.clone(), &(0..0), message, help);
    }
}

/// Whether Docker Compose hands a field on: most empty ones are left out.
pub(super) fn is_given(name: &str, node: &Node) -> bool {
    // An empty map of these is still there.
    let counts_when_empty = ["deploy", "develop", "logging", "blkio_config", "credential_spec"].contains(&name);
    match &node.value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0 || name == "scale",
        Value::Float(number) => *number != 0.0,
        Value::Text(text) if node.truth() == Some(false) => !matches!(name, "no_cache" | "privileged" | "pull") && !text.is_empty(),
        Value::Text(text) => !text.is_empty() && text != "0",
        Value::Date(_) => true,
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => counts_when_empty || map.keys().any(|key| !key.starts_with("x-")),
    }
}

fn service(service: &Node, reporter: &mut Reporter) {
    let Some(map) = service.as_map() else { return };
    for (name, entry) in map.iter().filter(|(name, entry)| is_given(name, &entry.node)) {
        if SERVICE.contains(&&**name) {
            reporter.refuse(&entry.key, name, help_of(name));
        }
    }
    if let Some(build) = map.get("build").and_then(|entry| entry.node.as_map()) {
        for (name, entry) in build.iter().filter(|(name, entry)| is_given(name, &entry.node)) {
            if BUILD.contains(&&**name) {
                reporter.refuse(&entry.key, &format!("build.{name}"), help_of(name));
            }
        }
        if let Some(context) = build.get("context")
            && context.node.as_text().is_some_and(|context| context.ends_with(".git"))
        {
            reporter.say(&context.node.at, "balena refuses a build context on a network", "copy it into the project");
        }
        labels(build, reporter);
    }
    labels(map, reporter);
    modes(map, reporter);
    for option in service.items("security_opt") {
        let text = option.as_text().unwrap_or_default();
        let (name, value) = text.split_once([':', '=']).unwrap_or((text, ""));
        let is_allowed = name == "no-new-privileges" || (matches!(name, "apparmor" | "seccomp") && value == "unconfined");
        if !is_allowed {
            let help = "it takes no-new-privileges, apparmor=unconfined and seccomp=unconfined";
            reporter.say(&option.at, "balena refuses this `security_opt`", help);
        }
    }
    for (_, entry) in service.entries("networks") {
        if let Some(entry) = entry.node.as_map().and_then(|map| map.get("link_local_ips"))
            && is_given("link_local_ips", &entry.node)
        {
            reporter.refuse(&entry.key, "link_local_ips", "");
        }
    }
    for (name, entry) in service.entries("depends_on") {
        dependency(name, entry, reporter);
    }
    for device in service.items("devices") {
        let is_path = |field: &str| device.get(field).and_then(Node::as_text).is_some_and(|path| path.starts_with('/'));
        if !is_path("source") || !is_path("target") {
            reporter.say(&device.at, "balena takes only devices with a path", "write /dev/NAME:/dev/NAME");
        }
    }
    for mount in service.items("volumes") {
        self::mount(mount, reporter);
    }
}

/// What to do about a field.
fn help_of(field: &str) -> &'static str {
    match field {
        "platform" | "platforms" => "leave it out: the builder knows the platform of the device",
        "links" => "leave it out: services reach each other by name",
        "logging" => "leave it out: logs go to the dashboard",
        "tags" => "leave it out: balena names the image",
        "secrets" => "for a build, use the secrets of .balena/balena.yml; for a device, use its variables",
        "dockerfile_inline" => "write it into a Dockerfile",
        "additional_contexts" => "copy the files into the context, or use a stage with COPY --from",
        "scale" => "write the service as often as it is to run",
        "configs" => "copy the file into the image",
        "gpus" => "use the label io.balena.features.gpu",
        _ => "leave it out, or put it into a compose file that balena does not read",
    }
}

fn modes(map: &Map, reporter: &mut Reporter) {
    let text = |field: &str| map.get(field).and_then(|entry| Some((&entry.node.at, entry.node.as_text()?)));
    for field in ["network_mode", "pid"] {
        if let Some((at, text)) = text(field)
            && text.starts_with("container:")
        {
            reporter.say(at, &format!("balena refuses `{field}: container:`"), "name a service: service:NAME");
        }
    }
    if let Some((at, text)) = text("ipc")
        && text.trim().starts_with("service:")
    {
        reporter.say(at, "balena refuses `ipc: service:`", "");
    }
    if let Some(limit) = map.get("pids_limit")
        && limit.node.number().is_some_and(|limit| limit < 0.0)
    {
        reporter.say(&limit.node.at, "balena refuses a negative `pids_limit`", "leave it out for no limit");
    }
    let from = map.get("volumes_from").and_then(|entry| entry.node.as_list()).unwrap_or_default();
    for from in from.iter().filter(|from| from.as_text().is_some_and(|text| text.starts_with("container:"))) {
        reporter.say(&from.at, "balena refuses the volumes of a container", "name a service");
    }
}

fn dependency(name: &str, entry: &Entry, reporter: &mut Reporter) {
    let condition = entry.node.get("condition");
    if let Some(condition) = condition.filter(|node| node.as_text() != Some("service_started")) {
        let message = "balena knows only the condition `service_started`";
        reporter.say(&condition.at, message, &format!("write `depends_on: [{name}]`, and wait in the program"));
    }
    if let Some(required) = entry.node.get("required").filter(|node| node.truth() == Some(false)) {
        reporter.say(&required.at, "balena refuses `required: false`", "leave it out");
    }
}

fn mount(mount: &Node, reporter: &mut Reporter) {
    let text = |field: &str| mount.get(field).and_then(Node::as_text).filter(|text| !text.is_empty());
    let source = text("source");
    if source.is_some_and(|source| MOUNTS_BY_LABEL.iter().any(|(_, mounts)| mounts.contains(&source))) {
        return;
    }
    let options = |field: &str| mount.get(field).and_then(Node::as_map).is_some_and(|map| map.values().any(|entry| is_given(field, &entry.node)));
    match text("type") {
        Some(kind @ ("bind" | "image" | "npipe" | "cluster")) => {
            let help = "use a volume: VOLUME:/PLACE, with VOLUME under `volumes` at the top";
            reporter.say(&mount.at, &format!("balena refuses a mount of type `{kind}`"), help);
        }
        Some(kind @ ("volume" | "tmpfs")) if options(kind) => {
            reporter.say(&mount.at, "balena refuses the options of a mount", "write VOLUME:/PLACE");
        }
        Some("volume") if source.is_none() || mount.get("target").is_none() => {
            let help = "write VOLUME:/PLACE, with VOLUME under `volumes` at the top";
            reporter.say(&mount.at, "balena refuses a volume without a name", help);
        }
        _ => {}
    }
}

fn network(network: &Map, reporter: &mut Reporter) {
    for field in ["attachable", "external"] {
        if let Some(entry) = network.get(field).filter(|entry| entry.node.truth() == Some(true)) {
            reporter.refuse(&entry.key, field, "leave it out");
        }
    }
    driver(network, &["bridge", "default"], reporter);
    labels(network, reporter);
    if let Some(entry) = network.get("enable_ipv4").filter(|entry| entry.node.value != Value::Null) {
        reporter.refuse(&entry.key, "enable_ipv4", "leave it out");
    }
    if let Some(entry) = network.get("enable_ipv6").filter(|entry| entry.node.truth() == Some(true)) {
        reporter.refuse(&entry.key, "enable_ipv6", "leave it out");
    }
    let configs = network.get("ipam").map_or(&[][..], |entry| entry.node.items("config"));
    for entry in configs.iter().filter_map(|config| config.as_map()?.get("aux_addresses")) {
        if is_given("aux_addresses", &entry.node) {
            reporter.refuse(&entry.key, "aux_addresses", "leave it out");
        }
    }
}

fn driver(resource: &Map, allowed: &[&str], reporter: &mut Reporter) {
    let Some(driver) = resource.get("driver") else { return };
    if driver.node.as_text().is_some_and(|name| !name.is_empty() && !allowed.contains(&name)) {
        let help = format!("leave it out, or write `{}`", allowed.first().copied().unwrap_or_default());
        reporter.say(&driver.node.at, "balena does not know this driver", &help);
    }
}

/// Labels that say what a service requires have to be read.
fn labels(owner: &Map, reporter: &mut Reporter) {
    const ARCHES: [&str; 5] = ["aarch64", "rpi", "amd64", "armv7hf", "i386"];
    let Some(labels) = owner.get("labels") else { return };
    for (at, name, value) in label_texts(&labels.node) {
        let Some(required) = name.strip_prefix("io.balena.features.requires.") else { continue };
        match required {
            "sw.supervisor" | "sw.l4t" | "sw.balena-os" | "sw.linux" if Range::parse(value.trim()).is_err() && !value.trim().is_empty() => {
                reporter.say(at, "balena refuses this label: it has to be a range of versions", "write it as npm does: >=2.83.0");
            }
            "arch.sw" if !ARCHES.contains(&&*value) => {
                let help = format!("the architectures are {}", ARCHES.join(", "));
                reporter.say(at, "balena refuses this label: it has to be an architecture", &help);
            }
            _ => {}
        }
    }
}

/// The labels of a list or map, each with its place.
pub(super) fn label_texts(labels: &Node) -> Vec<(&At, String, String)> {
    match &labels.value {
        Value::Map(map) => {
            let text = |(name, entry): (&String, &'_ Entry)| (name.clone(), entry.node.scalar().unwrap_or_default());
            map.iter().map(|pair| (&pair.1.node.at, text(pair))).map(|(at, (name, value))| (at, name, value)).collect()
        }
        Value::List(items) => {
            let text = |item: &Node| {
                let text = item.scalar().unwrap_or_default();
                let (name, value) = text.split_once('=').unwrap_or((&text, ""));
                (name.to_owned(), value.to_owned())
            };
            items.iter().map(|item| (&item.at, text(item))).map(|(at, (name, value))| (at, name, value)).collect()
        }
        _ => Vec::new(),
    }
}
