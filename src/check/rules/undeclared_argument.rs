//! A variable in a `FROM` that no `ARG` before the first `FROM` declares: it is empty.

use crate::check::{ArchScope, Sink};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for found in &scope.evaluation.undeclared {
        // Where the build ends because of it, the error says so.
        if scope.has_fault(&found.span) {
            continue;
        }
        let name = &found.name;
        let help = match &found.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it before the first FROM: ARG {name}=VALUE"),
        };
        sink.report(&found.span, format!("no ARG before the first FROM declares `{name}`"), help);
    }
}
