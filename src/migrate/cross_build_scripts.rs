//! `cross-build-start` and `cross-build-end`, which switched an emulator of the old images on and off.
//! Builders have one of their own now, so both go.

use super::command_end::{end, gap};
use super::edits::Edits;
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Form, Instruction};
use crate::image::balena::EMULATOR_SCRIPTS;
use crate::shell::commands;
use crate::source::Span;

/// Takes the calls out of an instruction; with nothing else in it, the instruction goes.
pub fn remove(file: &Dockerfile, instruction: &Instruction, edits: &mut Edits, notes: &mut Notes) {
    let bytes = file.source.bytes();
    if memchr::memmem::find(file.bytes(&instruction.span), b"cross-build-").is_none() {
        return;
    }
    let commands = commands(file, instruction);
    let calls: Vec<_> = commands.iter().filter(|command| command.is_program(&EMULATOR_SCRIPTS)).collect();
    if calls.is_empty() {
        return;
    }
    if calls.len() == commands.len() {
        edits.delete_lines(bytes, &instruction.span);
        return;
    }
    let mut removed: Vec<Span> = Vec::new();
    if let ([arg], Form::Shell) = (&instruction.args[..], instruction.form)
        && let Some(chain) = Chain::read(bytes, &arg.span, file.escape)
    {
        for (span, new) in chain.without_calls(file) {
            if edits.replace(&span, new) {
                removed.push(span);
            }
        }
    }
    for call in calls {
        if !removed.iter().any(|span| span.contains(&call.span().start)) {
            let message = "this script of the old image no longer exists";
            let help = "remove it: builders emulate other processors themselves";
            notes.warn("by-hand", &call.span(), message, help);
        }
    }
}

/// What separates two commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// `&&`, `;`: a command that does nothing goes with it.
    Then,
    /// `|`, `||`, `&`.
    Other,
}

/// The commands at the top level of a shell's line. A bracketed group is one of them; `if`, `do`
/// and the like are not looked through, but the first and the last command are never inside of them.
struct Chain {
    commands: Vec<Span>,
    /// What follows each command but the last.
    signs: Vec<Sign>,
    /// The end of the last command, with the `;` after it.
    end: usize,
}

impl Chain {
    /// Reads a line, continued or not; nothing when it is not plainly such a chain.
    fn read(bytes: &[u8], piece: &Span, escape: u8) -> Option<Chain> {
        let limit = piece.end.min(bytes.len());
        let mut chain = Chain { commands: Vec::new(), signs: Vec::new(), end: limit };
        let mut at = gap(bytes, piece, piece.start, escape);
        loop {
            let end = end(bytes, piece, at, escape).filter(|end| *end > at)?;
            chain.commands.push(at..end);
            chain.end = end;
            at = gap(bytes, piece, end, escape);
            if at >= limit {
                return Some(chain);
            }
            let (sign, length) = match bytes.get(at..limit)? {
                [b'&', b'&', ..] => (Sign::Then, 2),
                [b';', b';', ..] => return None,
                [b';', ..] => (Sign::Then, 1),
                [b'|', b'|', ..] => (Sign::Other, 2),
                [b'|' | b'&', ..] => (Sign::Other, 1),
                _ => return None,
            };
            let next = gap(bytes, piece, at + length, escape);
            if next >= limit && length == 1 && sign == Sign::Then {
                chain.end = at + 1;
                return Some(chain);
            }
            chain.signs.push(sign);
            at = next;
        }
    }

    /// What to replace, and by what: the calls that are the first or the last commands go.
    fn without_calls(&self, file: &Dockerfile) -> Vec<(Span, Vec<u8>)> {
        let bytes = file.source.bytes();
        let is_call = |command: &&Span| {
            let text = std::str::from_utf8(file.bytes(command)).unwrap_or_default();
            EMULATOR_SCRIPTS.contains(&text.rsplit('/').next().unwrap_or_default())
        };
        let is_then = |sign: &&Sign| **sign == Sign::Then;
        let calls = self.commands.iter().take_while(is_call).count();
        let first = self.signs.iter().take_while(is_then).count().min(calls);
        let calls = self.commands.iter().rev().take_while(is_call).count();
        let last = self.signs.iter().rev().take_while(is_then).count().min(calls);
        let count = self.commands.len();
        let mut all = Vec::new();
        if first + last >= count {
            return all;
        }
        if first > 0 {
            let span = self.commands[0].start..self.commands[first].start;
            let comments = comments(bytes, &span);
            let mut new = Vec::new();
            if !comments.is_empty() {
                // They stay, between the keyword and what is the first command now.
                let text = file.bytes(&span);
                let indent = text.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
                let eol = if comments.starts_with(b"\r") { &b"\r\n"[..] } else { b"\n" };
                new = [&[file.escape], &comments[..], eol, &text[text.len() - indent..]].concat();
            }
            all.push((span, new));
        }
        if last > 0 {
            let span = self.commands[count - last - 1].end..self.commands[count - 1].end;
            let comments = comments(bytes, &span);
            // Comments stay, after the instruction: then the `;` at its end goes, too.
            let end = if comments.is_empty() { span.end } else { self.end };
            // What follows the last one, as a continued line, would be continued without it.
            if end >= self.end || file.bytes(&(end..self.end)).trim_ascii() == b";" {
                all.push((span.start..end, comments));
            }
        }
        all
    }
}

/// The lines of comments in a piece, each with the line break before it.
fn comments(bytes: &[u8], span: &Span) -> Vec<u8> {
    let text = bytes.get(span.clone()).unwrap_or_default();
    let mut comments = Vec::new();
    let mut lines = text.split(|b| *b == b'\n');
    let mut is_crlf = lines.next().is_some_and(|line| line.ends_with(b"\r"));
    for line in lines {
        if line.trim_ascii_start().starts_with(b"#") {
            comments.extend_from_slice(if is_crlf { b"\r\n" } else { b"\n" });
            comments.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        }
        is_crlf = line.ends_with(b"\r");
    }
    comments
}
