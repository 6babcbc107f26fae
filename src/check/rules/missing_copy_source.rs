//! A `COPY` of something that the build context does not have.

use crate::check::context::{Presence, clean};
use crate::check::{RenderingScope, Sink};
use crate::diagnostic::Severity;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    let Some(context) = scope.context else { return };
    for instruction in &scope.file.instructions {
        let sources = instruction.context_sources();
        let count = sources.len();
        for source in sources {
            // A variable may hold anything, and what leads out is another rule's.
            if source.text.contains('$') || source.text.contains("%%") || clean(&source.text).is_none() {
                continue;
            }
            let written = scope.shown(&source.span);
            match context.find(&source.text) {
                // A pattern that matches nothing copies nothing: that is how files are copied that may
                // be missing. By itself it was hardly meant so.
                Presence::Missing if source.text.contains(['*', '?', '[']) => {
                    if count == 1 {
                        sink.report_as(
                            Severity::Info,
                            &source.span,
                            format!("`{written}` matches nothing in the build context"),
                            "the build continues without it",
                        );
                    }
                }
                Presence::Missing => sink.report(
                    &source.span,
                    format!("`{written}` is not in the build context"),
                    context.near(&source.text).unwrap_or_else(|| {
                        "paths are relative to the build context, not to the Dockerfile".to_owned()
                    }),
                ),
                Presence::Ignored => sink.report(
                    &source.span,
                    format!("`{written}` is excluded from the build context"),
                    "`.dockerignore` excludes it: add an exception there, a line that starts with `!`",
                ),
                Presence::File | Presence::Folder | Presence::Unknown => {}
            }
        }
    }
}
