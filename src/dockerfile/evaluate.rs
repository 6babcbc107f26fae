//! The evaluation of a Dockerfile: stage by stage, with the rules of BuildKit's `dockerfile2llb`.

use super::Dockerfile;
use super::assignment::{Scope, name_and_default};
use super::budget::Budget;
use super::build_options::{BuildOptions, Builder};
use super::check_options::CheckOptions;
use super::environment::{Environment, PLATFORM_ARGS, State};
use super::evaluation::{
    Base, EvaluatedStage, Evaluation, HiddenArgument, ImageUse, StagePlatform, UndefinedVariable, UsedImage,
};
use super::expansion::expand_known;
use super::fault::Fault;
use super::frontend;
use super::instruction::Arg;
use super::keyword::Keyword;
use super::lookup::Expansion;
use super::platform_args::platform_args;
use super::report::Report;
use super::stage::StageNames;
use super::substitution::Env;
use super::triggers::{Triggers, own};
use crate::source::Span;

/// The `PATH` that BuildKit sets where the image has none.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The most variables that stages take over from others; beyond it nothing is known of them.
const MOST_INHERITED: usize = 1_000_000;

/// The most text that `ONBUILD` triggers in all stages; beyond it nothing is known of them.
const MOST_TRIGGERED: usize = 1 << 20;

/// A part of an argument's text as a place in the file. Offsets are the same only if nothing was left out.
pub(super) fn part_of(arg: &Arg, part: Span) -> Span {
    match arg.span.len() == arg.text.len() {
        true => arg.span.start + part.start..arg.span.start + part.end,
        false => arg.span.clone(),
    }
}

pub(super) struct Evaluator<'e, 's> {
    pub file: &'e Dockerfile<'s>,
    pub options: &'e BuildOptions<'e>,
    /// The variables before the first stage.
    pub global: Environment,
    pub budget: Budget,
    pub report: Report<'s>,
    pub stages: Vec<EvaluatedStage>,
    /// The stages that each stage needs.
    pub needs: Vec<Vec<usize>>,
    pub images: Vec<UsedImage>,
    pub undeclared: Vec<UndefinedVariable>,
    pub undefined: Vec<UndefinedVariable>,
    hidden: Vec<HiddenArgument>,
    /// What BuildKit gives for the platform.
    predefined: Environment,
    inherited: usize,
    pub triggers: Triggers,
    triggered: usize,
    /// What is left for `ARG` and `ENV`.
    assigned: Budget,
}

impl<'e, 's> Evaluator<'e, 's> {
    pub fn new(file: &'e Dockerfile<'s>, options: &'e BuildOptions<'e>) -> Self {
        Evaluator {
            file,
            options,
            global: Environment::default(),
            budget: Budget::default(),
            report: Report::new(file.source),
            stages: Vec::with_capacity(file.stages.len()),
            needs: Vec::with_capacity(file.stages.len()),
            images: Vec::new(),
            undeclared: Vec::new(),
            undefined: Vec::new(),
            hidden: Vec::new(),
            predefined: Environment::default(),
            inherited: 0,
            triggers: Triggers::new(file, options.contexts),
            triggered: 0,
            assigned: Budget::default(),
        }
    }

    pub fn run(mut self) -> Evaluation {
        let (file, options) = (self.file, self.options);
        self.predefined = self.predefined();
        let given = given(options.args);
        self.global = self.global(&given, true);
        let invalid_defaults = self.invalid_defaults();
        self.syntax();
        let check_options = self.check_options();
        let mut names = StageNames::new();
        // The variables at the end of each stage that another may be built on.
        let mut ends: Vec<Option<Environment>> = Vec::with_capacity(file.stages.len());
        for (at, stage) in file.stages.iter().enumerate() {
            let (base, is_of_context) = self.base(stage, &names);
            let mut platform = self.platform(stage);
            if let Base::Stage(before) = base
                && let Some(before) = self.stages.get(before)
            {
                platform = before.platform.clone();
            }
            if let Base::Image(name) = &base {
                let (span, name, platform) = (stage.base.span.clone(), name.clone(), platform.clone());
                let (stage, by) = (Some(at), ImageUse::From);
                self.images.push(UsedImage {
                    stage,
                    by,
                    span,
                    name,
                    platform,
                    is_built: false,
                    is_of_context,
                });
            }
            let (start, budget) = (self.start(&base, &ends), self.assigned.clone());
            ends.push(match self.is_replaced(stage) {
                true => {
                    self.needs.push(Vec::new());
                    start.clone()
                }
                false => self.body(at, &base, start.clone(), &given),
            });
            self.stages.push(EvaluatedStage { base, platform, is_built: false, start, budget });
            if let Some(name) = &stage.name {
                names.insert(name.text.clone(), at);
            }
        }
        let target = self.target(&names);
        self.mark_built(target);
        self.report.diagnostics.sort_by_position();
        Evaluation {
            stages: self.stages,
            images: self.images,
            target,
            undeclared: self.undeclared,
            undefined: self.undefined,
            hidden: self.hidden,
            invalid_defaults,
            check_options,
            newer: frontend::needed(file, options),
            faults: self.report.diagnostics,
            global: self.global,
            given,
            builder: options.builder,
            triggers: self.triggers,
        }
    }

    /// BuildKit reads the options for its checks before all else.
    fn check_options(&mut self) -> Option<CheckOptions> {
        if self.options.builder == Builder::Classic {
            return None;
        }
        self.file.check_options(self.options.args).unwrap_or_else(|wrong| {
            self.report.error(wrong.span, wrong.message, wrong.help);
            None
        })
    }

    /// What the builder sets before the first instruction.
    fn predefined(&self) -> Environment {
        let options = self.options;
        let stage = options.target.map(str::to_owned);
        let last = self.file.stages.last().and_then(|stage| Some(stage.name.as_ref()?.text.clone()));
        let stage = stage.or(last).unwrap_or_else(|| "default".to_owned());
        match options.builder {
            Builder::BuildKit => {
                platform_args(options.platform, options.build_platform, &stage, options.args)
            }
            Builder::Classic => Environment::default(),
        }
    }

    /// The variables before the first stage, with these build arguments, which the build gives.
    pub(super) fn global(&mut self, given: &Environment, reports: bool) -> Environment {
        let mut global = self.predefined.clone();
        for arg in self.file.meta_arg_instructions().flat_map(|instruction| &instruction.args) {
            let (name, default) = name_and_default(arg);
            let Ok(name) = std::str::from_utf8(name) else { continue };
            let state = match (given.state(name), default) {
                (Some(given), _) => given.clone(),
                (None, Some(default)) => match self.expand(&arg.text[default..], &global) {
                    Ok(expansion) => State::of(expansion),
                    Err(fault) => {
                        if reports {
                            self.fault(arg, default, fault);
                        }
                        State::Unknown
                    }
                },
                (None, None) => {
                    global.declare(name.to_owned());
                    continue;
                }
            };
            if reports {
                self.note_hidden(arg, name, default, &state);
            }
            global.set_arg(name.to_owned(), state);
        }
        global
    }

    /// Notes an argument of the platform whose default is another value than BuildKit's.
    fn note_hidden(&mut self, arg: &Arg, name: &str, default: Option<usize>, state: &State) {
        let is_default = default.is_some() && !self.options.args.contains_key(name);
        let (State::Known(value), Some(State::Known(own))) = (state, self.predefined.state(name)) else {
            return;
        };
        if is_default && value != own && PLATFORM_ARGS.contains(&name) {
            let (span, name) = (arg.span.clone(), name.to_owned());
            self.hidden.push(HiddenArgument {
                span,
                name,
                hidden: String::from_utf8_lossy(own).into_owned(),
            });
        }
    }

    pub(super) fn expand(&mut self, text: &[u8], environment: &Environment) -> Result<Expansion, Fault> {
        expand_known(text, self.file.escape, environment, &mut self.budget)
    }

    /// Reports a fault in the text of an argument from the byte `start` on.
    pub(super) fn fault(&mut self, arg: &Arg, start: usize, fault: Fault) {
        let span = part_of(arg, start + fault.span.start..start + fault.span.end);
        self.report.error(span, fault.message, fault.help);
    }

    /// The variables at the start of a stage, unless too much comes before it.
    fn start(&mut self, base: &Base, ends: &[Option<Environment>]) -> Option<Environment> {
        Some(match base {
            Base::Scratch => {
                let mut start = Environment::new(false);
                if self.options.builder == Builder::BuildKit {
                    start.set_env("PATH".to_owned(), State::Known(DEFAULT_PATH.into()));
                }
                start
            }
            Base::Stage(before) => {
                let end = ends.get(*before)?.as_ref()?;
                let inherited = self.inherited + end.len();
                let triggered = self.triggered + self.triggers.size(self.file, *before);
                if inherited > MOST_INHERITED || triggered > MOST_TRIGGERED {
                    return None;
                }
                (self.inherited, self.triggered) = (inherited, triggered);
                match self.options.builder {
                    Builder::BuildKit => end.clone(),
                    Builder::Classic => end.without_args(),
                }
            }
            Base::Image(_) | Base::Context(_) | Base::Unknown => Environment::new(true),
        })
    }

    /// Goes through the instructions of a stage, and gives the variables at its end.
    fn body(
        &mut self,
        at: usize,
        base: &Base,
        mut environment: Option<Environment>,
        given: &Environment,
    ) -> Option<Environment> {
        let (file, options) = (self.file, self.options);
        let mut needs: Vec<usize> = base.stage().into_iter().collect();
        let global = std::mem::take(&mut self.global);
        let budget = std::mem::take(&mut self.assigned);
        let mut scope = Scope::new(file.escape, &global, given, options.builder, budget);
        let triggers = std::mem::take(&mut self.triggers);
        let triggering = base.stage().filter(|_| environment.is_some());
        for instruction in triggers.of(file, triggering).chain(own(file, at)) {
            for used in self.sources(at, instruction) {
                match used {
                    Source::Stage(stage) => needs.push(stage),
                    Source::Image { by, span, name, is_of_context } => {
                        let (stage, platform) = (Some(at), StagePlatform::Target);
                        self.images.push(UsedImage {
                            stage,
                            by,
                            span,
                            name,
                            platform,
                            is_built: false,
                            is_of_context,
                        });
                    }
                }
            }
            let Some(environment) = &mut environment else { continue };
            self.words(instruction, environment);
            self.flags(instruction, environment);
            self.values(instruction, environment);
            scope.set(instruction, environment);
            if instruction.keyword == Keyword::Arg {
                for arg in &instruction.args {
                    let (name, default) = name_and_default(arg);
                    let Ok(name) = std::str::from_utf8(name) else { continue };
                    if let Some(state) = environment.state(name) {
                        self.note_hidden(arg, name, default, state);
                    }
                }
            }
        }
        self.assigned = scope.budget;
        self.global = global;
        self.triggers = triggers;
        self.needs.push(needs);
        environment
    }
}

/// The values that a build is given for arguments.
fn given(args: &Env) -> Environment {
    let mut given = Environment::default();
    for (name, value) in args {
        given.set_arg(name.clone(), State::Known(value.as_slice().into()));
    }
    given
}

/// What an instruction takes files from.
pub(super) enum Source {
    Stage(usize),
    Image { by: ImageUse, span: Span, name: String, is_of_context: bool },
}

impl Dockerfile<'_> {
    /// Works out what a build does. Time and memory are linear in the file.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dtpl::{Source, dockerfile::{Base, BuildOptions, Dockerfile}};
    ///
    /// let text = "ARG TAG=3.22\nFROM alpine:$TAG AS base-arm\nFROM alpine:$TAG AS base-arm64\nFROM base-$TARGETARCH\n";
    /// let source = Arc::new(Source::new("Dockerfile", text));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// let build = file.evaluate(&BuildOptions::of_platform("linux/arm64"));
    /// assert_eq!(build.stages[2].base, Base::Stage(1));
    /// assert_eq!(build.stages[1].base, Base::Image("alpine:3.22".to_owned()));
    /// assert!(build.stages[1].is_built && !build.stages[0].is_built);
    /// ```
    pub fn evaluate(&self, options: &BuildOptions) -> Evaluation {
        Evaluator::new(self, options).run()
    }
}
