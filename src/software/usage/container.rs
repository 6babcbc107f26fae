//! What the container starts, and what checks it: with the scripts of the project, as in a build.

use super::commands::Caller;
use super::event::{StepFile, When};
use super::stages::{End, Walk};
use super::started::{Written, chain, process};
use crate::compose::tree::{At, Node, Value};
use crate::dockerfile::{Arg, Dockerfile, Form, Instruction, Keyword};
use crate::shell::{self, Word};
use crate::source::Span;

/// The container of a stage, for the commands that run in it.
struct Container<'a> {
    file: &'a Dockerfile<'a>,
    stage: usize,
    end: &'a End,
}

impl<'a> Container<'a> {
    /// What holds for the commands of an instruction, or of a compose file where there is none.
    fn caller(&self, instruction: Option<&Instruction>) -> Caller<'a> {
        Caller {
            stage: self.stage,
            when: When::Start,
            workdir: self.end.workdir.clone(),
            environment: &self.end.environment,
            escape: self.file.escape,
            mounts: &[],
            file: StepFile::Dockerfile,
            source: Some(self.file.source.bytes()),
            script: instruction.map_or(&[][..], |instruction| self.file.bytes(&instruction.span)),
            own_folder: None,
            level: 0,
            passes: 0,
            is_optional: false,
            is_tolerated: false,
        }
    }

    /// The same for words of a compose file, in which a shell of the Dockerfile replaces no variables.
    fn compose_caller(&self, at: At) -> Caller<'a> {
        Caller { file: StepFile::Compose(at), source: None, ..self.caller(None) }
    }

    /// The instruction at a place of the Dockerfile.
    fn instruction_at(&self, span: &Span) -> Option<&'a Instruction<'a>> {
        self.file.instruction_at(span.start)
    }
}

impl Walk<'_, '_> {
    /// What the container of a stage starts, and then what checks it.
    pub(super) fn container(&mut self, stage: usize, service: Option<&Node>, end: &End) {
        if let Some(scripts) = &mut self.runner.scripts {
            scripts.begin_container();
        }
        let container = Container { file: self.file, stage, end };
        self.start(&container, service);
        // A check of the compose file takes the place of that of the image.
        match service.and_then(|service| compose_check(service.get("healthcheck")?)) {
            Some((words, at)) => self.runner.given(&words, &container.compose_caller(at)),
            None => self.image_check(&container),
        }
    }

    /// What the container starts: commands of a shell, or a program with its arguments.
    fn start(&mut self, container: &Container, service: Option<&Node>) {
        let process = process(self.file, self.evaluation, service);
        let Some(first) = process.words.first() else {
            let place = process.commands.first().map(|first| first.span());
            let caller = container.caller(place.as_ref().and_then(|place| container.instruction_at(place)));
            self.shell(process.shell, &caller);
            self.runner.run(&process.commands, &caller);
            return;
        };
        // The program may be written in the compose file, and its arguments in the Dockerfile, or the other way round. All
        // of it counts as written where the program is: words from elsewhere have the place of the program.
        let (caller, place) = match process.written(first) {
            Written::Here(place) => (container.caller(container.instruction_at(&place)), Some(place)),
            Written::Compose(at) => (container.compose_caller(at), None),
        };
        let words = process.words.iter().map(|word| {
            let span = match (process.written(word), &place) {
                (Written::Here(own), Some(_)) => own,
                (Written::Compose(_), Some(program)) => program.clone(),
                // Places in a compose file are those of values, and not of words in them.
                (_, None) => 0..0,
            };
            Word { text: word.text.clone(), span }
        });
        self.runner.given(&words.collect::<Vec<_>>(), &caller);
    }

    /// The last `HEALTHCHECK` of the stage, or of those that it is built on.
    fn image_check(&mut self, container: &Container) {
        let file = self.file;
        let check = chain(self.evaluation, Some(container.stage)).find_map(|at| {
            let mut body = file.body(at).iter().rev();
            body.find(|instruction| instruction.keyword == Keyword::Healthcheck)
        });
        if let Some(check) = check
            && let Some((kind, args)) = check.args.split_first()
            && kind.text.eq_ignore_ascii_case(b"cmd")
        {
            self.check(check, args, &container.caller(Some(check)));
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
