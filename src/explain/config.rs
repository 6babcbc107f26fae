//! Instructions that configure the build or the image: `ENV`, `ARG`, `WORKDIR`, `USER`, `EXPOSE` and
//! others.

use super::phrases::{listed, quoted};
use super::{Details, InstructionContext, does};
use crate::dockerfile::{Form, Instruction, Keyword};
use crate::image::StartVariable;

/// Explains one of them.
pub(super) fn details(context: &InstructionContext, instruction: &Instruction) -> Details {
    let mut details = Details { what: does(instruction.keyword).to_owned(), ..Details::default() };
    let first = instruction.args.first().map(|arg| quoted(&arg.text));
    let is = |details: &mut Details, text: &str| {
        if let Some(first) = &first {
            details.what.push_str(&format!(" {text} {first}."));
        }
    };
    match instruction.keyword {
        Keyword::Env => env(context, instruction, &mut details),
        Keyword::Arg => arg(context, instruction, &mut details),
        Keyword::Label => {
            let names = listed(instruction.pairs().map(|(name, _)| &*name.text));
            details.what.push_str(&format!(" Here: {names}."));
            legacy(instruction, &mut details);
        }
        Keyword::Workdir => {
            is(&mut details, "Here:");
            let relative = instruction
                .args
                .first()
                .is_some_and(|arg| !arg.text.starts_with(b"/") && !arg.text.starts_with(b"$"));
            if relative {
                details.pitfalls.push(
                    "The path does not start with `/`: it is below the WORKDIR before it, which may be the \
                     base image's."
                        .to_owned(),
                );
            }
        }
        Keyword::Expose => {
            let ports = listed(instruction.args.iter().map(|arg| &*arg.text));
            details.what.push_str(&format!(" Here: {ports}."));
            details.pitfalls.push(
                "It publishes nothing: `docker run -p 8888:5000` does, or `ports` in the compose file."
                    .to_owned(),
            );
        }
        Keyword::User => {
            is(&mut details, "From here:");
            let is_root = instruction.args.first().is_some_and(|arg| matches!(&*arg.text, b"root" | b"0"));
            if !is_root {
                details
                    .pitfalls
                    .push("That user has to exist, and needs permission to read what was copied.".to_owned());
            }
        }
        Keyword::Volume => {
            let folders = listed(instruction.args.iter().map(|arg| &*arg.text));
            details.what.push_str(&format!(" Here: {folders}."));
            details.pitfalls.push(
                "What the build writes there afterwards is lost with the classic builder; BuildKit keeps it."
                    .to_owned(),
            );
        }
        Keyword::Stopsignal | Keyword::Maintainer => is(&mut details, "Here:"),
        Keyword::Shell => {
            let words = listed(instruction.args.iter().map(|arg| &*arg.text));
            details.what.push_str(&format!(" Here: {words}."));
        }
        Keyword::Onbuild => {
            if let Some(trigger) = &instruction.onbuild {
                details.what.push_str(&format!(
                    " Kept here: a {}. {}",
                    trigger.keyword.name(),
                    does(trigger.keyword)
                ));
            }
        }
        _ => {}
    }
    details
}

/// `ENV name value`.
fn legacy(instruction: &Instruction, details: &mut Details) {
    if instruction.form == Form::LegacyPair {
        let name = instruction.keyword.name();
        details.pitfalls.push(format!(
            "`{name} name value` is the old form, which takes the rest of the line: write `{name} name=value`."
        ));
    }
}

fn env(context: &InstructionContext, instruction: &Instruction, details: &mut Details) {
    let names = || instruction.pairs().map(|(name, _)| &*name.text);
    let sets = |variable| names().any(|name| StartVariable::named(name) == Some(variable));
    details.what.push_str(&format!(" Here: {}.", listed(names())));
    legacy(instruction, details);
    if sets(StartVariable::InitSystem) {
        details.pitfalls.push(match context.family() {
            Some(family) if StartVariable::InitSystem.is_read_by(family) => {
                "`INITSYSTEM` starts systemd in the container in resin's base images only: the balena \
                 images that followed ignore it."
                    .to_owned()
            }
            _ => {
                "`INITSYSTEM` has no effect here: only resin's base images read it; later balena images and \
                 Docker's own do not."
                    .to_owned()
            }
        });
    }
    if sets(StartVariable::Udev) {
        details.pitfalls.push(match context.family() {
            Some(family) if StartVariable::Udev.is_read_by(family) => {
                "`UDEV` is read by the entrypoint of balena's base images: with `on` or `1` devices that are \
                 plugged in later show up in `/dev`. Other base images ignore it."
                    .to_owned()
            }
            _ => "`UDEV` is read by balena's base images (`balenalib/`) only.".to_owned(),
        });
    }
}

fn arg(context: &InstructionContext, instruction: &Instruction, details: &mut Details) {
    let names = instruction.args.iter().map(|arg| arg.text.split(|&b| b == b'=').next().unwrap_or_default());
    details.what.push_str(&format!(" Here: {}.", listed(names)));
    if context.stage.is_none() {
        details.what.push_str(" Before the first FROM it is for FROM alone.");
        details.pitfalls.push(
            "Inside a stage it is undefined until the stage declares an ARG of the same name.".to_owned(),
        );
    }
}
