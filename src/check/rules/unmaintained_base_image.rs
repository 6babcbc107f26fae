//! A base image that is not rebuilt any more: what is found wrong in it stays wrong.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::image::{Family, Status};

pub static RULE: Rule = Rule {
    id: "unmaintained-base-image",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/unmaintained-base-image.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    for image in case.images {
        let Ok(known) = &image.known else { continue };
        // Of some names it is not known whether there ever was an image; of their family it is known
        // that nothing is built any more.
        let is_of_dead_family =
            known.1.status == Status::Unknown && matches!(known.1.family, Family::Resin | Family::Balenalib);
        if !is_of_dead_family && !matches!(known.1.status, Status::Unmaintained | Status::Frozen) {
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
