//! `--platform=linux/%%BALENA_ARCH%%` and its like: balena's names of architectures are not Docker's.

use crate::check::scope::shown;
use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Base, StagePlatform};
use crate::image::Platform;

/// The architectures that an OCI platform can have, as Docker writes them.
const ARCHITECTURES: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];

/// The systems that have images.
const SYSTEMS: [&str; 3] = ["freebsd", "linux", "windows"];

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for (at, stage) in scope.evaluation.stages.iter().enumerate() {
        let StagePlatform::Named(platform) = &stage.platform else { continue };
        // A stage on another one has the platform of that one.
        let Some(flag) = scope.platform_flag(at).filter(|_| !matches!(stage.base, Base::Stage(_))) else {
            continue;
        };
        if platform.contains("%%") || is_possible(platform) {
            continue;
        }
        let message = format!("`{}` becomes an invalid platform", scope.rendering.shown(flag));
        let (platform, arch, own) = (shown(platform), &scope.arch.slug, &scope.arch.platform);
        let help = format!(
            "`{platform}` is not a platform; for {arch} it is {own}: remove --platform, or write \
             %%DTPL_PLATFORM%%"
        );
        sink.report(flag, message, help);
    }
}

pub(super) fn is_possible(platform: &str) -> bool {
    // One word is an architecture or a system.
    if SYSTEMS.iter().any(|system| platform.eq_ignore_ascii_case(system)) {
        return true;
    }
    let whole = if platform.contains('/') { platform.to_owned() } else { format!("linux/{platform}") };
    let Some(parsed) = Platform::parse(&whole) else { return false };
    let text = parsed.to_string();
    text.split('/').nth(1).is_some_and(|architecture| ARCHITECTURES.contains(&architecture))
}
