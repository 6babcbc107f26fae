//! `case "$TARGETPLATFORM" in linux/arm64/v8)`: a name that BuildKit never gives to a platform.

use crate::check::platform_value::{PlatformValues, unquoted};
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{Instruction, Keyword};
use crate::shell::{self, ShellCommand};
use crate::source::Span;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.all(Keyword::Run) {
        let mut compared: Vec<(Span, Vec<Span>)> = Vec::new();
        for case in scope.cases(instruction).iter() {
            let patterns = case.branches.iter().flat_map(|branch| branch.patterns.iter().cloned());
            compared.push((case.subject.clone(), patterns.collect()));
        }
        compared.extend(scope.commands(instruction).iter().filter_map(|command| tested(scope, command)));
        for (subject, values) in &compared {
            report(scope, instruction, subject, values, sink);
        }
    }
}

/// `[ "$TARGETARCH" = x ]`
fn tested(scope: &RenderingScope, command: &ShellCommand) -> Option<(Span, Vec<Span>)> {
    let words = &command.words;
    let at = words.iter().position(|word| matches!(&*word.text, "[" | "[[" | "test"))?;
    let [subject, sign, value, ..] = words.get(at + 1..)? else { return None };
    let is_comparison = matches!(&*sign.text, "=" | "==");
    let is_variable = scope.file.bytes(&subject.span).contains(&b'$');
    (is_comparison && is_variable).then(|| (subject.span.clone(), vec![value.span.clone()]))
}

fn report(
    scope: &RenderingScope,
    instruction: &Instruction,
    subject: &Span,
    values: &[Span],
    sink: &mut Sink,
) {
    let Some(known) = PlatformValues::of(scope.file.bytes(subject), scope.file.escape) else { return };
    let all: Vec<String> = values.iter().map(|value| unquoted(scope.file.bytes(value))).collect();
    let text = shell::text(scope.file, instruction);
    for (span, value) in values.iter().zip(&all) {
        let Some(meant) = known.meant_by(value).filter(|_| !known.has(value)) else { continue };
        // The right name is there too, here or in another comparison of the instruction.
        if all.iter().any(|other| other == meant) || is_compared(&text, meant) {
            continue;
        }
        let message = format!("the builder never says `{value}`");
        sink.report(span, message, format!("write `{meant}`"));
    }
}

/// Whether a text has a value between characters that end a word.
fn is_compared(text: &str, value: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '_' | '-'));
    text.match_indices(value).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + value.len()..).and_then(|after| after.chars().next());
        is_end(before) && is_end(after)
    })
}
