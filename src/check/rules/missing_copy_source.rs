//! A `COPY` of something that the build context does not have.

use crate::check::context::{Presence, clean};
use crate::check::{RenderingScope, Sink};
use crate::diagnostic::Severity;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    let Some(context) = scope.context else { return };
    for instruction in &scope.file.instructions {
        let sources = instruction.context_sources();
        for source in &sources {
            // A variable may hold anything, and what leads out is another rule's.
            if source.text.contains('$') || source.text.contains("%%") || clean(&source.text).is_none() {
                continue;
            }
            let written = scope.shown(&source.span);
            match context.find(&source.text) {
                // A pattern that matches nothing copies nothing: that is how files are copied that may
                // be missing. By itself it was hardly meant so.
                Presence::Missing if source.text.contains(['*', '?', '[']) => {
                    if sources.len() == 1 {
                        let message = format!("`{written}` matches nothing in the build context");
                        let help = "the build continues without it";
                        sink.report_as(Severity::Info, &source.span, message, help);
                    }
                }
                Presence::Missing => {
                    let relative = "paths are relative to the build context, not to the Dockerfile";
                    let help = context.near(&source.text).unwrap_or_else(|| relative.to_owned());
                    sink.report(&source.span, format!("`{written}` is not in the build context"), help);
                }
                Presence::Ignored => {
                    let message = format!("`{written}` is excluded from the build context");
                    let help =
                        "`.dockerignore` excludes it: add an exception there, a line that starts with `!`";
                    sink.report(&source.span, message, help);
                }
                Presence::File | Presence::Folder | Presence::Unknown => {}
            }
        }
    }
}
