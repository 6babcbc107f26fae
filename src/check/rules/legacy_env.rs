//! `ENV NAME value`, the form without `=`, which takes all that follows for the value.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::Form;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    for at in 0..scope.evaluation.stages.len() {
        scope.walk(at, |instruction, _| {
            if instruction.form != Form::LegacyPair {
                return;
            }
            let keyword = instruction.keyword.name();
            let end = instruction.args.last().map_or(instruction.keyword_span.end, |arg| arg.span.end);
            // As the template has it: a value may be part of the name.
            let name =
                instruction.args.first().map(|arg| scope.rendering.shown(&arg.span)).unwrap_or_default();
            let message = format!("{keyword} uses the old form, without `=`");
            let help = format!("write {keyword} {name}=...");
            scope.report_in(at, &(instruction.keyword_span.start..end), &message, &help, sink);
        });
    }
}
