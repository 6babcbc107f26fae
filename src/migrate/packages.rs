//! `install_packages`, a script of the old images, becomes the line that does the same.

use super::alpine_packages;
use super::command_end::{Before, before, end};
use super::edits::Edits;
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Form, Instruction};
use crate::shell::{APT_LISTS, INSTALL_PACKAGES, PackageManager, ShellCommand, commands, is_assignment};
use crate::source::Span;

/// The commands that replace one call: `update` and `clean` may be empty, `install` takes the place of the
/// script's name.
struct Replacement {
    update: &'static str,
    install: &'static str,
    clean: &'static str,
}

/// Replaces the calls in an instruction, for what installed packages in the old image and does in the new
/// one. Reports what cannot be replaced.
pub fn rewrite(
    file: &Dockerfile,
    instruction: &Instruction,
    (old, packages): (PackageManager, PackageManager),
    edits: &mut Edits,
    notes: &mut Notes,
) {
    let named = memchr::memmem::find_iter(file.bytes(&instruction.span), INSTALL_PACKAGES).count();
    if named == 0 {
        return;
    }
    if let Some((span, packages_of)) = json_call(file, instruction).filter(|_| old == packages) {
        let line = [packages.update(), &format!("{} {packages_of}", packages.install()), packages.clean()];
        let line: Vec<&str> = line.into_iter().filter(|part| !part.is_empty()).collect();
        edits.replace(&span, line.join(" && "));
        return;
    }
    let pieces = pieces(file, instruction);
    let mut done = 0;
    let commands = commands(file, instruction);
    let mut line =
        Replacement { update: packages.update(), install: packages.install(), clean: packages.clean() };
    // Some fetched the lists for it, and threw them away: then that is done already.
    if named == 1 && packages == PackageManager::Apt {
        let is_call = |command: &ShellCommand| command.words.iter().any(|word| word.text == INSTALL_PACKAGES);
        let call = commands.iter().position(is_call).unwrap_or(0);
        let (before, after) = commands.split_at(call);
        if before.iter().any(|command| command.apt("update").is_some()) {
            line.update = "";
        }
        let cleans =
            |command: &ShellCommand| command.words.iter().any(|word| word.text.starts_with(APT_LISTS));
        if after.iter().any(cleans) {
            line.clean = "";
        }
    }
    for command in commands {
        let at = command.words.iter().position(|word| word.text.rsplit('/').next() == Some(INSTALL_PACKAGES));
        let Some(at) = at else { continue };
        let start = command.words[at].span.start;
        let next = pieces.partition_point(|piece| piece.start <= start);
        // In `sh -c '...'` a line that is put in may end the quotes.
        let piece = pieces[..next].last().filter(|piece| piece.contains(&start) && !command.is_quoted);
        let is_done =
            piece.is_some_and(|piece| replace_call(file, &command, at, piece, &line, edits).is_some());
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
        let message = "`install_packages` was a script of the old image, and is not replaced here";
        let help = format!("write {} ...", packages.install_line());
        notes.warn("by-hand", &instruction.keyword_span, message, help);
    }
}

/// The JSON array of `RUN ["install_packages", "a", "b"]`, and the packages as words of a shell: its line needs one.
fn json_call(file: &Dockerfile, instruction: &Instruction) -> Option<(Span, String)> {
    let (first, packages) = instruction.args.split_first()?;
    let is_call = instruction.form == Form::Json && &*first.text == INSTALL_PACKAGES.as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.:=_/~".contains(byte);
    if !is_call || packages.is_empty() || !packages.iter().all(|arg| arg.text.iter().all(is_plain)) {
        return None;
    }
    let bytes = file.source.bytes();
    let open = memchr::memrchr(b'[', bytes.get(instruction.span.start..first.span.start)?)?;
    let last = packages.last()?.span.end;
    let close = memchr::memchr(b']', bytes.get(last..instruction.span.end)?)?;
    let names: Vec<String> =
        packages.iter().map(|arg| String::from_utf8_lossy(&arg.text).into_owned()).collect();
    Some((instruction.span.start + open..last + close + 1, names.join(" ")))
}

/// The pieces of the file that hold commands. Of a JSON array those without an escape, and without their
/// quotes.
fn pieces(file: &Dockerfile, instruction: &Instruction) -> Vec<Span> {
    let is_json = instruction.form == Form::Json;
    let args = instruction.args.iter().map(|arg| arg.span.clone());
    let args = args.filter(|span| !is_json || !file.bytes(span).contains(&b'\\'));
    let inner = |span: Span| {
        if is_json { span.start + 1..span.end.saturating_sub(1).max(span.start + 1) } else { span }
    };
    args.map(inner).chain(instruction.heredocs.iter().map(|heredoc| heredoc.content.clone())).collect()
}

/// Words that may precede a command which becomes several.
const OPENING: [&str; 9] = ["if", "then", "else", "elif", "do", "while", "until", "{", "("];

fn replace_call(
    file: &Dockerfile,
    command: &ShellCommand,
    at: usize,
    piece: &Span,
    line: &Replacement,
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
    let end = end(bytes, piece, word.span.start, file.escape)?;
    let Replacement { update, install, clean } = *line;
    let brackets = before(bytes, piece, first, file.escape) == Before::Operator
        && !(update.is_empty() && clean.is_empty());
    let (open, close) = if brackets { ("(", ")") } else { ("", "") };
    let update = if update.is_empty() { String::new() } else { format!("{sudo}{update} && ") };
    let clean = match break_before(file, word.span.start, end) {
        _ if clean.is_empty() => String::new(),
        Some(indent) => format!("{indent}&& {sudo}{clean}"),
        None => format!(" && {sudo}{clean}"),
    };
    let places = [first..first, word.span.clone(), end..end];
    if !places.iter().all(|place| edits.is_free(place)) {
        return None;
    }
    edits.replace(&(first..first), format!("{open}{update}"));
    edits.replace(&word.span, install);
    if !clean.is_empty() || brackets {
        edits.replace(&(end..end), format!("{clean}{close}"));
    }
    Some(())
}

/// The line break and the indentation for what follows a list over several lines: those of its last line.
pub fn break_before(file: &Dockerfile, start: usize, end: usize) -> Option<String> {
    let bytes = file.source.bytes();
    let newline = start + memchr::memrchr(b'\n', bytes.get(start..end)?)?;
    let ending = if bytes.get(newline.checked_sub(1)?) == Some(&b'\r') { "\r\n" } else { "\n" };
    let line = bytes.get(newline + 1..end)?;
    let indent = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    Some(format!(" {}{ending}{}", char::from(file.escape), String::from_utf8_lossy(&line[..indent])))
}
