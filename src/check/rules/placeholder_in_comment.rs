//! A placeholder in a comment, which is replaced or not depending on where the comment begins.

use crate::check::scope::shown;
use crate::check::{Sink, TemplateScope};
use crate::diagnostic::Severity;
use crate::dockerfile::LineKind;
use crate::render::placeholder::name_at;

pub(super) fn check(scope: &TemplateScope, sink: &mut Sink) {
    if scope.template.kind() != crate::render::TemplateKind::Placeholders {
        return;
    }
    for line in &scope.file.lines {
        let bytes = scope.file.bytes(&line.span);
        let at_start = bytes.starts_with(b"#");
        if line.kind != LineKind::Comment && !(line.kind == LineKind::Heredoc && at_start) {
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
            let (severity, message, help) = if line.kind == LineKind::Heredoc {
                let message = format!("%%{name}%% is not replaced in a line that starts with `#`");
                (sink.severity, message, "put a space before the `#`")
            } else if at_start {
                let message = format!("%%{name}%% is not replaced in a comment");
                (Severity::Info, message, "nothing is replaced in a line that starts with `#`")
            } else {
                let message = format!("%%{name}%% is replaced, although this is a comment");
                let help = "remove the white space before `#`: placeholders are replaced in a comment that is indented";
                (sink.severity, message, help)
            };
            sink.report_as(severity, &span, message, help);
        }
    }
}
