//! Where a script is being read, and what was found in it so far.
//!
//! A script is read once from its first byte to its last. `grammar` separates commands, `words` reads one
//! word with the expansions in it, `nested` what is a script in the text of a word or a heredoc. They call
//! each other for what is inside of something else, at most [`DEEPEST`] times.

use std::collections::BTreeSet;

use super::case::ShellCase;
use super::command::ShellCommand;
use super::script::Script;
use crate::dockerfile::{Heredoc, Instruction};

/// Levels of what is inside of something else. In a script with more nothing is found.
pub(super) const DEEPEST: usize = 30;

/// Scripts in quotes are read again for themselves: together at most so many times the length of the whole.
const TIMES: usize = 16;

/// What is found in all scripts of an instruction.
#[derive(Default)]
pub(super) struct Found {
    pub commands: Vec<ShellCommand>,
    /// Those of the scripts themselves, not of what is in their expansions and quotes.
    pub cases: Vec<ShellCase>,
    /// Names of functions, whose calls run no program.
    pub functions: BTreeSet<String>,
    /// Whether something was nested too deep to be read.
    pub gave_up: bool,
    /// Heredocs of the instruction that are the script of a shell, by index.
    pub scripts: Vec<usize>,
    /// Bytes of scripts in quotes that may still be read.
    budget: usize,
}

impl Found {
    pub fn of(length: usize) -> Self {
        Found { budget: length.saturating_mul(TIMES), ..Found::default() }
    }

    /// Whether a script in quotes may be read, too.
    pub fn takes(&mut self, length: usize) -> bool {
        let left = self.budget.checked_sub(length);
        self.gave_up |= left.is_none();
        self.budget = left.unwrap_or(0);
        left.is_some()
    }
}

/// A heredoc whose lines come after the next line end.
pub(super) struct Pending {
    pub name: Vec<u8>,
    /// Whether tabs at the start of its lines do not count.
    pub chomps: bool,
    /// Whether a shell reads it as its script.
    pub is_script: bool,
}

pub(super) struct Reader<'r> {
    pub script: &'r Script,
    pub found: &'r mut Found,
    pub at: usize,
    /// How deep this is inside of something else.
    pub depth: usize,
    /// Whether the script is the text of another one's word.
    pub is_quoted: bool,
    /// Whether an `exit`, `return` or `exec` was read, after which nothing more may run.
    pub may_have_ended: bool,
    /// The heredocs that the instruction has, if this is its text.
    pub heredocs: &'r [Heredoc<'r>],
    pub pending: Vec<Pending>,
}

impl<'r> Reader<'r> {
    pub fn new(script: &'r Script, found: &'r mut Found) -> Self {
        Reader {
            script,
            found,
            at: 0,
            depth: 0,
            is_quoted: false,
            may_have_ended: false,
            heredocs: &[],
            pending: Vec::new(),
        }
    }

    /// For the text of an instruction.
    pub fn of_instruction(script: &'r Script, instruction: &'r Instruction, found: &'r mut Found) -> Self {
        Reader { heredocs: &instruction.heredocs, ..Reader::new(script, found) }
    }

    pub fn text(&self) -> &'r [u8] {
        self.script.text()
    }

    /// The byte so many after the current one.
    pub fn ahead(&self, by: usize) -> Option<u8> {
        self.text().get(self.at + by).copied()
    }

    pub fn is_at(&self, text: &[u8]) -> bool {
        self.text().get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// Goes on, but not past the end.
    pub fn skip(&mut self, by: usize) {
        self.at = self.at.saturating_add(by).min(self.text().len());
    }

    /// Skips blanks and line ends with a backslash in front.
    pub fn skip_blanks(&mut self) {
        loop {
            match self.ahead(0) {
                Some(b' ' | b'\t' | b'\r') => self.skip(1),
                Some(b'\\') if self.ahead(1) == Some(b'\n') => self.skip(2),
                Some(b'\\') if self.is_at(b"\\\r\n") => self.skip(3),
                _ => return,
            }
        }
    }

    /// Goes one level down, unless that is too deep: then nothing more is read.
    pub fn descend(&mut self) -> bool {
        self.depth += 1;
        if self.depth > DEEPEST || self.found.gave_up {
            self.found.gave_up = true;
            self.at = self.text().len();
        }
        !self.found.gave_up
    }
}
