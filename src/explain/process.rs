//! The process of a container: `CMD`, `ENTRYPOINT`, `HEALTHCHECK`.

use super::phrases::{joined, quoted};
use super::{Details, InstructionContext};
use crate::dockerfile::{Arg, Form, Instruction, Keyword};

pub(super) fn details(context: &InstructionContext, instruction: &Instruction) -> Details {
    let mut details = Details::new(instruction.keyword);
    let name = instruction.keyword.name();
    if let Some(later) = context.overview.next_of_kind.get(context.at).copied().flatten() {
        details.pitfall(format!(
            "Only the last {name} of a stage counts: line {later} has another, so this one has no effect."
        ));
        return details;
    }
    let last = context.file.stages.len().checked_sub(1);
    if context.stage.is_some() && context.stage != context.target.or(last) {
        let other = if context.stage == last { "not the one to build" } else { "not the last" };
        details.pitfall(format!(
            "This stage is {other}: its {name} counts only for a stage or an image that is built on it."
        ));
    }
    match instruction.keyword {
        Keyword::Healthcheck => health(instruction, &mut details),
        Keyword::Entrypoint => {
            if instruction.args.is_empty() {
                details.what = "Takes away the ENTRYPOINT that the stage has from its base.".to_owned();
                details.why = Some(
                    "A container then runs the CMD of this stage, or the arguments after the image's name.",
                );
                return details;
            }
            details.add(&program(instruction));
            let has_cmd = context.facts().and_then(|facts| facts.last_cmd).is_some_and(|at| at < context.at);
            if instruction.form == Form::Shell {
                details.why =
                    Some("The shell gets CMD, or the arguments after the image's name, for `$0` and `$@`.");
                if !takes_arguments(instruction) {
                    details.why = Some("Nothing that `docker run` adds to its end changes what is started.");
                    details.pitfall(match begins_with_exec(instruction) {
                        true => {
                            "In the shell form CMD and the arguments of `docker run` are ignored: write a JSON \
                             array."
                        }
                        false => {
                            "In the shell form CMD and the arguments of `docker run` are ignored, and signals \
                             may reach only the shell, not the program: write a JSON array."
                        }
                    });
                }
            } else if has_cmd {
                details.add("The CMD above gives its arguments.");
            }
        }
        _ => {
            let entrypoint = context.facts().and_then(|facts| facts.entrypoint);
            let entrypoint = entrypoint.and_then(|at| context.file.instructions.get(at));
            match entrypoint {
                Some(entrypoint) => arguments(instruction, entrypoint, &mut details),
                None => {
                    details.add(&program(instruction));
                    if instruction.form == Form::Shell && !begins_with_exec(instruction) {
                        details.pitfall(
                            "In the shell form a signal to stop may reach only the shell, not the program, \
                             which is then killed after ten seconds: write a JSON array, or begin with `exec`.",
                        );
                    }
                }
            }
            details.add("There is one CMD: of several only the last counts.");
        }
    }
    details
}

/// A CMD beside an ENTRYPOINT.
fn arguments(instruction: &Instruction, entrypoint: &Instruction, details: &mut Details) {
    if entrypoint.form == Form::Shell {
        details.what = "Gives arguments to the shell that the ENTRYPOINT starts.".to_owned();
        details.why = Some("An ENTRYPOINT that is a JSON array gets them itself.");
        if !takes_arguments(entrypoint) {
            let line = entrypoint.lines.start();
            details.pitfall(format!(
                "It has no effect: the ENTRYPOINT on line {line} is in the shell form, which takes no arguments."
            ));
        }
        return;
    }
    let arguments = joined_arguments(&instruction.args);
    details.what = match (instruction.form, arguments.is_empty()) {
        (Form::Shell, false) => {
            details.pitfall(
                "In the shell form the program of the ENTRYPOINT gets the name of a shell, `-c` and this text: \
                 write a JSON array.",
            );
            format!("Gives the arguments of the ENTRYPOINT: a shell that runs {arguments}.")
        }
        (_, false) => format!("Gives the arguments of the ENTRYPOINT: {arguments}."),
        (_, true) => "Gives the arguments of the ENTRYPOINT: none.".to_owned(),
    };
}

/// The text of the shell form.
fn shell_text<'i>(instruction: &'i Instruction) -> &'i [u8] {
    instruction.args.first().map(|arg| &*arg.text).unwrap_or_default()
}

fn begins_with_exec(instruction: &Instruction) -> bool {
    shell_text(instruction).trim_ascii_start().starts_with(b"exec ")
}

/// Whether a shell's text uses the arguments that it is given: `exec a "$@"`.
fn takes_arguments(instruction: &Instruction) -> bool {
    let text = shell_text(instruction);
    [&b"$@"[..], b"$*", b"$0", b"${", b"$1"].iter().any(|used| memchr::memmem::find(text, used).is_some())
}

fn joined_arguments(arguments: &[Arg]) -> String {
    let quoted: Vec<String> = arguments.iter().take(20).map(|arg| quoted(&arg.text)).collect();
    joined(&quoted)
}

/// Names the program, and whether a shell runs it.
fn program(instruction: &Instruction) -> String {
    match (instruction.form, &instruction.args[..]) {
        (_, []) => "Here: nothing.".to_owned(),
        (Form::Json, [program]) => format!("Here: {}, without a shell around it.", quoted(&program.text)),
        (Form::Json, [program, rest @ ..]) => {
            let (program, rest) = (quoted(&program.text), joined_arguments(rest));
            format!("Here: {program} with {rest}, without a shell around it.")
        }
        (_, [command, ..]) => format!("Here: {}, by a shell.", quoted(&command.text)),
    }
}

fn health(instruction: &Instruction, details: &mut Details) {
    let kind = instruction.args.first().map(|arg| &*arg.text).unwrap_or_default();
    if kind.eq_ignore_ascii_case(b"NONE") {
        details.what = "Turns off the health check that the base image may have.".to_owned();
        details.why = Some("An engine then knows only whether the program runs.");
        return;
    }
    let value = |name: &str, default: &str| match instruction.flag(name).and_then(|flag| flag.value()) {
        // Nothing of it, as `0` or `0s`, means the default.
        Some(value) if value.iter().any(|b| !b.is_ascii_alphabetic() && *b != b'0') => quoted(value),
        _ => format!("{default} (the default)"),
    };
    details.what = format!(
        "Checks every {} whether the container still works; after {} failures in a row it is unhealthy.",
        value("interval", "30s"),
        value("retries", "3")
    );
    let uses = |name: &[u8]| {
        let words = instruction.args.iter().skip(1);
        let is_end = |b: &u8| b.is_ascii_whitespace() || b"\"'`;|&()".contains(b);
        words
            .flat_map(|arg| arg.text.split(is_end))
            .any(|word| word == name || word.ends_with(&[b"/", name].concat()))
    };
    match [&b"curl"[..], b"wget"].into_iter().find(|name| uses(name)) {
        Some(name) => {
            details
                .pitfall(format!("{} has to be in the image: small images may not have it.", quoted(name)));
        }
        None => details.pitfall("The program that checks has to be in the image."),
    }
}
