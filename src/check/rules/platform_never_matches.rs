//! `case "$TARGETPLATFORM" in linux/arm64/v8)`: a name that BuildKit never gives to a platform.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::check::platform_value::{PlatformValues, unquoted};
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Keyword;
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
        if compared.is_empty() {
            continue;
        }
        let mut text = InstructionText { text: shell::text(scope.file, instruction), found: BTreeMap::new() };
        for (subject, values) in &compared {
            report(scope, &mut text, subject, values, sink);
        }
    }
}

/// In how many values an instruction is searched for.
const MOST_SEARCHED: usize = 100;

/// The text of an instruction, with the values that were looked for in it.
struct InstructionText<'t> {
    text: Cow<'t, str>,
    found: BTreeMap<String, bool>,
}

impl InstructionText<'_> {
    /// Whether something in it is compared with a value. Of the last of very many values it is not known, and
    /// nothing is said.
    fn may_compare(&mut self, value: &str) -> bool {
        if let Some(found) = self.found.get(value) {
            return *found;
        }
        if self.found.len() == MOST_SEARCHED {
            return true;
        }
        let found = is_compared(&self.text, value);
        self.found.insert(value.to_owned(), found);
        found
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
    text: &mut InstructionText,
    subject: &Span,
    values: &[Span],
    sink: &mut Sink,
) {
    let Some(known) = PlatformValues::of(scope.file.bytes(subject), scope.file.escape) else { return };
    let all: Vec<String> = values.iter().map(|value| unquoted(scope.file.bytes(value))).collect();
    let each: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    for (span, value) in values.iter().zip(&all) {
        let Some(meant) = known.meant_by(value).filter(|_| !known.has(value)) else { continue };
        // The right name is there too, here or in another comparison of the instruction.
        if each.contains(meant) || text.may_compare(meant) {
            continue;
        }
        let message = format!("the builder never says `{value}`");
        sink.report(span, message, format!("write `{meant}`"));
    }
}

/// Whether a text has a value between characters that end a word.
fn is_compared(text: &str, value: &str) -> bool {
    let is_end =
        |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '_' | '-'));
    text.match_indices(value).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + value.len()..).and_then(|after| after.chars().next());
        is_end(before) && is_end(after)
    })
}
