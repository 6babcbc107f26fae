//! What `COPY` and `ADD` copy, and whether their order lets the cache help.

use super::phrases::{is_relative, joined, listed, quoted};
use super::sources::{Sources, is_archive};
use super::{Details, InstructionContext};
use crate::dockerfile::{Arg, Builder, CopyFrom, Instruction, Keyword};
use crate::shell::is_dependency_file;

pub(super) fn details(context: &InstructionContext, instruction: &Instruction) -> Details {
    let mut details = Details::default();
    let Some((destination, _)) = instruction.args.split_last() else { return details };
    let sources = Sources::of(context, instruction);
    details.what = what(context, instruction, &sources, &quoted(&destination.text), &mut details);
    if is_relative(&destination.text) {
        details.add("That path is relative to the WORKDIR.");
    }
    if instruction.keyword == Keyword::Add {
        add(instruction, &sources, &mut details);
    }
    if context.file.copy_from(instruction).is_none() && !instruction.is_remote_add() {
        build_context(context, instruction, &mut details);
    }
    details
}

/// What is copied from where.
fn what(
    context: &InstructionContext,
    instruction: &Instruction,
    sources: &Sources,
    to: &str,
    details: &mut Details,
) -> String {
    let is_add = instruction.keyword == Keyword::Add;
    let is_alone = |all: &[&[u8]]| all.len() == instruction.sources().len();
    if sources.texts > 0 && sources.texts == instruction.sources().len() {
        details.why = Some("A short file does not have to exist beside the Dockerfile.");
        return format!("Writes the text in the lines below to {to}.");
    }
    let fetched = [&sources.urls[..], &sources.repositories[..]];
    if fetched.iter().any(|all| !all.is_empty()) {
        details.why = Some("It is downloaded when the image is built, not on the device.");
    }
    if is_alone(&sources.urls) {
        return format!("Downloads {} to {to}.", listed(sources.urls.iter().copied()));
    }
    if is_alone(&sources.repositories) {
        let (names, git) = repositories(instruction, sources);
        return format!("Checks out {names} into {to}, {git}.");
    }
    let mut parts: Vec<String> = Vec::new();
    if !sources.files.is_empty() {
        parts.push(from(context, instruction, sources, details));
    }
    if !sources.unknown.is_empty() {
        parts.push(listed(sources.unknown.iter().copied()));
    }
    if !sources.urls.is_empty() {
        parts.push(format!("what is downloaded from {}", listed(sources.urls.iter().copied())));
    }
    if !sources.repositories.is_empty() {
        let (names, git) = repositories(instruction, sources);
        parts.push(format!("the files of {names}, {git},"));
    }
    if sources.texts > 0 {
        parts.push("the text in the lines below".to_owned());
    }
    let verb = if is_add { "Adds" } else { "Copies" };
    format!("{verb} {} to {to}.", joined(&parts))
}

/// Git repositories by name, and whether what makes them repositories comes with them.
fn repositories(instruction: &Instruction, sources: &Sources) -> (String, &'static str) {
    let names = listed(sources.repositories.iter().copied());
    let several = if sources.repositories.len() > 1 { "the Git repositories" } else { "the Git repository" };
    let git = match is_set(instruction, "keep-git-dir") {
        Some(true) => "with the folder `.git`",
        _ => "without the folder `.git`",
    };
    (format!("{several} {names}"), git)
}

/// Whether a flag is set to true; none if it is not there.
fn is_set(instruction: &Instruction, name: &str) -> Option<bool> {
    instruction.flag(name).map(|flag| flag.value().is_none_or(|value| value.eq_ignore_ascii_case(b"true")))
}

/// The files that are copied, and where they come from.
fn from(
    context: &InstructionContext,
    instruction: &Instruction,
    sources: &Sources,
    details: &mut Details,
) -> String {
    let names = listed(sources.files.iter().copied());
    match context.file.copy_from(instruction) {
        Some(CopyFrom::Stage(stage)) => {
            let is_whole = sources.files.iter().any(|source| matches!(*source, b"/" | b"/." | b"/*"));
            details.why = Some(if context.is_built_on(stage) {
                "This stage is built on that one, so it has these files already: the copies take up space again."
            } else if is_whole {
                "All its files are taken, and nothing of what describes it, such as ENV."
            } else {
                "Only these files are taken: what was needed to make them stays behind."
            });
            format!("{names} from {}", context.stage_name(stage))
        }
        Some(CopyFrom::Image(name)) if context.is_context(name) => {
            details.why = Some("The build is given this context beside its own.");
            format!("{names} from the build context {}", quoted(name))
        }
        Some(CopyFrom::Image(image)) => {
            details.why = Some("The stage does not have to be based on that image.");
            format!("{names} from the image {}", quoted(image))
        }
        // Of `*` the folders themselves are not copied, only what is in them.
        None if instruction.copies_everything() && !sources.files.contains(&&b"*"[..]) => {
            match instruction.flag("exclude") {
                Some(_) => "the build context, but for what `--exclude` names,".to_owned(),
                None => "the whole build context".to_owned(),
            }
        }
        None => format!("{names} from the build context"),
    }
}

fn add(instruction: &Instruction, sources: &Sources, details: &mut Details) {
    if !sources.urls.is_empty() && instruction.flag("checksum").is_none() {
        details.pitfall("The content of a URL may change: `--checksum` verifies it.");
    }
    let has_archive = |all: &[&[u8]]| all.iter().copied().any(is_archive);
    match is_set(instruction, "unpack") {
        Some(true) if !sources.urls.is_empty() => {
            details.add("An archive that is downloaded is unpacked there, as `--unpack` says.");
        }
        Some(false) if has_archive(&sources.files) => {
            details.add("Nothing is unpacked, as `--unpack=false` says.");
        }
        None if has_archive(&sources.urls) => details.add("An archive from a URL is not unpacked."),
        _ => {}
    }
    if has_archive(&sources.files) && is_set(instruction, "unpack") != Some(false) {
        details.why = Some("COPY would put the archive there as it is.");
        details.pitfall("A tar archive from the build context is unpacked, not copied.");
    }
}

/// Explains what files of the build context mean for the cache.
fn build_context(context: &InstructionContext, instruction: &Instruction, details: &mut Details) {
    let sources = instruction.sources();
    if sources.iter().any(|source| *source.text == b".."[..] || source.text.starts_with(b"../")) {
        details.pitfall(match context.request.build.builder {
            Builder::BuildKit => {
                "Nothing outside the build context can be copied: a leading `..` is dropped, so the path is \
                 looked up inside it."
            }
            Builder::Classic => "Nothing outside the build context can be copied: the build stops here.",
        });
    }
    let next = context.overview.next_install.get(context.at).copied().flatten();
    let Some((install, line)) = next else { return };
    let is_dependency_file = |source: &Arg| is_dependency_file(&String::from_utf8_lossy(&source.text));
    if sources.iter().all(is_dependency_file) && !sources.is_empty() {
        details.pitfalls.extend(context.whole_copy_before().map(|whole| {
            format!("The whole context is already copied on line {whole}, so this no longer helps the cache.")
        }));
        // Other files that are used before it make it run again, too.
        let others = context.overview.sources_until.get(install).copied();
        if details.pitfalls.is_empty() && others == Some(0) {
            details.add(&format!(
                "The list is copied separately, before the source: a change of the source leaves what line \
                 {line} installs in the cache."
            ));
        }
    } else if instruction.copies_everything() && !context.is_installed_before() {
        details.pitfall(format!(
            "The source is copied before line {line} installs what it needs: every change of a file installs \
             all of it again. Copy the list of requirements first, install, then copy the source."
        ));
    }
}
