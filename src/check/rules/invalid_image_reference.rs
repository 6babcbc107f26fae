//! A `FROM` that names no image: Docker refuses the reference.

use crate::check::{ImageScope, Sink};

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    for image in scope.images {
        let Err(fault) = &image.known else { continue };
        let written = scope.rendering.shown(&image.span);
        let mut help = format!("{}: {}", image.text, fault.message);
        if written.contains(char::is_whitespace) {
            // Only a compose file can say that.
            help = "the name of an image has no spaces in it".to_owned();
        } else if let Some(more) = &fault.help {
            help.push_str(&format!("; {more}"));
        }
        sink.report(&image.span, format!("`{written}` is not a valid image reference"), help);
    }
}
