//! The commands of an instruction: which of its texts are a shell's script at all.

use super::case::{CaseBranch, ShellCase};
use super::command::{SHELLS, ScriptSource, ShellCommand};
use super::reader::{Found, Reader};
use super::script::Script;
use super::word::{Word, base, is_assignment};
use crate::dockerfile::{Arg, Dockerfile, Form, Instruction};
use crate::source::Span;

/// What runs the text of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunBy {
    /// Nothing: it is a program with its arguments.
    Itself,
    /// A shell whose language this module reads.
    Shell,
    /// Another program, which reads another language: by its name, if it is known.
    Other(String),
}

/// What runs the text of a `RUN`, `CMD` or `ENTRYPOINT`.
pub fn run_by(file: &Dockerfile, instruction: &Instruction) -> RunBy {
    if instruction.form == Form::Json {
        return RunBy::Itself;
    }
    if let Some(heredoc) = whole_heredoc(instruction) {
        let content = file.bytes(&heredoc);
        // BuildKit writes it into a file and starts that.
        if content.starts_with(b"#!") {
            return shebang(content);
        }
    }
    let Some(shell) = file.shell_of(instruction) else { return RunBy::Shell };
    let names: Vec<String> =
        shell.args.iter().map(|arg| base(&String::from_utf8_lossy(&arg.text)).to_owned()).collect();
    match names.iter().any(|name| SHELLS.contains(&&**name)) {
        true => RunBy::Shell,
        false => RunBy::Other(names.into_iter().next().unwrap_or_default()),
    }
}

/// What the first line of a file names to run it: `#!/usr/bin/env bash` the command `/usr/bin/env bash`, with its
/// places in the file. None without such a line.
pub fn interpreter(content: &[u8]) -> Option<ShellCommand> {
    let line = content.strip_prefix(b"#!")?.split(|&b| b == b'\n').next()?;
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(start) = line.get(at..)?.iter().position(|b| !b.is_ascii_whitespace()) {
        let start = at + start;
        let rest = line.get(start..)?;
        at = start + rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let text = String::from_utf8_lossy(line.get(start..at)?).into_owned();
        words.push(Word { text, span: start + 2..at + 2 });
    }
    (!words.is_empty()).then(|| ShellCommand { words, ..ShellCommand::default() })
}

/// The heredoc that is all there is: `RUN <<EOF`. It is not the input of a command, but the script.
pub fn whole_heredoc(instruction: &Instruction) -> Option<Span> {
    match (&instruction.args[..], &instruction.heredocs[..]) {
        ([arg], [heredoc]) if arg.span == heredoc.span => Some(heredoc.content.clone()),
        _ => None,
    }
}

/// `#!/bin/sh`, `#!/usr/bin/env python3`, `#!/usr/bin/env -S bash -e`.
fn shebang(content: &[u8]) -> RunBy {
    let command = interpreter(content).unwrap_or_default();
    let name = command.program().map_or("", |(name, _)| name);
    if SHELLS.contains(&name) { RunBy::Shell } else { RunBy::Other(name.to_owned()) }
}

/// The commands of an instruction, in the order in which they are written, those in its heredocs among
/// them. Where another program than a shell reads the text, there are none.
pub fn commands(file: &Dockerfile, instruction: &Instruction) -> Vec<ShellCommand> {
    ordered(read(file, instruction))
}

/// The commands of a text that a shell reads, such as a file of the project; places in them are in the text. None
/// where it is nested too deep to be read.
pub fn commands_in(text: &[u8]) -> Option<Vec<ShellCommand>> {
    let mut found = Found::of(text.len());
    let mut script = Script::default();
    script.push(text, 0);
    Reader::new(&script, &mut found).list(false);
    (!found.gave_up).then(|| ordered(found))
}

/// The program that an instruction in its JSON form starts, as it is written: of `["bash", "-c", "make"]` the shell,
/// of which [`commands`] has only what it runs.
pub fn program_of(instruction: &Instruction) -> Option<ShellCommand> {
    let is_json = instruction.form == Form::Json && !instruction.args.is_empty();
    is_json.then(|| started(words_of(&instruction.args)))
}

/// A program with its arguments as a command.
pub fn started(words: Vec<Word>) -> ShellCommand {
    let mut command = ShellCommand { words, ..ShellCommand::default() };
    command.is_script_read = matches!(command.script(), ScriptSource::Word(_));
    command
}

fn words_of(args: &[Arg]) -> Vec<Word> {
    let word =
        |arg: &Arg| Word { text: String::from_utf8_lossy(&arg.text).into_owned(), span: arg.span.clone() };
    args.iter().map(word).collect()
}

/// The commands of a program with its arguments: of `sh -c "..."` those in the text, each at the place of that
/// word.
pub fn commands_of(words: Vec<Word>) -> Vec<ShellCommand> {
    let mut found = Found::of(words.iter().map(|word| word.text.len()).sum());
    let command = ShellCommand { words, ..ShellCommand::default() };
    match command.script() {
        ScriptSource::Word(at) => {
            let Some(word) = command.words.get(at) else { return Vec::new() };
            let script = Script::at(word.text.clone().into_bytes(), word.span.clone());
            Reader::new(&script, &mut found).list(false);
        }
        _ if command.words.is_empty() => {}
        _ => found.commands.push(command),
    }
    ordered(found)
}

/// The `case`s of an instruction, but for those in expansions and in quotes.
pub fn cases(file: &Dockerfile, instruction: &Instruction) -> Vec<ShellCase> {
    read(file, instruction).cases
}

impl CaseBranch {
    /// The commands of the branch.
    pub fn commands(&self, file: &Dockerfile) -> Vec<ShellCommand> {
        let mut found = Found::of(self.body.len());
        let mut script = Script::of_pieces(file, &self.body);
        if script.text().is_empty() {
            script = Script::of_lines(file, &self.body);
        }
        Reader::new(&script, &mut found).list(false);
        ordered(found)
    }
}

/// Reads the scripts of an instruction.
fn read(file: &Dockerfile, instruction: &Instruction) -> Found {
    let heredocs: usize = instruction.heredocs.iter().map(|heredoc| heredoc.content.len()).sum();
    let args: usize = instruction.args.iter().map(|arg| arg.text.len()).sum();
    let mut found = Found::of(args + heredocs);
    match run_by(file, instruction) {
        RunBy::Other(_) => {}
        RunBy::Itself => program(file, instruction, &mut found),
        RunBy::Shell => match whole_heredoc(instruction) {
            Some(content) => Reader::new(&Script::of_lines(file, &content), &mut found).list(false),
            None => {
                for arg in &instruction.args {
                    let script = Script::of_argument(file, &arg.text, &arg.span);
                    Reader::of_instruction(&script, instruction, &mut found).list(false);
                }
                // A heredoc is the input of one command: it is read once.
                for at in std::mem::take(&mut found.scripts) {
                    let Some(heredoc) = instruction.heredocs.get(at) else { continue };
                    Reader::new(&Script::of_lines(file, &heredoc.content), &mut found).list(false);
                }
            }
        },
    }
    if found.gave_up { Found::default() } else { found }
}

/// The commands without calls of functions, in the order of their programs.
fn ordered(found: Found) -> Vec<ShellCommand> {
    let Found { mut commands, functions, gave_up, .. } = found;
    if gave_up {
        return Vec::new();
    }
    let is_call = |command: &ShellCommand| {
        let first = command.words.iter().find(|word| !is_assignment(&word.text));
        first.is_some_and(|first| functions.contains(&first.text))
    };
    commands.retain(|command| !is_call(command));
    commands.sort_by_key(|command| {
        let program = command.program_at().and_then(|(at, _)| command.words.get(at));
        let first = program.or(command.words.first()).or(command.redirected.first());
        first.map_or(0, |word| word.span.start)
    });
    commands
}

/// A program with its arguments; of `["sh", "-c", "..."]` the commands in the last.
fn program(file: &Dockerfile, instruction: &Instruction, found: &mut Found) {
    let command = ShellCommand { words: words_of(&instruction.args), ..ShellCommand::default() };
    match command.script() {
        ScriptSource::Word(at) => {
            let Some(arg) = instruction.args.get(at) else { return };
            let script = Script::of_json(file, &arg.text, &arg.span);
            Reader::new(&script, found).list(false);
        }
        _ if command.words.is_empty() => {}
        _ => found.commands.push(command),
    }
}
