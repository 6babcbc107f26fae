//! What the container starts, and what checks it: with the scripts of the project, as in a build.

use super::commands::Caller;
use super::event::{StepFile, When};
use super::stages::{End, Walk};
use super::started::{Written, chain, process};
use crate::compose::tree::{At, Node, Value};
use crate::dockerfile::{Arg, Form, Instruction, Keyword};
use crate::shell::{self, Word};
use crate::source::Span;

impl Walk<'_, '_> {
    /// What the container starts, and what checks it.
    pub(super) fn container(&mut self, stage: usize, service: Option<&Node>, end: &End) {
        let file = self.file;
        if let Some(scripts) = &mut self.runner.scripts {
            scripts.begin_container();
        }
        let process = process(file, self.evaluation, service);
        let caller = |instruction: Option<&Instruction>| Caller {
            stage,
            when: When::Start,
            workdir: end.workdir.clone(),
            environment: &end.environment,
            escape: file.escape,
            mounts: &[],
            file: StepFile::Dockerfile,
            source: Some(file.source.bytes()),
            script: instruction.map_or(&[][..], |instruction| file.bytes(&instruction.span)),
            own_folder: None,
            level: 0,
            passes: 0,
            is_optional: false,
        };
        let at = |span: &Span| self.file.instruction_at(span.start);
        match process.words.first() {
            None => {
                let first = process.commands.first().map(|first| first.span());
                let caller = caller(first.as_ref().and_then(at));
                self.shell(process.shell, &caller);
                self.runner.run(&process.commands, &caller);
            }
            Some(first) => {
                // Words of the compose file have no place here: they take that of the program, if it has one.
                let (file, program) = match process.written(first) {
                    Written::Here(span) => (StepFile::Dockerfile, span),
                    Written::Compose(at) => (StepFile::Compose(at), 0..0),
                };
                let is_here = matches!(file, StepFile::Dockerfile);
                let words = process.words.iter().map(|word| match process.written(word) {
                    Written::Here(span) if is_here => Word { text: word.text.clone(), span },
                    _ => Word { text: word.text.clone(), span: program.clone() },
                });
                let words: Vec<Word> = words.collect();
                let mut caller = caller(at(&program).filter(|_| is_here));
                caller.source = caller.source.filter(|_| is_here);
                caller.file = file;
                self.runner.given(&words, &caller);
            }
        }
        // A check of the compose file takes the place of that of the image.
        match service.and_then(|service| compose_check(service.get("healthcheck")?)) {
            Some((words, at)) => {
                let given = Caller { file: StepFile::Compose(at), source: None, ..caller(None) };
                self.runner.given(&words, &given);
            }
            None => {
                let checks = chain(self.evaluation, Some(stage)).find_map(|at| {
                    let mut body = file.body(at).iter().rev();
                    body.find(|instruction| instruction.keyword == Keyword::Healthcheck)
                });
                if let Some(check) = checks
                    && let Some((kind, args)) = check.args.split_first()
                    && kind.text.eq_ignore_ascii_case(b"cmd")
                {
                    self.check(check, args, &caller(Some(check)));
                }
            }
        }
    }

    /// The command of a `HEALTHCHECK`.
    fn check(&mut self, check: &Instruction, args: &[Arg], caller: &Caller) {
        let word = |arg: &Arg| Word {
            text: String::from_utf8_lossy(&arg.text).into_owned(),
            span: arg.span.clone(),
        };
        let words: Vec<Word> = args.iter().map(word).collect();
        match (check.form, &words[..]) {
            (Form::Json, words) => self.runner.given(words, caller),
            (_, [text, ..]) => {
                self.shell(self.file.shell_of(check).and_then(shell::program_of), caller);
                let shell =
                    ["/bin/sh", "-c"].map(|word| Word { text: word.to_owned(), span: text.span.clone() });
                let words = shell.into_iter().chain([text.clone()]).collect();
                self.runner.run(&shell::commands_of(words), caller);
            }
            _ => {}
        }
    }
}

/// The command of a `healthcheck` in a compose file, which is a text for a shell, or words after `CMD` or
/// `CMD-SHELL`; no words of a check that is turned off, and nothing where the check of the image stays.
fn compose_check(check: &Node) -> Option<(Vec<Word>, At)> {
    if check.get("disable").and_then(Node::truth) == Some(true) {
        return Some((Vec::new(), check.at.clone()));
    }
    let test = check.get("test")?;
    let texts: Vec<String> = match &test.value {
        Value::List(items) => items.iter().filter_map(Node::scalar).collect(),
        _ => ["CMD-SHELL".to_owned()].into_iter().chain(test.scalar()).collect(),
    };
    let words: Vec<&str> = match texts.split_first() {
        Some((kind, rest)) if kind == "CMD" => rest.iter().map(String::as_str).collect(),
        Some((kind, [text, ..])) if kind == "CMD-SHELL" => vec!["/bin/sh", "-c", text],
        _ => Vec::new(),
    };
    let words = words.into_iter().map(|text| Word { text: text.to_owned(), span: 0..0 });
    Some((words.collect(), test.at.clone()))
}
