//! A script with Windows line ends that is copied into the image and started there.

use std::collections::BTreeSet;

use memchr::memmem::find;

use crate::context::BuildContext;
use crate::context::{Copied, ImageFiles, Steps, place};
use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Budget, Instruction, Keyword, base_name};
use crate::shell::{ScriptFile, ShellCommand, Word, commands_of};
use crate::software::usage::{Process, Written, process};

/// What may convert the script: programs, and the character in the languages of `sed`, `tr` and `vi`.
const CONVERTERS: [&[u8]; 8] =
    [b"dos2unix", b"fromdos", b"d2u", b"\\r", b"\\015", b"\\x0d", b"\\x0D", b"ff=unix"];
/// How many scripts start the next one with their arguments.
const MOST_SCRIPTS: usize = 4;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let Some(context) = scope.rendering.context else { return };
    let text = scope.rendering.file.source.bytes();
    if CONVERTERS.iter().any(|word| find(text, word).is_some()) {
        return;
    }
    let mut files = ImageFiles::new(context);
    let mut budget = Budget::default();
    // What the container starts matters most: builds with many commands leave enough for it.
    let (of_builds, of_container) = (Steps::default(), Steps::default());
    let file = scope.rendering.file;
    let target = scope.evaluation.target;
    let last = target.and_then(|at| scope.rendering.body(file.stages.get(at)?).last());
    // The working directory after the last instruction.
    let mut workdir: Option<String> = None;
    // What an ONBUILD triggers is looked at once.
    let mut seen = BTreeSet::new();
    for (at, stage) in scope.evaluation.stages.iter().enumerate() {
        files.begin(scope.evaluation);
        if stage.is_built {
            scope.evaluation.walk(file, at, |instruction, environment| {
                match instruction.keyword {
                    Keyword::Copy | Keyword::Add => files.add(file, instruction, environment, &mut budget),
                    Keyword::Run if seen.insert(instruction.span.start) => {
                        let mounts = ImageFiles::mounts(file, instruction, environment, &mut budget);
                        let image =
                            Image { files: &files, context, stage: at, mounts: &mounts, steps: &of_builds };
                        run(scope, &image, instruction, environment.workdir(), sink);
                    }
                    _ => {}
                }
                if target == Some(at) && last.is_some_and(|last| last.span == instruction.span) {
                    let path = match (instruction.keyword, instruction.args.first()) {
                        (Keyword::Workdir, Some(path)) => {
                            environment.expand(&path.text, file.escape, &mut budget)
                        }
                        _ => Some(".".to_owned()),
                    };
                    let path = path.and_then(|path| place(&path, environment.workdir()));
                    workdir = path.filter(|path| path.starts_with('/'));
                }
            });
        }
    }
    let Some(stage) = target else { return };
    let image = Image { files: &files, context, stage, mounts: &[], steps: &of_container };
    let process = process(file, scope.evaluation, scope.rendering.in_compose_file);
    container(&process, &image, workdir.as_deref().map(str::as_bytes), sink);
}

/// What is in the image when something is started there.
struct Image<'i> {
    files: &'i ImageFiles<'i>,
    context: &'i BuildContext,
    stage: usize,
    mounts: &'i [Copied],
    steps: &'i Steps,
}

/// The scripts that a `RUN` starts.
fn run(scope: &ArchScope, image: &Image, instruction: &Instruction, workdir: Option<&[u8]>, sink: &mut Sink) {
    for script in certain_scripts(&scope.rendering.commands(instruction), false) {
        if let Some(file) = image.file(&script, workdir)
            && let Some(fault) = image.fault(&file, script.is_read)
        {
            sink.report(&script.word.span, fault.message, fault.help);
        }
    }
}

/// The scripts that the container starts.
fn container(process: &Process, image: &Image, workdir: Option<&[u8]>, sink: &mut Sink) {
    let mut commands = process.commands.clone();
    let mut has_left = false;
    for _ in 0..MOST_SCRIPTS {
        let mut next = Vec::new();
        for script in certain_scripts(&commands, has_left) {
            let Some(file) = image.file(&script, workdir) else { continue };
            if let Some(Fault { message, help }) = image.fault(&file, script.is_read) {
                match process.written(script.word) {
                    Written::Here(span) => sink.report(&span, message, help),
                    Written::Compose(at) => sink.report_in(&at.source, at.span, &(0..0), message, help),
                }
            }
            // The usual last line of a script for ENTRYPOINT: it starts what it is given.
            let source = image.context.read(&file);
            let holds = |text: &[u8]| source.as_ref().is_some_and(|source| find(source.bytes(), text).is_some());
            if holds(b"exec \"$@\"") {
                has_left |= holds(b"cd ") || holds(b"pushd ");
                next.extend(commands_of(script.arguments.to_vec()));
            }
        }
        has_left |= commands.iter().any(leaves);
        commands = next;
    }
}

/// Whether a command changes the working directory.
fn leaves(command: &ShellCommand) -> bool {
    command.is_program(&["cd", "pushd", "popd"])
}

/// The scripts that the commands of a shell certainly start. `has_left` says that the shell may have left its working
/// directory: where it goes is not followed, and afterwards only an absolute path says which file is meant.
fn certain_scripts(
    commands: &[ShellCommand],
    mut has_left: bool,
) -> impl Iterator<Item = ScriptFile<'_>> {
    commands.iter().filter_map(move |command| {
        has_left |= leaves(command);
        let script = if command.is_optional { None } else { command.script_file() };
        script.filter(|script| !has_left || script.word.text.starts_with('/'))
    })
}

struct Fault {
    message: String,
    help: String,
}

impl Image<'_> {
    /// The file of the build context that is started.
    fn file(&self, script: &ScriptFile, workdir: Option<&[u8]>) -> Option<String> {
        let Word { text, .. } = script.word;
        if !script.is_read && !text.contains('/') {
            return self.files.find_program(self.stage, text, self.steps);
        }
        self.files.find(self.stage, &place(text, workdir)?, self.mounts, self.steps)
    }

    /// What is wrong with its line ends; `is_read` says whether a shell reads it.
    fn fault(&self, file: &str, is_read: bool) -> Option<Fault> {
        let source = self.context.read(file)?;
        let text = source.bytes();
        let first = text.split(|&b| b == b'\n').next().unwrap_or_default();
        let names_interpreter = first.starts_with(b"#!");
        let rest = if names_interpreter { text.get(first.len()..).unwrap_or_default() } else { text };
        // A shell takes the first line for a comment.
        let message = if !is_read && names_interpreter && first.ends_with(b"\r") {
            format!(
                "`{file}` has Windows line ends (CRLF): the carriage return in the `#!` line becomes part of the \
                 interpreter's name"
            )
        } else if find(rest, b"\r\n").is_some() && (is_read || is_of_shell(file, first)) {
            format!("`{file}` has Windows line ends (CRLF), which a shell takes for a part of the line")
        } else {
            return None;
        };
        // Without a folder, the pattern counts wherever `.gitattributes` lies above the file.
        let pattern = match base_name(file) {
            name if name.ends_with(".sh") => "*.sh".to_owned(),
            name if name.contains(' ') => format!("\"{name}\""),
            name => name.to_owned(),
        };
        let help =
            format!("convert it to LF; `{pattern} text eol=lf` in `.gitattributes` keeps it so in Git");
        Some(Fault { message, help })
    }
}

/// Whether a shell runs the script when it is started.
fn is_of_shell(file: &str, first: &[u8]) -> bool {
    let is_named = |name: &str| first.split(|b| b" /\r\t".contains(b)).any(|word| word == name.as_bytes());
    match first.starts_with(b"#!") {
        true => ["sh", "bash", "ash", "dash", "ksh", "zsh"].into_iter().any(is_named),
        // Without a `#!` line it is left to the shell that starts it.
        false => file.ends_with(".sh"),
    }
}
