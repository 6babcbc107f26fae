//! The labels of images that the OCI image specification names: `org.opencontainers.image.*`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builds::DistinctBuild;
use super::format::ImageOptions;
use crate::dockerfile::{Base, BuildOptions, Builder, Dockerfile};
use crate::image::Reference;
use crate::source::Source;

const PREFIX: &str = "org.opencontainers.image.";

/// The labels of a build. Where targets inherit labels, those that they may have are left to them,
/// but for what a flag gives; so are those that the Dockerfile names itself.
pub fn labels(build: &DistinctBuild, options: &ImageOptions) -> BTreeMap<String, String> {
    let title = build.first.service.name.as_str();
    let base = base_image(build);
    let labels = [
        ("title", Some(title).filter(|_| options.inherit.is_empty()).map(str::to_owned)),
        ("version", options.version.map(str::to_owned)),
        ("revision", options.revision.map(str::to_owned)),
        ("created", options.created.map(str::to_owned)),
        ("base.name", base.as_ref().map(|(name, _)| name.clone())),
        ("base.digest", base.and_then(|(_, digest)| digest)),
    ];
    let text = String::from_utf8_lossy(&build.first.file.bytes);
    let labels = labels.into_iter().filter_map(|(name, value)| {
        let is_of_flag = matches!(name, "version" | "revision" | "created");
        let name = format!("{PREFIX}{name}");
        // A label of a build would take precedence over the Dockerfile's own.
        (is_of_flag || !text.contains(&name)).then_some((name, value?))
    });
    labels.collect()
}

/// The image that the last stage is built on, with its digest where the Dockerfile has it. None where it is not known,
/// or differs between the platforms.
fn base_image(build: &DistinctBuild) -> Option<(String, Option<String>)> {
    let row = &build.first;
    let source = Arc::new(Source::new("Dockerfile", row.file.bytes.clone()));
    let (file, _) = Dockerfile::read(&source);
    let args = row.service.build_args();
    let mut found = build.platforms.iter().map(|platform| {
        let evaluation = file.evaluate(&BuildOptions {
            platform: Some(platform),
            build_platform: None,
            args: &args,
            target: row.service.build.target.as_deref(),
            contexts: row.service.named_contexts(),
            builder: Builder::BuildKit,
        });
        let mut stage = evaluation.stages.get(evaluation.target?)?;
        // A stage is built on one before it, so that this ends.
        while let Base::Stage(at) = &stage.base {
            stage = evaluation.stages.get(*at)?;
        }
        let Base::Image(name) = &stage.base else { return None };
        let reference = Reference::parse(name).ok()?;
        let digest = reference.digest().map(str::to_owned);
        let full = reference.full_name();
        let name = full.split_once('@').map_or(full.as_str(), |(name, _)| name).to_owned();
        Some((name, digest))
    });
    let first = found.next()??;
    found.all(|other| other.as_ref() == Some(&first)).then_some(first)
}
