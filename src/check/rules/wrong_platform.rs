//! A base image that the device cannot run: the build ends, or the device says `exec format error`.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::image::{Availability, Platform, Status};

pub static RULE: Rule = Rule {
    id: "wrong-platform",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/wrong-platform.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    let own = &case.arch.platform;
    for image in case.images {
        let (Ok(known), Some(answer)) = (&image.known, &image.answer) else { continue };
        // What never existed is another rule's.
        if answer.availability != Availability::None || known.1.status == Status::Never {
            continue;
        }
        let written = case.case.written(&image.span);
        let mut help = format!("{}, {own}: {}", image.text, answer.why);
        if let Some(next) = case.memory.successor(image, case.platform.as_ref()) {
            help.push_str(&format!("; {next}"));
        }
        sink.report(
            &image.span,
            format!("`{}` is not there for the device's platform", shown(&written)),
            help,
        );
    }
    let Some(asked) = &case.platform else { return };
    for stage in case.case.final_stages() {
        let Some(image) = case.image_of(stage) else { continue };
        let Some(platform) = image.platform.as_deref().and_then(Platform::parse) else { continue };
        let flag = case.case.file.stages.get(stage).and_then(|stage| stage.platform.as_ref());
        if asked.choose(std::slice::from_ref(&platform)).is_none()
            && let Some(flag) = flag
        {
            let message = format!("the image is built for {platform}, which the device does not run");
            sink.report(&flag.span, message, "leave --platform out: the builder knows the device's platform");
        }
    }
}
