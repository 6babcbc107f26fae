//! A base image that is not rebuilt any more: what is found wrong in it stays wrong.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::image::Status;

pub static RULE: Rule = Rule {
    id: "unmaintained-base-image",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/unmaintained-base-image.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    for image in case.images {
        let Ok(known) = &image.known else { continue };
        if !matches!(known.1.status, Status::Unmaintained | Status::Frozen) {
            continue;
        }
        let written = case.case.written(&image.span);
        let mut help = match known.1.updated_until {
            Some(until) => format!("{} was last built on {until}", image.text),
            None => format!("{} is not built any more", image.text),
        };
        if let Some(next) = case.memory.successor(image, case.platform.as_ref()) {
            help.push_str(&format!("; {next}"));
        }
        sink.report(&image.span, format!("`{}` is not updated any more", shown(&written)), help);
    }
}
