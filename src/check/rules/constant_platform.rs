//! `FROM --platform=linux/amd64`: the same platform for every device.

use crate::check::scope::shown;
use crate::check::{RenderingScope, Sink};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for stage in &scope.file.stages {
        let Some(platform) = &stage.platform else { continue };
        if platform.text.contains(&b'$') || !scope.is_literal(&platform.span) {
            continue;
        }
        let message =
            format!("every device is built for {} here", shown(&String::from_utf8_lossy(&platform.text)));
        let help =
            "remove --platform; use --platform=$BUILDPLATFORM in a stage that runs on the build machine";
        sink.report(&platform.span, message, help);
    }
}
