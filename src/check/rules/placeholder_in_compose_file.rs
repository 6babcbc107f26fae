//! `%%NAME%%` in a compose file, which nothing replaces.

use crate::check::project::ProjectScope;
use crate::check::Sink;
use crate::render::placeholder;

pub(super) fn check(scope: &ProjectScope, sink: &mut Sink) {
    scope.texts(|at, text, is_of_image| {
        let (_, names) = placeholder::find_all(text.as_bytes());
        // What a program gets may have such a text of its own: the format of a date.
        let is_meant = |name: &&String| is_of_image || ["BALENA_", "RESIN_", "DTPL_"].iter().any(|start| name.starts_with(start));
        let Some(name) = names.iter().find(is_meant) else { return };
        let message = format!("`%%{name}%%` is not replaced in a compose file");
        let help = "give the service a Dockerfile.template with it, pass it as a build argument, or write `${...}` \
                    and set the variable";
        sink.report_in(&at.source, at.span.clone(), &(0..0), message, help);
    });
}
