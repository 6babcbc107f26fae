//! `%%NAME%%` in a compose file, which nothing replaces.

use crate::check::Sink;
use crate::check::project::ProjectScope;
use crate::project::review;

pub(super) fn check(scope: &ProjectScope, sink: &mut Sink) {
    for found in review::placeholders(scope.model) {
        sink.report_in(&found.at.source, found.at.span.clone(), &(0..0), found.message, found.help);
    }
}
