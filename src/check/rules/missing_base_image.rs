//! A base image that never existed for the device: the build ends at its first line.

use crate::check::{ImageScope, Sink};
use crate::image::Maintenance;

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    for (image, _, known) in scope.known_images().filter(|(_, _, known)| known.status == Maintenance::Never) {
        let help = format!("{}: {}", image.text, known.why);
        let nearest = known.instead.as_ref().map(|near| format!("the nearest that existed is {near}"));
        let shown = scope.rendering.shown(&image.span);
        let message = match known.is_missing {
            true => format!("the image `{shown}` is not in its registry"),
            false => format!("the image `{shown}` never existed"),
        };
        sink.report_with_advice(&image.span, message, &help, nearest);
    }
}
