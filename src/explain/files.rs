//! What `COPY` and `ADD` bring in, and whether they stand where the cache can help.

use super::layer::stage_name;
use super::words::{listed, quoted};
use super::{Details, Here};
use crate::dockerfile::{CopyFrom, Dockerfile, Instruction, Keyword};

/// Explains a `COPY` or an `ADD`.
pub(super) fn details(here: &Here, instruction: &Instruction) -> Details {
    let mut details = Details::default();
    let Some((destination, sources)) = instruction.args.split_last() else { return details };
    let to = quoted(&destination.text);
    let verb = if instruction.keyword == Keyword::Add { "Adds" } else { "Copies" };
    let names = listed(sources.iter().map(|source| &*source.text));
    details.what = match here.file.copy_from(instruction) {
        Some(CopyFrom::Stage(stage)) => {
            details.why = Some("What was needed to make these files stays behind: the image gets smaller.");
            format!("{verb} {names} out of {} to {to}.", stage_name(here, stage))
        }
        Some(CopyFrom::Image(image)) => {
            details.why = Some("That image need not be built on for a few of its files.");
            format!("{verb} {names} out of the image {} to {to}.", quoted(image))
        }
        None if !instruction.heredocs.is_empty() => {
            details.why = Some("A short file need not lie beside the Dockerfile.");
            format!("Writes the text in the lines below to {to}.")
        }
        None if sources.iter().any(|source| is_all(&source.text)) => {
            format!("{verb} all of the build context to {to}.")
        }
        None if is_remote(instruction) => {
            details.why = Some("It is fetched when the image is built, not on the device.");
            format!("Fetches {names} to {to}.")
        }
        None => format!("{verb} {names} from the build context to {to}."),
    };
    let relative = !destination.text.starts_with(b"/") && !destination.text.starts_with(b"$");
    if relative {
        details.what.push_str(" That is read from the WORKDIR.");
    }
    if instruction.keyword == Keyword::Add {
        add(instruction, &mut details);
    }
    if here.file.copy_from(instruction).is_none() && !is_remote(instruction) {
        context(here, instruction, &mut details);
    }
    details
}

/// Whether a source is the whole context.
fn is_all(source: &[u8]) -> bool {
    matches!(source, b"." | b"./" | b"/" | b"*" | b"./*")
}

/// Whether an instruction copies source code, and not only a list of what to install.
pub(super) fn is_wide(file: &Dockerfile, instruction: &Instruction) -> bool {
    let sources = instruction.args.split_last().map(|(_, sources)| sources).unwrap_or_default();
    file.copy_from(instruction).is_none() && sources.iter().any(|source| is_all(&source.text))
}

/// Whether a file says what to install.
pub(super) fn is_list(source: &[u8]) -> bool {
    let name = source.rsplit(|&b| b == b'/').next().unwrap_or_default();
    let known = [
        &b"package.json"[..],
        b"package-lock.json",
        b"package*.json",
        b"yarn.lock",
        b"Pipfile",
        b"Pipfile.lock",
        b"pyproject.toml",
        b"poetry.lock",
        b"go.mod",
        b"go.sum",
        b"Cargo.toml",
        b"Cargo.lock",
        b"Gemfile",
        b"Gemfile.lock",
    ];
    known.contains(&name) || (name.starts_with(b"requirements") && name.ends_with(b".txt"))
}

/// Whether an `ADD` fetches from a URL or a git repository.
pub(super) fn is_remote(instruction: &Instruction) -> bool {
    let sources = instruction.args.split_last().map(|(_, sources)| sources).unwrap_or_default();
    instruction.keyword == Keyword::Add
        && sources.iter().any(|source| {
            [&b"http://"[..], b"https://", b"git@"].iter().any(|start| source.text.starts_with(start))
        })
}

fn add(instruction: &Instruction, details: &mut Details) {
    let sources = instruction.args.split_last().map(|(_, sources)| sources).unwrap_or_default();
    if is_remote(instruction) && instruction.flag("checksum").is_none() {
        details.pitfalls.push(
            "What a URL gives may change: `--checksum` makes sure that it is what was meant.".to_owned(),
        );
    }
    let is_archive = |text: &[u8]| {
        [&b".tar"[..], b".tar.gz", b".tgz", b".tar.xz", b".tar.bz2"].iter().any(|end| text.ends_with(end))
    };
    if sources.iter().any(|source| is_archive(&source.text)) && !is_remote(instruction) {
        details.pitfalls.push("A tar archive from the build context is unpacked, not copied.".to_owned());
    }
}

/// What there is to say about files of the build context.
fn context(here: &Here, instruction: &Instruction, details: &mut Details) {
    let sources = instruction.args.split_last().map(|(_, sources)| sources).unwrap_or_default();
    if sources.iter().any(|source| source.text.starts_with(b"..")) {
        details.pitfalls.push(
            "Nothing outside of the build context can be copied: a leading `..` is dropped, so the path is \
             looked for inside."
                .to_owned(),
        );
    }
    let Some(line) = here.overview.next_install.get(here.at).copied().flatten() else { return };
    if sources.iter().all(|source| is_list(&source.text)) && !sources.is_empty() {
        details.pitfalls.extend(here.wide_copy_before().map(|wide| {
            format!(
                "The whole context is copied already, on line {wide}, so this does not help the cache any more."
            )
        }));
        if details.pitfalls.is_empty() {
            details.what.push_str(&format!(
                " The list stands by itself, before the source: so a change of the source leaves what line \
                 {line} installs in the cache."
            ));
        }
    } else if is_wide(here.file, instruction) {
        details.pitfalls.push(format!(
            "The source is copied before line {line} installs what it needs: every change of a file installs \
             all of it again. Copy the list of requirements first, install, then copy the source."
        ));
    }
}
