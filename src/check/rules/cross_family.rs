//! `resin/%%BALENA_...%%` and `balenalib/%%RESIN_...%%`: two generations of names in one reference.

use crate::check::{Sink, TemplateScope};
use crate::dockerfile::Keyword;

const MIXED: [(&str, &str); 2] = [("resin/%%BALENA_", "RESIN_"), ("balenalib/%%RESIN_", "BALENA_")];

pub(super) fn check(scope: &TemplateScope, sink: &mut Sink) {
    // A reference may come through an ARG.
    let keywords = [Keyword::From, Keyword::Arg];
    for instruction in scope.file.instructions.iter().filter(|found| keywords.contains(&found.keyword)) {
        for arg in &instruction.args {
            for (mixed, own) in MIXED {
                if memchr::memmem::find(&arg.text, mixed.as_bytes()).is_some() {
                    let family = mixed.split('/').next().unwrap_or_default();
                    let message = format!("`{family}/` with a placeholder of the other generation");
                    let help = format!(
                        "both have the same value: write %%{own}...%%, or better, replace the {family}/ image"
                    );
                    sink.report(&arg.span, message, help);
                }
            }
        }
    }
}
