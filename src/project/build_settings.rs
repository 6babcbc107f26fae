//! What a compose file says about a build beside its Dockerfile, arguments and contexts: labels, caches, secrets
//! and so on. It changes no rendering; a bake file has it under bake's names.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::bake_notes::BakeNotes;
use super::bake_text::{cache_fault, is_sayable, output_fault, pairs_fault, value_of};
use super::x_bake::{BuildSecret, XBake};
use crate::compose::tree::{At, Node};
use crate::compose::{Model, hosts, pairs};
use crate::diagnostic::Diagnostic;
use crate::escape::shortened;
use crate::nearest::nearest_or_all;

/// The other fields of `build`, and `image`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BuildSettings {
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Where caches are read from.
    pub cache_from: Vec<String>,
    /// Where caches are written to.
    pub cache_to: Vec<String>,
    /// Hosts that the build knows, by name; several addresses have a comma between them.
    pub extra_hosts: BTreeMap<String, String>,
    /// The size of `/dev/shm` in bytes.
    pub shm_size: Option<i64>,
    /// SSH agents and keys by name, each with its paths relative to the project, or none.
    pub ssh: BTreeMap<String, Vec<String>>,
    /// Secrets, those of `x-bake` too.
    pub secrets: Vec<BuildSecret>,
    /// The network of the build.
    pub network: Option<String>,
    /// Whether caches are not used.
    pub no_cache: bool,
    /// Whether base images are pulled again.
    pub pull: bool,
    /// Limits, as `nofile=SOFT:HARD`.
    pub ulimits: Vec<String>,
    /// What the build may do beyond others, such as `network.host`.
    pub entitlements: Vec<String>,
    /// Attestations, as `type=sbom`.
    pub attest: Vec<String>,
    /// The names of the image beside that of the service.
    pub tags: Vec<String>,
    /// The name of the image.
    pub image: Option<String>,
    /// The platforms that the image is for.
    pub platforms: Vec<String>,
    /// Stages whose caches are not used.
    pub no_cache_filter: Vec<String>,
    /// Where the result goes, as `type=image,push=true`.
    pub output: Vec<String>,
    /// Fields that bake has no word for.
    pub without_word: Vec<&'static str>,
}

/// Fields that say something and have no name in a bake file.
const WITHOUT_WORD: [&str; 1] = ["isolation"];

impl BuildSettings {
    /// What the model says about the build of a service.
    pub(crate) fn of(service: &Node, model: &Model, x_bake: &XBake, notes: &mut BakeNotes) -> Self {
        let Some(build) = service.get("build") else { return BuildSettings::default() };
        let own = |field: &str| -> Vec<(&At, String)> {
            build.items(field).iter().filter_map(|item| Some((&item.at, item.scalar()?))).collect()
        };
        // Each text once, at its first place. Bake leaves empty ones out, such as `${NAME:-}`.
        let both = |field: &str| -> Vec<(&At, String)> {
            let mut seen = BTreeSet::new();
            let all = own(field).into_iter().chain(x_bake.texts(&field.replace('_', "-")));
            all.filter(|(_, text)| !text.is_empty() && seen.insert(text.clone())).collect()
        };
        let texts = |field: &str| without_places(both(field));
        let mut caches = |field: &str| {
            let caches = both(field);
            for (at, cache) in &caches {
                if let Some(why) = cache_fault(cache) {
                    notes.error_unshown(at, "bake cannot read this cache", why);
                }
            }
            without_places(caches)
        };
        let (cache_from, cache_to) = (caches("cache_from"), caches("cache_to"));
        let text = |field: &str| build.get(field).and_then(Node::as_text).filter(|text| !text.is_empty());
        let is_true = |field: &str| {
            let of_bake = x_bake.truth(&field.replace('_', "-"));
            of_bake.or_else(|| build.get(field)?.truth()).unwrap_or_default()
        };
        let labels = build.get("labels").map(pairs).unwrap_or_default();
        let mut extra_hosts: BTreeMap<String, String> = BTreeMap::new();
        for host in build.get("extra_hosts").map(hosts).unwrap_or_default() {
            let Some((name, address)) = host.split_once('=') else { continue };
            let known = extra_hosts.entry(name.to_owned()).or_default();
            let comma = if known.is_empty() { "" } else { "," };
            *known = format!("{known}{comma}{address}");
        }
        let network = text("network").map(str::to_owned);
        let is_known = |network: &&str| matches!(*network, "default" | "none" | "host");
        if let (Some(_), Some(node)) =
            (text("network").filter(|network| !is_known(network)), build.get("network"))
        {
            let message =
                "a build has no other network than `default`, `none` and `host`: buildx refuses this one";
            let help = "name one of these, or leave it out and make a builder in the network: docker buildx create --driver-opt network=NAME";
            notes.warnings.push(|| Diagnostic::warning(node.at.place(), message).help(help));
        }
        let mut entitlements = entitlements(own("entitlements"), notes);
        for (is_needed, name) in [
            (network.as_deref() == Some("host"), "network.host"),
            (is_true("privileged"), "security.insecure"),
        ] {
            if is_needed && !entitlements.iter().any(|known| known == name) {
                entitlements.push(name.to_owned());
            }
        }
        let image =
            service.get("image").and_then(Node::as_text).filter(|image| !image.is_empty()).map(str::to_owned);
        BuildSettings {
            labels: labels.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect(),
            cache_from,
            cache_to,
            extra_hosts,
            shm_size: build.get("shm_size").and_then(Node::bytes).filter(|size| *size > 0),
            ssh: ssh(build, x_bake, notes),
            secrets: secrets(build, model, x_bake, notes),
            network,
            no_cache: is_true("no_cache"),
            pull: is_true("pull"),
            ulimits: ulimits(build, notes),
            entitlements,
            attest: ["provenance", "sbom"]
                .into_iter()
                .filter_map(|kind| attestation(build, kind, notes))
                .collect(),
            tags: texts("tags"),
            // To bake it is only the name of an image that has no tags.
            image: image.filter(|_| x_bake.texts("tags").is_empty()),
            platforms: platforms(both("platforms"), notes),
            no_cache_filter: texts("no_cache_filter"),
            output: outputs(both("output"), notes),
            without_word: WITHOUT_WORD.into_iter().filter(|field| text(field).is_some()).collect(),
        }
    }
}

fn without_places(texts: Vec<(&At, String)>) -> Vec<String> {
    texts.into_iter().map(|(_, text)| text).collect()
}

/// The platforms, each once; bake reads a comma between two of them.
fn platforms(texts: Vec<(&At, String)>, notes: &mut BakeNotes) -> Vec<String> {
    let mut platforms: Vec<String> = Vec::new();
    for (at, text) in texts {
        for platform in text.split(',') {
            if platform.is_empty() || platform.contains(char::is_whitespace) {
                let help = "write them without spaces: linux/amd64,linux/arm64";
                notes.error(at, "bake cannot read these platforms", help);
                break;
            }
            if !platforms.iter().any(|known| known == platform) {
                platforms.push(platform.to_owned());
            }
        }
    }
    platforms
}

/// What bake can be asked to allow. A text that is something else may be the value of a variable, and is not shown.
fn entitlements(texts: Vec<(&At, String)>, notes: &mut BakeNotes) -> Vec<String> {
    let (known, unknown): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(_, text)| {
        matches!(text.as_str(), "network.host" | "security.insecure" | "device")
            || text.starts_with("device=")
    });
    for (at, _) in unknown {
        let help = "the entitlements are network.host, security.insecure and device";
        notes.error(at, "bake does not know this entitlement", help);
    }
    without_places(known)
}

/// SSH agents and keys, each with its place, its name and its paths with commas between them. Of two with one name, the
/// last counts.
pub fn ssh_of<'m>(build: &'m Node, x_bake: &XBake<'m>) -> impl Iterator<Item = (&'m At, String, String)> {
    let own = build.entries("ssh").map(|(id, entry)| {
        let paths = entry.node.scalar().unwrap_or_default();
        (&entry.node.at, id.to_owned(), paths)
    });
    let of_bake = x_bake.texts("ssh").into_iter().filter(|(_, text)| !text.is_empty());
    let of_bake = of_bake.map(|(at, text)| match text.split_once('=') {
        Some((id, paths)) => (at, id.to_owned(), paths.to_owned()),
        None => (at, text, String::new()),
    });
    own.chain(of_bake)
}

/// SSH agents and keys, by name.
fn ssh(build: &Node, x_bake: &XBake, notes: &mut BakeNotes) -> BTreeMap<String, Vec<String>> {
    let mut keys = BTreeMap::new();
    for (at, id, paths) in ssh_of(build, x_bake) {
        let paths: Vec<String> = match paths.is_empty() {
            true => Vec::new(),
            false => paths.split(',').map(str::to_owned).collect(),
        };
        for path in &paths {
            notes.refuse_home(at, path);
        }
        keys.insert(id, paths);
    }
    keys
}

/// The secrets, of which no two have one name.
fn secrets(build: &Node, model: &Model, x_bake: &XBake, notes: &mut BakeNotes) -> Vec<BuildSecret> {
    let own = build.items("secrets").iter().filter_map(|mount| secret(mount, model, notes));
    let own: Vec<_> = own.collect();
    let mut secrets: Vec<BuildSecret> = Vec::new();
    for (at, secret) in own.into_iter().chain(x_bake.secrets(notes)) {
        let texts = [Some(&secret.id), secret.file.as_ref(), secret.environment.as_ref()];
        if !texts.into_iter().flatten().all(|text| is_sayable(text)) {
            let help = "use a name without it";
            notes.error(at, "a bake file cannot have a secret with a carriage return in it", help);
        }
        notes.refuse_home(at, secret.file.as_deref().unwrap_or_default());
        match secrets.iter_mut().find(|known| known.id == secret.id) {
            Some(known) => *known = secret,
            None => secrets.push(secret),
        }
    }
    secrets
}

/// A secret of Compose, with the place of its file.
fn secret<'m>(mount: &'m Node, model: &'m Model, notes: &mut BakeNotes) -> Option<(&'m At, BuildSecret)> {
    let source = mount.get("source")?.as_text()?;
    // The name in the Dockerfile is the target, where there is one.
    let target = mount.get("target").and_then(Node::as_text).filter(|target| !target.is_empty());
    let id = target.map_or(source, |target| target.rsplit('/').next().unwrap_or(target)).to_owned();
    let secret = model.root.find(&["secrets", source])?;
    if let Some(external) = secret.get("external").filter(|external| external.truth() == Some(true)) {
        let help = "say where the build finds it: `file` or `environment` instead of `external`";
        notes.error(&external.at, "bake has no external secrets, which only a swarm has", help);
    }
    let text = |field: &str| secret.get(field).and_then(Node::as_text).map(str::to_owned);
    let at = secret.get("file").map_or(&mount.at, |file| &file.at);
    Some((at, BuildSecret { id, file: text("file"), environment: text("environment") }))
}

/// `provenance: mode=max`, `sbom: true`.
fn attestation(build: &Node, kind: &str, notes: &mut BakeNotes) -> Option<String> {
    let node = build.get(kind)?;
    let text = node.scalar()?;
    match &*text {
        "" => None,
        text if truth(text) == Some(true) => Some(format!("type={kind}")),
        text if truth(text) == Some(false) => Some(format!("type={kind},disabled=true")),
        options => {
            let is_disabled = value_of(options, "disabled");
            let no_truth = is_disabled.is_some_and(|text| truth(&text).is_none());
            let no_truth = no_truth.then_some("`disabled` is `true` or `false`");
            if let Some(why) = pairs_fault(options).or(no_truth) {
                let help = format!("write `true`, `false`, or options such as {}: {why}", example(kind));
                notes.error_unshown(&node.at, "bake cannot read this attestation", &help);
            }
            Some(format!("type={kind},{options}"))
        }
    }
}

/// A truth value as buildx reads it.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Options that an attestation of this kind has.
fn example(kind: &str) -> &'static str {
    if kind == "provenance" { "mode=max" } else { "generator=IMAGE" }
}

/// The limits by the names that Docker has for them.
const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// The limits, as `NAME=SOFT:HARD`. Of numbers, -1 is no limit.
fn ulimits(build: &Node, notes: &mut BakeNotes) -> Vec<String> {
    let mut ulimits = Vec::new();
    for (name, entry) in build.entries("ulimits") {
        let (soft, hard) = match entry.node.as_map() {
            Some(_) => {
                (entry.node.get("soft").and_then(Node::scalar), entry.node.get("hard").and_then(Node::scalar))
            }
            None => (entry.node.scalar(), entry.node.scalar()),
        };
        let (Some(soft), Some(hard)) = (soft, hard) else { continue };
        if !ULIMITS.contains(&name) {
            let message = format!("bake knows no limit `{}`", shortened(name, 40));
            notes.error(&entry.key, message, nearest_or_all(name, &ULIMITS, "the limits are"));
        }
        if let (Ok(soft), Ok(hard)) = (soft.parse::<i64>(), hard.parse::<i64>())
            && hard != -1
            && (soft == -1 || soft > hard)
        {
            let (message, help) = match soft {
                -1 => (
                    "bake refuses a hard limit below no soft limit",
                    "-1 is no limit: write a soft limit, or -1 for both",
                ),
                _ => (
                    "bake refuses a soft limit above the hard one",
                    "the soft limit is where the hard one is, or below it",
                ),
            };
            notes.error(&entry.node.at, message, help);
        }
        ulimits.push(format!("{name}={soft}:{hard}"));
    }
    ulimits
}

/// The outputs, each as bake can read it.
fn outputs(texts: Vec<(&At, String)>, notes: &mut BakeNotes) -> Vec<String> {
    for (at, output) in &texts {
        if let Some(why) = output_fault(output) {
            notes.output_fault(at, why);
        }
    }
    without_places(texts)
}
