//! A base image that exists only for an older platform than the device's, which the engine silently takes.

use crate::check::{ImageScope, Sink};
use crate::image::Availability;

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    for image in scope.built_images() {
        let Some(answer) = &image.answer else { continue };
        let Availability::Fallback(taken) = &answer.availability else { continue };
        let written = scope.rendering.shown(&image.span);
        let message = format!("`{written}` exists only for an older platform than the device's");
        let help = format!("for {} the engine silently takes {taken}", scope.arch.platform);
        sink.report_with_advice(&image.span, message, &help, scope.successor(image));
    }
}
