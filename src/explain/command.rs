//! What a `RUN` does, and the pitfalls of package managers.

use super::phrases::{listed, quoted};
use super::{Details, InstructionContext};
use crate::dockerfile::{Dockerfile, Form, Instruction, Keyword};
use crate::image::Family;
use crate::shell::{
    self, APT_LISTS, INSTALL_PACKAGES, ShellCommand, is_pinned, pip_packages, requirement_files,
};

/// Names of programs that a sentence is made from.
const MOST_PROGRAMS: usize = 20;

/// Whether a `RUN` installs the dependencies that a file of the project lists.
pub(super) fn installs_dependencies(file: &Dockerfile, instruction: &Instruction) -> bool {
    instruction.keyword == Keyword::Run
        && shell::commands(file, instruction).iter().any(|command| command.dependency_file().is_some())
}

pub(super) fn details(context: &InstructionContext, instruction: &Instruction) -> Details {
    let mut details = Details::default();
    let commands = shell::commands(context.file, instruction);
    let programs = programs(&commands);
    details.what = match (&instruction.form, instruction.heredocs.is_empty(), programs.is_empty()) {
        (Form::Json, _, _) => "Runs this program directly, without a shell, and keeps the files that it \
                               changed."
            .to_owned(),
        (_, false, _) => {
            "Runs the script in the lines below, and keeps the files that it changed.".to_owned()
        }
        (_, _, true) => super::does(Keyword::Run).to_owned(),
        _ => {
            let names = listed(programs.iter().map(|name| name.as_bytes()));
            format!("Runs {names} in the image as it is so far, and keeps the files that were changed.")
        }
    };
    if let Some(mount) = instruction.flag("mount").and_then(|flag| flag.value()) {
        details.add(&format!(
            "The `--mount` ({}) exists while it runs, and is not part of the image.",
            quoted(mount)
        ));
    }
    apt(&commands, &mut details);
    python(context, instruction, &commands, &mut details);
    others(context, &commands, &mut details);
    details
}

/// The programs that are run, as far as the first word of a command shows.
fn programs(commands: &[ShellCommand]) -> Vec<&str> {
    const KEYWORDS: [&str; 14] =
        ["if", "then", "else", "fi", "for", "do", "done", "while", "case", "esac", "set", "in", "\\", "}"];
    let mut programs: Vec<&str> = Vec::new();
    for command in commands {
        let Some(first) = command.words.iter().find(|word| word.text != "{") else { continue };
        let name = &*first.text;
        let is_syntax =
            KEYWORDS.contains(&name) || name.contains(['=', '$', '"', '\'', '<', '>', '[', '!', '#']);
        if !is_syntax && !programs.contains(&name) && programs.len() < MOST_PROGRAMS {
            programs.push(name);
        }
    }
    programs
}

fn apt(commands: &[ShellCommand], details: &mut Details) {
    let runs = |verb: &str| commands.iter().any(|command| command.apt(verb).is_some());
    let (update, install) = (runs("update"), runs("install"));
    if update && !install {
        details.pitfall(
            "An update by itself stays in the cache: a later RUN then installs from an old list, or fails \
             because a package is gone. Put update and install into one RUN, with && in between.",
        );
    }
    if install && !update {
        details.pitfall(
            "It installs without `apt-get update` in the same RUN: the list of packages is as old as the \
             layer it came with, or missing.",
        );
    }
    let cleans = |command: &ShellCommand| {
        command.is_program(&["rm"]) && command.words.iter().any(|word| word.text.starts_with(APT_LISTS))
    };
    if install && !commands.iter().any(cleans) {
        details.pitfall("The lists of packages stay in the layer: end with `rm -rf /var/lib/apt/lists/*` in the same RUN; \
             a later one would not make the image smaller.");
    }
    if commands.iter().any(|command| command.apt("install").is_some() && !command.answers_apt()) {
        details.pitfall("Nobody can answer its questions: `apt-get install` needs `-y`.");
    }
}

fn python(
    context: &InstructionContext,
    instruction: &Instruction,
    commands: &[ShellCommand],
    details: &mut Details,
) {
    let Some(arguments) = commands.iter().find_map(ShellCommand::pip_install) else { return };
    let is_mounted = instruction
        .flags
        .iter()
        .any(|flag| flag.value().is_some_and(|value| value.starts_with(b"type=cache")));
    if !has_word(commands, "--no-cache-dir") && !is_mounted {
        details.pitfall("pip keeps what it downloads in the layer: `--no-cache-dir` leaves it out.");
    }
    if !requirement_files(arguments).is_empty() {
        if let Some(line) = context.whole_copy_before() {
            details.pitfall(format!(
                "All files are copied before it, on line {line}: when any of them changes, this runs again. \
                 Copy the list of requirements separately first."
            ));
        }
        let is_after_copy =
            context.facts().and_then(|facts| facts.first_copy).is_some_and(|at| at < context.at);
        if !is_after_copy && instruction.flag("mount").is_none() && context.is_on_image() {
            details
                .pitfall("No file was copied before it: the list of requirements is not in the image yet.");
        }
        details.pitfall("Versions pinned in that list (`Flask==3.1.3`) give the same image next year.");
        return;
    }
    let mut unpinned = pip_packages(arguments);
    unpinned.retain(|word| word.text != "pip" && !is_pinned(&word.text));
    if !unpinned.is_empty() {
        let names = listed(unpinned.iter().map(|word| word.text.as_bytes()));
        details.pitfall(format!(
            "No version is pinned for {names}: another day gives another image. Write `name==1.2.3`."
        ));
    }
}

fn has_word(commands: &[ShellCommand], wanted: &str) -> bool {
    commands.iter().flat_map(|command| &command.words).any(|word| word.text == wanted)
}

fn others(context: &InstructionContext, commands: &[ShellCommand], details: &mut Details) {
    let adds = commands.iter().any(|command| command.arguments_of(&["apk"], "add").is_some());
    if adds && !has_word(commands, "--no-cache") {
        details.pitfall("apk keeps its index in the layer: `apk add --no-cache` leaves it out.");
    }
    if commands.iter().any(|command| command.is_program(&[INSTALL_PACKAGES])) {
        details.pitfall(match context.family() {
            Some(Family::Balenalib) => {
                "`install_packages` is balena's: it updates, installs and cleans up in one. Other base images \
                 do not have it."
                    .to_owned()
            }
            _ => "`install_packages` exists only in balena's base images (`balenalib/`).".to_owned(),
        });
    }
    if commands.last().and_then(|command| command.words.first()).is_some_and(|word| word.text == "cd") {
        details.pitfall("`cd` holds for this RUN only: WORKDIR holds for all that follow.");
    }
}
