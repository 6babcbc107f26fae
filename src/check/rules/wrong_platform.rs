//! A base image that the device cannot run: the build ends, or the device says `exec format error`.

use crate::check::{ImageScope, Sink};
use crate::diagnostic::{Place, Severity};
use crate::dockerfile::StagePlatform;
use crate::image::{Availability, Maintenance, Platform};

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    let own = &scope.arch.platform;
    for (image, _, known) in scope.known_images() {
        let Some(answer) = &image.answer else { continue };
        // `missing-base-image` reports what never existed.
        if answer.availability != Availability::None || known.status == Maintenance::Never {
            continue;
        }
        let message =
            format!("`{}` does not exist for the device's platform", scope.rendering.shown(&image.span));
        let by = known.source.as_ref().map(|source| format!(" (by {source})")).unwrap_or_default();
        let help = format!("{}, {own}: {}{by}", image.text, answer.why);
        // BuildKit's check is for images of one platform. Where there are several, and none fits, the build ends.
        match known.platforms.len() {
            0 | 1 => sink.report_with_advice(&image.span, message, &help, scope.successor(image)),
            _ => sink.report_only_ours_with_advice(&image.span, &message, &help, scope.successor(image)),
        }
    }
    for (image, _, known) in scope.known_images() {
        let StagePlatform::Named(name) = &image.platform else { continue };
        let Some(wanted) = Platform::parse_short(name).filter(|_| Platform::is_possible(name)) else { continue };
        // For the device's own platform it is said above.
        if image.answer.is_some() || known.platforms.is_empty() || wanted.choose(&known.platforms).is_some() {
            continue;
        }
        let offered: Vec<String> = known.platforms.iter().map(Platform::to_string).collect();
        let message = format!("`{}` does not exist for {wanted}", scope.rendering.shown(&image.span));
        sink.report(&image.span, message, format!("{}: it exists for {}", image.text, offered.join(" ")));
    }
    let Some(device) = &scope.platform else { return };
    if let Err(fault) = scope.service.build.platform_for(&scope.service.name, device)
        && let Place::Text(source, span) = &fault.place
    {
        sink.report_only_ours_in(source, span.clone(), fault.message.clone(), fault.help.join("; "));
    }
    for stage in scope.final_stages() {
        let platform = match scope.image_of(stage).map(|image| &image.platform) {
            Some(StagePlatform::Named(platform)) => platform,
            Some(StagePlatform::Builder) => {
                if let Some(flag) = scope.platform_flag(stage) {
                    let message = "the image is built for the machine that builds, not for the device";
                    let help = "remove --platform from the stage that becomes the image";
                    sink.report_only_ours(Severity::Warning, flag, message, help);
                }
                continue;
            }
            _ => continue,
        };
        // What is no platform at all is reported by `impossible-platform`.
        let parsed = Platform::parse_short(platform).filter(|_| Platform::is_possible(platform));
        let Some(platform) = parsed else { continue };
        if device.choose(std::slice::from_ref(&platform)).is_none()
            && let Some(flag) = scope.platform_flag(stage)
        {
            match scope.service.has_only_image() {
                true => sink.report_only_ours(
                    Severity::Error,
                    flag,
                    format!("the image is for {platform}, which the device cannot run"),
                    "leave `platform` out: the platform of the device is used",
                ),
                false => sink.report(
                    flag,
                    format!("the image is built for {platform}, which the device cannot run"),
                    "remove --platform: the builder knows the device's platform",
                ),
            }
        }
    }
}
