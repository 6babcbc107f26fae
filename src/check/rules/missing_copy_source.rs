//! A `COPY` of something that the build context does not have.

use super::shown;
use super::{Look, Rule};
use crate::check::context::{Found, clean};
use crate::check::copies::copied;
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "missing-copy-source",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/missing-copy-source.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    let Some(context) = case.context else { return };
    for instruction in &case.file.instructions {
        let sources = copied(instruction);
        let count = sources.len();
        for source in sources {
            // A variable may hold anything, and what leads out is another rule's.
            if source.text.contains('$') || source.text.contains("%%") || clean(&source.text).is_none() {
                continue;
            }
            let written = case.written(&source.span);
            match context.find(&source.text) {
                // A pattern that matches nothing copies nothing: that is how files are copied that may
                // be missing. By itself it was hardly meant so.
                Found::Nothing if source.text.contains(['*', '?', '[']) => {
                    if count == 1 {
                        sink.report_as(
                            Severity::Info,
                            &source.span,
                            format!("`{}` matches nothing in the build context", shown(&written)),
                            "the build goes on without it",
                        );
                    }
                }
                Found::Nothing => sink.report(
                    &source.span,
                    format!("`{}` is not in the build context", shown(&written)),
                    context.near(&source.text).unwrap_or_else(|| {
                        "paths are relative to the folder that is built, not to the Dockerfile".to_owned()
                    }),
                ),
                Found::Ignored => sink.report(
                    &source.span,
                    format!("`{}` is left out of the build context", shown(&written)),
                    "`.dockerignore` excludes it: except it there with a line that starts with `!`",
                ),
                Found::File | Found::Folder | Found::Unknown => {}
            }
        }
    }
}
