//! Images in an OCI layout, made here and pushed by `skopeo`: an index with four platforms and an attestation, the
//! same as Docker's manifest list, and images for one platform alone.

use std::fs;
use std::path::Path;
use std::process::Command;

use dtpl::image::{Platform, Published};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::common::tool;
use super::registry::{Access, Registry};

pub const PLATFORMS: [&str; 4] = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64"];

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

pub fn sha256(bytes: &[u8]) -> String {
    let digits: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

/// A layout that is being written.
struct Layout<'l> {
    folder: &'l Path,
    tags: Vec<Value>,
}

impl Layout<'_> {
    /// Adds bytes, and describes them.
    fn blob(&self, kind: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes);
        let folder = self.folder.join("blobs/sha256");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(digest.strip_prefix("sha256:").unwrap()), bytes).unwrap();
        json!({"mediaType": kind, "digest": digest, "size": bytes.len()})
    }

    /// Adds an image for a platform, and describes it.
    fn image(&self, platform: &str, mark: &str) -> Value {
        let parts: Vec<&str> = platform.split('/').collect();
        let layer = vec![0u8; 1024];
        let mut config = json!({
            "os": parts[0], "architecture": parts[1], "config": {"Labels": {"mark": mark}},
            "rootfs": {"type": "layers", "diff_ids": [sha256(&layer)]},
            "history": [{"created_by": "test"}],
        });
        if let Some(variant) = parts.get(2) {
            config["variant"] = json!(variant);
        }
        let config = self.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layer = self.blob("application/vnd.oci.image.layer.v1.tar", &layer);
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        self.blob(MANIFEST, manifest.to_string().as_bytes())
    }

    /// The same with the platform beside it, as an index has it.
    fn entry(&self, platform: &str, mark: &str) -> Value {
        let mut entry = self.image(platform, mark);
        let parts: Vec<&str> = platform.split('/').collect();
        entry["platform"] = json!({"os": parts[0], "architecture": parts[1]});
        if let Some(variant) = parts.get(2) {
            entry["platform"]["variant"] = json!(variant);
        }
        entry
    }

    fn index(&self, entries: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
        self.blob(INDEX, index.to_string().as_bytes())
    }

    fn tag(&mut self, name: &str, mut what: Value) {
        what["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        self.tags.push(what);
    }

    fn finish(self) {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.tags});
        fs::write(self.folder.join("index.json"), index.to_string()).unwrap();
        fs::write(self.folder.join("oci-layout"), "{\"imageLayoutVersion\": \"1.0.0\"}").unwrap();
    }
}

/// Writes the layout. `mark` makes the images differ from those of another call.
pub fn write_layout(folder: &Path, mark: &str) {
    let mut layout = Layout { folder, tags: Vec::new() };
    let entries: Vec<Value> = PLATFORMS.iter().map(|platform| layout.entry(platform, mark)).collect();
    layout.tag("plain", layout.index(&entries));
    let mut attested = entries.clone();
    let mut attestation = layout.entry("unknown/unknown", mark);
    attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    attested.push(attestation);
    layout.tag("index", layout.index(&attested));
    // Entries that do not say their platform.
    let bare: Vec<Value> = PLATFORMS[..2].iter().map(|platform| layout.image(platform, mark)).collect();
    layout.tag("bare", layout.index(&bare));
    layout.tag("single", layout.image("linux/arm/v6", mark));
    layout.tag("windows", layout.image("windows/amd64", mark));
    layout.finish();
}

/// Pushes the images to a registry that takes them: `app:index`, `app:list`, `app:single`, `team/app:index`, ...
/// None where skopeo is missing.
pub fn push(registry: &Registry, mark: &str) -> Option<()> {
    let skopeo = tool("skopeo")?;
    let folder = tempfile::tempdir().unwrap();
    write_layout(folder.path(), mark);
    let copy = |more: &[&str], from: &str, to: &str| {
        copy(&skopeo, more, (folder.path(), from), (registry, to));
    };
    copy(&[], "index", "app:index");
    copy(&[], "index", "team/app:index");
    copy(&[], "bare", "app:bare");
    copy(&[], "single", "app:single");
    copy(&[], "windows", "app:windows");
    copy(&["--format", "v2s2"], "plain", "app:list");
    copy(&["--format", "v2s2"], "single", "app:docker-single");
    Some(())
}

/// Pushes one image of another `mark` under the name of a tag that is there: the tag moves, and no other does.
pub fn move_tag(stored: &Path, mark: &str, name: &str) {
    let registry = Registry::start(stored, &Access::Everybody, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_layout(folder.path(), mark);
    copy(&tool("skopeo").unwrap(), &[], (folder.path(), "index"), (&registry, name));
}

/// Copies an image of a layout into a registry.
fn copy(skopeo: &Path, more: &[&str], (folder, from): (&Path, &str), (registry, to): (&Registry, &str)) {
    let output = Command::new(skopeo)
        .args(["--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false"])
        .args(more)
        .arg(format!("oci:{}:{from}", folder.display()))
        .arg(format!("docker://{}/{to}", registry.host))
        .output()
        .unwrap();
    assert!(output.status.success(), "{from} {to}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The images in a folder, as a registry stores them. None where a program is missing.
pub fn stored() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::start(folder.path(), &Access::Everybody, None)?;
    push(&registry, "first")?;
    Some(folder)
}

/// What skopeo gets of an image, byte for byte.
pub fn raw(registry: &Registry, name: &str) -> Vec<u8> {
    let output = Command::new(tool("skopeo").unwrap())
        .args(["--insecure-policy", "inspect", "--raw", "--tls-verify=false"])
        .arg(format!("docker://{}/{name}", registry.host))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What has to be known of an index, read from its bytes.
pub fn expected(index: &[u8]) -> Published {
    let value: Value = serde_json::from_slice(index).unwrap();
    let mut platforms: Vec<(Platform, String)> = Vec::new();
    for entry in value["manifests"].as_array().unwrap() {
        let text = |name: &str| entry["platform"][name].as_str().unwrap_or_default().to_owned();
        if text("os") == "linux" {
            let name = format!("linux/{}/{}", text("architecture"), text("variant"));
            let platform = Platform::parse(name.trim_end_matches('/')).unwrap();
            platforms.push((platform, entry["digest"].as_str().unwrap().to_owned()));
        }
    }
    platforms.sort();
    Published { digest: sha256(index), is_index: true, platforms }
}
