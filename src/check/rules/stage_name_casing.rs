//! `AS Build`: stages are compared without their case, so that a name in upper case is not what it seems.

use crate::check::{RenderingScope, Sink};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for name in scope.file.stages.iter().filter_map(|stage| stage.name.as_ref()) {
        if scope.file.bytes(&name.span).iter().any(u8::is_ascii_uppercase) {
            let message = format!("the stage name `{}` is not in lower case", scope.shown(&name.span));
            sink.report(&name.span, message, "write all its letters in lower case");
        }
    }
}
