//! Diagnostics of other parts of the program, as a check reports them.

use crate::diagnostic::{self, Diagnostic, Place, Severity};
use crate::dockerfile::Dockerfile;
use crate::render::Variables;

/// Whether a fault is about the text of an unknown placeholder, which has been reported.
pub(crate) fn is_about(fault: &Diagnostic, unknown: &Variables) -> bool {
    let Place::Text(source, span) = &fault.place else { return false };
    let text = source.bytes().get(span.clone()).unwrap_or_default();
    unknown.iter().any(|variable| memchr::memmem::find(text, variable.value()).is_some())
}

/// A fault as a check reports it: a placeholder that the balena builder knows in every build, and a check
/// need not, is only information.
pub(crate) fn lenient(fault: &Diagnostic) -> Diagnostic {
    const LATER: [&[u8]; 4] =
        [b"%%BALENA_APP_NAME%%", b"%%BALENA_RELEASE_HASH%%", b"BALENA_APP_NAME", b"BALENA_RELEASE_HASH"];
    let mut fault = fault.clone();
    if let Place::Text(source, span) = &fault.place
        && fault.rule == Some(diagnostic::RuleName::UnknownPlaceholder)
        && LATER.contains(&source.bytes().get(span.clone()).unwrap_or_default())
    {
        fault.severity = Severity::Info;
    }
    fault
}

/// Whether it is about the image that a stage is built on.
pub(crate) fn is_in_from(file: &Dockerfile, note: &Diagnostic) -> bool {
    let Place::Text(_, span) = &note.place else { return false };
    file.stages.iter().any(|stage| stage.base.span.contains(&span.start))
}
