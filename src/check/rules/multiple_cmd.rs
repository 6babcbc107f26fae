//! A second `CMD` (or `ENTRYPOINT`, or `HEALTHCHECK`) in a stage: only the last one counts.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{Instruction, Keyword};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for stage in &scope.file.stages {
        for keyword in [Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck] {
            let mut last: Option<&Instruction> = None;
            for instruction in scope.body(stage).iter().filter(|found| found.keyword == keyword) {
                if let Some(before) = last.replace(instruction) {
                    let message = format!("this {} has no effect", keyword.name());
                    let help = format!("the one on line {} replaces it", instruction.lines.start());
                    sink.report(&before.keyword_span, message, help);
                }
            }
        }
    }
}
