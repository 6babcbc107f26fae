//! `ENV API_TOKEN=...`: what `ARG` and `ENV` set can be read by everyone who has the image.

use crate::check::scope::shown;
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{Arg, Instruction, Keyword};

/// A name with one of these words is that of a secret.
const SECRET: [&str; 10] =
    ["apikey", "auth", "credential", "credentials", "key", "passwd", "password", "pword", "secret", "token"];
/// With one of these, it is not.
const NO_SECRET: [&str; 3] = ["file", "public", "version"];

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.file.stages.iter().flat_map(|stage| scope.body(stage)) {
        for (arg, name) in names(instruction, scope.file.escape) {
            if is_secret(&name) {
                let message = format!("`{}` is the name of a secret, which stays in the image", shown(&name));
                let help =
                    "use RUN --mount=type=secret in the build, and a variable of the device where it runs";
                sink.report(&arg.span, message, help);
            }
        }
    }
}

/// The names that an instruction sets, with what gives each.
fn names<'i, 's>(instruction: &'i Instruction<'s>, escape: u8) -> Vec<(&'i Arg<'s>, String)> {
    match instruction.keyword {
        Keyword::Arg => {
            let name = |arg: &'i Arg<'s>| {
                let name = arg.text.split(|&b| b == b'=').next().unwrap_or_default();
                (arg, String::from_utf8_lossy(name).into_owned())
            };
            instruction.args.iter().map(name).collect()
        }
        Keyword::Env => {
            // Of a name with a variable in it nothing is said.
            let known = instruction.pairs().filter(|(name, _)| !name.text.contains(&b'$'));
            let name = |(name, _): (&'i Arg<'s>, _)| {
                let is_quote = |b: u8| b == b'"' || b == b'\'' || b == escape;
                let text: Vec<u8> = name.text.iter().copied().filter(|&b| !is_quote(b)).collect();
                (name, String::from_utf8_lossy(&text).into_owned())
            };
            known.map(name).collect()
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
