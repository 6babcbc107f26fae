//! What only BuildKit understands, in a file for the classic builder, which the balena builder is: heredocs,
//! and flags that it does not know. What it refuses was tried with Docker 20.10.

use std::collections::BTreeMap;

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Builder, Instruction, Keyword};
use crate::source::Span;

/// The flags that the classic builder knows.
const KNOWN: [(Keyword, &[&str]); 4] = [
    (Keyword::Add, &["chown"]),
    (Keyword::Copy, &["chown", "from"]),
    (Keyword::From, &["platform"]),
    (Keyword::Healthcheck, &["interval", "retries", "start-period", "timeout"]),
];

/// The most lines that a message names.
const MOST_LINES: usize = 10;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    if scope.evaluation.builder() != Builder::Classic {
        return;
    }
    let mut first: Option<Span> = None;
    let mut lines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for instruction in &scope.rendering.file.instructions {
        let triggered = instruction.onbuild.as_deref();
        for (what, span) in uses(instruction).chain(triggered.into_iter().flat_map(uses)) {
            first.get_or_insert(span);
            let of_kind = lines.entry(what).or_default();
            if of_kind.last() != Some(instruction.lines.start()) {
                of_kind.push(*instruction.lines.start());
            }
        }
    }
    let Some(place) = first else { return };
    let uses: Vec<String> = lines.iter().map(|(what, lines)| format!("{what} ({})", listed(lines))).collect();
    let message = format!("the classic builder does not know {}", uses.join(", "));
    sink.report(&place, message, "write it without, or build with BuildKit (--compat docker)");
}

/// What only BuildKit understands in an instruction, each with its place.
fn uses<'i>(instruction: &'i Instruction) -> impl Iterator<Item = (String, Span)> + 'i {
    let keyword = instruction.keyword;
    let known = KNOWN.iter().find(|(known, _)| *known == keyword).map_or(&[][..], |(_, flags)| flags);
    let flags = instruction.flags.iter().filter_map(move |flag| {
        let name = std::str::from_utf8(flag.name()).ok()?;
        let is_unknown = keyword.has_flag(name) && !known.contains(&name);
        is_unknown.then(|| (format!("{} --{name}", keyword.name()), flag.span.clone()))
    });
    let heredocs = instruction.heredocs.first().map(|heredoc| ("heredocs".to_owned(), heredoc.span.clone()));
    flags.chain(heredocs)
}

/// `line 3` or `lines 3, 7`
fn listed(lines: &[usize]) -> String {
    let shown: Vec<String> = lines.iter().take(MOST_LINES).map(usize::to_string).collect();
    let more = if lines.len() > MOST_LINES { " and more" } else { "" };
    let word = if lines.len() == 1 { "line" } else { "lines" };
    format!("{word} {}{more}", shown.join(", "))
}
