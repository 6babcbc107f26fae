//! A second `CMD` (or `ENTRYPOINT`, or `HEALTHCHECK`) in a stage: only the last one counts.

use std::collections::BTreeMap;

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Instruction, Keyword};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for at in 0..scope.evaluation.stages.len() {
        // The last one of each.
        let mut last: BTreeMap<&str, &Instruction> = BTreeMap::new();
        scope.walk(at, |instruction, _| {
            if !matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck) {
                return;
            }
            let name = instruction.keyword.name();
            if let Some(before) = last.insert(name, instruction) {
                let message = format!("this {name} has no effect");
                let help = format!("the one on line {} replaces it", instruction.lines.start());
                scope.report_in(at, &before.keyword_span, &message, &help, sink);
            }
        });
    }
}
