//! `FROM --platform=linux/amd64`: the same platform for every device.

use crate::check::scope::shown;
use crate::check::{RenderingScope, Sink};
use crate::image::Platform;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for stage in &scope.file.stages {
        let Some(platform) = &stage.platform else { continue };
        if platform.text.contains(&b'$') || !scope.is_literal(&platform.span) {
            continue;
        }
        let text = String::from_utf8_lossy(&platform.text);
        let Some(architecture) = architecture(&text) else { continue };
        // The name says that it is meant: a stage for each platform.
        let says = |part: &str| stage.name.as_ref().is_some_and(|name| name.text.contains(part));
        if says(&architecture) || says("linux") {
            continue;
        }
        let message = format!("every device is built for {} here", shown(&text));
        let help =
            "remove --platform; use --platform=$BUILDPLATFORM in a stage that runs on the build machine";
        sink.report(&platform.span, message, help);
    }
}

/// The architecture of a platform as BuildKit has it: `amd64` for `linux/x86_64`.
fn architecture(platform: &str) -> Option<String> {
    Some(Platform::parse_short(platform)?.to_string().split('/').nth(1)?.to_owned())
}
