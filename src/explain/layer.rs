//! Which instructions make a layer, and what makes it anew.

use super::Here;
use super::words::quoted;
use crate::dockerfile::{Instruction, Keyword, Stage};

/// A sentence about the layer of an instruction.
pub(super) fn of(here: &Here, instruction: &Instruction) -> String {
    let sentence = match instruction.keyword {
        Keyword::From => match here.stage.map(|stage| &here.file.stages[stage]) {
            Some(Stage { from: Some(_), .. }) => {
                "It adds no layer of its own: those of the earlier stage are taken, and when one of them is \
                 made anew, so is all that follows."
            }
            Some(stage) if &*stage.base.text == b"scratch" => "There is no layer yet.",
            _ => {
                "The layers of the base image come first. When its name stands for another image than at the \
                 last build, all that follows is built anew."
            }
        },
        Keyword::Run => {
            "It makes a layer, built anew when the text of the command or a layer before it changes, and not \
             because what it downloads has changed."
        }
        Keyword::Copy | Keyword::Add => return copied(here, instruction),
        Keyword::Workdir => {
            "It makes a layer only where the folder has to be made. Another folder means that the commands \
             that follow are run anew."
        }
        Keyword::Env => {
            "It makes no layer, but is part of what the commands behind it see: with another value they are \
             run anew."
        }
        Keyword::Arg if here.stage.is_none() => {
            "It makes no layer. With another value the FROM that uses it gets another image."
        }
        Keyword::Arg => {
            "It makes no layer. The commands behind it see it: with another value they are run anew, so it \
             stands best right before the first that needs it."
        }
        Keyword::User | Keyword::Shell => {
            "It makes no layer, but changes how the commands behind it are run: they are run anew when it changes."
        }
        Keyword::Onbuild => "It makes no layer here, but one in the image that is built from this one.",
        _ => "It only describes the image: it makes no layer, and changing it rebuilds none.",
    };
    sentence.to_owned()
}

fn copied(here: &Here, instruction: &Instruction) -> String {
    let origin = match here.file.copy_from(instruction) {
        Some(crate::dockerfile::CopyFrom::Stage(stage)) => {
            format!("one of the copied files comes out different in {}", stage_name(here, stage))
        }
        Some(crate::dockerfile::CopyFrom::Image(image)) => {
            format!("one of the copied files is different in {}", quoted(image))
        }
        None if super::files::is_remote(instruction) => "what is fetched has changed".to_owned(),
        None if !instruction.heredocs.is_empty() => "the text in the heredoc changes".to_owned(),
        None => "one of the copied files changes (its content or its mode, not its date)".to_owned(),
    };
    format!("It makes a layer, built anew when {origin}, or when a layer before it changes.")
}

/// How a stage is called: `stage 0`, or with its name.
pub(super) fn stage_name(here: &Here, stage: usize) -> String {
    match here.file.stages.get(stage).and_then(|stage| stage.name.as_ref()) {
        Some(name) => format!("the stage {}", quoted(name.text.as_bytes())),
        None => format!("stage {stage}"),
    }
}
