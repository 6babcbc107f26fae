//! Instructions that configure the build or the image: `ENV`, `ARG`, `WORKDIR`, `USER`, `EXPOSE` and
//! others.

use super::phrases::{is_relative, listed, quoted};
use super::{Details, InstructionContext, arguments, does};
use crate::dockerfile::{Form, Instruction, Keyword};
use crate::image::StartVariable;

pub(super) fn details(context: &InstructionContext, instruction: &Instruction) -> Details {
    let mut details = Details::new(instruction.keyword);
    let first = instruction.args.first().map(|arg| &*arg.text);
    if matches!(instruction.keyword, Keyword::Expose | Keyword::Volume | Keyword::Shell) {
        details.add(&format!("Here: {}.", listed(instruction.args.iter().map(|arg| &*arg.text))));
    }
    if instruction.keyword == Keyword::Stopsignal && first.is_some_and(cannot_be_handled) {
        details.why = Some("No program can handle this signal: the program is killed at once.");
    }
    match instruction.keyword {
        Keyword::Env => env(context, instruction, &mut details),
        Keyword::Arg => arguments::details(context, instruction, &mut details),
        Keyword::Label => pairs(instruction, &mut details),
        Keyword::Workdir if first.is_some_and(is_relative) => details.pitfall(
            "The path does not start with `/`: it is below the WORKDIR before it, which may be the base \
             image's.",
        ),
        Keyword::Expose => details
            .pitfall("It publishes nothing: `docker run -p 8888:5000` does, or `ports` in the compose file."),
        Keyword::User => details.pitfalls.extend(first.and_then(user)),
        Keyword::Volume => details.pitfall(
            "What the build writes there afterwards is lost with the classic builder; BuildKit keeps it.",
        ),
        _ => {}
    }
    let only_argument = match instruction.keyword {
        Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer => "Here:",
        Keyword::User => "From here:",
        _ => "",
    };
    if let Some(first) = first.filter(|_| !only_argument.is_empty()) {
        details.add(&format!("{only_argument} {}.", quoted(first)));
    }
    if let Some(trigger) = &instruction.onbuild {
        details.add(&format!("Kept here: {}. {}", trigger.keyword.name(), does(trigger.keyword)));
    }
    details
}

/// Whether a signal ends a program without asking it.
fn cannot_be_handled(signal: &[u8]) -> bool {
    signal == b"9" || signal.eq_ignore_ascii_case(b"KILL") || signal.eq_ignore_ascii_case(b"SIGKILL")
}

/// What a user needs.
fn user(name: &[u8]) -> Option<String> {
    let name = name.split(|&b| b == b':').next().unwrap_or_default();
    // A number needs no entry in `/etc/passwd`; what a variable stands for is not known.
    let has_to_exist = match name {
        b"root" | b"0" => return None,
        _ if name.contains(&b'$') => return None,
        _ => !name.iter().all(u8::is_ascii_digit),
    };
    let needs = "needs permission to read what was copied.";
    Some(if has_to_exist {
        format!("That user has to exist, and {needs}")
    } else {
        format!("That user {needs}")
    })
}

/// Explains the names of an `ENV` or a `LABEL`.
fn pairs(instruction: &Instruction, details: &mut Details) {
    details.add(&format!("Here: {}.", listed(instruction.pairs().map(|(name, _)| &*name.text))));
    if instruction.form == Form::LegacyPair {
        let name = instruction.keyword.name();
        details.pitfall(format!(
            "`{name} name value` is the old form, which takes the rest of the line: write `{name} name=value`."
        ));
    }
}

fn env(context: &InstructionContext, instruction: &Instruction, details: &mut Details) {
    pairs(instruction, details);
    if !context.is_in_image() {
        details.why = Some(
            "They are for this stage, and for stages that are built on it: the image does not have them.",
        );
    }
    let sets =
        |variable| instruction.pairs().any(|(name, _)| StartVariable::named(&name.text) == Some(variable));
    let is_read =
        |variable: StartVariable| context.family().is_some_and(|family| variable.is_read_by(family));
    if sets(StartVariable::InitSystem) {
        details.pitfall(match context.family() {
            Some(_) if is_read(StartVariable::InitSystem) => {
                "`INITSYSTEM` starts systemd in the container in resin's base images only: the balena images \
                 that followed ignore it."
            }
            Some(_) => {
                "`INITSYSTEM` has no effect here, unless a program of yours reads it: only resin's base images \
                 do; later balena images and Docker's own do not."
            }
            None => "Of balena's base images only the older ones, resin's, read `INITSYSTEM`.",
        });
    }
    if sets(StartVariable::Udev) {
        let replaced = context.facts().is_some_and(|facts| facts.replaces_entrypoint);
        details.pitfall(if is_read(StartVariable::Udev) && replaced {
            "`UDEV` is read by the entrypoint of balena's base images. That entrypoint does not run here."
        } else if is_read(StartVariable::Udev) {
            "`UDEV` is read by the entrypoint of balena's base images: with `on` or `1` devices that are \
             plugged in later show up in `/dev`. Docker's own base images ignore it."
        } else {
            "`UDEV` is read by balena's base images (`balenalib/`), not by Docker's own."
        });
    }
}

/// Whether another program than `/usr/bin/entry.sh` of balena's base images starts, with this body of a stage and
/// this ENTRYPOINT at its end.
pub(super) fn replaces_entrypoint(body: &[Instruction], entrypoint: Option<&Instruction>) -> bool {
    const OWN: &[u8] = b"/usr/bin/entry.sh";
    let Some(entrypoint) = entrypoint else { return false };
    let is_copied = body.iter().any(|found| {
        matches!(found.keyword, Keyword::Copy | Keyword::Add)
            && found.args.last().is_some_and(|destination| *destination.text == *OWN)
    });
    is_copied || !entrypoint.args.iter().any(|arg| memchr::memmem::find(&arg.text, OWN).is_some())
}
