//! Which instructions make a layer, and what makes it anew.

use super::InstructionContext;
use super::phrases::quoted;
use crate::dockerfile::{CopyFrom, Instruction, Keyword, Stage};

/// A sentence about the layer of an instruction.
pub(super) fn of(context: &InstructionContext, instruction: &Instruction) -> String {
    let sentence = match instruction.keyword {
        Keyword::From => match context.stage.map(|stage| &context.file.stages[stage]) {
            Some(Stage { from: Some(_), .. }) => {
                "It adds no layer: it uses those of the earlier stage, and when one of them is rebuilt, so is \
                 everything that follows."
            }
            Some(stage) if &*stage.base.text == b"scratch" => "There is no layer yet.",
            _ => {
                "The layers of the base image come first. When its name points to another image than at the \
                 last build, everything that follows is rebuilt."
            }
        },
        Keyword::Run => {
            "It makes a layer, rebuilt when the text of the command or a layer before it changes, and not \
             because what it downloads has changed."
        }
        Keyword::Copy | Keyword::Add => return copied(context, instruction),
        Keyword::Workdir => {
            "It makes a layer only if the folder has to be created. With another folder the commands that \
             follow run again."
        }
        Keyword::Env => {
            "It makes no layer, but the commands after it see it: with another value they run again."
        }
        Keyword::Arg if context.stage.is_none() => {
            "It makes no layer. With another value the FROM that uses it gets another image."
        }
        Keyword::Arg => {
            "It makes no layer. The commands after it see it: with another value they run again, so it is \
             best placed right before the first one that needs it."
        }
        Keyword::User | Keyword::Shell => {
            "It makes no layer, but changes how the commands after it run: they run again when it changes."
        }
        Keyword::Onbuild => "It makes no layer here, but one in the image that is built from this one.",
        _ => "It only describes the image: it makes no layer, and changing it rebuilds none.",
    };
    sentence.to_owned()
}

fn copied(context: &InstructionContext, instruction: &Instruction) -> String {
    let origin = match context.file.copy_from(instruction) {
        Some(CopyFrom::Stage(stage)) => {
            format!("one of the copied files comes out different in {}", context.stage_name(stage))
        }
        Some(CopyFrom::Image(image)) => {
            format!("one of the copied files is different in {}", quoted(image))
        }
        None if instruction.is_remote_add() => "what is downloaded has changed".to_owned(),
        None if !instruction.heredocs.is_empty() => "the text in the heredoc changes".to_owned(),
        None => "one of the copied files changes (its content or its mode, not its date)".to_owned(),
    };
    format!("It makes a layer, rebuilt when {origin}, or when a layer before it changes.")
}
