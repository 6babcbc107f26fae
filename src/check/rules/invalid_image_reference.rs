//! A `FROM` that names no image: Docker refuses the reference.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "invalid-image-reference",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/invalid-image-reference.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    for image in case.images {
        let Err(fault) = &image.known else { continue };
        let written = case.case.written(&image.span);
        let mut help = format!("{}: {}", image.text, fault.message);
        if let Some(more) = &fault.help {
            help.push_str(&format!("; {more}"));
        }
        sink.report(&image.span, format!("`{}` is no image reference", shown(&written)), help);
    }
}
