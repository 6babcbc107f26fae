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
    if let Some(stage) = context.stage
        && stage + 1 < context.file.stages.len()
    {
        details.pitfall(format!(
            "This stage is not the last: its {name} counts only for a stage or an image that is built on it."
        ));
    }
    match instruction.keyword {
        Keyword::Healthcheck => health(instruction, &mut details),
        Keyword::Entrypoint => {
            details.add(&program(instruction));
            let has_cmd = context.facts().and_then(|facts| facts.first_cmd).is_some_and(|at| at < context.at);
            if instruction.form == Form::Shell {
                details.pitfall(
                    "In the shell form CMD and the arguments of `docker run` are ignored, and signals reach \
                     the shell, not the program: write a JSON array.",
                );
            } else if has_cmd {
                details.add("The CMD above gives its arguments.");
            }
        }
        _ => {
            if context.facts().is_some_and(|facts| facts.has_entrypoint) {
                let arguments = joined_arguments(&instruction.args);
                let arguments = if arguments.is_empty() { "none" } else { &arguments };
                details.what = format!("Gives the arguments of the ENTRYPOINT: {arguments}.");
            } else {
                details.add(&program(instruction));
            }
            if instruction.form == Form::Shell {
                details.pitfall(
                    "In the shell form a signal to stop reaches the shell, not the program, which is then \
                     killed after ten seconds: write a JSON array, or begin with `exec`.",
                );
            }
            details.add("There is one CMD: of several only the last counts.");
        }
    }
    details
}

fn joined_arguments(arguments: &[Arg]) -> String {
    let quoted: Vec<String> = arguments.iter().take(20).map(|arg| quoted(&arg.text)).collect();
    joined(&quoted)
}

/// Names the program, and whether a shell runs it.
fn program(instruction: &Instruction) -> String {
    match (instruction.form, &instruction.args[..]) {
        (_, []) => "Here: nothing.".to_owned(),
        (Form::Json, [program]) => format!("Here: {}, without a shell.", quoted(&program.text)),
        (Form::Json, [program, rest @ ..]) => {
            format!("Here: {} with {}, without a shell.", quoted(&program.text), joined_arguments(rest))
        }
        (_, [command, ..]) => format!("Here: {}, by a shell.", quoted(&command.text)),
    }
}

fn health(instruction: &Instruction, details: &mut Details) {
    let kind = instruction.args.first().map(|arg| &*arg.text).unwrap_or_default();
    if kind.eq_ignore_ascii_case(b"NONE") {
        details.what = "Turns off the health check that the base image may have.".to_owned();
        return;
    }
    let value = |name: &str, default: &str| match instruction.flag(name).and_then(|flag| flag.value()) {
        Some(value) => quoted(value),
        None => format!("{default} (the default)"),
    };
    details.what = format!(
        "Checks every {} whether the container still works; after {} failures in a row it is unhealthy.",
        value("interval", "30s"),
        value("retries", "3")
    );
    details.pitfall("The program that checks has to be in the image: small images have no `curl`.");
}
