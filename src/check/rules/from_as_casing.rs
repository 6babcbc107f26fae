//! `FROM image as name`: one keyword in upper case, the other in lower case.

use crate::check::{RenderingScope, Sink};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for stage in &scope.file.stages {
        let Some(instruction) = scope.file.instructions.get(stage.instruction) else { continue };
        let [_, word, _] = &instruction.args[..] else { continue };
        let from = scope.file.bytes(&instruction.keyword_span);
        // Of a keyword in both cases, `instruction-casing` speaks.
        let meant = match from {
            _ if from == from.to_ascii_uppercase() => "AS",
            _ if from == from.to_ascii_lowercase() => "as",
            _ => continue,
        };
        if *word.text != *meant.as_bytes() && word.text.eq_ignore_ascii_case(b"as") {
            let other = if meant == "AS" { "upper" } else { "lower" };
            let message = format!("FROM is written in {other} case, AS is not");
            sink.report(&word.span, message, format!("write `{meant}`"));
        }
    }
}
