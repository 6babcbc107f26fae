//! From `resin/` to `balenalib/`: the same image under the names of the later series, for those who are
//! not ready to leave both.

use super::choice::meant_by_major;
use super::uses::{Memory, Use, Whom};
use crate::image::{Family, Knowledge, Part, Parts, Reference, Status};

/// The placeholders of the first generation, with what each is called now.
pub const RENAMED: [(&str, &str); 2] =
    [("%%RESIN_MACHINE_NAME%%", "%%BALENA_MACHINE_NAME%%"), ("%%RESIN_ARCH%%", "%%BALENA_ARCH%%")];

/// The name in the later series.
pub struct Named {
    /// The reference, with placeholders.
    pub text: String,
    /// The slugs of the devices that it never existed for.
    pub missing: Vec<String>,
    /// The version that a name without one meant.
    pub pinned: Option<String>,
    /// The version that it does not name, because there was no such image.
    pub lost_version: Option<String>,
    /// Whether it names the release that the old one named.
    pub has_release: bool,
}

/// The later name of an image; nothing when it is none of the first series.
pub fn later(image: &Use, whoms: &[Whom], memory: &Memory) -> Option<Named> {
    let knowledge =
        image.known.iter().flatten().map(|known| &known.1).find(|known| known.family == Family::Resin)?;
    let parts = knowledge.parts.as_ref()?;
    let hardware = hardware(&image.written, parts)?;
    // Whatever a variable makes of the rest, it is not for writing down.
    let tail = image.written.split_once(':').map_or("", |(_, tag)| tag);
    if tail.contains("%%") {
        return None;
    }
    let meant = |part| knowledge.omitted.iter().find(|omitted| omitted.part == part)?.last();
    let whole = meant_by_major(memory.catalogue, knowledge, parts);
    let version = whole.as_deref().or(parts.version.as_deref()).or_else(|| meant(Part::Version));
    // Those without `slim` had compilers.
    let variant = match (parts.stack, parts.variant) {
        (None, _) => "",
        (_, Some("slim")) => "-run",
        _ => "-build",
    };
    let suffix = parts.suffix();
    let hyphen = if suffix.is_empty() { "" } else { "-" };
    let suffix = suffix.replace("-buildpack-deps", "").replace("buildpack-deps", "debian");
    let tag = |version: Option<&str>, release: Option<&str>| {
        let pieces = [version, release].into_iter().flatten().collect::<Vec<_>>().join("-");
        match (pieces.is_empty(), variant) {
            (true, "") => String::new(),
            (true, variant) => format!(":{}", variant.trim_start_matches('-')),
            (false, variant) => format!(":{pieces}{variant}"),
        }
    };
    let release = parts.release.as_deref();
    let tags = [(version, release), (version, None), (None, release), (None, None)];
    let mut best: Option<(Vec<String>, String, (bool, bool))> = None;
    for named in tags {
        let tag = tag(named.0, named.1);
        let text = format!("balenalib/{hardware}{hyphen}{suffix}{tag}");
        let missing: Vec<String> = (image.known.iter().zip(whoms))
            .filter(|(known, whom)| {
                !known.as_ref().is_some_and(|known| is_there(&text, &known.1, whom, memory))
            })
            .map(|(_, whom)| whom.target.device.slug.to_string())
            .collect();
        let is_better = best.as_ref().is_none_or(|(fewest, ..)| missing.len() < fewest.len());
        if is_better {
            best = Some((missing, text, (named.0.is_some(), named.1.is_some())));
        }
    }
    let (mut missing, text, (has_version, has_release)) = best?;
    missing.dedup();
    let is_pinned = has_version && (parts.version.is_none() || whole.is_some());
    let pinned = version.filter(|_| is_pinned).map(str::to_owned);
    let lost_version = version.filter(|_| !has_version).map(str::to_owned);
    Some(Named { text, missing, pinned, lost_version, has_release })
}

/// Whether there was such an image for one of those whom the file is for.
fn is_there(text: &str, known: &Knowledge, whom: &Whom, memory: &Memory) -> bool {
    let Some(old) = &known.parts else { return false };
    let text = match text.split_once("%%").and_then(|(head, rest)| Some((head, rest.split_once("%%")?.1))) {
        Some((head, tail)) => format!("{head}{}{tail}", old.hardware),
        None => text.to_owned(),
    };
    let Ok(reference) = Reference::parse(&text) else { return false };
    let known = memory.catalogue.about(&reference);
    let answer = memory.catalogue.availability_of(&reference, &known, whom.target.arch);
    known.status != Status::Never && answer.availability != crate::image::Availability::None
}

/// The hardware in a name as it is written, with its placeholder.
fn hardware(written: &str, parts: &Parts) -> Option<String> {
    let name = written.split_once("resin/")?.1;
    let name = name.split([':', '@']).next()?;
    let suffix = parts.suffix();
    let hardware = match suffix.is_empty() {
        true => name,
        false => name.strip_suffix(suffix.as_str())?.strip_suffix('-')?,
    };
    let mut hardware = hardware.to_owned();
    for (old, new) in RENAMED {
        hardware = hardware.replace(old, new);
    }
    (!hardware.is_empty() && !hardware.contains('$')).then_some(hardware)
}
