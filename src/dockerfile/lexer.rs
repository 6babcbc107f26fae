//! BuildKit's shell lexer: goes through a word, and through the words of a text.
//!
//! Nested expressions are kept in a vector, so that no text can exhaust the program's stack; the depth and the
//! length of a word are limited.

use super::budget::Budget;
use super::fault::Fault;
use super::lookup::{Absence, Lookup, Missing, Value};
use super::substitution::{Env, Operator};
use super::text;
use crate::source::Span;

/// How deep `${...}` and quotes may be nested.
pub const DEEPEST: usize = 100;

/// What to keep unchanged.
#[derive(Clone, Copy)]
pub(super) struct Mode {
    pub escape: u8,
    pub raw_quotes: bool,
    /// Quotes are characters as any other.
    pub plain_quotes: bool,
    /// Keep the escape character, too.
    pub raw_escapes: bool,
    /// Keep `$x` when there is no `x`.
    pub keep_unset: bool,
}

/// A word between white space.
pub(super) struct WordSpan {
    pub text: Vec<u8>,
    /// Its place in the text that was split.
    pub span: Span,
}

/// The words of `text`: its parts between white space outside of quotes.
pub(super) fn split(text: &[u8], mode: Mode) -> Result<Vec<WordSpan>, Fault> {
    // No variable is substituted, so that the text cannot grow.
    let env = Env::new();
    let mut unlimited = Budget { bytes: usize::MAX, steps: usize::MAX };
    let mut lexer = Lexer::new(text, mode, &env, &mut unlimited);
    lexer.splits = true;
    lexer.run().map(|(_, words, _)| words)
}

/// A part of a word whose end is still to come.
enum OpenKind {
    Word,
    /// `"`
    Quote,
    /// After `${name` and an operator.
    Operand(Operator),
    /// After `${name/`.
    Pattern(Operator),
    /// After `${name/pattern/`.
    Replacement(Operator, Vec<u8>),
}

struct OpenPart {
    kind: OpenKind,
    start: usize,
    raw_escapes: bool,
    text: Vec<u8>,
}

/// A word expanded: its text, the words in it, and the variables without a known value.
type LexedWord = (Vec<u8>, Vec<WordSpan>, Vec<Missing>);

pub(super) struct Lexer<'w> {
    word: &'w [u8],
    at: usize,
    mode: Mode,
    env: &'w dyn Lookup,
    stack: Vec<OpenPart>,
    budget: &'w mut Budget,
    /// Whether the words are collected.
    splits: bool,
    words: Vec<WordSpan>,
    /// The word being collected, when one is.
    current: Option<WordSpan>,
    missing: Vec<Missing>,
}

impl<'w> Lexer<'w> {
    pub fn new(word: &'w [u8], mode: Mode, env: &'w dyn Lookup, budget: &'w mut Budget) -> Self {
        let open =
            OpenPart { kind: OpenKind::Word, start: 0, raw_escapes: mode.raw_escapes, text: Vec::new() };
        let (words, current, missing) = (Vec::new(), None, Vec::new());
        Lexer { word, at: 0, mode, env, stack: vec![open], budget, splits: false, words, current, missing }
    }

    fn peek(&self) -> Option<u8> {
        self.word.get(self.at).copied()
    }

    fn fault(&self, start: usize, message: &str, help: &str) -> Fault {
        Fault::new(start..self.at.max(start + 1).min(self.word.len()), message, help)
    }

    pub fn run(mut self) -> Result<LexedWord, Fault> {
        while let Some(byte) = self.peek() {
            match self.stack.last().map(|open| &open.kind) {
                Some(OpenKind::Quote) => self.in_quote(byte)?,
                _ => self.in_word(byte)?,
            }
        }
        self.words.extend(self.current.take().filter(|word| !word.text.is_empty()));
        match self.stack.pop() {
            Some(OpenPart { kind: OpenKind::Word, text, .. }) => Ok((text, self.words, self.missing)),
            Some(OpenPart { kind, start, .. }) => {
                let (message, help) = match kind {
                    OpenKind::Quote => ("a double quote is not closed", "add the closing `\"`"),
                    OpenKind::Pattern(_) => {
                        ("`${...}` has no second `/`", "write ${name/pattern/replacement}")
                    }
                    _ => ("`${` is not closed", "add the closing `}`"),
                };
                Err(self.fault(start, message, help))
            }
            None => Ok((Vec::new(), self.words, self.missing)),
        }
    }

    /// Adds to the innermost part. `splits` says whether white space in it ends a word.
    fn emit(&mut self, bytes: &[u8], splits: bool, start: usize) {
        if let Some(open) = self.stack.last_mut() {
            open.text.extend_from_slice(bytes);
        }
        if self.stack.len() > 1 || !self.splits {
            return;
        }
        if !splits {
            self.grow(bytes, start);
            return;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (space, width) = text::first_is_space(rest);
            if !space {
                self.grow(&rest[..width], start);
            } else if self.current.as_ref().is_some_and(|word| !word.text.is_empty()) {
                self.words.extend(self.current.take());
            }
            rest = &rest[width..];
        }
    }

    /// Adds the next `length` bytes of the text.
    fn emit_next(&mut self, length: usize, splits: bool, start: usize) {
        self.at += length;
        self.emit(&self.word[self.at - length..self.at], splits, start);
    }

    /// Adds a quote or an escape character, if it `stays`.
    fn emit_raw(&mut self, stays: bool, byte: u8, start: usize) {
        if stays {
            self.emit(&[byte], false, start);
        }
    }

    /// Adds to the word being collected.
    fn grow(&mut self, bytes: &[u8], start: usize) {
        let word = self.current.get_or_insert_with(|| WordSpan { text: Vec::new(), span: start..start });
        word.text.extend_from_slice(bytes);
        word.span.end = self.at;
    }

    fn open(&mut self, kind: OpenKind, start: usize, raw_escapes: bool) -> Result<(), Fault> {
        if self.stack.len() > DEEPEST {
            return Err(self.fault(start, "quotes and `${` are nested too deeply", "split the word"));
        }
        // BuildKit collects a word and what follows an operator in one buffer, and so loses the start of the word:
        // `<<${x:-y}` opens no heredoc.
        if !matches!(kind, OpenKind::Quote) {
            self.current = None;
        }
        self.stack.push(OpenPart { kind, start, raw_escapes, text: Vec::new() });
        Ok(())
    }

    fn raw_escapes(&self) -> bool {
        self.stack.last().is_some_and(|open| open.raw_escapes)
    }

    fn in_word(&mut self, byte: u8) -> Result<(), Fault> {
        let start = self.at;
        let stop = match self.stack.last().map(|open| &open.kind) {
            Some(OpenKind::Pattern(_)) => Some(b'/'),
            Some(OpenKind::Operand(_) | OpenKind::Replacement(..)) => Some(b'}'),
            _ => None,
        };
        match byte {
            _ if stop == Some(byte) => {
                self.at += 1;
                return self.close();
            }
            b'$' => return self.dollar(),
            b'"' if !self.mode.plain_quotes => {
                self.at += 1;
                self.open(OpenKind::Quote, start, self.raw_escapes())?;
                self.emit_raw(self.mode.raw_quotes, byte, start);
            }
            b'\'' if !self.mode.plain_quotes => return self.single_quote(),
            b'<' if self.word[start..].starts_with(b"<<") => {
                // White space after `<<` does not end the word: a heredoc's name may follow it.
                let blanks = self.word[start + 2..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                self.emit_next(2 + blanks, false, start);
            }
            byte if byte == self.mode.escape => {
                self.at += 1;
                self.emit_raw(self.raw_escapes(), byte, start);
                if self.at < self.word.len() {
                    self.emit_next(text::first(&self.word[self.at..]).1, false, start);
                }
            }
            _ => self.emit_next(text::first(&self.word[start..]).1, true, start),
        }
        Ok(())
    }

    fn in_quote(&mut self, byte: u8) -> Result<(), Fault> {
        let start = self.at;
        match byte {
            b'"' => {
                self.at += 1;
                self.emit_raw(self.mode.raw_quotes, byte, start);
                return self.close();
            }
            b'$' => return self.dollar(),
            byte if byte == self.mode.escape => {
                self.at += 1;
                self.emit_raw(self.raw_escapes(), byte, start);
                match self.peek() {
                    None => {}
                    Some(next) if matches!(next, b'"' | b'$') || next == byte => {
                        self.emit_next(1, false, start)
                    }
                    // Before anything else it is an ordinary character.
                    Some(_) => self.emit(&[byte], false, start),
                }
            }
            _ => self.emit_next(1, false, start),
        }
        Ok(())
    }

    fn single_quote(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let Some(length) = memchr::memchr(b'\'', &self.word[start + 1..]) else {
            self.at = self.word.len();
            return Err(self.fault(start, "a single quote is not closed", "add the closing `'`"));
        };
        self.at = start + length + 2;
        let inside = if self.mode.raw_quotes { start..self.at } else { start + 1..self.at - 1 };
        self.emit(&self.word[inside], false, start);
        Ok(())
    }

    fn dollar(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        if self.peek() != Some(b'{') {
            let name = self.name();
            let word = self.word;
            if name.is_empty() {
                self.emit(b"$", true, start);
                return Ok(());
            }
            return self.variable(&word[name], start);
        }
        self.at += 1;
        match self.peek() {
            None => return Err(self.fault(start, "`${` is not closed", "add the closing `}`")),
            Some(b'{' | b'}' | b':') => {
                self.at += 1;
                return Err(self.fault(start, "`${` without a name", "write ${name}"));
            }
            Some(_) => {}
        }
        let name = self.name();
        let operator = Operator::read(self.word, name, &mut self.at)
            .map_err(|(message, help)| self.fault(start, &message, help))?;
        match operator {
            Some(operator) if operator.replaces() => self.open(OpenKind::Pattern(operator), start, true),
            Some(operator) if operator.trims() => self.open(OpenKind::Operand(operator), start, true),
            Some(operator) => self.open(OpenKind::Operand(operator), start, false),
            None => self.variable(&self.word[start + 2..self.at - 1], start),
        }
    }

    /// The value of a variable whose `$` is at `start`, and whether nobody can tell it.
    fn value(&mut self, name: &[u8], start: usize) -> Result<(Option<&'w [u8]>, bool), Fault> {
        let env = self.env;
        let why = match env.lookup(name) {
            Value::Known(value) => return Ok((Some(value), false)),
            Value::Assumed(value, names) => {
                self.take(names.iter().map(String::len).sum(), start)?;
                let missing =
                    |name: &String| Missing { name: name.clone(), at: start, why: Absence::NotGiven };
                self.missing.extend(names.iter().map(missing));
                return Ok((Some(value), false));
            }
            Value::NotGiven => Absence::NotGiven,
            Value::Unknown => Absence::Unknown,
            Value::Unset => Absence::Unset,
        };
        let name = String::from_utf8_lossy(name).into_owned();
        self.missing.push(Missing { name, at: start, why });
        Ok((None, why == Absence::Unknown))
    }

    /// `$name` or `${name}`, which starts at `start` and ends here.
    fn variable(&mut self, name: &[u8], start: usize) -> Result<(), Fault> {
        match self.value(name, start)?.0 {
            Some(value) => self.add(value, start)?,
            None if self.mode.keep_unset => self.emit(&self.word[start..self.at], true, start),
            None => {}
        }
        Ok(())
    }

    fn add(&mut self, value: &[u8], start: usize) -> Result<(), Fault> {
        self.take(value.len(), start)?;
        self.emit(value, true, start);
        Ok(())
    }

    fn take(&mut self, bytes: usize, start: usize) -> Result<(), Fault> {
        match self.budget.take(bytes) {
            true => Ok(()),
            false => Err(self.fault(start, "the expanded text gets too long", "use the variable less often")),
        }
    }

    /// Ends the innermost part, and adds its value to the part around it.
    fn close(&mut self) -> Result<(), Fault> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let start = open.start;
        match open.kind {
            OpenKind::Word => Ok(()),
            OpenKind::Quote => {
                self.emit(&open.text, false, start);
                Ok(())
            }
            OpenKind::Pattern(operator) => self.open(OpenKind::Replacement(operator, open.text), start, true),
            OpenKind::Operand(operator) => self.apply(&operator, &open.text, None, start),
            OpenKind::Replacement(operator, pattern) => {
                self.apply(&operator, &open.text, Some(pattern), start)
            }
        }
    }

    fn apply(
        &mut self,
        operator: &Operator,
        operand: &[u8],
        pattern: Option<Vec<u8>>,
        start: usize,
    ) -> Result<(), Fault> {
        let name = &self.word[operator.name.clone()];
        let (value, is_unknown) = self.value(name, start)?;
        if value.is_none() && self.mode.keep_unset {
            let text = operator.as_written(self.word, operand, pattern.as_deref());
            return self.add(&text, start);
        }
        // What becomes of a value depends on it, and so does whether it may be missing.
        if is_unknown {
            return Ok(());
        }
        let text = operator
            .apply(name, value, operand, pattern.as_deref(), self.budget)
            .map_err(|(message, help)| self.fault(start, &message, help))?;
        self.add(&text, start)
    }

    /// Reads a name: letters, digits and `_`, or digits alone, or a single special character.
    fn name(&mut self) -> Span {
        let start = self.at;
        let digit = |c: char| c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric());
        let mut only_digits = false;
        while self.at < self.word.len() {
            let (Some(c), width) = text::first(&self.word[self.at..]) else { break };
            if self.at == start {
                if matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!') {
                    self.at += width;
                    break;
                }
                only_digits = digit(c);
            }
            let fits = if only_digits { digit(c) } else { c.is_alphabetic() || digit(c) || c == '_' };
            if !fits {
                break;
            }
            self.at += width;
        }
        start..self.at
    }
}
