//! How a new image differs from the old one: version, release, distribution.

use super::choice::{ImageChoice, old_packages};
use super::file_images::OldStage;
use super::notes::Notes;
use super::version_move::VersionMove;
use crate::dockerfile::{Dockerfile, Keyword};
use crate::image::{End, Omitted, OmittedPart, Platform, debian};
use crate::shell::{ShellCommand, commands};

const IN_VARIABLE: &str = "in the version that a variable gives";

/// Whether Debian's packages are installed in a stage.
pub fn installs_with_apt(stage: &OldStage) -> bool {
    let mut runs = stage.body.iter().filter(|found| found.keyword == Keyword::Run);
    runs.any(|found| commands(stage.file, found).iter().any(ShellCommand::installs_debian_packages))
}

/// Reports what is different with the new image of a stage: the version of the language, the release, the distribution.
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
    // No maintained image of a language is on an archived release: without a release in its name, it is on a newer one.
    let is_meant =
        |release: &&str| parts.is_bare() || (debian::is_archived(release) && installs_with_apt(stage));
    let release = parts.release.as_deref().or_else(|| known.meant(OmittedPart::Release).filter(is_meant));
    let tag = tag_of(choice);
    let is_same = |release: &str| {
        tag.split('-').any(|piece| piece == release || piece.strip_prefix(old_distro) == Some(release))
    };
    if let Some(release) = release.filter(|release| !is_same(release)) {
        let message = format!("{}; {}", old_release(stage, release, choice), new_release(choice));
        let help = "packages may have other names or versions there";
        match old_distro {
            // There, packages seldom change their names.
            "alpine" => notes.info("new-release", span, message, help),
            _ => notes.warn("new-release", span, message, help),
        }
    }
}

/// `the old image was on debian 10 (buster), which ended on 2024-06-30`
fn old_release(stage: &OldStage, release: &str, choice: &ImageChoice) -> String {
    let distro = stage.parts.distro_or_default();
    // What a variable holds must not be told by its end either.
    if stage.parts.release.is_some() && shown(stage.file, release) != release {
        return format!("the old image was on {distro} {IN_VARIABLE}");
    }
    let ended = choice.old_release_end.as_ref().and_then(|ending| {
        let phrase = ending.phrase(choice.day)?;
        Some(format!("{}, which{}", ending.of, phrase.strip_prefix(ending.of.as_str())?))
    });
    format!("the old image was on {}", ended.unwrap_or_else(|| format!("{distro} {release}")))
}

/// `debian:bookworm-slim is on debian 12 (bookworm), which ends on 2028-06-30`
fn new_release(choice: &ImageChoice) -> String {
    let reference = choice.reference.text();
    let Some(base) = &choice.base else { return format!("{reference} is on a newer one") };
    let ends = base.phrase(choice.day).unwrap_or_default();
    let ends = ends.strip_prefix(base.of.as_str()).map(|ends| format!(", which{ends}"));
    format!("{reference} is on {}{}", base.of, ends.unwrap_or_default())
}

fn version(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    let (known, span, reference) = (stage.known, &stage.image.span, choice.reference.text());
    let stack = stage.parts.stack.unwrap_or("debian");
    let named = stage.parts.version.as_deref();
    let Some(old) = named.or_else(|| known.meant(OmittedPart::Version)) else { return };
    if !choice.same_version {
        let is_shown = named.is_none_or(|named| shown(stage.file, named) == named);
        let message = format!("{}; {}", version_end(stack, old, is_shown, choice), choice.maintained());
        let number = |text: &str| text.split('-').next().unwrap_or_default().to_owned();
        let (from, to) = (number(choice.meant.as_deref().unwrap_or(old)), number(tag_of(choice)));
        let help = match (stack, old.starts_with('2')) {
            ("python", true) => {
                format!("code for Python 2 does not run on {reference}: port it first")
            }
            _ if is_shown => format!("from {from} to {to}: read what changed between the two, and test"),
            _ => "read what changed between the two, and test".to_owned(),
        };
        notes.warn("new-version", span, message, help);
    } else if let Some(meant) = &choice.meant {
        let message = format!("{stack} {old} was {meant} at the end");
        notes.info("omitted-version", span, message, format!("{reference} is the same version"));
    } else if named.is_none() {
        let omitted = known.omitted.iter().find(|omitted| omitted.part == OmittedPart::Version);
        let message = format!("no version is named: at the end this meant {stack} {old}");
        notes.info("omitted-version", span, message, omitted.map(earlier).unwrap_or_default());
    }
}

/// Why the old version is not kept: it is over, or it is not there for a platform. These are different things for whoever
/// has to decide.
fn version_end(stack: &str, old: &str, is_shown: bool, choice: &ImageChoice) -> String {
    let old = old.split('-').next().unwrap_or(old);
    let what = match &choice.meant {
        _ if !is_shown => format!("{stack} {IN_VARIABLE}"),
        Some(meant) => format!("{stack} {old} was {meant} at the end, which"),
        None => format!("{stack} {old}"),
    };
    match &choice.version_move {
        // What a variable holds must not be told by its end either.
        VersionMove::Ended(_) if !is_shown => format!("{what} is no longer maintained"),
        VersionMove::Ended(ending) => match ending.end {
            End::On(day) if day <= choice.day => format!("{what} ended on {day}"),
            End::On(day) => format!("{what} ends on {day}"),
            _ => format!("{what} is no longer maintained"),
        },
        VersionMove::NotFor { platforms, until } => {
            let until = until.as_ref().filter(|_| is_shown).map(|day| format!(" until {day}"));
            let until = until.unwrap_or_default();
            format!("{what} is maintained{until}, but not for {}", listed(platforms))
        }
        VersionMove::NotBuilt | VersionMove::Kept => {
            format!("{what} is in no image that is maintained")
        }
    }
}

fn distribution(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    let (old, span, reference) =
        (stage.parts.distro_or_default(), &stage.image.span, choice.reference.text());
    let new = choice.base.as_ref().map_or(choice.distro, |base| base.of.as_str());
    let message = format!("the old image was on {old}, {reference} is on {new}");
    if choice.distro == "alpine" {
        let help = "its C library is musl: what was compiled for Debian does not run, and Python packages without a \
                    wheel for musl are compiled (apk add --no-cache build-base)";
        notes.warn("musl", span, message, help);
    } else if old_packages(stage.parts) != choice.packages {
        notes.warn("new-distribution", span, message, "packages have other names");
    } else if installs_with_apt(stage) {
        let help =
            "some packages have other names or versions there, some do not exist: look each up, and test";
        notes.warn("new-distribution", span, message, help);
    } else {
        let help = "no packages are installed here; programs of the old distribution may be missing";
        notes.info("new-distribution", span, message, help);
    }
}

fn tag_of(choice: &ImageChoice) -> &str {
    choice.reference.tag().unwrap_or_default()
}

/// `linux/arm/v6 and linux/arm/v7`
pub fn listed(platforms: &[Platform]) -> String {
    let all: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
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
