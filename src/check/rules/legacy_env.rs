//! `ENV NAME value`, the form without `=`, which takes all that follows for the value.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Form;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in &scope.file.instructions {
        if instruction.form != Form::LegacyPair {
            continue;
        }
        let keyword = instruction.keyword.name();
        let end = instruction.args.last().map_or(instruction.keyword_span.end, |arg| arg.span.end);
        // As the template has it: a value may be part of the name.
        let name = instruction.args.first().map(|arg| scope.shown(&arg.span)).unwrap_or_default();
        let message = format!("{keyword} uses the old form, without `=`");
        let help = format!("write {keyword} {name}=...");
        sink.report(&(instruction.keyword_span.start..end), message, help);
    }
}
