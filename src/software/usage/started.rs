//! What a container starts: `ENTRYPOINT` and `CMD` of the stage that is built, and `entrypoint` and `command` of
//! the service in the compose file, which go before them.

use super::scope::ArchScope;
use crate::compose::command_words;
use crate::compose::tree::{At, Node, Value};
use crate::dockerfile::{Form, Instruction, Keyword};
use crate::shell::{self, RunBy, ShellCommand, Word, run_by};
use crate::source::Span;

/// Where a word is written.
#[derive(Clone)]
pub(super) enum Written {
    /// In the rendering.
    Here(Span),
    /// In a compose file.
    Compose(At),
}

/// A program with its arguments, or the text of a shell.
enum Part<'i, 's> {
    Words(Vec<(String, Written)>),
    Shell(&'i Instruction<'s>),
}

/// The commands that a container starts with. A place in one of them is that in the rendering, or, if there are
/// any `places`, an index into these.
#[derive(Default)]
pub(super) struct Process {
    pub commands: Vec<ShellCommand>,
    places: Vec<Written>,
}

impl Process {
    /// Where a word of one of the commands is written.
    pub(super) fn written(&self, word: &Word) -> Written {
        let place = self.places.get(word.span.start).cloned();
        place.unwrap_or_else(|| Written::Here(if self.places.is_empty() { word.span.clone() } else { 0..0 }))
    }
}

/// What the container of a service starts.
pub(super) fn process(scope: &ArchScope) -> Process {
    let of_compose = |field: &str| scope.rendering.in_compose_file?.get(field).and_then(words);
    let [entrypoint, command] = in_dockerfile(scope);
    let (entrypoint, command) = match (of_compose("entrypoint"), of_compose("command")) {
        (Some(entrypoint), own) => {
            // Without an `ENTRYPOINT`, that of the image is taken away, and its `CMD` stays.
            let command = if entrypoint.is_empty() { command } else { None };
            (Some(Part::Words(entrypoint)), own.filter(|own| !own.is_empty()).map(Part::Words).or(command))
        }
        (None, Some(own)) if !own.is_empty() => (entrypoint, Some(Part::Words(own))),
        (None, _) => (entrypoint, command),
    };
    let file = scope.rendering.file;
    let in_shell = |instruction| Process { commands: shell::commands(file, instruction), places: Vec::new() };
    let mut words = match entrypoint {
        // The shell gets what follows, and runs only its text.
        Some(Part::Shell(instruction)) => return in_shell(instruction),
        Some(Part::Words(words)) => words,
        None => Vec::new(),
    };
    match command {
        Some(Part::Shell(instruction)) if words.is_empty() => return in_shell(instruction),
        Some(Part::Shell(instruction)) => {
            if run_by(file, instruction) == RunBy::Shell
                && let Some(text) = instruction.args.first()
            {
                let place = Written::Here(text.span.clone());
                let text = String::from_utf8_lossy(&text.text).into_owned();
                let shell = ["/bin/sh".to_owned(), "-c".to_owned(), text];
                words.extend(shell.map(|word| (word, place.clone())));
            }
        }
        Some(Part::Words(more)) => words.extend(more),
        None => {}
    }
    let (words, places): (Vec<String>, Vec<Written>) = words.into_iter().unzip();
    let words = words.into_iter().enumerate().map(|(at, text)| Word { text, span: at..at + 1 });
    Process { commands: shell::commands_of(words.collect()), places }
}

/// The `ENTRYPOINT` and the `CMD` that count for the stage that is built.
fn in_dockerfile<'s, 'c>(scope: &'s ArchScope<'c>) -> [Option<Part<'s, 'c>>; 2] {
    let (mut entrypoint, mut command) = (None, None);
    for stage in scope.final_stages() {
        let Some(stage) = scope.rendering.file.stages.get(stage) else { break };
        let last = |keyword: Keyword| {
            scope.rendering.body(stage).iter().rev().find(|instruction| instruction.keyword == keyword)
        };
        // An ENTRYPOINT takes away the CMD of the image that its stage is built on.
        if entrypoint.is_none() {
            command = command.or(last(Keyword::Cmd));
        }
        entrypoint = entrypoint.or(last(Keyword::Entrypoint));
    }
    [entrypoint, command].map(|found| found.map(part))
}

fn part<'i, 's>(instruction: &'i Instruction<'s>) -> Part<'i, 's> {
    if instruction.form != Form::Json {
        return Part::Shell(instruction);
    }
    let words = instruction.args.iter();
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    Part::Words(words.map(|arg| (text(&arg.text), Written::Here(arg.span.clone()))).collect())
}

/// The words of a command in a compose file; none if the field is null.
fn words(node: &Node) -> Option<Vec<(String, Written)>> {
    let place = |node: &Node| Written::Compose(node.at.clone());
    match &node.value {
        Value::Null => None,
        Value::List(items) => {
            Some(items.iter().filter_map(|item| Some((item.scalar()?, place(item)))).collect())
        }
        _ => Some(command_words(&node.scalar()?).into_iter().map(|word| (word, place(node))).collect()),
    }
}
