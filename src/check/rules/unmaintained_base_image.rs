//! A base image that is not rebuilt any more: what is found wrong in it stays wrong.

use crate::check::{ImageScope, Sink};
use crate::image::Maintenance;

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    for (image, _, known) in scope.known_images() {
        // Nothing of these families is built any more, whether or not the name ever existed.
        let is_of_old_family = known.status == Maintenance::Unknown && known.family.is_of_balena();
        let written = scope.rendering.shown(&image.span);
        if known.status == Maintenance::Over {
            let message = format!("`{written}` is no longer supported");
            let phrase = known.ends.as_ref().and_then(|ending| ending.phrase(scope.cache.catalogue.day())).unwrap_or_default();
            let help = match phrase.starts_with(&image.text) {
                true => phrase,
                false => format!("{}: {phrase}", image.text),
            };
            sink.report_with_advice(&image.span, message, &help, scope.successor(image));
            continue;
        }
        if !is_of_old_family && !matches!(known.status, Maintenance::Unmaintained | Maintenance::Frozen) {
            continue;
        }
        let help = match known.updated_phrase() {
            Some(phrase) => format!("{} was {phrase}", image.text),
            None => format!("{} is no longer built", image.text),
        };
        let message = format!("`{written}` is no longer updated");
        sink.report_with_advice(&image.span, message, &help, scope.successor(image));
    }
}
