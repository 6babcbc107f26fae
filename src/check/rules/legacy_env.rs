//! `ENV NAME value`, the form without `=`, which takes all that follows for the value.

use crate::check::scope::shown;
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Form;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in &scope.file.instructions {
        if instruction.form != Form::LegacyPair {
            continue;
        }
        let keyword = instruction.keyword.name();
        let end = instruction.args.last().map_or(instruction.keyword_span.end, |arg| arg.span.end);
        let name = instruction
            .args
            .first()
            .map_or_else(String::new, |arg| String::from_utf8_lossy(&arg.text).into_owned());
        sink.report(
            &(instruction.keyword_span.start..end),
            format!("{keyword} uses the old form, without `=`"),
            format!("write {keyword} {}=...", shown(&name)),
        );
    }
}
