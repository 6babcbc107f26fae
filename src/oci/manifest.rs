//! What a registry sends for an image, read: an index with an image for each platform, one image, or the
//! configuration of an image, which says for which platform it is.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::digest::is_digest;
use crate::image::Platform;

/// The media types of an index: that of the OCI, and the older one of Docker, a manifest list.
const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

/// Those of one image.
const IMAGES: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];

/// Those of the configuration of an image. What has another is no image: a chart, a signature.
const CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// The first format of Docker, in its two variants. No current engine fetches it.
const FIRST_FORMAT: &str = "application/vnd.docker.distribution.manifest.v1+";

/// What a request for a manifest accepts.
pub fn accepted() -> String {
    [INDEXES, IMAGES].concat().join(", ")
}

/// What a reference names.
#[derive(Debug, PartialEq, Eq)]
pub enum Manifest {
    /// Images for several platforms.
    Index(Vec<Entry>),
    /// One image: the digest of its configuration.
    Image(String),
    /// Something that is no image for an engine.
    Other,
}

/// An entry of an index.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The digest of the image.
    pub digest: String,
    /// What the entry says of its platform.
    pub platform: EntryPlatform,
}

/// What an entry of an index, or a configuration, says of its platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryPlatform {
    /// A platform of Linux.
    Linux(Platform),
    /// It is not for Linux, or says that it is for none: an attestation is for `unknown/unknown`.
    Other,
    /// Nothing: the image itself has to be looked at, as an engine does.
    Unsaid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u64>,
    media_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<IgnoredAny>,
    fs_layers: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: Option<String>,
    digest: String,
    platform: Option<Parts>,
}

#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    variant: Option<String>,
}

/// Reads a manifest; `content_type` is what the header says that it is.
///
/// # Errors
/// Why it cannot be used, to be put after "the answer of HOST". It quotes nothing of the manifest.
pub fn read(bytes: &[u8], content_type: Option<&str>) -> Result<Manifest, String> {
    let document: Document = serde_json::from_slice(bytes)
        .map_err(|error| format!("is no manifest (line {}, column {})", error.line(), error.column()))?;
    let header = content_type.map(|text| text.split(';').next().unwrap_or_default().trim());
    let known =
        |kind: &&str| INDEXES.contains(kind) || IMAGES.contains(kind) || kind.starts_with(FIRST_FORMAT);
    let (inside, outside) = (document.media_type.as_deref().filter(known), header.filter(known));
    if let (Some(inside), Some(outside)) = (inside, outside)
        && inside != outside
    {
        return Err("says that it is of one kind, and of another inside".to_owned());
    }
    let is_first = inside.or(outside).is_some_and(|kind| kind.starts_with(FIRST_FORMAT));
    if is_first || document.schema_version == Some(1) || document.fs_layers.is_some() {
        return Err("is in Docker's first format for images, which current engines do not fetch".to_owned());
    }
    // A text that is an index for one reader and an image for another would be two images with one digest.
    let (has_entries, has_image) =
        (document.manifests.is_some(), document.config.is_some() || document.layers.is_some());
    if has_entries && has_image {
        return Err("is an index and an image at once".to_owned());
    }
    let kind = inside.or(outside);
    match (document.manifests, document.config) {
        (Some(entries), _) if kind.is_none_or(|kind| INDEXES.contains(&kind)) => {
            entries.into_iter().map(Entry::read).collect::<Result<_, _>>().map(Manifest::Index)
        }
        (None, Some(config)) if kind.is_none_or(|kind| IMAGES.contains(&kind)) => {
            if !is_digest(&config.digest) {
                return Err("names a configuration without a digest".to_owned());
            }
            let is_config = config.media_type.as_deref().is_some_and(|kind| CONFIGS.contains(&kind));
            Ok(if is_config { Manifest::Image(config.digest) } else { Manifest::Other })
        }
        _ => Err("is no manifest of an image".to_owned()),
    }
}

/// Reads the configuration of an image: its platform.
///
/// # Errors
/// As [`read`].
pub fn read_config(bytes: &[u8]) -> Result<EntryPlatform, String> {
    let parts: Parts = serde_json::from_slice(bytes).map_err(|error| {
        format!("is no configuration of an image (line {}, column {})", error.line(), error.column())
    })?;
    match parts.platform() {
        EntryPlatform::Unsaid => Err("is a configuration that names no platform".to_owned()),
        platform => Ok(platform),
    }
}

impl Entry {
    fn read(descriptor: Descriptor) -> Result<Entry, String> {
        if !is_digest(&descriptor.digest) {
            return Err("lists an image without a digest".to_owned());
        }
        let platform = descriptor.platform.map_or(EntryPlatform::Unsaid, |parts| parts.platform());
        Ok(Entry { digest: descriptor.digest, platform })
    }
}

impl Parts {
    fn platform(&self) -> EntryPlatform {
        let variant = self.variant.as_deref().unwrap_or_default();
        if self.os.is_empty() && self.architecture.is_empty() {
            return EntryPlatform::Unsaid;
        }
        let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let are_plain = [&*self.os, &self.architecture, variant].into_iter().all(is_plain);
        if !self.os.eq_ignore_ascii_case("linux") || self.architecture == "unknown" || !are_plain {
            return EntryPlatform::Other;
        }
        let text = format!("{}/{}/{variant}", self.os, self.architecture);
        Platform::parse(text.trim_end_matches('/')).map_or(EntryPlatform::Other, EntryPlatform::Linux)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn manifest(text: &str, kind: Option<&str>) -> Result<Manifest, String> {
        read(text.replace("DIGEST", DIGEST).as_bytes(), kind)
    }

    #[test]
    fn an_index_lists_platforms() {
        let text = r#"{"schemaVersion": 2, "manifests": [
            {"digest": "DIGEST", "platform": {"os": "linux", "architecture": "arm", "variant": "v6"}},
            {"digest": "DIGEST", "platform": {"os": "linux", "architecture": "arm64"}},
            {"digest": "DIGEST", "platform": {"os": "unknown", "architecture": "unknown"}},
            {"digest": "DIGEST", "platform": {"os": "windows", "architecture": "amd64"}},
            {"digest": "DIGEST", "platform": {"os": "linux", "architecture": "a/b"}},
            {"digest": "DIGEST", "platform": {"os": "linux", "architecture": ""}},
            {"digest": "DIGEST"}]}"#;
        let Ok(Manifest::Index(entries)) = manifest(text, None) else { panic!() };
        let shown: Vec<String> = entries
            .iter()
            .map(|entry| match &entry.platform {
                EntryPlatform::Linux(platform) => platform.to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(shown, ["linux/arm/v6", "linux/arm64/v8", "Other", "Other", "Other", "Other", "Unsaid"]);
    }

    #[test]
    fn one_image_names_its_configuration() {
        let text = r#"{"schemaVersion": 2, "mediaType": "KIND", "layers": [],
            "config": {"digest": "DIGEST", "mediaType": "application/vnd.oci.image.config.v1+json"}}"#;
        let text = text.replace("KIND", IMAGES[0]);
        assert_eq!(manifest(&text, None), Ok(Manifest::Image(DIGEST.to_owned())));
        let header = format!("{}; charset=utf-8", IMAGES[0]);
        assert_eq!(manifest(&text, Some(&header)), Ok(Manifest::Image(DIGEST.to_owned())));
        let chart = text.replace("oci.image.config", "cncf.helm.config");
        assert_eq!(manifest(&chart, None), Ok(Manifest::Other));
        assert!(manifest(&text, Some(INDEXES[0])).unwrap_err().contains("of another inside"));
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let both = r#"{"manifests": [], "config": {"digest": "DIGEST"}}"#;
        for (text, said) in [
            ("<html>", "no manifest (line 1"),
            ("{}", "no manifest of an image"),
            ("[]", "no manifest"),
            (both, "at once"),
            (r#"{"schemaVersion": 1, "fsLayers": []}"#, "first format"),
            (r#"{"manifests": [{"digest": "../x"}]}"#, "without a digest"),
            (r#"{"config": {"digest": "sha256:1"}}"#, "without a digest"),
            (r#"{"manifests": {"digest": "hunter2"}}"#, "no manifest (line 1, column 14)"),
        ] {
            let error = manifest(text, Some("application/json")).unwrap_err();
            assert!(error.contains(said) && !error.contains("hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn a_configuration_says_its_platform() {
        let one = |text: &str| read_config(text.as_bytes());
        let expected = EntryPlatform::Linux(Platform::parse("linux/arm/v7").unwrap());
        assert_eq!(
            one(r#"{"os": "linux", "architecture": "arm", "variant": "v7", "config": {}}"#),
            Ok(expected)
        );
        assert_eq!(one(r#"{"os": "windows", "architecture": "amd64"}"#), Ok(EntryPlatform::Other));
        assert!(one("{}").is_err() && one("garbage").is_err());
    }
}
