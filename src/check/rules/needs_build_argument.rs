//! A `FROM` that names an image only if the build gives an argument.

use crate::check::{ArchScope, Sink};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for span in &scope.evaluation.invalid_defaults {
        // An error says it where the build ends; a name without variables is judged as it is.
        let text = scope.rendering.file.bytes(span);
        if scope.has_fault(span) || !text.contains(&b'$') {
            continue;
        }
        let message = format!("`{}` names an image only if the build gives an argument", scope.rendering.shown(span));
        sink.report(span, message, "give the ARG a default, so that a build without arguments works");
    }
}
