//! What a compose file says about a build beside its Dockerfile, arguments and contexts: labels, caches, secrets
//! and so on. It changes no rendering; a bake file has it under bake's names.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compose::tree::Node;
use crate::compose::{Model, hosts, pairs};

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
    /// SSH agents and keys: `default`, or `ID=PATH`.
    pub ssh: Vec<String>,
    /// Secrets, as `id=NAME,src=PATH` or `id=NAME,env=VARIABLE`; the path is relative to the project.
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
    /// Secrets of `x-bake`, as bake has them.
    pub bake_secrets: Vec<String>,
    /// Stages whose caches are not used.
    pub no_cache_filter: Vec<String>,
    /// Where the result goes, as `type=image,push=true`.
    pub output: Vec<String>,
    /// Fields that bake has no word for.
    pub without_word: Vec<&'static str>,
}

/// A secret of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuildSecret {
    /// Its name in the Dockerfile.
    pub id: String,
    /// The file that it is in, relative to the project.
    pub file: Option<String>,
    /// The variable of the environment that it is in.
    pub environment: Option<String>,
}

/// Fields that say something and have no name in a bake file.
const WITHOUT_WORD: [&str; 1] = ["isolation"];

impl BuildSettings {
    /// What the model says about the build of a service.
    pub(crate) fn of(service: &Node, model: &Model) -> Self {
        let Some(build) = service.get("build") else { return BuildSettings::default() };
        let items = |node: &Node, field: &str| -> Vec<String> {
            match node.get(field).and_then(Node::scalar) {
                Some(text) => vec![text],
                None => node.items(field).iter().filter_map(Node::scalar).collect(),
            }
        };
        // What `docker buildx bake` reads of a compose file beyond Compose's own fields, under bake's names.
        let of_bake = |field: &str| build.get("x-bake").map(|bake| items(bake, field)).unwrap_or_default();
        let texts = |field: &str| -> Vec<String> {
            let own = build.items(field).iter().filter_map(Node::scalar);
            own.chain(of_bake(&field.replace('_', "-"))).collect()
        };
        let text = |field: &str| build.get(field).and_then(Node::as_text).filter(|text| !text.is_empty());
        let is_true = |field: &str| {
            let of_bake = build.get("x-bake").and_then(|bake| bake.get(&field.replace('_', "-")));
            let own = build.get(field).and_then(Node::truth);
            own.or_else(|| of_bake.and_then(Node::truth)).unwrap_or_default()
        };
        let labels = build.get("labels").map(pairs).unwrap_or_default();
        let mut extra_hosts: BTreeMap<String, String> = BTreeMap::new();
        for host in build.get("extra_hosts").map(hosts).unwrap_or_default() {
            let Some((name, address)) = host.split_once('=') else { continue };
            let known = extra_hosts.entry(name.to_owned()).or_default();
            let comma = if known.is_empty() { "" } else { "," };
            *known = format!("{known}{comma}{address}");
        }
        let ssh = build.get("ssh").map(pairs).unwrap_or_default().into_iter().map(|(id, path)| match path {
            Some(path) if !path.is_empty() => format!("{id}={path}"),
            _ => id,
        });
        let ulimits = build.entries("ulimits").filter_map(|(name, entry)| {
            let (soft, hard) = match entry.node.as_map() {
                Some(_) => (entry.node.get("soft")?.scalar()?, entry.node.get("hard")?.scalar()?),
                None => (entry.node.scalar()?, entry.node.scalar()?),
            };
            Some(format!("{name}={soft}:{hard}"))
        });
        let mut entitlements = texts("entitlements");
        let network = text("network").map(str::to_owned);
        for (is_needed, name) in [
            (network.as_deref() == Some("host"), "network.host"),
            (is_true("privileged"), "security.insecure"),
        ] {
            if is_needed && !entitlements.iter().any(|known| known == name) {
                entitlements.push(name.to_owned());
            }
        }
        BuildSettings {
            labels: labels.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect(),
            cache_from: texts("cache_from"),
            cache_to: texts("cache_to"),
            extra_hosts,
            shm_size: build.get("shm_size").and_then(Node::bytes).filter(|size| *size > 0),
            ssh: ssh.chain(of_bake("ssh")).collect(),
            secrets: build.items("secrets").iter().filter_map(|mount| secret(mount, model)).collect(),
            network,
            no_cache: is_true("no_cache"),
            pull: is_true("pull"),
            ulimits: ulimits.collect(),
            entitlements,
            attest: ["provenance", "sbom"].into_iter().filter_map(|kind| attestation(build, kind)).collect(),
            tags: texts("tags"),
            image: service.get("image").and_then(Node::as_text).map(str::to_owned),
            platforms: texts("platforms"),
            bake_secrets: of_bake("secret"),
            no_cache_filter: of_bake("no-cache-filter"),
            output: of_bake("output"),
            without_word: WITHOUT_WORD.into_iter().filter(|field| text(field).is_some()).collect(),
        }
    }
}

fn secret(mount: &Node, model: &Model) -> Option<BuildSecret> {
    let source = mount.get("source")?.as_text()?;
    // The name in the Dockerfile is the target, where there is one.
    let target = mount.get("target").and_then(Node::as_text).filter(|target| !target.is_empty());
    let id = target.map_or(source, |target| target.rsplit('/').next().unwrap_or(target)).to_owned();
    let secret = model.root.find(&["secrets", source])?;
    let text = |field: &str| secret.get(field).and_then(Node::as_text).map(str::to_owned);
    Some(BuildSecret { id, file: text("file"), environment: text("environment") })
}

/// `provenance: mode=max`, `sbom: true`.
fn attestation(build: &Node, kind: &str) -> Option<String> {
    let text = build.get(kind)?.scalar()?;
    match &*text {
        "" => None,
        "true" => Some(format!("type={kind}")),
        "false" => Some(format!("type={kind},disabled=true")),
        options => Some(format!("type={kind},{options}")),
    }
}
