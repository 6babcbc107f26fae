//! What `COPY` and `ADD` copy, and whether their order lets the cache help.

use super::phrases::{is_relative, listed, quoted};
use super::{Details, InstructionContext};
use crate::dockerfile::{Arg, Builder, CopyFrom, Instruction, Keyword};
use crate::shell::is_dependency_file;

pub(super) fn details(context: &InstructionContext, instruction: &Instruction) -> Details {
    let mut details = Details::default();
    let Some((destination, sources)) = instruction.args.split_last() else { return details };
    let to = quoted(&destination.text);
    let verb = if instruction.keyword == Keyword::Add { "Adds" } else { "Copies" };
    let is_text = |source: &Arg| instruction.heredocs.iter().any(|heredoc| heredoc.span == source.span);
    let files = sources.iter().filter(|source| !is_text(source));
    let mut names = listed(files.map(|source| &*source.text));
    if !instruction.heredocs.is_empty() {
        names.push_str(", and the text in the lines below,");
    }
    details.what = match context.file.copy_from(instruction) {
        Some(CopyFrom::Stage(stage)) => {
            if !sources.iter().any(|source| matches!(&*source.text, b"/" | b"/." | b"/*")) {
                details.why = Some("Only these files are taken: what was needed to make them stays behind.");
            } else {
                details.why = Some("All its files are taken, and nothing of what describes it, such as ENV.");
            }
            format!("{verb} {names} from {} to {to}.", context.stage_name(stage))
        }
        Some(CopyFrom::Image(name)) if context.is_context(name) => {
            details.why = Some("The build is given this context beside its own.");
            format!("{verb} {names} from the build context {} to {to}.", quoted(name))
        }
        Some(CopyFrom::Image(image)) => {
            details.why = Some("The stage does not have to be based on that image.");
            format!("{verb} {names} from the image {} to {to}.", quoted(image))
        }
        None if !instruction.heredocs.is_empty() && instruction.context_sources().is_empty() => {
            details.why = Some("A short file does not have to exist beside the Dockerfile.");
            format!("Writes the text in the lines below to {to}.")
        }
        // Of `*` the folders themselves are not copied, only what is in them.
        None if instruction.copies_everything() && !sources.iter().any(|source| *source.text == b"*"[..]) => {
            match instruction.flag("exclude") {
                Some(_) => format!("{verb} the build context, but for what `--exclude` names, to {to}."),
                None => format!("{verb} the whole build context to {to}."),
            }
        }
        None if instruction.is_remote_add() => {
            details.why = Some("It is downloaded when the image is built, not on the device.");
            match instruction.context_sources().is_empty() {
                true => format!("Downloads {names} to {to}."),
                false => format!("Adds {names} to {to}: what has a URL is downloaded."),
            }
        }
        None => format!("{verb} {names} from the build context to {to}."),
    };
    if is_relative(&destination.text) {
        details.add("That path is relative to the WORKDIR.");
    }
    if instruction.keyword == Keyword::Add {
        add(instruction, &mut details);
    }
    if context.file.copy_from(instruction).is_none() && !instruction.is_remote_add() {
        build_context(context, instruction, &mut details);
    }
    details
}

fn add(instruction: &Instruction, details: &mut Details) {
    let sources = || instruction.sources().iter().map(|source| &*source.text);
    // A commit of a Git repository says what it is.
    let is_git = |text: &[u8]| {
        text.starts_with(b"git") || text.starts_with(b"ssh:") || memchr::memmem::find(text, b".git").is_some()
    };
    if instruction.is_remote_add() && instruction.flag("checksum").is_none() && !sources().any(is_git) {
        details.pitfall("The content of a URL may change: `--checksum` verifies it.");
    }
    let is_archive = |text: &[u8]| {
        [&b".tar"[..], b".tar.gz", b".tgz", b".tar.xz", b".tar.bz2"].iter().any(|end| text.ends_with(end))
    };
    let keeps = instruction.flag("unpack").is_some();
    if sources().any(is_archive) && !instruction.is_remote_add() && !keeps {
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
