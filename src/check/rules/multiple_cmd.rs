//! A second `CMD` (or `ENTRYPOINT`) in a stage: only the last one counts.

use super::{Look, Rule};
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::{Instruction, Keyword};

pub static RULE: Rule = Rule {
    id: "multiple-cmd",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/multiple-cmd.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    for stage in &case.file.stages {
        for keyword in [Keyword::Cmd, Keyword::Entrypoint] {
            let mut last: Option<&Instruction> = None;
            for instruction in case.body(stage).iter().filter(|found| found.keyword == keyword) {
                if let Some(before) = last.replace(instruction) {
                    sink.report(
                        &before.keyword_span,
                        format!("this {} has no effect", keyword.name()),
                        format!("the one in line {} takes its place", instruction.lines.start()),
                    );
                }
            }
        }
    }
}
