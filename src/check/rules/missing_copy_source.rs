//! A `COPY`, or a bind mount, of something that the build context does not have.

use std::collections::BTreeSet;

use crate::context::{BuildContext, Presence, clean};
use crate::check::{ArchScope, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::{Budget, Builder, ContextSource, Keyword};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let Some(context) = scope.rendering.context else { return };
    let file = scope.rendering.file;
    // What an ONBUILD triggers is looked at once.
    let mut seen = BTreeSet::new();
    let mut budget = Budget::default();
    for (at, stage) in scope.evaluation.stages.iter().enumerate() {
        if !stage.is_built {
            continue;
        }
        scope.evaluation.walk(file, at, |instruction, environment| {
            if !seen.insert(instruction.span.start) {
                return;
            }
            let sources = match instruction.keyword {
                Keyword::Copy | Keyword::Add => {
                    instruction.context_sources_in(environment, file.escape, &mut budget)
                }
                Keyword::Run => instruction.mounted_sources(environment, file.escape, &mut budget),
                _ => return,
            };
            for source in &sources {
                // A placeholder that is not known has been reported, and what leads out is another rule's.
                if !source.text.contains("%%") && clean(&source.text).is_some() {
                    report(scope, context, source, sources.len() == 1, sink);
                }
            }
        });
    }
}

fn report(scope: &ArchScope, context: &BuildContext, source: &ContextSource, is_only: bool, sink: &mut Sink) {
    let written = scope.rendering.shown(&source.span);
    // What the variables in it stand for.
    let meant = if written.contains('$') {
        format!("for {} it is `{}`; ", scope.arch.slug, source.text)
    } else {
        String::new()
    };
    match context.find(&source.text) {
        // A pattern that matches nothing copies nothing: that is how files are copied that may be missing. By
        // itself it was hardly meant so.
        Presence::Missing if source.text.contains(['*', '?', '[']) => {
            if is_only && scope.evaluation.builder() == Builder::Classic {
                let message = format!("`{written}` matches nothing in the build context");
                let help = format!("{meant}the classic builder ends here: no source files were specified");
                sink.report_only_ours(Severity::Error, &source.span, message, help);
            } else if is_only {
                let message = format!("`{written}` matches nothing in the build context");
                let help = format!("{meant}the build continues without it");
                sink.report_only_ours(Severity::Info, &source.span, message, help);
            }
        }
        Presence::Missing if context.is_ignored_by_git(&source.text) => {
            let message = format!("`{written}` is not in the build context now");
            let help = format!("{meant}`.gitignore` lists it: make it before the build");
            sink.report_only_ours(Severity::Info, &source.span, message, help);
        }
        Presence::Missing => {
            let relative = "paths are relative to the build context, not to the Dockerfile";
            // What is there for another platform is not meant for this one.
            let near = if written.contains("TARGET") { None } else { context.near(&source.text) };
            let help = near.unwrap_or_else(|| relative.to_owned());
            let (message, help) =
                (format!("`{written}` is not in the build context"), format!("{meant}{help}"));
            sink.report_only_ours(Severity::Error, &source.span, message, help);
        }
        Presence::Ignored => {
            let message = format!("`{written}` is excluded from the build context");
            let file = context.ignore_file();
            let help =
                format!("{meant}`{file}` excludes it: add an exception there, a line that starts with `!`");
            sink.report(&source.span, message, help);
        }
        Presence::File | Presence::Folder | Presence::Unknown => {}
    }
}
