//! How a new image differs from the old one: version, release, distribution.

use super::choice::{ImageChoice, old_packages};
use super::file_images::OldStage;
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Keyword};
use crate::image::{Omitted, OmittedPart};
use crate::shell::{ShellCommand, commands};

/// Releases of Debian that no maintained image of a language is on: without a release in its name, it is
/// on a newer one.
const OLD_DEBIAN: [&str; 4] = ["wheezy", "jessie", "stretch", "buster"];

const IN_VARIABLE: &str = "in the version that a variable gives";

/// Whether Debian's packages are installed in a stage.
pub fn installs_with_apt(stage: &OldStage) -> bool {
    let mut runs = stage.body.iter().filter(|found| found.keyword == Keyword::Run);
    runs.any(|found| commands(stage.file, found).iter().any(ShellCommand::installs_debian_packages))
}

pub fn report(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    version(stage, choice, notes);
    let (known, parts, span) = (stage.known, stage.parts, &stage.image.span);
    let old_distro = parts.distro_or_default();
    if old_distro != choice.distro {
        // A stage that only files are copied from installs no packages.
        if stage.image.is_base {
            distribution(stage, choice, notes);
        }
        return;
    }
    let is_meant =
        |release: &&str| parts.is_bare() || (OLD_DEBIAN.contains(release) && installs_with_apt(stage));
    let release = parts.release.as_deref().or_else(|| known.meant(OmittedPart::Release).filter(is_meant));
    let tag = choice.reference.tag().unwrap_or_default();
    let is_same = |release: &str| {
        tag.split('-').any(|piece| piece == release || piece.strip_prefix(old_distro) == Some(release))
    };
    if let Some(release) = release.filter(|release| !is_same(release)) {
        let release = if parts.release.is_some() { shown(stage.file, release) } else { release };
        let message = format!("the old image was on {old_distro} {release}");
        let reference = choice.reference.text();
        let help = format!("{reference} is on a newer one: packages may have other names or versions");
        match old_distro {
            // There, packages seldom change their names.
            "alpine" => notes.info("new-release", span, message, help),
            _ => notes.warn("new-release", span, message, help),
        }
    }
}

fn version(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    let (known, span, reference) = (stage.known, &stage.image.span, choice.reference.text());
    let stack = stage.parts.stack.unwrap_or("debian");
    let named = stage.parts.version.as_deref();
    let Some(old) = named.or_else(|| known.meant(OmittedPart::Version)) else { return };
    if !choice.same_version {
        let help = match (stack, old.starts_with('2')) {
            ("python", true) => {
                format!("{reference} is the nearest: code for Python 2 does not run on it, port it first")
            }
            _ => format!("{reference} is the nearest: read what changed between the two, and test"),
        };
        let is_shown = named.is_none_or(|named| shown(stage.file, named) == named);
        let message = match &choice.meant {
            Some(meant) if is_shown => {
                format!("{stack} {old} was {meant} at the end, which is no longer maintained")
            }
            _ if is_shown => format!("{stack} {old} is no longer maintained"),
            _ => format!("{stack} {IN_VARIABLE} is no longer maintained"),
        };
        notes.warn("new-version", span, message, help);
    } else if named.is_none() {
        let omitted = known.omitted.iter().find(|omitted| omitted.part == OmittedPart::Version);
        let message = format!("no version is named: at the end this meant {stack} {old}");
        notes.info("omitted-version", span, message, omitted.map(earlier).unwrap_or_default());
    }
}

fn distribution(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    let (old, span, reference) =
        (stage.parts.distro_or_default(), &stage.image.span, choice.reference.text());
    let message = format!("the old image was on {old}, {reference} is on {}", choice.distro);
    if choice.distro == "alpine" {
        let help = "its C library is musl: what was compiled for Debian does not run, and Python packages without a \
                    wheel for musl are compiled (apk add --no-cache build-base)";
        notes.warn("musl", span, message, help);
    } else if old_packages(stage.parts) == choice.packages {
        let help = "packages are installed as before; some have other versions";
        notes.info("new-distribution", span, message, help);
    } else {
        notes.warn("new-distribution", span, message, "packages have other names");
    }
}

/// What a part that was left out meant before the end.
fn earlier(omitted: &Omitted) -> String {
    let all = omitted.meant.iter().rev().skip(1).take(3);
    let all: Vec<String> = all.map(|(from, meant)| format!("{meant} from {from}")).collect();
    if all.is_empty() { String::new() } else { format!("before, {}", all.join(", ")) }
}

/// A version as the file has it. The value of a variable must not appear in a note.
pub fn shown<'t>(file: &Dockerfile, version: &'t str) -> &'t str {
    let is_written = memchr::memmem::find(file.source.bytes(), version.as_bytes()).is_some();
    if is_written { version } else { IN_VARIABLE }
}
