//! A base image that never existed for the device: the build ends at its first line.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::image::Status;

pub static RULE: Rule = Rule {
    id: "missing-base-image",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/missing-base-image.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    for image in case.images {
        let Ok(known) = &image.known else { continue };
        if known.1.status != Status::Never {
            continue;
        }
        let written = case.case.written(&image.span);
        let mut help = format!("{}: {}", image.text, known.1.why);
        if let Some(near) = &known.1.instead {
            help.push_str(&format!("; the nearest that was there is {near}"));
        }
        sink.report(&image.span, format!("there never was an image `{}`", shown(&written)), help);
    }
}
