//! What a container starts: `ENTRYPOINT` and `CMD` of the stage that is built, and `entrypoint` and `command` of
//! the service in the compose file, which go before them.

use crate::compose::command_words;
use crate::compose::tree::{At, Node, Value};
use crate::dockerfile::{Base, Dockerfile, Evaluation, Form, Instruction, Keyword};
use crate::shell::{self, RunBy, ShellCommand, Word, run_by};
use crate::source::Span;

/// Where a word is written.
#[derive(Clone)]
pub(crate) enum Written {
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
pub(crate) struct Process {
    pub commands: Vec<ShellCommand>,
    /// The shell of the `SHELL` instruction that runs them, with its place there.
    pub shell: Option<ShellCommand>,
    /// The program with its arguments, unless an instruction in its shell form starts it.
    pub words: Vec<Word>,
    places: Vec<Written>,
}

impl Process {
    /// Where a word of one of the commands is written.
    pub(crate) fn written(&self, word: &Word) -> Written {
        let place = self.places.get(word.span.start).cloned();
        place.unwrap_or_else(|| Written::Here(if self.places.is_empty() { word.span.clone() } else { 0..0 }))
    }
}

/// What a container of the stage that is built starts; `service` is what the compose file says of it.
pub(crate) fn process(file: &Dockerfile, evaluation: &Evaluation, service: Option<&Node>) -> Process {
    let of_compose = |field: &str| service?.get(field).and_then(words);
    let [entrypoint, command] = in_dockerfile(file, evaluation);
    let (entrypoint, command) = match (of_compose("entrypoint"), of_compose("command")) {
        (Some(entrypoint), own) => {
            // Without an `ENTRYPOINT`, that of the image is taken away, and its `CMD` stays.
            let command = if entrypoint.is_empty() { command } else { None };
            (Some(Part::Words(entrypoint)), own.filter(|own| !own.is_empty()).map(Part::Words).or(command))
        }
        (None, Some(own)) if !own.is_empty() => (entrypoint, Some(Part::Words(own))),
        (None, _) => (entrypoint, command),
    };
    let in_shell = |instruction| Process {
        commands: shell::commands(file, instruction),
        shell: file.shell_of(instruction).and_then(shell::program_of),
        ..Process::default()
    };
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
    let words: Vec<Word> = words.collect();
    Process { commands: shell::commands_of(words.clone()), shell: None, words, places }
}

/// The `ENTRYPOINT` and the `CMD` that count for the stage that is built.
fn in_dockerfile<'s, 'c>(file: &'s Dockerfile<'c>, evaluation: &Evaluation) -> [Option<Part<'s, 'c>>; 2] {
    let (mut entrypoint, mut command) = (None, None);
    for stage in chain(evaluation, evaluation.target) {
        let body = file.body(stage);
        let last = |keyword: Keyword| body.iter().rev().find(|instruction| instruction.keyword == keyword);
        // An ENTRYPOINT takes away the CMD of the image that its stage is built on.
        if entrypoint.is_none() {
            command = command.or(last(Keyword::Cmd));
        }
        entrypoint = entrypoint.or(last(Keyword::Entrypoint));
    }
    [entrypoint, command].map(|found| found.map(part))
}

/// A stage and those that it is built on, in this order.
pub(crate) fn chain(evaluation: &Evaluation, stage: Option<usize>) -> impl Iterator<Item = usize> {
    std::iter::successors(stage, |&at| match evaluation.stages.get(at)?.base {
        // A stage is built on one before it.
        Base::Stage(before) => Some(before).filter(|&before| before < at),
        _ => None,
    })
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
