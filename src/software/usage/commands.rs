//! The commands of an instruction or a script, one after the other, with what each leads to: the commands of a script
//! that it starts, the programs that it makes.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::event::{Event, Step, StepFile, When, Why};
use super::making::making;
use super::package_scripts::package_script;
use super::project_files::brings_files;
use super::scripts::{Content, Script, Scripts, passes};
use super::values::Values;
use crate::context::{Copied, place};
use crate::dockerfile::{Budget, Environment, base_name};
use crate::shell::{self, ScriptFile, ShellCommand, Word, is_assignment, system_program};

/// How many scripts lead to one that is still read.
const MOST_LEVELS: usize = 2;
/// How often a script runs what it is given, and that again.
const MOST_PASSES: usize = 4;
/// The most commands out of scripts.
const MOST_STEPS: usize = 50_000;

/// Builds of a project that make nothing outside of it, whatever is in them.
const OWN_BUILDS: [&str; 7] =
    ["configure", "autogen.sh", "bootstrap", "bootstrap.sh", "gradlew", "mvnw", "manage.py"];

/// What the commands of one text have in common.
#[derive(Clone)]
pub(super) struct Caller<'a> {
    pub stage: usize,
    pub when: When,
    pub workdir: Option<Arc<str>>,
    pub environment: &'a Environment,
    pub escape: u8,
    /// What a `RUN` mounts from the build context.
    pub mounts: &'a [Copied],
    pub file: StepFile,
    /// What the places of the words are in, if a shell replaces variables in them.
    pub source: Option<&'a [u8]>,
    /// The part of it that is read.
    pub script: &'a [u8],
    /// The folder that the script is in.
    pub own_folder: Option<String>,
    pub level: usize,
    pub passes: usize,
    /// Whether it is not certain that all this runs.
    pub is_optional: bool,
    /// Whether it goes on where this fails.
    pub is_tolerated: bool,
}

/// Collects what happens in a stage.
pub(super) struct Runner<'c> {
    pub events: Vec<Event>,
    pub scripts: Option<Scripts<'c>>,
    pub budget: Budget,
    steps_left: usize,
    /// The scripts of this stage whose commands are among the events: what a script does the second time, it did
    /// the first time. With whether it was certain to run and had to succeed.
    seen: BTreeSet<(Arc<str>, When, bool)>,
}

impl<'c> Runner<'c> {
    pub(super) fn new(scripts: Option<Scripts<'c>>) -> Runner<'c> {
        Runner {
            events: Vec::new(),
            scripts,
            budget: Budget::default(),
            steps_left: MOST_STEPS,
            seen: BTreeSet::new(),
        }
    }

    /// Ends a stage, and gives what happened in it.
    pub(super) fn end_stage(&mut self) -> Vec<Event> {
        self.seen.clear();
        if let Some(scripts) = &mut self.scripts {
            scripts.forget_programs();
        }
        std::mem::take(&mut self.events)
    }

    /// A command that leads to nothing else, as the shell of a `SHELL`.
    pub(super) fn step(&mut self, mut command: ShellCommand, caller: &Caller) {
        command.is_optional |= caller.is_optional;
        command.is_tolerated |= caller.is_tolerated;
        self.events.push(Event::Step(Box::new(Step {
            command,
            file: caller.file.clone(),
            when: caller.when,
            stage: caller.stage,
            workdir: caller.workdir.clone(),
        })));
    }

    /// Says that it is not known what is in the image after a command.
    pub(super) fn opaque(&mut self, why: Why) {
        self.events.push(Event::Opaque(why));
    }

    /// The commands of a text.
    pub(super) fn run(&mut self, commands: &[ShellCommand], caller: &Caller) {
        let mut values =
            caller.source.map(|source| Values::new(caller.environment, source, caller.script, caller.escape));
        // The caller with the working directory so far.
        let mut here = caller.clone();
        for command in commands {
            if caller.level > 0 {
                match self.steps_left.checked_sub(1) {
                    Some(left) => self.steps_left = left,
                    None => return self.opaque(Why::TooMuch),
                }
            }
            let mut command = command.clone();
            if let Some(values) = &mut values {
                values.resolve(&mut command, &mut self.budget);
            }
            if command.words.is_empty() && command.redirected.is_empty() {
                continue;
            }
            self.step(command.clone(), &here);
            command.is_optional |= caller.is_optional;
            command.is_tolerated |= caller.is_tolerated;
            self.follow(&command, caller, &here);
            self.made(&command, here.workdir.as_deref());
            if command.is_program(&["cd", "pushd"]) && !command.is_optional {
                here.workdir = changed(&command, &here);
            }
        }
    }

    /// The programs that a command makes.
    fn made(&mut self, command: &ShellCommand, workdir: Option<&str>) {
        if brings_files(command, workdir) {
            self.opaque(Why::Files);
        }
        let making = making(command, workdir);
        self.events.extend(making.programs.into_iter().map(Event::Made));
        if let Some(why) = making.why {
            self.opaque(why);
        }
    }

    /// The script that a command starts.
    fn follow(&mut self, command: &ShellCommand, caller: &Caller, here: &Caller) {
        let is_build = here.when == When::Build;
        let is_input =
            command.runs_its_input() || command.words.iter().any(|word| word.text.starts_with("<("));
        if is_input && (command.is_shell() || command.is_program(&[".", "source"])) {
            return self.opaque(Why::Download);
        }
        let own = command.words.iter().find_map(|word| in_own_folder(&word.text));
        let own = own.filter(|_| command.is_shell() || command.is_program(&[".", "source"]));
        let own = own.and_then(|rest| {
            Some(Word {
                text: format!("{}/{rest}", here.own_folder.as_deref()?),
                span: command.words.first()?.span.clone(),
            })
        });
        let script = match &own {
            Some(word) => Some(ScriptFile { word, is_read: true, arguments: &[] }),
            None => command.script_file(),
        };
        let Some(script) = script else {
            let is_unknown = command.program().is_none_or(|_| {
                command
                    .program_word()
                    .is_some_and(|word| system_program(&word.text).is_none() && !is_ordinary(&word.text))
            });
            if is_build && is_unknown && !runs_nothing(command) && !passes(command) {
                self.opaque(Why::NotFound);
            }
            return;
        };
        let folders = [here.workdir.as_deref(), caller.workdir.as_deref(), caller.own_folder.as_deref()];
        let folders = if caller.own_folder.is_some() { &folders[..] } else { &folders[..2] };
        let found = self.scripts.as_ref();
        let found = found.and_then(|scripts| scripts.find(here.stage, &script, folders, here.mounts));
        match found {
            Some(path) => self.script(&path, &script, command, here),
            None => {
                if let Some(name) = package_script(command) {
                    return self.package(&name, command, here);
                }
                // `. /etc/os-release` sets variables.
                let is_sourced = command.is_program(&[".", "source"]);
                let written = &script.word.text;
                let is_foreign = script.is_read || system_program(written).is_none() && !is_ordinary(written);
                if is_build && is_foreign && !is_sourced {
                    self.opaque(Why::NotFound);
                }
            }
        }
    }

    /// A script of the project.
    fn script(&mut self, path: &str, script: &ScriptFile, command: &ShellCommand, caller: &Caller) {
        if caller.level >= MOST_LEVELS {
            return self.opaque(Why::TooMuch);
        }
        let Some(scripts) = &mut self.scripts else { return };
        let Some(found) = scripts.read(path, script.is_read) else {
            return self.opaque(Why::TooMuch);
        };
        if self.is_new(&found, command, caller) {
            self.commands_of(&found, script, command, caller);
        }
        if let Some(is_optional) = found.passes.filter(|_| caller.passes < MOST_PASSES) {
            let mut given = caller.clone();
            given.passes += 1;
            given.is_optional |= command.is_optional || is_optional;
            given.is_tolerated |= command.is_tolerated;
            self.given(script.arguments, &given);
        }
    }

    /// Whether the commands of a script are not among the events yet.
    fn is_new(&mut self, found: &Script, command: &ShellCommand, caller: &Caller) -> bool {
        let key = |is_certain| (Arc::clone(&found.key), caller.when, is_certain);
        let is_certain = !command.is_optional && !command.is_tolerated;
        !self.seen.contains(&key(true)) && self.seen.insert(key(is_certain))
    }

    /// A script in the `package.json` of the working directory.
    fn package(&mut self, name: &str, command: &ShellCommand, caller: &Caller) {
        let (Some(scripts), Some(first)) = (&mut self.scripts, command.words.first()) else { return };
        if caller.level >= MOST_LEVELS || caller.workdir.is_none() {
            return;
        }
        let word = Word { text: "package.json".to_owned(), span: first.span.clone() };
        let script = ScriptFile { word: &word, is_read: true, arguments: &[] };
        let path = scripts.find(caller.stage, &script, &[caller.workdir.as_deref()], caller.mounts);
        let found = path.and_then(|path| scripts.read_package(&path, name));
        if let Some(found) = found.filter(|found| self.is_new(found, command, caller)) {
            // The programs of the project's packages come before those of the system.
            self.opaque(Why::LanguagePackages);
            self.commands_of(&found, &script, command, caller);
        }
    }

    /// What a script of the project runs itself.
    fn commands_of(
        &mut self,
        found: &Rc<Script>,
        script: &ScriptFile,
        command: &ShellCommand,
        caller: &Caller,
    ) {
        let called_from = caller.file.in_dockerfile(&command.span());
        let file = StepFile::Script {
            source: Arc::clone(&found.source),
            called_from,
            compose: caller.file.compose().cloned(),
        };
        let folder = place(&script.word.text, caller.workdir.as_deref().map(str::as_bytes));
        let folder = folder.and_then(|path| Some(path.rsplit_once('/')?.0.to_owned()));
        let callee = Caller {
            file,
            source: Some(found.source.bytes()),
            script: found.source.bytes(),
            own_folder: folder.filter(|_| found.names_own_folder),
            level: caller.level + 1,
            is_optional: command.is_optional,
            is_tolerated: command.is_tolerated,
            ..caller.clone()
        };
        if let Some(interpreter) = found.interpreter.as_ref().filter(|_| !script.is_read) {
            self.step(interpreter.clone(), &callee);
        }
        match &found.content {
            Content::Shell(commands) => self.run(commands, &callee),
            Content::Language if caller.when == When::Build => self.opaque(Why::Language),
            Content::Program if caller.when == When::Build => self.opaque(Why::NotFound),
            Content::Language | Content::Program => {}
        }
    }

    /// A program with its arguments, as in the JSON form: it is started without a shell.
    pub(super) fn given(&mut self, words: &[Word], caller: &Caller) {
        if words.is_empty() {
            return;
        }
        let shell = shell::started(words.to_vec());
        let caller = &Caller { source: caller.source.filter(|_| shell.is_script_read), ..caller.clone() };
        if shell.is_script_read {
            self.step(shell, caller);
        }
        self.run(&shell::commands_of(words.to_vec()), caller);
    }
}

/// The working directory after a `cd`.
fn changed(command: &ShellCommand, here: &Caller) -> Option<Arc<str>> {
    let operands = command.operands();
    let to = &operands.first()?.text;
    if in_own_folder(to).is_some() {
        return here.own_folder.as_deref().map(Arc::from);
    }
    if to.contains(['$', '`', '~']) || to == "-" {
        return None;
    }
    let folder = place(to, here.workdir.as_deref().map(str::as_bytes))?;
    folder.starts_with('/').then(|| folder.into())
}

/// What follows in a path that begins with the folder of the script: `$(dirname "$0")/lib.sh`.
fn in_own_folder(text: &str) -> Option<&str> {
    let rest = match text.strip_prefix("$(dirname ") {
        Some(rest) => rest.split_once(')')?.1,
        None => text.strip_prefix("${0%/*}").or(text.strip_prefix("${BASH_SOURCE%/*}"))?,
    };
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    (!rest.contains(['$', '`', '*', '('])).then_some(rest)
}

/// Whether a command runs no program: it sets variables, asks for a program, or changes the shell.
fn runs_nothing(command: &ShellCommand) -> bool {
    let first = command.words.iter().find(|word| !is_assignment(&word.text));
    first.is_none_or(|first| matches!(&*first.text, "command" | "builtin" | "exec" | "time"))
}

/// Whether a program outside of the folders of the system is one that makes nothing there: one of a virtual
/// environment or a compiler, or the build of a project.
fn is_ordinary(written: &str) -> bool {
    let folder = written.rsplit_once('/').map_or("", |(folder, _)| folder);
    matches!(base_name(folder), "bin" | "sbin" | ".bin") || OWN_BUILDS.contains(&base_name(written))
}
