//! A base image of which the device gets one for an older platform, without a word.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::image::Availability;

pub static RULE: Rule = Rule {
    id: "platform-fallback",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/platform-fallback.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    for image in case.images {
        let Some(answer) = &image.answer else { continue };
        let Availability::Fallback(taken) = &answer.availability else { continue };
        let written = case.case.written(&image.span);
        let message = format!(
            "`{}` is not there for {}: the engine takes that for {taken}",
            shown(&written),
            case.arch.platform
        );
        let next = case.memory.successor(image, case.platform.as_ref());
        sink.report(&image.span, message, next.unwrap_or_else(|| "it runs, slower than it could".to_owned()));
    }
}
