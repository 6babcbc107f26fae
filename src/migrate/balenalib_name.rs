//! The `balenalib/` name of an image of `resin/`, for projects that stay with balena's images for now.

use super::old_images::{OldImage, ServiceBuild};
use crate::image::balena::RENAMED_PLACEHOLDERS;
use crate::image::{
    Availability, CatalogueCache, Family, Knowledge, Maintenance, NameParts, OmittedPart, Reference,
};

/// The name of an image in `balenalib/`.
pub struct NewName {
    /// The reference, with placeholders.
    pub text: String,
    /// The slugs of the device types that it was not published for.
    pub missing: Vec<String>,
    /// The version that a name without one meant.
    pub pinned: Option<String>,
    /// The version that it does not name, because there was no such image.
    pub dropped_version: Option<String>,
    /// Whether it names the release that the old one named.
    pub has_release: bool,
}

/// The `balenalib/` name of an image, if it is one of `resin/` and can be renamed.
pub fn of(image: &OldImage, builds: &[ServiceBuild], cache: &CatalogueCache) -> Option<NewName> {
    let knowledge = image.knowledge().find(|known| known.family == Family::Resin)?;
    let parts = knowledge.parts.as_ref()?;
    let hardware = hardware(&image.written, parts)?;
    // Whatever a variable makes of the rest, it is not for writing down.
    let tail = image.written.split_once(':').map_or("", |(_, tag)| tag);
    if tail.contains("%%") {
        return None;
    }
    let whole = cache.catalogue.meant_by_major(knowledge);
    let version =
        whole.as_deref().or(parts.version.as_deref()).or_else(|| knowledge.meant(OmittedPart::Version));
    let variant = parts.balenalib_variant();
    let renamed = match parts.stack {
        Some("buildpack-deps") => {
            NameParts { stack: None, distro: Some(parts.distro_or_default()), ..parts.clone() }
        }
        _ => parts.clone(),
    };
    let repository = renamed.repository(Family::Balenalib, &hardware);
    let release = parts.release.as_deref();
    let tags = [(version, release), (version, None), (None, release), (None, None)];
    let mut best: Option<(Vec<String>, String, (bool, bool))> = None;
    for (version, release) in tags {
        let tag = Vec::from_iter([version, release, variant].into_iter().flatten()).join("-");
        let text = if tag.is_empty() { repository.clone() } else { format!("{repository}:{tag}") };
        let missing: Vec<String> = (image.known.iter().zip(builds))
            .filter(|(known, build)| {
                known.as_ref().is_none_or(|known| !is_there(&text, &known.1, build, cache))
            })
            .map(|(_, build)| build.target.device.slug.to_string())
            .collect();
        if best.as_ref().is_none_or(|(fewest, ..)| missing.len() < fewest.len()) {
            best = Some((missing, text, (version.is_some(), release.is_some())));
        }
    }
    let (mut missing, text, (has_version, has_release)) = best?;
    missing.dedup();
    let is_pinned = has_version && (parts.version.is_none() || whole.is_some());
    let pinned = version.filter(|_| is_pinned).map(str::to_owned);
    let dropped_version = version.filter(|_| !has_version).map(str::to_owned);
    Some(NewName { text, missing, pinned, dropped_version, has_release })
}

/// Whether there was such an image for a build.
fn is_there(text: &str, known: &Knowledge, build: &ServiceBuild, cache: &CatalogueCache) -> bool {
    let Some(old) = &known.parts else { return false };
    let text = match text.split_once("%%").and_then(|(head, rest)| Some((head, rest.split_once("%%")?.1))) {
        Some((head, tail)) => format!("{head}{}{tail}", old.hardware),
        None => text.to_owned(),
    };
    let Ok(reference) = Reference::parse(&text) else { return false };
    let known = cache.catalogue.about(&reference);
    let answer = cache.catalogue.availability_of(&reference, &known, build.target.arch);
    known.status != Maintenance::Never && answer.availability != Availability::None
}

/// The hardware in a name as it is written, with its placeholder.
fn hardware(written: &str, parts: &NameParts) -> Option<String> {
    let name = written.split_once("resin/")?.1;
    let name = name.split([':', '@']).next()?;
    let suffix = parts.suffix();
    let hardware =
        if suffix.is_empty() { name } else { name.strip_suffix(suffix.as_str())?.strip_suffix('-')? };
    let mut hardware = hardware.to_owned();
    for (old, new) in RENAMED_PLACEHOLDERS {
        hardware = hardware.replace(old, new);
    }
    (!hardware.is_empty() && !hardware.contains('$')).then_some(hardware)
}
