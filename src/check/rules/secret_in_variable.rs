//! `ENV API_TOKEN=...`: what `ARG` and `ENV` set can be read by everyone who has the image.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{Instruction, Keyword};
use crate::source::Span;

/// A name with one of these words is that of a secret.
const SECRET: [&str; 10] =
    ["apikey", "auth", "credential", "credentials", "key", "passwd", "password", "pword", "secret", "token"];
/// With one of these, it is not.
const NO_SECRET: [&str; 3] = ["file", "public", "version"];

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.file.stages.iter().flat_map(|stage| scope.body(stage)) {
        for (span, name) in names(instruction, scope.file.escape) {
            if is_secret(&name) {
                // As the template has it: a value may be part of the name.
                let written = scope.shown(&span);
                let message = format!("`{written}` is the name of a secret, which stays in the image");
                let help =
                    "use RUN --mount=type=secret in the build, and a variable of the device where it runs";
                sink.report(&span, message, help);
            }
        }
    }
}

/// The names that an instruction sets, each with its place.
fn names(instruction: &Instruction, escape: u8) -> Vec<(Span, String)> {
    match instruction.keyword {
        Keyword::Arg => instruction.args.iter().map(|arg| arg.name()).collect(),
        Keyword::Env => {
            // Of a name with a variable in it nothing is said.
            let known = instruction.pairs().filter(|(name, _)| !name.text.contains(&b'$'));
            let is_quote = |b: u8| b == b'"' || b == b'\'' || b == escape;
            let names = known.map(|(name, _)| {
                let text: Vec<u8> = name.text.iter().copied().filter(|&b| !is_quote(b)).collect();
                (name.span.clone(), String::from_utf8_lossy(&text).into_owned())
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
