//! A Dockerfile that is there, and that balena does not find: it sends its builder nothing but the build context.
//! That there is none at all is reported where Dockerfiles are looked for.

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
