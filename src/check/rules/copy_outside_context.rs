//! A `COPY` from above the build context: nothing there is sent to the builder.

use std::collections::BTreeSet;

use crate::context::{Presence, clean};
use crate::check::{ArchScope, Sink};
use crate::dockerfile::Builder;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    // What an ONBUILD triggers is looked at once.
    let mut seen = BTreeSet::new();
    for (at, _) in scope.evaluation.stages.iter().enumerate().filter(|(_, stage)| stage.is_built) {
        scope.walk(at, |instruction, _| {
            if !seen.insert(instruction.span.start) {
                return;
            }
            for source in instruction.context_sources() {
                // A variable may hold anything.
                if source.text.contains('$') || clean(&source.text).is_some() || is_found(scope, &source.text) {
                    continue;
                }
                sink.report(
                    &source.span,
                    format!("`{}` is outside the build context", scope.rendering.shown(&source.span)),
                    "the builder cannot read outside the context: move the file into it, or use a parent folder as the context",
                );
            }
        });
    }
}

/// Whether the builder finds it all the same: BuildKit drops a `..` that would lead out of the context.
fn is_found(scope: &ArchScope, path: &str) -> bool {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if scope.evaluation.builder() != Builder::BuildKit {
        return false;
    }
    // Without a context nobody knows.
    scope.rendering.context.is_none_or(|context| {
        !matches!(context.find(&parts.join("/")), Presence::Missing | Presence::Ignored)
    })
}
