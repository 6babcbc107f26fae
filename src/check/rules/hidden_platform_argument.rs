//! `ARG TARGETARCH=amd64`: the default hides the value that BuildKit gives, for every device.

use crate::check::{ArchScope, Sink};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for found in &scope.evaluation.hidden {
        let name = &found.name;
        // Who builds is often said for builders that do not know.
        if !name.starts_with("TARGET") {
            continue;
        }
        let message = format!("the default of {name} hides the value that the builder gives");
        let help = format!("for {} it would be `{}`: write ARG {name}, without a value", scope.arch.slug, found.hidden);
        sink.report(&found.span, message, help);
    }
}
