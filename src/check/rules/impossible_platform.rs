//! `--platform=linux/%%BALENA_ARCH%%` and its like: balena's names of architectures are not Docker's.

use crate::check::scope::shown;
use crate::check::{ArchScope, Sink};
use crate::image::Platform;

/// The architectures that an OCI platform can have, as Docker writes them.
const ARCHITECTURES: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for image in scope.images {
        let Some(platform) = image.platform.as_deref() else { continue };
        let Some(flag) = scope.platform_flag(image.stage) else { continue };
        if platform.contains("%%") || is_possible(platform) {
            continue;
        }
        sink.report(
            flag,
            format!("`{}` becomes an invalid platform", scope.rendering.shown(flag)),
            format!(
                "`{}` is not a platform; for {} it is {}: remove --platform, or write %%DTPL_PLATFORM%%",
                shown(platform),
                scope.arch.slug,
                scope.arch.platform
            ),
        );
    }
}

fn is_possible(platform: &str) -> bool {
    let whole = match platform.contains('/') {
        true => platform.to_owned(),
        // One word is an architecture.
        false => format!("linux/{platform}"),
    };
    let Some(parsed) = Platform::parse(&whole) else { return false };
    let text = parsed.to_string();
    let architecture = text.split('/').nth(1).unwrap_or_default();
    ARCHITECTURES.contains(&architecture)
}
