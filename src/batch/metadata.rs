//! What `docker buildx` writes with `--metadata-file`: the digests of the images that were pushed.
//!
//! The file of `bake` has an object for each target, the file of `build` is the object of one build, which is named
//! after the file then. What else is in them, such as the provenance, is not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, utf8};
use crate::escape::shortened;
use crate::image::{Platform, Reference};
use crate::source::Source;

const DIGEST: &str = "containerimage.digest";
const DESCRIPTOR: &str = "containerimage.descriptor";
const NAMES: &str = "image.name";
/// The provenance of a build for one platform; of several, each has the platform behind it: `.../linux/arm64`.
const PROVENANCE: &str = "buildx.build.provenance";

/// The result of one build.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuildResult {
    /// The file's name without `.json`.
    pub file: String,
    /// The target, in a file of `bake`.
    pub target: Option<String>,
    /// Nothing was pushed, if there is none.
    pub image: Option<PushedImage>,
    /// The place of the digest, or of the result if it has none.
    pub place: Place,
}

/// An image in a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PushedImage {
    /// `sha256:` and 64 digits.
    pub digest: String,
    /// Whether it is an index, which can have several platforms, and not the manifest of a single one; nothing where
    /// that is not said.
    pub is_index: Option<bool>,
    /// How many platforms it has, where the file has the provenance of each.
    pub platforms: Option<usize>,
    /// The names of its platforms that the file has, such as `linux/arm/v7`.
    pub named_platforms: BTreeSet<String>,
    /// The repositories that it was pushed to, where that is said.
    pub repositories: BTreeSet<String>,
}

impl PushedImage {
    /// How many platforms it has, if that is known.
    pub fn number_of_platforms(&self) -> Option<usize> {
        if self.is_index == Some(false) { Some(1) } else { self.platforms }
    }
}

/// The results in a file that was read from `source`. What is wrong with it goes into `faults`.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::batch::read_metadata;
/// use dtpl::{Diagnostics, Source};
///
/// let digest = format!("sha256:{}", "0a".repeat(32));
/// let text = format!("{{\"web\": {{\"containerimage.digest\": \"{digest}\", \"image.name\": \"r.example/web\"}}}}");
/// let mut faults = Diagnostics::new();
/// let results = read_metadata(&Arc::new(Source::new("built.json", text)), &mut faults);
/// assert!(faults.is_empty());
/// assert_eq!((results[0].target.as_deref(), results[0].file.as_str()), (Some("web"), "built"));
/// assert_eq!(results[0].image.as_ref().unwrap().digest, digest);
/// ```
pub fn read(source: &Arc<Source>, faults: &mut Diagnostics) -> Vec<BuildResult> {
    let text = match utf8(source) {
        Ok(text) => text,
        Err(fault) => {
            faults.push(|| fault);
            return Vec::new();
        }
    };
    let reader = Reader { source, text };
    let fields: Fields = match serde_json::from_str(text) {
        Ok(fields) => fields,
        Err(error) => {
            faults.push(|| reader.syntax(&error));
            return Vec::new();
        }
    };
    let name = source.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let file = name.strip_suffix(".json").unwrap_or(name).to_owned();
    // Fields of a build, such as `cache.manifest`; no target has a dot in its name.
    let is_of_build = |name: &str| name.contains('.');
    // With warnings, bake writes `buildx.build.warnings` beside its targets.
    let has_target = fields.0.iter().any(|(name, _)| !is_of_build(name));
    if !has_target && !fields.0.is_empty() {
        let whole = Place::File(source.name().to_owned());
        return Vec::from_iter(reader.result(&file, None, &fields, whole, faults));
    }
    let mut results = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, value) in fields.0.iter().filter(|(name, _)| !is_of_build(name)) {
        if !seen.insert(name) {
            faults.push(|| reader.fault(value, format!("`{}` is there twice", shortened(name, 80))));
            continue;
        }
        match serde_json::from_str::<Fields>(value.get()) {
            Ok(fields) => {
                results.extend(reader.result(&file, Some(name), &fields, reader.place(value), faults));
            }
            Err(_) => faults.push(|| {
                let message = format!("`{}` has to be an object, the result of a build", shortened(name, 80));
                reader.fault(value, message).help("give the file that --metadata-file wrote")
            }),
        }
    }
    results
}

/// What of a descriptor matters.
#[derive(serde::Deserialize)]
struct Descriptor<'t> {
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    #[serde(borrow)]
    platform: Option<&'t RawValue>,
}

/// The platform of a descriptor.
#[derive(serde::Deserialize)]
struct DescribedPlatform {
    os: String,
    architecture: String,
    #[serde(default)]
    variant: String,
}

impl DescribedPlatform {
    /// As it is written elsewhere: `linux/arm/v7`.
    fn name(self) -> String {
        let variant = if self.variant.is_empty() { "" } else { "/" };
        format!("{}/{}{variant}{}", self.os, self.architecture, self.variant)
    }
}

/// The fields of an object, their values as they are written.
struct Fields<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Fields<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Fields<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                std::iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>().map(Fields)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    text: &'s str,
}

impl Reader<'_> {
    fn place(&self, value: &RawValue) -> Place {
        let start = (value.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let start = start.min(self.text.len());
        // Of an object its start is enough.
        let length = if value.get().starts_with(['{', '[']) { 1 } else { value.get().len() };
        Place::Text(Arc::clone(self.source), start..(start + length).min(self.text.len()))
    }

    fn fault(&self, value: &RawValue, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.place(value), message)
    }

    fn syntax(&self, error: &serde_json::Error) -> Diagnostic {
        let help = "give the file that docker buildx wrote with --metadata-file";
        if error.is_data() {
            return Diagnostic::error_at(self.source, 0..0, "this has to be a JSON object").help(help);
        }
        let lines = self.text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let before: usize = lines.map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(self.text.len());
        let shown = error.to_string();
        let why = shown.split(" at line ").next().unwrap_or_default();
        Diagnostic::error_at(self.source, at..at, format!("not JSON: {why}")).help(help)
    }

    /// What the object of a build says; nothing where it is at fault.
    fn result(
        &self,
        file: &str,
        target: Option<&str>,
        fields: &Fields,
        whole: Place,
        faults: &mut Diagnostics,
    ) -> Option<BuildResult> {
        let mut known: BTreeMap<&str, &RawValue> = BTreeMap::new();
        for (name, value) in
            fields.0.iter().filter(|(name, _)| [DIGEST, DESCRIPTOR, NAMES].contains(&&**name))
        {
            if known.insert(name, value).is_some() {
                faults.push(|| self.fault(value, format!("`{name}` is there twice")));
                return None;
            }
        }
        let result = |image, place| {
            let (file, target) = (file.to_owned(), target.map(str::to_owned));
            Some(BuildResult { file, target, image, place })
        };
        let Some(value) = known.get(DIGEST) else { return result(None, whole) };
        let digest = serde_json::from_str::<String>(value.get()).ok().filter(|text| is_digest(text));
        let Some(digest) = digest else {
            let message = format!("`{DIGEST}` has to be `sha256:` and 64 hexadecimal digits in lower case");
            faults.push(|| self.fault(value, message));
            return None;
        };
        let descriptor =
            known.get(DESCRIPTOR).and_then(|value| serde_json::from_str::<Descriptor>(value.get()).ok());
        let is_index = descriptor.as_ref().and_then(|descriptor| {
            match descriptor.media_type.as_deref().unwrap_or_default() {
                "application/vnd.oci.image.index.v1+json"
                | "application/vnd.docker.distribution.manifest.list.v2+json" => Some(true),
                "application/vnd.oci.image.manifest.v1+json"
                | "application/vnd.docker.distribution.manifest.v2+json" => Some(false),
                _ => None,
            }
        });
        let described = descriptor
            .and_then(|descriptor| descriptor.platform)
            .and_then(|value| serde_json::from_str(value.get()).ok().map(DescribedPlatform::name));
        let names = known.get(NAMES).and_then(|value| serde_json::from_str::<String>(value.get()).ok());
        let repositories =
            names.iter().flat_map(|names| names.split(',')).filter_map(|name| repository_of(name.trim()));
        let provenance = fields.0.iter().filter_map(|(name, _)| name.strip_prefix(PROVENANCE));
        let provenance = provenance.filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let platforms = provenance.clone().count();
        let platforms = (platforms > 0).then_some(platforms);
        let named = provenance.filter_map(|rest| rest.strip_prefix('/')).map(str::to_owned).chain(described);
        // Of what is no platform, as `unknown/unknown`, nothing is known.
        let named_platforms = named.filter(|name| Platform::is_possible(name)).collect();
        let repositories = repositories.collect();
        let image = PushedImage { digest, is_index, platforms, named_platforms, repositories };
        result(Some(image), self.place(value))
    }
}

/// The name of an image without tag and digest.
fn repository_of(name: &str) -> Option<String> {
    let reference = Reference::parse(name).ok()?;
    name.get(reference.name_span()).map(str::to_owned)
}

fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
