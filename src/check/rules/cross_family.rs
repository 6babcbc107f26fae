//! `resin/%%BALENA_...%%` and `balenalib/%%RESIN_...%%`: two generations of names in one reference.

use super::{Look, Rule};
use crate::check::{Sink, TextCase};
use crate::diagnostic::Severity;
use crate::dockerfile::Keyword;

pub static RULE: Rule = Rule {
    id: "cross-family",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/cross-family.md"),
    look: Look::Text(look),
};

const MIXED: [(&str, &str); 2] = [("resin/%%BALENA_", "RESIN_"), ("balenalib/%%RESIN_", "BALENA_")];

fn look(case: &TextCase, sink: &mut Sink) {
    // A reference may come through an ARG.
    let keywords = [Keyword::From, Keyword::Arg];
    for instruction in case.file.instructions.iter().filter(|found| keywords.contains(&found.keyword)) {
        for arg in &instruction.args {
            for (mixed, own) in MIXED {
                if memchr::memmem::find(&arg.text, mixed.as_bytes()).is_some() {
                    let family = mixed.split('/').next().unwrap_or_default();
                    sink.report(
                        &arg.span,
                        format!("`{family}/` with a placeholder of the other generation"),
                        format!(
                            "both stand for the same: write %%{own}...%%, or better leave {family}/ behind"
                        ),
                    );
                }
            }
        }
    }
}
