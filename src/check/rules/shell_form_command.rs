//! `CMD python main.py`: a shell runs it, and gets the signals that the program should get.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Base, Form, Keyword};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let file = scope.rendering.file;
    // Who sets a shell means that the command is run in it.
    let mut has_shell: Vec<bool> = Vec::with_capacity(file.stages.len());
    for (at, stage) in scope.evaluation.stages.iter().enumerate() {
        let mut is_set = match stage.base {
            Base::Stage(before) => has_shell.get(before).copied().unwrap_or(false),
            _ => false,
        };
        scope.walk(at, |instruction, _| match instruction.keyword {
            Keyword::Shell => is_set = true,
            Keyword::Cmd | Keyword::Entrypoint if instruction.form == Form::Shell && !is_set => {
                let name = instruction.keyword.name();
                let message = format!("{name} runs in a shell, which may not pass signals on to the program");
                let help = format!(
                    "write the words as JSON, {name} [\"program\", \"argument\"], or set a SHELL before it"
                );
                scope.report_in(at, &instruction.keyword_span, &message, &help, sink);
            }
            _ => {}
        });
        has_shell.push(is_set);
    }
}
