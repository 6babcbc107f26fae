//! A base image without a tag: `latest` is meant, another image every few months.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::image::Status;

pub static RULE: Rule = Rule {
    id: "untagged-base-image",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/untagged-base-image.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    for image in case.images {
        let Ok(known) = &image.known else { continue };
        let (reference, knowledge) = &**known;
        if reference.text() == "scratch" || reference.digest().is_some() {
            continue;
        }
        let written = case.case.written(&image.span);
        let message = match reference.tag() {
            None => format!("`{}` has no tag: `latest` is meant", shown(&written)),
            Some("latest") => format!("`{}` is another image every few months", shown(&written)),
            Some(_) => continue,
        };
        let meant: Vec<String> = knowledge
            .omitted
            .iter()
            .filter_map(|omitted| Some(format!("{} {}", omitted.part.name(), omitted.last()?)))
            .collect();
        let help = match meant.is_empty() {
            true if knowledge.status == Status::Never => String::new(),
            true => "name a version, such as python:3.13-alpine".to_owned(),
            false => format!("name what it meant at the end: {}", meant.join(", ")),
        };
        sink.report(&image.span, message, help);
    }
}
