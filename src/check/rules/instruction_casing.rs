//! `run` among instructions in upper case, or `RUN` among those in lower case.

use crate::check::{RenderingScope, Sink};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    // BuildKit counts those in stages, each by its own keyword.
    let first = scope.file.stages.first().map_or(usize::MAX, |stage| stage.instruction);
    let instructions = scope.file.instructions.iter().skip(first);
    let written = || instructions.clone().map(|instruction| scope.file.bytes(&instruction.keyword_span));
    let is_upper = |keyword: &[u8]| !keyword.iter().any(u8::is_ascii_lowercase);
    let is_lower = |keyword: &[u8]| !keyword.iter().any(u8::is_ascii_uppercase);
    let lower = written().filter(|keyword| is_lower(keyword)).count();
    let upper = written().filter(|keyword| is_upper(keyword)).count();
    for instruction in instructions.clone() {
        let keyword = scope.file.bytes(&instruction.keyword_span);
        let name = instruction.keyword.name();
        let (fits, meant) = match lower > upper {
            true => (is_lower(keyword), name.to_lowercase()),
            false => (is_upper(keyword), name.to_owned()),
        };
        if !fits {
            let message = "the keyword is not in the case that most of the file has";
            sink.report(&instruction.keyword_span, message, format!("write `{meant}`"));
        }
    }
}
