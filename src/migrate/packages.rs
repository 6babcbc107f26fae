//! `install_packages`, a script of the old images, becomes the line that it stood for.

use super::alpine_packages;
use super::command_end::{Before, before, end};
use super::edits::Edits;
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Form, Instruction};
use crate::shell::{APT_LISTS, Command, INSTALL_PACKAGES, PackageManager, commands};
use crate::source::Span;

/// The commands that replace one call.
struct Line {
    /// Runs first; may be empty.
    update: &'static str,
    /// Stands in place of the script's name.
    install: &'static str,
    /// Runs last; may be empty.
    clean: &'static str,
}

/// Replaces the calls in an instruction, from who installed packages to who does now. What cannot be replaced is told.
pub fn rewrite(
    file: &Dockerfile,
    instruction: &Instruction,
    (old, packages): (PackageManager, PackageManager),
    edits: &mut Edits,
    notes: &mut Notes,
) {
    let bytes = file.source.bytes();
    let text = bytes.get(instruction.span.clone()).unwrap_or_default();
    let named = memchr::memmem::find_iter(text, INSTALL_PACKAGES).count();
    if named == 0 {
        return;
    }
    let pieces = pieces(file, instruction);
    let mut done = 0;
    let commands = commands(file, instruction);
    let mut line = Line { update: packages.update(), install: packages.install(), clean: packages.clean() };
    // Some fetched the lists for it, and threw them away: then that is done already.
    if named == 1 && packages == PackageManager::Apt {
        let is_call = |command: &Command| command.words.iter().any(|word| word.text == INSTALL_PACKAGES);
        let call = commands.iter().position(is_call).unwrap_or(0);
        let (before, behind) = commands.split_at(call);
        if before.iter().any(|command| command.apt("update").is_some()) {
            line.update = "";
        }
        let cleans = |command: &Command| command.words.iter().any(|word| word.text.starts_with(APT_LISTS));
        if behind.iter().any(cleans) {
            line.clean = "";
        }
    }
    for command in commands {
        let at = command.words.iter().position(|word| word.text.rsplit('/').next() == Some(INSTALL_PACKAGES));
        let Some(at) = at else { continue };
        let start = command.words[at].span.start;
        let behind = pieces.partition_point(|piece| piece.start <= start);
        let piece =
            behind.checked_sub(1).and_then(|at| pieces.get(at)).filter(|piece| piece.contains(&start));
        let is_done = piece.is_some_and(|piece| one(file, &command, at, piece, &line, edits).is_some());
        if is_done && (old, packages) == (PackageManager::Apt, PackageManager::Apk) {
            for word in &command.words[at + 1..] {
                if let Some(name) = alpine_packages::name(&word.text).filter(|name| *name != word.text) {
                    edits.replace(&word.span, name);
                }
            }
        }
        done += usize::from(is_done);
    }
    if done < named {
        notes.warn(
            "by-hand",
            &instruction.keyword_span,
            "`install_packages` was a script of the old image, and is not replaced here",
            format!("write {} ...", packages.install_line()),
        );
    }
}

/// The pieces of the file in which commands stand. Of a JSON array those without an escape, and
/// without their quotes.
fn pieces(file: &Dockerfile, instruction: &Instruction) -> Vec<Span> {
    let is_json = instruction.form == Form::Json;
    let args = instruction.args.iter().map(|arg| arg.span.clone());
    let args = args.filter(|span| !is_json || !file.bytes(span).contains(&b'\\'));
    let inner = |span: Span| {
        if is_json { span.start + 1..span.end.saturating_sub(1).max(span.start + 1) } else { span }
    };
    args.map(inner).chain(instruction.heredocs.iter().map(|heredoc| heredoc.content.clone())).collect()
}

/// Words that may stand before a command which becomes several.
const OPENING: [&str; 9] = ["if", "then", "else", "elif", "do", "while", "until", "{", "("];

fn one(
    file: &Dockerfile,
    command: &Command,
    at: usize,
    piece: &Span,
    line: &Line,
    edits: &mut Edits,
) -> Option<()> {
    let bytes = file.source.bytes();
    let word = &command.words[at];
    // A quote around it, or an escape in it: whoever writes so knows what to write.
    if bytes.get(word.span.clone())? != word.text.as_bytes() {
        return None;
    }
    let (mut sudo, mut first) = ("", word.span.start);
    for before in command.words[..at].iter().rev() {
        if before.text == "sudo" {
            sudo = "sudo ";
        } else if OPENING.contains(&&*before.text) {
            break;
        } else if !is_assignment(&before.text) {
            return None;
        }
        first = before.span.start;
    }
    let behind = end(bytes, piece, word.span.start, file.escape)?;
    let Line { update, install, clean: last } = *line;
    let brackets = before(bytes, piece, first, file.escape) == Before::Operator
        && !(update.is_empty() && last.is_empty());
    let mut head = String::from(if brackets { "(" } else { "" });
    if !update.is_empty() {
        head.push_str(&format!("{sudo}{update} && "));
    }
    let break_line = break_before(file, word.span.start, behind);
    let mut tail = String::new();
    if !last.is_empty() {
        tail.push_str(&match break_line {
            Some(indent) => format!("{indent}&& {sudo}{last}"),
            None => format!(" && {sudo}{last}"),
        });
    }
    tail.push_str(if brackets { ")" } else { "" });
    let places = [first..first, word.span.clone(), behind..behind];
    if !places.iter().all(|place| edits.is_free(place)) {
        return None;
    }
    edits.replace(&(first..first), head);
    edits.replace(&word.span, install);
    if !tail.is_empty() {
        edits.replace(&(behind..behind), tail);
    }
    Some(())
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The line break and the indentation that what follows a list over several lines gets: those of its
/// last line.
fn break_before(file: &Dockerfile, start: usize, end: usize) -> Option<String> {
    let bytes = file.source.bytes();
    let newline = start + memchr::memrchr(b'\n', bytes.get(start..end)?)?;
    let ending = if bytes.get(newline.checked_sub(1)?) == Some(&b'\r') { "\r\n" } else { "\n" };
    let line = bytes.get(newline + 1..end)?;
    let indent = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let indent = String::from_utf8_lossy(&line[..indent]).into_owned();
    Some(format!(" {}{ending}{indent}", char::from(file.escape)))
}
