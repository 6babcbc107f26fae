//! `# check=experimental=InvalidDefinitionDescription`: a comment above an `ARG` or a named `FROM` has to describe
//! it. Without that line nobody looks.

use crate::check::{ArchScope, RenderingScope, Sink};
use crate::dockerfile::{Instruction, Keyword, LineKind};
use crate::source::Span;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let (scope, options) = (scope.rendering, &scope.evaluation.check_options);
    let file = scope.file;
    if !options.as_ref().is_some_and(|options| options.asks_for("InvalidDefinitionDescription")) {
        return;
    }
    let mut instructions = file.instructions.iter().enumerate().peekable();
    let mut comment = String::new();
    for line in &file.lines {
        while instructions.next_if(|(_, next)| next.span.end <= line.span.start).is_some() {}
        let next = instructions.peek().filter(|(_, next)| next.span.start < line.span.end);
        match (line.kind, next) {
            // One inside an instruction describes nothing.
            (LineKind::Comment, None) => comment = text_of(file.bytes(&line.span)),
            (LineKind::Instruction, Some(&(at, instruction))) => {
                report(scope, at, instruction, &std::mem::take(&mut comment), sink);
            }
            _ => {}
        }
    }
}

/// A comment as BuildKit keeps it: without its first character, and without white space around.
fn text_of(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut rest = text.chars();
    rest.next();
    rest.as_str().trim().to_owned()
}

fn report(scope: &RenderingScope, at: usize, instruction: &Instruction, comment: &str, sink: &mut Sink) {
    let names: Vec<(Span, String)> = match instruction.keyword {
        Keyword::From => {
            let stage = scope.file.stage_of(at).and_then(|stage| scope.file.stages.get(stage));
            let name = stage.and_then(|stage| stage.name.as_ref());
            name.map(|name| (name.span.clone(), name.text.clone())).into_iter().collect()
        }
        Keyword::Arg => instruction.args.iter().map(|arg| arg.name()).collect(),
        _ => return,
    };
    let word = comment.split(' ').next().unwrap_or_default();
    let Some((first, _)) = names.first() else { return };
    if comment.is_empty() || names.iter().any(|(_, name)| name == word) {
        return;
    }
    let name = scope.shown(first);
    let message = format!("the comment above does not start with the name that it describes, `{name}`");
    let help = "write `# NAME DESCRIPTION`, or put a line with nothing but # between";
    sink.report(&instruction.keyword_span, message, help);
}
