//! Goes through the instructions of each stage.

use std::sync::Arc;

use super::commands::{Caller, Runner};
use super::copies::{Listing, copies};
use super::event::{Event, StepFile, Variable, When, Why};
use super::scripts::Scripts;
use super::started::chain;
use crate::compose::tree::Node;
use crate::context::{BuildContext, ImageFiles, place};
use crate::dockerfile::{Dockerfile, Environment, Evaluation, Instruction, Keyword, Mount, MountKind};
use crate::shell::{self, RunBy, ShellCommand, run_by, whole_heredoc};

/// What happens in each stage of a Dockerfile itself, in order. What a stage is built on happened before.
///
/// For a stage that is built on another one, begin with what was known at the end of that: [`chain`] has the stages.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub stages: Vec<Vec<Event>>,
}

impl Usage {
    /// Goes through all stages, with the scripts in the build context. `service` is what the compose file says of the
    /// container: what that starts comes last in the stage that is built.
    pub(crate) fn of(
        file: &Dockerfile,
        evaluation: &Evaluation,
        context: Option<&BuildContext>,
        service: Option<&Node>,
    ) -> Usage {
        let mut walk = Walk {
            file,
            evaluation,
            context,
            runner: Runner::new(context.map(Scripts::new)),
            listing: Listing::default(),
            shells: Vec::new(),
        };
        let mut stages = Vec::with_capacity(evaluation.stages.len());
        for stage in 0..evaluation.stages.len() {
            let end = walk.stage(stage);
            if evaluation.target == Some(stage) {
                walk.container(stage, service, &end);
            }
            stages.push(walk.runner.end_stage());
        }
        Usage { stages }
    }
}

/// The way through a Dockerfile.
pub(super) struct Walk<'w, 'c> {
    pub file: &'w Dockerfile<'w>,
    pub evaluation: &'w Evaluation,
    pub context: Option<&'c BuildContext>,
    pub runner: Runner<'c>,
    pub listing: Listing,
    /// The shell of a `SHELL` that was used last in each stage, or in what it is built on, by its place.
    pub shells: Vec<Option<usize>>,
}

/// What is so at the end of the stage that is built.
#[derive(Default)]
pub(super) struct End {
    pub environment: Environment,
    pub workdir: Option<Arc<str>>,
}

impl Walk<'_, '_> {
    /// Goes through a stage.
    fn stage(&mut self, stage: usize) -> End {
        let (file, evaluation) = (self.file, self.evaluation);
        if let Some(scripts) = &mut self.runner.scripts {
            scripts.files.begin(evaluation);
        }
        let base = chain(evaluation, Some(stage)).nth(1);
        self.shells.push(base.and_then(|base| self.shells.get(base).copied()).flatten());
        let last =
            file.body(stage).last().map(|last| &last.span).filter(|_| evaluation.target == Some(stage));
        let mut end = End::default();
        evaluation.walk(file, stage, |instruction, environment| {
            self.instruction(stage, instruction, environment);
            if last == Some(&instruction.span) {
                end = self.end(instruction, environment);
            }
        });
        end
    }

    /// What is so after the last instruction.
    fn end(&mut self, last: &Instruction, environment: &Environment) -> End {
        let path = match (last.keyword, last.args.first()) {
            (Keyword::Workdir, Some(path)) => {
                environment.expand(&path.text, self.file.escape, &mut self.runner.budget)
            }
            _ => Some(".".to_owned()),
        };
        let workdir = path.and_then(|path| place(&path, environment.workdir()));
        let workdir = workdir.filter(|path| path.starts_with('/')).map(Arc::from);
        End { environment: environment.clone(), workdir }
    }

    fn instruction(&mut self, stage: usize, instruction: &Instruction, environment: &Environment) {
        let file = self.file;
        match instruction.keyword {
            Keyword::Copy | Keyword::Add => {
                let runner = &mut self.runner;
                if let Some(scripts) = &mut runner.scripts {
                    let is_built = self.evaluation.stages.get(stage).is_some_and(|stage| stage.is_built);
                    if is_built {
                        scripts.files.add(file, instruction, environment, &mut runner.budget);
                    }
                    scripts.forget_programs();
                }
                let budget = &mut runner.budget;
                let context = (self.context, &mut self.listing);
                copies(file, instruction, environment, context, budget, &mut runner.events);
            }
            Keyword::Run => self.command(stage, instruction, environment),
            Keyword::Env => {
                for (name, value) in instruction.pairs() {
                    let name = String::from_utf8_lossy(&name.text).into_owned();
                    let value = environment.expand(&value.text, file.escape, &mut self.runner.budget);
                    self.runner.events.push(Event::Env(Variable { name, value }));
                }
            }
            Keyword::Arg => {
                for arg in &instruction.args {
                    let text = String::from_utf8_lossy(&arg.text);
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name, Some(value)),
                        None => (&*text, None),
                    };
                    let value = value.and_then(|value| {
                        environment.expand(value.as_bytes(), file.escape, &mut self.runner.budget)
                    });
                    self.runner.events.push(Event::Env(Variable { name: name.to_owned(), value }));
                }
            }
            _ => {}
        }
    }

    /// A `RUN`.
    fn command(&mut self, stage: usize, instruction: &Instruction, environment: &Environment) {
        let file = self.file;
        let mounts = match self.context {
            Some(_) => ImageFiles::mounts(file, instruction, environment, &mut self.runner.budget),
            None => Vec::new(),
        };
        let workdir = environment.workdir().map(|path| String::from_utf8_lossy(path).into());
        let bytes = file.source.bytes();
        let caller = Caller {
            stage,
            when: When::Build,
            workdir,
            environment,
            escape: file.escape,
            mounts: &mounts,
            file: StepFile::Dockerfile,
            source: Some(bytes),
            script: file.bytes(&instruction.span),
            own_folder: None,
            level: 0,
            passes: 0,
            is_optional: false,
            is_tolerated: false,
        };
        // The faults read files of the context that are copied, but none that are mounted.
        if Mount::of(instruction).any(|mount| mount.kind.is_none_or(|kind| kind == MountKind::Bind)) {
            self.runner.opaque(Why::Files);
        }
        let by = run_by(file, instruction);
        let commands = shell::commands(file, instruction);
        if by == RunBy::Itself {
            let program = shell::program_of(instruction);
            let caller = match program.filter(|program| program.is_script_read) {
                Some(program) => {
                    self.runner.step(program, &caller);
                    caller
                }
                // Without a shell nothing replaces variables.
                None => Caller { source: None, ..caller },
            };
            return self.runner.run(&commands, &caller);
        }
        let heredoc = whole_heredoc(instruction);
        let interpreter = heredoc.and_then(|content| {
            let mut program = shell::interpreter(file.bytes(&content))?;
            for word in &mut program.words {
                word.span = word.span.start + content.start..word.span.end + content.start;
            }
            Some(program)
        });
        match interpreter {
            Some(program) => self.runner.step(program, &caller),
            None => self.shell(file.shell_of(instruction).and_then(shell::program_of), &caller),
        }
        if by != RunBy::Shell || commands.is_empty() {
            let why = if by == RunBy::Shell { Why::TooMuch } else { Why::Language };
            self.runner.events.push(Event::Opaque(why));
        }
        self.runner.run(&commands, &caller);
    }

    /// The shell of a `SHELL`, unless it was used before.
    pub(super) fn shell(&mut self, program: Option<ShellCommand>, caller: &Caller) {
        let (Some(program), Some(last)) = (program, self.shells.last_mut()) else { return };
        if last.replace(program.span().start) != Some(program.span().start) {
            self.runner.step(program, caller);
        }
    }
}
