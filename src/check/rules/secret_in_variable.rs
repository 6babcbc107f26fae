//! `ENV API_TOKEN=...`: what `ARG` and `ENV` set can be read by everyone who has the image.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Budget, Environment, Instruction, Keyword};
use crate::source::Span;

/// A name with one of these words is that of a secret.
const SECRET: [&str; 10] =
    ["apikey", "auth", "credential", "credentials", "key", "passwd", "password", "pword", "secret", "token"];
/// With one of these, it is not.
const NO_SECRET: [&str; 3] = ["file", "public", "version"];

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let mut budget = Budget::default();
    for at in 0..scope.evaluation.stages.len() {
        scope.walk(at, |instruction, environment| {
            for (span, name) in names(instruction, environment, scope.rendering.file.escape, &mut budget) {
                if is_secret(&name) {
                    // As the template has it: a value may be part of the name.
                    let written = scope.rendering.shown(&span);
                    let message = format!("`{written}` is the name of a secret, which stays in the image");
                    let help = "use RUN --mount=type=secret in the build, and a variable of the device where it runs";
                    scope.report_in(at, &span, &message, help, sink);
                }
            }
        });
    }
}

/// The names that an instruction sets, with their places. A name that contains a variable is left out if the
/// value of the variable is not known.
fn names(
    instruction: &Instruction,
    environment: &Environment,
    escape: u8,
    budget: &mut Budget,
) -> Vec<(Span, String)> {
    match instruction.keyword {
        Keyword::Arg => instruction.args.iter().map(|arg| arg.name()).collect(),
        Keyword::Env => {
            let pairs = instruction.pairs();
            let names = pairs.filter_map(|(name, _)| {
                Some((name.span.clone(), environment.expand(&name.text, escape, budget)?))
            });
            names.collect()
        }
        _ => Vec::new(),
    }
}

fn is_secret(name: &str) -> bool {
    let has = |list: &[&str]| {
        name.split('_').any(|word| list.iter().any(|listed| word.eq_ignore_ascii_case(listed)))
    };
    has(&SECRET) && !has(&NO_SECRET)
}
