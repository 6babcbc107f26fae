//! A `COPY` from above the build context: nothing there is sent to the builder.

use super::shown;
use super::{Look, Rule};
use crate::check::context::clean;
use crate::check::copies::copied;
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "copy-outside-context",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/copy-outside-context.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    for instruction in &case.file.instructions {
        for source in copied(instruction) {
            // A variable may hold anything.
            if !source.text.contains('$') && clean(&source.text).is_none() {
                sink.report(
                    &source.span,
                    format!("`{}` lies outside of the build context", shown(&case.written(&source.span))),
                    "the builder gets the context and nothing above it: move the file there, or the context up",
                );
            }
        }
    }
}
