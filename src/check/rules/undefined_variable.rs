//! A variable that is used where nothing sets it: it is empty there. BuildKit looks at the instructions in
//! which it expands variables itself; here the shell commands of a `RUN` are looked at for the arguments of
//! the platform, which no base image sets.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Builder, Environment, Instruction, Keyword, PLATFORM_ARGS};
use crate::shell;
use crate::source::Span;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for found in &scope.evaluation.undefined {
        if found.stage.is_some_and(|stage| !scope.is_looked_at(stage, &found.span)) {
            continue;
        }
        let is_of_platform = PLATFORM_ARGS.contains(&&*found.name);
        let help = match &found.near {
            _ if is_of_platform => declare(&found.name),
            Some(near) => format!("did you mean `{near}`?"),
            None => declare(&found.name),
        };
        match found.stage {
            Some(stage) => scope.report_in(stage, &found.span, &message(&found.name), &help, sink),
            None => sink.report(&found.span, message(&found.name), help),
        }
    }
    if scope.evaluation.builder() == Builder::Classic {
        return;
    }
    let file = scope.rendering.file;
    for stage in 0..file.stages.len() {
        scope.evaluation.walk(file, stage, |instruction, environment| {
            if instruction.keyword == Keyword::Run {
                for (name, span) in in_run(scope, instruction, environment) {
                    let after = file.source.bytes().get(span.end..).unwrap_or_default();
                    let has_default = [&b":-"[..], b":=", b"-", b"="].iter().any(|sign| after.starts_with(sign));
                    let message = match has_default && file.bytes(&span).starts_with(b"${") {
                        true => format!("nothing sets `${name}` here: every device gets the default"),
                        false => message(name),
                    };
                    sink.report_only_ours(sink.severity, &span, message, declare(name));
                }
            }
        });
    }
}

fn message(name: &str) -> String {
    format!("nothing sets `${name}` here: it is empty")
}

fn declare(name: &str) -> String {
    format!("declare it in this stage, before this line: ARG {name}")
}

/// The arguments of the platform that the shell commands of a `RUN` use, and its stage does not declare.
fn in_run(
    scope: &ArchScope,
    instruction: &Instruction,
    environment: &Environment,
) -> Vec<(&'static str, Span)> {
    let text = shell::text(scope.rendering.file, instruction);
    let mut found = Vec::new();
    // Text that is not UTF-8 was replaced, and places in it are off.
    if text.len() != instruction.span.len() {
        return found;
    }
    for name in PLATFORM_ARGS {
        if !environment.is_declared(name) && !is_assigned(&text, name) {
            found.extend(
                use_of(&text, name).map(|part| {
                    (name, instruction.span.start + part.start..instruction.span.start + part.end)
                }),
            );
        }
    }
    found
}

/// Where a text uses a variable for the first time: `$NAME` or `${NAME`, not after a backslash.
fn use_of(text: &str, name: &str) -> Option<Span> {
    text.match_indices(name).find_map(|(at, _)| {
        let before = text.get(..at)?;
        let start = before.strip_suffix("${").or_else(|| before.strip_suffix('$'))?.len();
        let next = text.as_bytes().get(at + name.len());
        let is_whole = next.is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
        let is_escaped = text.get(..start)?.ends_with(['\\', '$']);
        (is_whole && !is_escaped).then_some(start..at + name.len())
    })
}

/// Whether a shell command sets the variable: `NAME=`, `read NAME`, `for NAME in`.
fn is_assigned(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + name.len()..).unwrap_or_default();
        let is_start =
            before.ends_with(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | '"' | '\''));
        is_start
            && (after.starts_with('=')
                || before.trim_end().ends_with("read")
                || before.trim_end().ends_with("for"))
    })
}
