//! `%%NAME%%` in a compose file, which nothing replaces.

use crate::check::project::ProjectScope;
use crate::check::Sink;
use crate::render::placeholder;

pub(super) fn check(scope: &ProjectScope, sink: &mut Sink) {
    scope.texts(|at, text| {
        let (_, names) = placeholder::find_all(text.as_bytes());
        let Some(name) = names.first() else { return };
        let message = format!("`%%{name}%%` is not replaced in a compose file");
        let help = "give the service a Dockerfile.template with it, pass it as a build argument, or write `${...}` \
                    and set the variable";
        sink.report_in(&at.source, at.span.clone(), &(0..0), message, help);
    });
}
