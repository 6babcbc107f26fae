//! The arguments of an instruction, split as its keyword wants it.

use std::borrow::Cow;

use super::fault::Fault;
use super::instruction::{Arg, Form};
use super::json::{self, Json};
use super::keyword::{Keyword, Style};
use super::line::Joined;
use super::text::{self, shown};
use crate::source::Span;

pub(super) struct Args<'j, 's> {
    pub joined: &'j Joined<'s>,
    pub escape: u8,
}

impl<'s> Args<'_, 's> {
    /// The arguments in `rest`, which has no white space at its ends.
    pub fn read(&self, keyword: Keyword, rest: Span) -> Result<(Vec<Arg<'s>>, Form), Fault> {
        match keyword.style() {
            Style::JsonOrShell => self.json_or(rest, Form::Shell),
            Style::JsonOrWords => self.json_or(rest, Form::Words),
            Style::Words => Ok((self.blanks(rest), Form::Words)),
            Style::QuotedWords => {
                let words = self.words(rest).into_iter();
                Ok((words.map(|word| self.arg(word)).collect(), Form::Words))
            }
            Style::Pairs => self.pairs(keyword, rest),
            Style::Text => Ok((self.whole(rest), Form::Text)),
            Style::Health => self.health(rest),
            Style::Trigger => Ok((Vec::new(), Form::Trigger)),
        }
    }

    fn arg(&self, part: Span) -> Arg<'s> {
        Arg { text: self.joined.part(part.clone()), span: self.joined.span(part) }
    }

    /// A single argument, unless it is empty.
    fn whole(&self, part: Span) -> Vec<Arg<'s>> {
        if part.is_empty() { Vec::new() } else { vec![self.arg(part)] }
    }

    fn blanks(&self, rest: Span) -> Vec<Arg<'s>> {
        if rest.is_empty() {
            return Vec::new();
        }
        text::split_blanks(self.joined.text(), rest).into_iter().map(|word| self.arg(word)).collect()
    }

    /// A JSON array, or else what `other` (words, or a text for the shell) makes of `rest`.
    fn json_or(&self, rest: Span, other: Form) -> Result<(Vec<Arg<'s>>, Form), Fault> {
        let start = rest.start;
        match json::array(&self.joined.text()[rest.clone()]) {
            Json::No if other == Form::Words => Ok((self.blanks(rest), other)),
            Json::No => Ok((self.whole(rest), other)),
            Json::NotStrings(at) => Err(Fault::new(
                start + at.start..start + at.end,
                "when using JSON array syntax, arrays must be comprised of strings only",
                "put it in double quotes",
            )),
            Json::Strings(strings) => {
                let args = strings.into_iter().map(|(at, decoded)| {
                    let part = start + at.start..start + at.end;
                    let text = match decoded {
                        Some(decoded) => Cow::Owned(decoded),
                        None => self.joined.part(part.start + 1..part.end - 1),
                    };
                    Arg { text, span: self.joined.span(part) }
                });
                Ok((args.collect(), Form::Json))
            }
        }
    }

    /// `NONE`, or `CMD` and a command.
    fn health(&self, rest: Span) -> Result<(Vec<Arg<'s>>, Form), Fault> {
        let bytes = self.joined.text();
        let space = |&at: &usize| text::is_latin1_space(bytes[at]);
        let end = rest.clone().find(space).unwrap_or(rest.end);
        let next = (end..rest.end).find(|at| !space(at)).unwrap_or(rest.end);
        let (command, form) = self.json_or(next..rest.end, Form::Shell)?;
        let mut args = self.whole(rest.start..end);
        args.extend(command);
        Ok((args, form))
    }

    /// `name=value` pairs, or one name and one value with blanks between.
    fn pairs(&self, keyword: Keyword, rest: Span) -> Result<(Vec<Arg<'s>>, Form), Fault> {
        let bytes = self.joined.text();
        let words = self.words(rest.clone());
        let Some(first) = words.first() else { return Ok((Vec::new(), Form::Pairs)) };
        if !bytes[first.clone()].contains(&b'=') {
            let name_end = rest.clone().find(|&at| text::is_blank(bytes[at])).unwrap_or(rest.end);
            if name_end == rest.end {
                let name = keyword.name();
                let message = format!("{name} must have two arguments");
                return Err(Fault::new(rest, message, format!("write {name} name=value")));
            }
            let value = (name_end..rest.end).find(|&at| !text::is_blank(bytes[at])).unwrap_or(rest.end);
            let args = vec![self.arg(rest.start..name_end), self.arg(value..rest.end)];
            return Ok((args, Form::LegacyPair));
        }
        let mut args = Vec::with_capacity(words.len() * 2);
        for word in words {
            let Some(equals) = memchr::memchr(b'=', &bytes[word.clone()]) else {
                let message = format!("Syntax error - can't find = in `{}`", shown(&bytes[word.clone()]));
                let help = "every word has to be name=value; put a value with spaces in quotes";
                return Err(Fault::new(word, message, help));
            };
            args.push(self.arg(word.start..word.start + equals));
            args.push(self.arg(word.start + equals + 1..word.end));
        }
        Ok((args, Form::Pairs))
    }

    /// Words between white space that is neither quoted nor escaped. Quotes and escape characters are part
    /// of the words, except for an escape character at the very end.
    fn words(&self, rest: Span) -> Vec<Span> {
        let bytes = &self.joined.text()[..rest.end];
        let mut words = Vec::new();
        let mut at = rest.start;
        while at < rest.end {
            let (space, width) = text::first_is_space(&bytes[at..]);
            if space {
                at += width;
                continue;
            }
            let start = at;
            let end = self.word_end(bytes, &mut at);
            if end > start {
                words.push(start..end);
            }
        }
        words
    }

    fn word_end(&self, bytes: &[u8], at: &mut usize) -> usize {
        let mut quote = None;
        while *at < bytes.len() {
            let byte = bytes[*at];
            let (space, mut width) = text::first_is_space(&bytes[*at..]);
            match quote {
                None if space => return *at,
                None if matches!(byte, b'\'' | b'"') => quote = Some(byte),
                Some(open) if byte == open => quote = None,
                _ => {}
            }
            if byte == self.escape && quote != Some(b'\'') {
                if *at + 1 == bytes.len() {
                    *at += 1;
                    return *at - 1;
                }
                width = 1 + text::first(&bytes[*at + 1..]).1;
            }
            *at += width;
        }
        *at
    }
}
