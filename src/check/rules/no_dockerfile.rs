//! A Dockerfile that is there, and that balena does not find: it sends its builder nothing but the build context.
//! That there is none at all is reported where Dockerfiles are looked for.

use crate::check::{ArchScope, Sink};
use crate::diagnostic::Place;
use crate::dockerfile::Builder;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let build = &scope.service.build;
    let is_outside = build.dockerfile.as_deref().is_some_and(|path| path.starts_with("../"));
    let Some(Place::Text(source, span)) = build.places.dockerfile.as_ref().filter(|_| is_outside) else {
        return;
    };
    if scope.evaluation.builder() == Builder::Classic {
        let message = "balena looks for the Dockerfile in the build context alone";
        let help = "move it into the context, or make the context the folder above";
        sink.report_in(source, span.clone(), &(0..0), message, help);
    }
}
