//! Which instructions make a layer, and what makes it anew.

use super::InstructionContext;
use super::mounts::Mounts;
use super::phrases::quoted;
use super::sources::Sources;
use crate::dockerfile::{Base, Builder, CopyFrom, Instruction, Keyword};

/// A sentence about the layer of an instruction.
pub(super) fn of(context: &InstructionContext, instruction: &Instruction) -> String {
    let sentence = match instruction.keyword {
        Keyword::From => match context.stage.and_then(|stage| context.bases.get(stage)).map(|on| &on.base) {
            Some(Base::Stage(_)) => {
                "It adds no layer: it uses those of the earlier stage, and when one of them is rebuilt, so is \
                 everything that follows."
            }
            Some(Base::Scratch) => "There is no layer yet.",
            // A digest names one image for ever.
            Some(Base::Image(name)) if name.contains('@') => "The layers of the base image come first.",
            Some(Base::Image(_)) => {
                "The layers of the base image come first. When its name points to another image than at the \
                 last build, everything that follows is rebuilt."
            }
            _ => "The layers of what it starts from come first.",
        },
        Keyword::Run => return run(instruction),
        Keyword::Copy | Keyword::Add => return copied(context, instruction),
        Keyword::Workdir if instruction.args.first().is_some_and(|folder| *folder.text == b"/"[..]) => {
            "It makes no layer: the folder is there. With another folder the commands that follow run again."
        }
        Keyword::Workdir => {
            "It makes a layer for the folder, an empty one if the folder is there already. With another folder \
             the commands that follow run again."
        }
        Keyword::Env => {
            "It makes no layer, but the commands after it see it: with another value they run again."
        }
        Keyword::Arg if context.stage.is_none() => {
            "It makes no layer. A FROM that uses it gets another image with another value."
        }
        Keyword::Arg => return argument(context, instruction),
        Keyword::User | Keyword::Shell => {
            "It makes no layer, but changes how the commands after it run: they run again when it changes."
        }
        Keyword::Onbuild => "It makes no layer here: what it stores acts where something is built from this.",
        _ => {
            "It only describes the image: it makes no layer, and changing it rebuilds none (the classic \
             builder then runs what follows again)."
        }
    };
    sentence.to_owned()
}

/// Which commands an `ARG` in a stage makes run again.
fn argument(context: &InstructionContext, instruction: &Instruction) -> String {
    let same = context.overview.same_names.get(&context.at).copied().unwrap_or_default();
    // Without a default an ENV stays what it is in a build that gives nothing.
    let has_default = instruction.args.iter().any(|arg| arg.text.contains(&b'='));
    let it = if has_default { "it" } else { "what the build gives it" };
    let seen = match (same.before, same.after, context.request.build.builder) {
        (Some(line), _, Builder::Classic) => {
            return format!("It makes no layer, and has no effect: the ENV on line {line} goes before it.");
        }
        (_, Some(line), _) => format!("The commands up to line {line} see it, where an ENV takes its place"),
        (Some(line), ..) => format!(
            "The commands after it see {it}, in place of the ENV on line {line} that a container still gets"
        ),
        (None, None, _) => "The commands after it see it".to_owned(),
    };
    format!(
        "It makes no layer. {seen}: with another value they run again, so it is best placed right before the \
         first one that needs it."
    )
}

/// What makes the layer of a `RUN` anew.
fn run(instruction: &Instruction) -> String {
    let bound = if Mounts::of(instruction).has_bind { ", or a file that is mounted with `bind`" } else { "" };
    format!(
        "It makes a layer, rebuilt when the text of the command or a layer before it changes, or the value of \
         an ARG or ENV before it{bound}, and not because what it downloads has changed."
    )
}

fn copied(context: &InstructionContext, instruction: &Instruction) -> String {
    let sources = Sources::of(context, instruction);
    let has_checksum = instruction.flag("checksum").is_some();
    let mut reasons: Vec<String> = Vec::new();
    if !sources.files.is_empty() {
        reasons.push(match context.file.copy_from(instruction) {
            Some(CopyFrom::Stage(stage)) => {
                format!("one of the copied files comes out different in {}", context.stage_name(stage))
            }
            Some(CopyFrom::Image(image)) => {
                format!("one of the copied files is different in {}", quoted(image))
            }
            None => "one of the copied files changes (its content or its mode, not its date)".to_owned(),
        });
    }
    let mut add = |is_so: bool, reason: &str| {
        if is_so {
            reasons.push(reason.to_owned());
        }
    };
    add(!sources.unknown.is_empty(), "what its variables stand for changes");
    add(!sources.urls.is_empty() && !has_checksum, "what is downloaded has changed");
    let is_fixed = has_checksum || sources.has_commits;
    add(!sources.repositories.is_empty() && !is_fixed, "the repository has another commit there");
    // What does not fit it is no reason to build anew, but ends the build.
    add(!sources.urls.is_empty() && has_checksum, "another `--checksum` is given");
    add(!sources.repositories.is_empty() && is_fixed, "another commit is named");
    add(sources.texts > 0, "the text in the heredoc changes");
    let reasons = reasons.join(" or when ");
    let wrong = match has_checksum {
        true => " What is downloaded has to fit the `--checksum`: otherwise the build fails.",
        false => "",
    };
    if instruction.flag("link").is_some_and(|flag| flag.value() != Some(b"false")) {
        return format!(
            "It makes a layer of its own, rebuilt when {reasons}, and not when one before it changes.{wrong}"
        );
    }
    format!("It makes a layer, rebuilt when {reasons}, or when a layer before it changes.{wrong}")
}
