//! `FROM --platform=$TARGETPLATFORM`, which is what a `FROM` without the flag means.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::Builder;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    // For the classic builder the variable is empty.
    if scope.evaluation.builder() == Builder::Classic {
        return;
    }
    for platform in scope.rendering.file.stages.iter().filter_map(|stage| stage.platform.as_ref()) {
        if is_target_platform(&platform.text) {
            let message = "this is the platform that a FROM has by itself";
            sink.report(&platform.span, message, "remove --platform");
        }
    }
}

/// Whether a word is this variable and nothing else; it always has a value, so that a default does not matter.
fn is_target_platform(word: &[u8]) -> bool {
    const NAME: &[u8] = b"TARGETPLATFORM";
    let Some(rest) = word.strip_prefix(b"$") else { return false };
    if rest == NAME {
        return true;
    }
    let inside = rest.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    let Some(operator) = inside.and_then(|inside| inside.strip_prefix(NAME)) else { return false };
    let operator = operator.strip_prefix(b":").unwrap_or(operator);
    let is_default = matches!(operator.first(), None | Some(b'-' | b'?'));
    is_default && !operator.iter().any(|byte| matches!(byte, b'$' | b'}'))
}
