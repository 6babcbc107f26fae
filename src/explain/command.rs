//! What a `RUN` does: which programs it starts, and what is mounted for it.

use super::mounts::Mounts;
use super::packages;
use super::phrases::{joined, listed, quoted};
use super::{Details, InstructionContext};
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::shell::{self, OF_THE_SHELL, RunBy, ShellCommand, run_by, whole_heredoc};

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
    details.what = what(context, instruction, &commands);
    if !context.is_in_image() {
        details.why = Some("What it changes stays in this stage, and is no part of the image by itself.");
    }
    mounted(instruction, &mut details);
    packages::pitfalls(context, instruction, &commands, &mut details);
    if commands.iter().max_by_key(|command| command.span().end).is_some_and(|last| last.is_program(&["cd"])) {
        details.pitfall("`cd` holds for this RUN only: WORKDIR holds for all that follow.");
    }
    details
}

fn what(context: &InstructionContext, instruction: &Instruction, commands: &[ShellCommand]) -> String {
    let keeps = "keeps the files that were changed";
    let is_script = whole_heredoc(instruction).is_some();
    let has_input = !instruction.heredocs.is_empty() && !is_script;
    // What a shell reads from a heredoc is in the lines below, not in the command.
    let is_below = |command: &&ShellCommand| {
        has_input && instruction.heredocs.iter().any(|below| below.content.contains(&command.span().start))
    };
    let (below, commands): (Vec<&ShellCommand>, Vec<&ShellCommand>) = commands.iter().partition(is_below);
    let name = |commands: &[&ShellCommand]| listed(programs(commands).iter().map(|name| name.as_bytes()));
    let (names, names_below) = (name(&commands), name(&below));
    match run_by(context.file, instruction) {
        RunBy::Itself => match instruction.args.first() {
            Some(program) => {
                format!("Runs {} without a shell around it, and {keeps}.", quoted(&program.text))
            }
            None => super::does(Keyword::Run).to_owned(),
        },
        RunBy::Other(name) => {
            let with =
                if name.is_empty() { String::new() } else { format!(" with {}", quoted(name.as_bytes())) };
            let script = if is_script { "the script in the lines below" } else { "a command" };
            format!("Runs {script}{with}, and {keeps}.")
        }
        RunBy::Shell if is_script => {
            let with = if names.is_empty() { String::new() } else { format!(", which has {names} in it") };
            format!("Runs the script in the lines below{with}, and {keeps}.")
        }
        RunBy::Shell if names.is_empty() => super::does(Keyword::Run).to_owned(),
        RunBy::Shell => {
            let below = match (has_input, names_below.is_empty()) {
                (false, _) => String::new(),
                (true, true) => ", with the lines below as input,".to_owned(),
                (true, false) => {
                    format!(", with the lines below as input, which have {names_below} in them,")
                }
            };
            // Which branch is taken is not known here.
            let runs = if commands.iter().any(|command| command.is_optional) {
                "Runs a script that has"
            } else {
                "Runs"
            };
            let inside = if runs == "Runs" { "" } else { " in it," };
            format!("{runs} {names}{inside}{below} in the image as it is so far, and {keeps}.")
        }
    }
}

/// The programs that are run, by the name that each command gives.
fn programs<'c>(commands: &[&'c ShellCommand]) -> Vec<&'c str> {
    let mut programs: Vec<&'c str> = Vec::new();
    for command in commands {
        let Some((name, words)) = command.program() else { continue };
        // The path says more than the name.
        let written = command.words.iter().rev().nth(words.len()).map_or(name, |word| &*word.text);
        let written = if written.contains(['$', '`']) { name } else { written };
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+');
        let fits = !OF_THE_SHELL.contains(&name) && !name.is_empty() && written.chars().all(is_name);
        if fits && !programs.contains(&written) && programs.len() < MOST_PROGRAMS {
            programs.push(written);
        }
    }
    programs
}

fn mounted(instruction: &Instruction, details: &mut Details) {
    let flags = instruction.flags.iter().filter(|flag| flag.name() == b"mount");
    let values: Vec<String> = flags.filter_map(|flag| flag.value()).take(5).map(quoted).collect();
    match &values[..] {
        [] => {}
        [only] => details.add(&format!(
            "The `--mount` ({only}) exists while it runs, and what is in it is not part of the image."
        )),
        several => details.add(&format!(
            "The mounts ({}) exist while it runs, and what is in them is not part of the image.",
            joined(several)
        )),
    }
    if Mounts::of(instruction).has_bind {
        details.add("Changes in a mount of the kind `bind` are not kept.");
    }
}
