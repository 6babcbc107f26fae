//! `ENV NAME value`, the form without `=`, which takes all that follows for the value.

use super::shown;
use super::{Look, Rule};
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::Form;

pub static RULE: Rule = Rule {
    id: "legacy-env",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/legacy-env.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    for instruction in &case.file.instructions {
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
            format!("{keyword} in the old form, without `=`"),
            format!("write {keyword} {}=...", shown(&name)),
        );
    }
}
