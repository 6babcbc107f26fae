//! Reports a Dockerfile outside the build context in a project for balena, which sends only the context to its
//! builder. A missing Dockerfile is reported by `check::service`, under the same rule name.

use crate::check::{ArchScope, Sink};
use crate::diagnostic::Place;
use crate::dockerfile::Builder;
use crate::project::review;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    if scope.evaluation.builder() == Builder::Classic
        && let Some((Place::Text(source, span), message, help)) = review::outside_context(&scope.service.build)
    {
        sink.report_in(source, span.clone(), &(0..0), message, help);
    }
}
