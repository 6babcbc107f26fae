//! The values of `ARG` and `ENV` in the words of a command, as far as they are known: a script may change a variable
//! itself, and then it is left as it is written.

use std::collections::BTreeMap;

use memchr::memmem::find_iter;

use crate::dockerfile::{Budget, Environment, Value};
use crate::shell::{ShellCommand, Word};

/// Of how many variables of one text it is looked up whether the text changes them.
const MOST_NAMES: usize = 64;
/// The longest word with a variable that is looked at.
const LONGEST_WORD: usize = 4096;

/// The variables that a text uses.
pub(super) struct Values<'v> {
    environment: &'v Environment,
    /// What the places of the words are in.
    source: &'v [u8],
    /// The part of it that is one script.
    script: &'v [u8],
    escape: u8,
    /// Whether the script leaves a variable alone.
    is_left: BTreeMap<String, bool>,
}

impl<'v> Values<'v> {
    pub(super) fn new(
        environment: &'v Environment,
        source: &'v [u8],
        script: &'v [u8],
        escape: u8,
    ) -> Values<'v> {
        Values { environment, source, script, escape, is_left: BTreeMap::new() }
    }

    /// Puts values into the words of a command.
    pub(super) fn resolve(&mut self, command: &mut ShellCommand, budget: &mut Budget) {
        let has_variable = |words: &[Word]| words.iter().any(|word| word.text.contains('$'));
        if has_variable(&command.words) {
            let words = std::mem::take(&mut command.words);
            command.words = words.into_iter().flat_map(|word| self.words(word, budget)).collect();
        }
        for files in [&mut command.redirected, &mut command.written] {
            for file in files.iter_mut().filter(|file| file.text.contains('$')) {
                if let Some((text, _)) = self.value(file, budget) {
                    file.text = text;
                }
            }
        }
    }

    /// What a shell makes of a word: without quotes, a value of several words becomes several.
    fn words(&mut self, word: Word, budget: &mut Budget) -> Vec<Word> {
        match self.value(&word, budget) {
            Some((text, true)) => vec![Word { text, span: word.span }],
            Some((text, false)) => {
                let parts = text.split_ascii_whitespace();
                parts.map(|part| Word { text: part.to_owned(), span: word.span.clone() }).collect()
            }
            None => vec![word],
        }
    }

    /// The word with its values, and whether it is in quotes.
    fn value(&mut self, word: &Word, budget: &mut Budget) -> Option<(String, bool)> {
        let written = self.source.get(word.span.clone())?;
        let is_plain = |b: &u8| !b"'\\`".contains(b);
        if word.text.len() > LONGEST_WORD || !written.iter().all(is_plain) || word.text.contains(['"', '`']) {
            return None;
        }
        let mut names = names(&word.text)?.into_iter();
        if !names.all(|name| self.is_known(name)) {
            return None;
        }
        let text = self.environment.expand(word.text.as_bytes(), self.escape, budget)?;
        Some((text, written.contains(&b'"')))
    }

    /// Whether the value of a variable is that of the environment.
    fn is_known(&mut self, name: &str) -> bool {
        if !matches!(self.environment.get(name), Value::Known(_) | Value::Assumed(..)) {
            return false;
        }
        if let Some(is_left) = self.is_left.get(name) {
            return *is_left;
        }
        if self.is_left.len() >= MOST_NAMES {
            return false;
        }
        // `A=b`, `read A`, `for A in b`: wherever it is named, but for where it is used.
        let is_of_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let is_left = find_iter(self.script, name).all(|at| {
            let before = at.checked_sub(1).and_then(|before| self.script.get(before));
            let after = self.script.get(at + name.len());
            before.is_some_and(|b| is_of_name(b) || matches!(b, b'$' | b'{')) || after.is_some_and(is_of_name)
        });
        self.is_left.insert(name.to_owned(), is_left);
        is_left
    }
}

/// The variables in a word; none where something else is expanded.
fn names(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('$') {
        let rest = text.get(at + 1..)?;
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest.get(..end).filter(|name| name.starts_with(|c: char| !c.is_ascii_digit()))?;
        found.push(name);
    }
    (!found.is_empty()).then_some(found)
}
