//! One command: its words, its program, and what it does with its input.

use super::options::{first_argument, positional};
use super::word::{Word, base, is_assignment};
use super::wrappers::{OF_THE_SHELL, wrapped};
use crate::source::Span;

/// A command: a program and its arguments.
#[derive(Clone, Debug, Default)]
pub struct ShellCommand {
    /// Without redirections and the shell's own words such as `if`.
    pub words: Vec<Word>,
    /// The files that its redirections name.
    pub redirected: Vec<Word>,
    /// Those of them that it writes.
    pub written: Vec<Word>,
    /// Whether its input comes from a pipe or a file.
    pub is_fed: bool,
    /// Whether it is not certain that it runs: it is in an `if`, a loop, a function, after `||`, or after a
    /// test and `&&`.
    pub is_optional: bool,
    /// Whether it goes on where the command fails: `a || true`, `a || echo failed`. It may run all the same.
    pub is_tolerated: bool,
    /// Whether it is a shell whose script is read with it: `sh -c 'b'`, `bash <<EOF`.
    pub is_script_read: bool,
    /// Whether it is the text of another command's word: `b` in `sh -c 'b'`.
    pub is_quoted: bool,
}

/// Programs that run what is given to them as a shell's script.
pub(super) const SHELLS: [&str; 8] = ["sh", "bash", "ash", "dash", "ksh", "mksh", "zsh", "rbash"];

impl ShellCommand {
    /// The program and its arguments, without what is in front: `sudo`, `nice -n 5`, `NAME=value`. None if
    /// its name is not known, as that of `$A`.
    pub fn program(&self) -> Option<(&str, &[Word])> {
        let (at, name) = self.program_at()?;
        Some((name, self.words.get(at + 1..).unwrap_or_default()))
    }

    /// The same, with the index of its word.
    pub(super) fn program_at(&self) -> Option<(usize, &str)> {
        let mut at = self.words.iter().position(|word| !is_assignment(&word.text))?;
        loop {
            let name = base(&self.words.get(at)?.text);
            match wrapped(name, self.words.get(at + 1..).unwrap_or_default()) {
                Some(Some(next)) => at += 1 + next,
                // `command -v make` asks, and runs nothing.
                Some(None) => return None,
                None => return is_known(name).then_some((at, name)),
            }
        }
    }

    /// The programs in front of its own that run it, each with its word: `sudo` in `sudo -E make`. What is part of
    /// the shell, as `exec`, is none.
    pub fn wrappers(&self) -> Vec<(&str, &Word)> {
        let mut found = Vec::new();
        let mut next = self.words.iter().position(|word| !is_assignment(&word.text));
        while let Some((at, word)) = next.and_then(|at| Some((at, self.words.get(at)?))) {
            let name = base(&word.text);
            let inner = wrapped(name, self.words.get(at + 1..).unwrap_or_default()).flatten();
            if inner.is_some() && !OF_THE_SHELL.contains(&name) {
                found.push((name, word));
            }
            next = inner.map(|inner| at + 1 + inner);
        }
        found
    }

    /// The word that names its program, as it is written: `/usr/bin/make`.
    pub fn program_word(&self) -> Option<&Word> {
        self.words.get(self.program_at()?.0)
    }

    /// Whether its program is a shell.
    pub fn is_shell(&self) -> bool {
        self.is_program(&SHELLS)
    }

    /// Whether it is a shell that runs what comes to its input from a pipe or a file: `curl a | sh`.
    pub fn runs_its_input(&self) -> bool {
        self.is_fed && !self.is_script_read && self.script() == ScriptSource::Input
    }

    pub fn is_program(&self, programs: &[&str]) -> bool {
        self.program().is_some_and(|(name, _)| programs.contains(&name))
    }

    /// Whether it only answers a question, so that what follows after `&&` may not run: `[ -f a ]`.
    pub(super) fn is_test(&self) -> bool {
        let first = self.words.first().map_or("", |word| &*word.text);
        matches!(first, "[" | "[[" | "test" | "grep" | "command" | "type" | "which" | "false")
    }

    /// Whether it ends well whatever came before. What follows after `&&` runs: after an `echo` that may be an `exit`.
    pub(super) fn succeeds(&self, is_before_and: bool) -> bool {
        let words: Vec<&str> = self.words.iter().map(|word| &*word.text).collect();
        match words[..] {
            ["true" | ":", ..] => true,
            ["echo" | "printf", ..] | ["exit", "0"] => !is_before_and,
            _ => false,
        }
    }

    /// The arguments of a program after one of its own commands: `apt-get -y install`.
    pub fn arguments_of(&self, programs: &[&str], command: &str) -> Option<&[Word]> {
        let (program, words) = self.program()?;
        if !programs.contains(&program) {
            return None;
        }
        let at = first_argument(program, words)?;
        (words.get(at)?.text == command).then(|| words.get(at + 1..).unwrap_or_default())
    }

    /// The arguments of its program that are neither options nor their values.
    pub fn operands(&self) -> Vec<&Word> {
        let Some((program, words)) = self.program() else { return Vec::new() };
        positional(program, words)
    }

    /// The file that it starts, or that a shell reads for it, and how: `a.sh`, `sh -e a.sh`, `. a.sh`.
    pub fn script_file(&self) -> Option<ScriptFile<'_>> {
        let (at, name) = self.program_at()?;
        if self.is_script_read {
            return None;
        }
        let (at, is_read) = match name {
            "." | "source" => (at + 1, true),
            name if SHELLS.contains(&name) => match self.script() {
                ScriptSource::File(at) => (at, true),
                _ => return None,
            },
            _ => (at, false),
        };
        let word = self.words.get(at).filter(|word| !word.text.contains(['$', '`', '*', '?', '[', '~']))?;
        Some(ScriptFile { word, is_read, arguments: self.words.get(at + 1..).unwrap_or_default() })
    }

    pub fn span(&self) -> Span {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => first.span.start..last.span.end.max(first.span.start),
            _ => 0..0,
        }
    }

    /// What it gives a shell to run.
    pub(super) fn script(&self) -> ScriptSource {
        let Some((at, name)) = self.program_at() else { return ScriptSource::None };
        if !SHELLS.contains(&name) {
            return ScriptSource::None;
        }
        let (mut is_text, mut is_input, mut is_run) = (false, false, true);
        let mut next = at + 1;
        while let Some(word) = self.words.get(next) {
            let Some(letters) = word.text.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty())
            else {
                break;
            };
            next += 1;
            match letters {
                "-" => break,
                "-rcfile" | "-init-file" => next += 1,
                _ if letters.starts_with('-') => {}
                _ => {
                    is_text |= letters.contains('c');
                    is_input |= letters.contains('s');
                    // It only looks for mistakes.
                    is_run &= !letters.contains('n');
                    // `-o pipefail`, `-eo pipefail`
                    next += letters.bytes().filter(|b| matches!(b, b'o' | b'O')).count();
                }
            }
        }
        match self.words.get(next) {
            Some(_) if is_text => ScriptSource::Word(next),
            Some(word) if !is_input && !matches!(&*word.text, "-" | "/dev/stdin") => match is_run {
                true => ScriptSource::File(next),
                false => ScriptSource::None,
            },
            _ if is_text => ScriptSource::None,
            _ => ScriptSource::Input,
        }
    }
}

/// Where a shell's script comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScriptSource {
    /// It runs none, or one that is not known.
    None,
    /// The file that the word of this index names.
    File(usize),
    /// The word of this index.
    Word(usize),
    /// Its input.
    Input,
}

/// A file that a command runs.
#[derive(Clone, Copy, Debug)]
pub struct ScriptFile<'w> {
    /// Its path.
    pub word: &'w Word,
    /// Whether a shell reads it; otherwise the kernel starts it, by its first line.
    pub is_read: bool,
    /// What it is given.
    pub arguments: &'w [Word],
}

/// Whether a name is as it is run: what an expansion gives is not known.
fn is_known(name: &str) -> bool {
    !name.contains(['$', '`', '(', ')', '{', '}'])
}
