//! How a new image differs from the old one: version, release, distribution.

use super::choice::{Choice, old_packages};
use super::notes::Notes;
use super::old_images::OldImage;
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::image::{Knowledge, Omitted, Part};
use crate::shell::{Command, commands};
use crate::source::Span;

/// Releases of Debian that no maintained image of a language is on: without a release in its name, it is
/// on a newer one.
const OLD_DEBIAN: [&str; 4] = ["wheezy", "jessie", "stretch", "buster"];

const IN_VARIABLE: &str = "in the version that a variable gives";

/// Whether an instruction installs Debian's packages.
pub fn installs_with_apt(file: &Dockerfile, instruction: &Instruction) -> bool {
    instruction.keyword == Keyword::Run
        && commands(file, instruction).iter().any(Command::installs_debian_packages)
}

/// Reports how the new image differs. `body` has the instructions that are built on it.
pub fn report(
    file: &Dockerfile,
    (image, body): (&OldImage, &[&Instruction]),
    known: &Knowledge,
    choice: &Choice,
    notes: &mut Notes,
) {
    let Some(parts) = &known.parts else { return };
    let (reference, span) = (choice.reference.text(), &image.span);
    let omitted = |part| known.omitted.iter().find(|omitted: &&Omitted| omitted.part == part);
    let stack = parts.stack.unwrap_or("debian");
    let named = parts.version.as_deref();
    let version = named.or_else(|| known.meant(Part::Version));
    match version {
        Some(old) if !choice.same_version => {
            let help = match (stack, old.starts_with('2')) {
                ("python", true) => {
                    format!("{reference} is the nearest: code for Python 2 does not run on it, port it first")
                }
                _ => format!("{reference} is the nearest: read what changed between the two, and test"),
            };
            let is_shown = named.is_none_or(|named| shown(file, named) == named);
            let message = match &choice.meant {
                Some(meant) if is_shown => {
                    format!("{stack} {old} was {meant} at the end, which is no longer maintained")
                }
                _ if is_shown => format!("{stack} {old} is no longer maintained"),
                _ => format!("{stack} {IN_VARIABLE} is no longer maintained"),
            };
            notes.warn("new-version", span, message, help);
        }
        Some(last) if named.is_none() => {
            let before = omitted(Part::Version).map(earlier).unwrap_or_default();
            notes.info(
                "omitted-version",
                span,
                format!("no version is named: at the end this meant {stack} {last}"),
                before,
            );
        }
        _ => {}
    }
    let old_distro = parts.distro_or_default();
    if old_distro != choice.distro {
        // A stage that only files are taken from installs no packages.
        if !image.is_base {
            return;
        }
        distribution(old_distro, choice, parts, span, notes);
        return;
    }
    let meant = known.meant(Part::Release).filter(|release| {
        parts.is_bare()
            || (OLD_DEBIAN.contains(release) && body.iter().any(|found| installs_with_apt(file, found)))
    });
    let release = parts.release.as_deref().or(meant);
    let tag = choice.reference.tag().unwrap_or_default();
    let is_same = |release: &str| {
        tag.split('-').any(|piece| piece == release || piece.strip_prefix(old_distro) == Some(release))
    };
    if let Some(release) = release.filter(|release| !is_same(release)) {
        let release = if parts.release.is_some() { shown(file, release) } else { release };
        let message = format!("the old image was on {old_distro} {release}");
        let help = format!("{reference} is on a newer one: packages may have other names or versions");
        match old_distro {
            // There, packages seldom change their names.
            "alpine" => notes.info("new-release", span, message, help),
            _ => notes.warn("new-release", span, message, help),
        }
    }
}

fn distribution(old: &str, choice: &Choice, parts: &crate::image::Parts, span: &Span, notes: &mut Notes) {
    let reference = choice.reference.text();
    let message = format!("the old image was on {old}, {reference} is on {}", choice.distro);
    if choice.distro == "alpine" {
        let help = "its C library is musl: what was compiled for Debian does not run, and Python packages without a \
                    wheel for musl are compiled (apk add --no-cache build-base)";
        notes.warn("musl", span, message, help);
    } else if old_packages(parts) == choice.packages {
        notes.info(
            "new-distribution",
            span,
            message,
            "packages are installed as before; some have other versions",
        );
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
