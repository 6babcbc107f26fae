//! A `COPY` from above the build context: nothing there is sent to the builder.

use crate::check::context::clean;
use crate::check::{RenderingScope, Sink};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in &scope.file.instructions {
        for source in instruction.context_sources() {
            // A variable may hold anything.
            if !source.text.contains('$') && clean(&source.text).is_none() {
                sink.report(
                    &source.span,
                    format!("`{}` is outside the build context", scope.shown(&source.span)),
                    "the builder cannot read outside the context: move the file into it, or use a parent folder as the context",
                );
            }
        }
    }
}
