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
        let hidden = match found.hidden.is_empty() {
            true => "empty".to_owned(),
            false => format!("`{}`", found.hidden),
        };
        let help = format!("for {} it would be {hidden}: write ARG {name}, without a value", scope.arch.slug);
        sink.report(&found.span, message, help);
    }
}
