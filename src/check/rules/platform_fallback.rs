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
        let message = format!("`{}` is there only for an older platform than the device's", shown(&written));
        let mut help = format!("for {} the engine takes {taken} without a word", case.arch.platform);
        if let Some(next) = case.memory.successor(image, case.platform.as_ref()) {
            help.push_str(&format!("; {next}"));
        }
        sink.report(&image.span, message, help);
    }
}
