//! `WORKDIR app` with no absolute path before it: where that is, the base image decides.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Base, Budget, Keyword};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let file = scope.rendering.file;
    if scope.rendering.all(Keyword::Workdir).next().is_none()
        && scope.rendering.all(Keyword::Onbuild).next().is_none()
    {
        return;
    }
    // The stages in which a WORKDIR is set: it is only the first that matters.
    let mut has_one: Vec<bool> = Vec::with_capacity(file.stages.len());
    let mut budget = Budget::default();
    for (at, stage) in scope.evaluation.stages.iter().enumerate() {
        let mut is_set = match stage.base {
            Base::Stage(before) => has_one.get(before).copied().unwrap_or(false),
            _ => false,
        };
        scope.walk(at, |instruction, environment| {
            if instruction.keyword != Keyword::Workdir || std::mem::replace(&mut is_set, true) {
                return;
            }
            let Some(path) = instruction.args.first() else { return };
            // Of a path that is not known nothing is said.
            if environment
                .expand(&path.text, file.escape, &mut budget)
                .is_some_and(|path| !path.starts_with('/'))
            {
                let message = "the path is relative, and no WORKDIR before it is absolute";
                let help =
                    "it starts where the base image says, which may change: write a path that starts with /";
                scope.report_in(at, &path.span, message, help, sink);
            }
        });
        has_one.push(is_set);
    }
}
