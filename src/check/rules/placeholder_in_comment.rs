//! A placeholder in a comment, which is replaced or not depending on where the comment begins.

use super::shown;
use super::{Look, Rule};
use crate::check::{Sink, TextCase};
use crate::diagnostic::Severity;
use crate::dockerfile::LineKind;
use crate::render::placeholder::name_at;

pub static RULE: Rule = Rule {
    id: "placeholder-in-comment",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/placeholder-in-comment.md"),
    look: Look::Text(look),
};

fn look(case: &TextCase, sink: &mut Sink) {
    if case.template.kind() != crate::render::Kind::Placeholders {
        return;
    }
    for line in &case.file.lines {
        if !matches!(line.kind, LineKind::Comment | LineKind::Heredoc) {
            continue;
        }
        let bytes = case.file.bytes(&line.span);
        let at_start = bytes.starts_with(b"#");
        if line.kind == LineKind::Heredoc && !at_start {
            continue;
        }
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'%', &bytes[at..]) {
            let start = at + found;
            let Some(name) = name_at(bytes, start) else {
                at = start + 1;
                continue;
            };
            at = start + name.len() + 4;
            let span = line.span.start + start..line.span.start + at;
            let name = shown(name);
            match (line.kind, at_start) {
                (LineKind::Heredoc, _) => sink.report(
                    &span,
                    format!("%%{name}%% is not replaced in a line that starts with `#`"),
                    "put a blank before the `#`",
                ),
                (_, true) => sink.report_as(
                    Severity::Info,
                    &span,
                    format!("%%{name}%% stays as it is in a comment"),
                    "nothing is replaced in a line that starts with `#`",
                ),
                _ => sink.report(
                    &span,
                    format!("%%{name}%% is replaced, although this is a comment"),
                    "the balena builder leaves only lines alone whose first byte is `#`: remove the blanks",
                ),
            }
        }
    }
}
