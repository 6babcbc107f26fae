//! `cross-build-start` and `cross-build-end`, which switched an emulator of the old images on and off.
//! Builders have one of their own now, so both go.

use super::command_end::end;
use super::edit::Edits;
use super::notes::Notes;
use crate::check::shell::commands;
use crate::dockerfile::{Dockerfile, Instruction};

const SCRIPTS: [&str; 2] = ["cross-build-start", "cross-build-end"];

/// Takes the calls out of an instruction; with nothing else in it, the instruction goes.
pub fn remove(file: &Dockerfile, instruction: &Instruction, edits: &mut Edits, notes: &mut Notes) {
    let bytes = file.source.bytes();
    let text = bytes.get(instruction.span.clone()).unwrap_or_default();
    let is_named = |text: &[u8]| memchr::memmem::find(text, b"cross-build-").is_some();
    if !is_named(text) {
        return;
    }
    let commands = commands(file, instruction);
    let is_call = |command: &&crate::check::shell::Command| {
        command.program().is_some_and(|(name, _)| SCRIPTS.contains(&name))
    };
    let calls: Vec<_> = commands.iter().filter(is_call).collect();
    if calls.is_empty() {
        return;
    }
    if calls.len() == commands.len() {
        edits.delete_lines(bytes, &instruction.span);
        return;
    }
    // In a chain: the call goes with the `&&` or `;` behind it, or before it.
    for call in calls {
        let done =
            instruction.args.iter().find(|arg| arg.span.contains(&call.span().start)).is_some_and(|arg| {
                let start = call.span().start;
                let Some(own) = end(bytes, &arg.span, start, file.escape) else { return false };
                let rest = bytes.get(own..arg.span.end).unwrap_or_default();
                let blank = |rest: &[u8]| blanks(rest, file.escape);
                let gap = blank(rest);
                let sign = rest.get(gap..).unwrap_or_default();
                let length = match sign {
                    [b'&', b'&', ..] => 2,
                    [b';', ..] => 1,
                    _ => 0,
                };
                if length > 0 {
                    let behind = own + gap + length;
                    let behind = behind + blank(bytes.get(behind..arg.span.end).unwrap_or_default());
                    return edits.replace(&(start..behind), "");
                }
                if !sign.is_empty() {
                    return false;
                }
                let mut from = start;
                let before = |from: usize| bytes.get(arg.span.start..from).unwrap_or_default();
                while before(from).last().is_some_and(|b| b.is_ascii_whitespace() || *b == file.escape) {
                    from -= 1;
                }
                let signs = before(from).iter().rev().take_while(|b| matches!(b, b'&' | b';')).count();
                from -= signs;
                while before(from).last().is_some_and(|b| b.is_ascii_whitespace() || *b == file.escape) {
                    from -= 1;
                }
                signs > 0 && edits.replace(&(from..own), "")
            });
        if !done {
            notes.warn(
                "by-hand",
                &call.span(),
                "this script of the old image is not there any more",
                "take it out: builders emulate other processors by themselves",
            );
        }
    }
}

/// Blanks and continued line ends.
fn blanks(rest: &[u8], escape: u8) -> usize {
    rest.iter().take_while(|b| b.is_ascii_whitespace() || **b == escape).count()
}
