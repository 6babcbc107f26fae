//! One word of a script: quotes, expansions and the commands in them.

use super::quotes::backquoted;
use super::reader::Reader;
use crate::source::Span;

/// A word as it was read.
pub(super) struct RawWord {
    /// Its part of the script.
    pub part: Span,
    /// The expansions in it, in order.
    pub expansions: Vec<Span>,
    /// Whether it is written as it is meant: no quote, no escape, no expansion.
    pub is_plain: bool,
}

impl Reader<'_> {
    /// Reads the word that starts here; its commands in `$(...)` are found on the way.
    pub fn word(&mut self) -> RawWord {
        let mut word = RawWord { part: self.at..self.at, expansions: Vec::new(), is_plain: true };
        while let Some(byte) = self.ahead(0) {
            let next = self.ahead(1);
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'<' | b'>' if next == Some(b'(') => {
                    word.is_plain = false;
                    self.nested(&mut word, Self::process);
                    continue;
                }
                b'<' | b'>' => break,
                b'(' => match self.at.checked_sub(1).filter(|at| *at >= word.part.start) {
                    Some(before) if self.text().get(before) == Some(&b'=') => self.brackets(),
                    Some(before) if matches!(self.text().get(before), Some(b'?' | b'*' | b'+' | b'@')) => {
                        self.brackets();
                    }
                    _ => break,
                },
                b'\\' => self.skip(2),
                b'\'' => self.single_quotes(false),
                b'"' => self.double_quotes(&mut word.expansions),
                b'$' if next == Some(b'\'') => {
                    self.skip(1);
                    self.single_quotes(true);
                }
                b'$' | b'`' => {
                    word.is_plain = false;
                    self.expansion(&mut word.expansions, false);
                    continue;
                }
                _ => {
                    self.skip(1);
                    continue;
                }
            }
            word.is_plain = false;
        }
        word.part.end = self.at;
        word
    }

    /// After `'`, to the next one. With `escapes`, as in `$'...'`, a backslash takes the next character.
    fn single_quotes(&mut self, escapes: bool) {
        self.skip(1);
        while let Some(byte) = self.ahead(0) {
            self.skip(if escapes && byte == b'\\' { 2 } else { 1 });
            if byte == b'\'' {
                return;
            }
        }
    }

    fn double_quotes(&mut self, expansions: &mut Vec<Span>) {
        self.skip(1);
        while let Some(byte) = self.ahead(0) {
            match byte {
                b'"' => return self.skip(1),
                b'\\' => self.skip(2),
                b'$' | b'`' => self.expansion(expansions, true),
                _ => self.skip(1),
            }
        }
    }

    /// At `$` or a backquote: what is expanded there.
    fn expansion(&mut self, expansions: &mut Vec<Span>, in_quotes: bool) {
        let start = self.at;
        let read: fn(&mut Self, bool) = match (self.ahead(0), self.ahead(1), self.ahead(2)) {
            (Some(b'`'), ..) => Self::backquotes,
            (_, Some(b'('), Some(b'(')) => |reader, _| {
                reader.skip(3);
                reader.arithmetic(2);
            },
            (_, Some(b'('), _) => |reader, _| {
                reader.skip(2);
                reader.list(true);
            },
            (_, Some(b'{'), _) => Self::braces,
            _ => return self.skip(1),
        };
        if self.descend() {
            read(self, in_quotes);
        }
        self.depth -= 1;
        expansions.push(start..self.at);
    }

    /// `<(...)`: a file with what the commands print.
    fn process(&mut self) {
        self.skip(2);
        self.list(true);
    }

    /// Reads what is one level down in a word, where its text says nothing.
    fn nested(&mut self, word: &mut RawWord, read: fn(&mut Self)) {
        let start = self.at;
        if self.descend() {
            read(self);
        }
        self.depth -= 1;
        word.expansions.push(start..self.at);
    }

    /// `${...}`, which may have words and expansions in it.
    fn braces(&mut self, in_quotes: bool) {
        self.skip(2);
        let mut inner = Vec::new();
        while let Some(byte) = self.ahead(0) {
            match byte {
                b'}' => return self.skip(1),
                b'\\' => self.skip(2),
                b'\'' if !in_quotes => self.single_quotes(false),
                b'"' => self.double_quotes(&mut inner),
                b'$' | b'`' => self.expansion(&mut inner, in_quotes),
                _ => self.skip(1),
            }
            inner.clear();
        }
    }

    /// To the bracket that closes as many as are open.
    pub fn arithmetic(&mut self, mut open: usize) {
        let mut inner = Vec::new();
        while let Some(byte) = self.ahead(0).filter(|_| open > 0) {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => self.skip(1),
                b'$' | b'`' => {
                    self.expansion(&mut inner, true);
                    inner.clear();
                    continue;
                }
                _ => {}
            }
            self.skip(1);
        }
    }

    /// The words of an array, or of a pattern of Bash: `a=(b c)`, `*.@(gz|xz)`.
    fn brackets(&mut self) {
        let mut open = 0usize;
        let mut inner = Vec::new();
        while let Some(byte) = self.ahead(0) {
            match byte {
                b'(' => open += 1,
                b')' => open = open.saturating_sub(1),
                b'\\' => self.skip(1),
                b'\'' => {
                    self.single_quotes(false);
                    continue;
                }
                b'"' => {
                    self.double_quotes(&mut inner);
                    continue;
                }
                b'$' | b'`' => {
                    self.expansion(&mut inner, false);
                    continue;
                }
                _ => {}
            }
            self.skip(1);
            inner.clear();
            if open == 0 {
                return;
            }
        }
    }

    /// What is between two backquotes is a script of its own.
    fn backquotes(&mut self, in_quotes: bool) {
        self.skip(1);
        let start = self.at;
        while let Some(byte) = self.ahead(0).filter(|byte| *byte != b'`') {
            self.skip(if byte == b'\\' { 2 } else { 1 });
        }
        let inside = start..self.at;
        self.skip(1);
        let script = backquoted(self.script, &inside, in_quotes);
        self.read_nested(&script);
    }
}
