//! `--platform=linux/%%BALENA_ARCH%%` and its like: balena's names of architectures are not Docker's.

use crate::check::scope::shown;
use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Base, StagePlatform};
use crate::image::Platform;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for (at, stage) in scope.evaluation.stages.iter().enumerate() {
        let StagePlatform::Named(platform) = &stage.platform else { continue };
        // A stage on another one has the platform of that one.
        let Some(flag) = scope.platform_flag(at).filter(|_| !matches!(stage.base, Base::Stage(_))) else {
            continue;
        };
        if platform.contains("%%") || Platform::is_possible(platform) {
            continue;
        }
        let message = format!("`{}` becomes an invalid platform", scope.rendering.shown(flag));
        let (platform, arch, own) = (shown(platform), &scope.arch.slug, &scope.arch.platform);
        let instead = match scope.service.has_only_image() {
            true => "leave `platform` out",
            false => "remove --platform, or write %%DTPL_PLATFORM%%",
        };
        let help = format!("`{platform}` is not a platform; for {arch} it is {own}: {instead}");
        sink.report(flag, message, help);
    }
}
