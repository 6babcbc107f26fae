//! The commands in a `RUN`, word by word, each with its place in the file.
//!
//! This is no shell: quotes, continuations and what separates commands are all that it knows. That is
//! enough to see that `pip install` is run, and with which arguments.

mod case;
mod dependencies;
mod package_manager;

use std::borrow::Cow;

use crate::dockerfile::{Dockerfile, Form, Instruction};
use crate::source::Span;

pub use case::{CaseBranch, ShellCase, cases};
pub use dependencies::{is_dependency_file, is_pinned, pip_packages, requirement_files};
pub use package_manager::{APT, APT_INSTALLING, APT_LISTS, INSTALL_PACKAGES, INSTALLERS, PackageManager};

#[derive(Clone, Debug)]
pub struct Word {
    /// Without its quotes.
    pub text: String,
    /// With them.
    pub span: Span,
}

/// A command: a program and its arguments.
#[derive(Clone, Debug, Default)]
pub struct ShellCommand {
    pub words: Vec<Word>,
}

/// Words in front of a program that are none.
const BEFORE: [&str; 16] = [
    "if", "then", "else", "elif", "do", "while", "until", "!", "{", "(", "sudo", "exec", "time", "nice",
    "env", "command",
];

impl ShellCommand {
    /// The program and its arguments, without what is in front: `sudo`, `if`, `NAME=value`.
    pub fn program(&self) -> Option<(&str, &[Word])> {
        let at = self.words.iter().position(|word| {
            !BEFORE.contains(&&*word.text) && !is_assignment(&word.text) && !word.text.starts_with('-')
        })?;
        let name = self.words[at].text.rsplit('/').next().unwrap_or_default();
        Some((name, &self.words[at + 1..]))
    }

    pub fn is_program(&self, programs: &[&str]) -> bool {
        self.program().is_some_and(|(name, _)| programs.contains(&name))
    }

    /// The arguments of a program after one of its own commands: `apt-get -y install`.
    pub fn arguments_of(&self, programs: &[&str], command: &str) -> Option<&[Word]> {
        let (program, words) = self.program()?;
        if !programs.contains(&program) {
            return None;
        }
        let at = words.iter().position(|word| !word.text.starts_with('-'))?;
        (words[at].text == command).then(|| &words[at + 1..])
    }

    pub fn span(&self) -> Span {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => first.span.start..last.span.end,
            _ => 0..0,
        }
    }
}

/// The commands of an instruction, those in its heredocs among them.
pub fn commands(file: &Dockerfile, instruction: &Instruction) -> Vec<ShellCommand> {
    let mut commands = Vec::new();
    match instruction.form {
        Form::Json => {
            let words = instruction.args.iter();
            let words = words.map(|arg| Word {
                text: String::from_utf8_lossy(&arg.text).into_owned(),
                span: arg.span.clone(),
            });
            let command = ShellCommand { words: words.collect() };
            match command.words.iter().skip_while(|word| word.text != "-c").nth(1) {
                // `["sh", "-c", "..."]`: the quotes around it are one byte each.
                Some(word) if word.span.len() > 2 => {
                    split(file, word.span.start + 1..word.span.end - 1, &mut commands);
                }
                _ => commands.push(command),
            }
        }
        _ => instruction.args.iter().for_each(|arg| split(file, arg.span.clone(), &mut commands)),
    }
    for heredoc in &instruction.heredocs {
        split(file, heredoc.content.clone(), &mut commands);
    }
    commands.retain(|command| !command.words.is_empty());
    commands
}

fn split(file: &Dockerfile, piece: Span, commands: &mut Vec<ShellCommand>) {
    let bytes = file.source.bytes();
    let end = piece.end.min(bytes.len());
    let mut at = piece.start;
    let mut command = ShellCommand::default();
    let mut word: Option<(usize, Vec<u8>)> = None;
    let finish = |word: &mut Option<(usize, Vec<u8>)>, at: usize, command: &mut ShellCommand| {
        if let Some((start, text)) = word.take() {
            let text = String::from_utf8_lossy(&text).into_owned();
            command.words.push(Word { text, span: start..at });
        }
    };
    while at < end {
        let byte = bytes[at];
        match byte {
            _ if byte == file.escape && is_line_end(&bytes[at + 1..end]) => {
                finish(&mut word, at, &mut command);
                at = after_line(bytes, at, end);
                // Comments and empty lines between the lines of a command are not part of it.
                while at < end {
                    let line = &bytes[at..after_line(bytes, at, end)];
                    let trimmed = line.trim_ascii_start();
                    if !trimmed.starts_with(b"#") && !trimmed.is_empty() {
                        break;
                    }
                    at += line.len();
                }
                continue;
            }
            b'\\' if at + 1 < end => {
                let (_, text) = word.get_or_insert((at, Vec::new()));
                text.push(bytes[at + 1]);
                at += 1;
            }
            b'\'' | b'"' => {
                let (_, text) = word.get_or_insert((at, Vec::new()));
                let close = memchr::memchr(byte, &bytes[at + 1..end]).map_or(end, |close| at + 1 + close);
                text.extend_from_slice(&bytes[at + 1..close]);
                at = close;
            }
            b' ' | b'\t' | b'\r' => finish(&mut word, at, &mut command),
            b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'`' => {
                finish(&mut word, at, &mut command);
                commands.push(std::mem::take(&mut command));
            }
            b'#' if word.is_none() => {
                at = memchr::memchr(b'\n', &bytes[at..end]).map_or(end, |line_end| at + line_end);
                continue;
            }
            byte => word.get_or_insert((at, Vec::new())).1.push(byte),
        }
        at += 1;
    }
    finish(&mut word, end, &mut command);
    commands.push(command);
}

/// Whether a word sets a variable for its command: `DEBIAN_FRONTEND=noninteractive`.
pub fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether nothing but blanks follows in the line.
pub fn is_line_end(rest: &[u8]) -> bool {
    let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    rest.get(blank).is_none_or(|&b| b == b'\n')
}

fn after_line(bytes: &[u8], at: usize, end: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..end]).map_or(end, |line_end| at + line_end + 1)
}

/// All that an instruction says, joined: for looking whether a word is in it at all.
pub fn text<'f>(file: &Dockerfile<'f>, instruction: &Instruction) -> Cow<'f, str> {
    String::from_utf8_lossy(file.bytes(&instruction.span))
}
