//! A script with Windows line ends that is copied into the image and started there.

use crate::check::context::{BuildContext, Presence, clean};
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{ContextSource, Form, Instruction, Keyword, base_name};
use crate::shell::ShellCommand;
use crate::source::Span;

/// Programs that run a script which is their argument.
const RUNNERS: [&str; 7] = ["sh", "bash", "ash", "dash", "source", ".", "exec"];
/// The most parts of a path that are looked at.
const MOST_PARTS: usize = 16;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    let Some(context) = scope.context else { return };
    let text = scope.file.source.bytes();
    // Something may convert the script.
    if [&b"dos2unix"[..], b"\\r"].iter().any(|word| memchr::memmem::find(text, word).is_some()) {
        return;
    }
    let instructions = || scope.file.stages.iter().flat_map(|stage| scope.body(stage));
    let started: Vec<(String, Span)> = instructions().flat_map(|one| scripts(scope, one)).collect();
    if started.is_empty() {
        return;
    }
    let copied: Vec<ContextSource> = instructions().flat_map(Instruction::context_sources).collect();
    for (path, span) in started {
        let found = copied.iter().find_map(|source| file_of(context, source, &path));
        let Some(file) = found.filter(|file| has_windows_lines(context, file)) else { continue };
        let message =
            format!("`{file}` has Windows line ends (CRLF), which a shell takes for a part of the line");
        let help = "convert it to LF; `*.sh text eol=lf` in `.gitattributes` keeps it so in Git";
        sink.report(&span, message, help);
    }
}

/// The scripts that an instruction starts, as they are written, with their places.
fn scripts(scope: &RenderingScope, instruction: &Instruction) -> Vec<(String, Span)> {
    let is_script = |path: &str| path.ends_with(".sh") && !path.contains(['$', '`', '*']);
    match instruction.keyword {
        Keyword::Run => {
            let commands = scope.commands(instruction);
            commands.iter().filter_map(script_of).filter(|(path, _)| is_script(path)).collect()
        }
        Keyword::Cmd | Keyword::Entrypoint => {
            let mut found = Vec::new();
            for arg in &instruction.args {
                let text = String::from_utf8_lossy(&arg.text);
                let words = match instruction.form {
                    Form::Json => vec![&*text],
                    _ => text.split([' ', '\t', ';', '&', '|', '"', '\'']).collect(),
                };
                let paths = words.into_iter().filter(|word| is_script(word));
                found.extend(paths.map(|path| (path.to_owned(), arg.span.clone())));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// The program that a command starts, or the script that a shell reads.
fn script_of(command: &ShellCommand) -> Option<(String, Span)> {
    let (name, arguments) = command.program()?;
    let word = match RUNNERS.contains(&name) {
        true => arguments.iter().find(|word| !word.text.starts_with('-'))?,
        false => command.words.iter().find(|word| base_name(&word.text) == name)?,
    };
    Some((word.text.to_string(), word.span.clone()))
}

/// The file of the build context that is copied by `source` and may be the script of this path.
fn file_of(context: &BuildContext, source: &ContextSource, path: &str) -> Option<String> {
    let from = clean(&source.text)?;
    let name = base_name(path);
    let is_file = |path: &str| context.find(path) == Presence::File;
    let join = |folder: &str, rest: &str| match folder {
        "" => rest.to_owned(),
        folder => format!("{folder}/{rest}"),
    };
    if from.contains(['*', '?', '[']) {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        return Some(join(folder, name)).filter(|path| !path.contains(['*', '?', '[']) && is_file(path));
    }
    match context.find(&from) {
        Presence::File => {
            let is_it = base_name(&from) == name || base_name(&source.destination) == name;
            is_it.then_some(from)
        }
        Presence::Folder => {
            let path = clean(path)?;
            let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
            let mut rests = starts.take(MOST_PARTS).filter_map(|start| path.get(start..));
            rests.find_map(|rest| Some(join(&from, rest)).filter(|path| is_file(path)))
        }
        _ => None,
    }
}

fn has_windows_lines(context: &BuildContext, file: &str) -> bool {
    context.read(file).is_some_and(|source| memchr::memmem::find(source.bytes(), b"\r\n").is_some())
}
