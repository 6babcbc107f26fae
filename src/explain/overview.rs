//! Facts about the whole file that explanations of single instructions need, collected in one pass.

use std::collections::BTreeMap;

use super::arguments::{SameName, same_names};
use super::base::reference;
use super::command;
use super::config;
use super::mounts::Mounts;
use super::packages::Settings;
use crate::dockerfile::{Base, CopyFrom, Dockerfile, EvaluatedStage, Instruction, Keyword};
use crate::image::{Catalogue, Family, Reference};
use crate::shell::{is_dependency_file, may_make_files};

/// Most stages listed as users of another.
const MOST_USERS: usize = 5;

/// Facts of one stage. An instruction is its index in the file, a line its number.
#[derive(Default)]
pub(super) struct StageFacts {
    /// The first instruction that copies the whole build context, and its line.
    pub whole_copy: Option<(usize, usize)>,
    /// The first instruction that copies anything.
    pub first_copy: Option<usize>,
    /// The last CMD.
    pub last_cmd: Option<usize>,
    /// The ENTRYPOINT at its end, which may be that of a stage that it is built on.
    pub entrypoint: Option<usize>,
    /// Whether an `ENTRYPOINT []` took away the one of the base.
    is_entrypoint_removed: bool,
    /// Whether it starts another program than that of balena's base images, or none.
    pub replaces_entrypoint: bool,
    /// The first RUN that installs from a list, here or in a stage that it is built on.
    pub first_install: Option<usize>,
    /// How many of its instructions, and of the stages that it is built on, use files that are no such list.
    sources: usize,
    /// The first RUN that may make any file.
    pub first_making: Option<usize>,
    /// The family of the image that the stage is built on, if the catalogue knows that image.
    pub family: Option<Family>,
    /// The stages that are built on it or take files from it.
    pub users: Vec<User>,
}

/// A stage that uses another one.
#[derive(Clone, Copy)]
pub(super) struct User {
    pub stage: usize,
    /// The line that takes files from it; none if it is built on it.
    pub line: Option<usize>,
}

/// Facts of the whole file.
pub(super) struct Overview {
    pub stages: Vec<StageFacts>,
    /// For each instruction the next one of its stage that installs from a list, and its line.
    pub next_install: Vec<Option<(usize, usize)>>,
    /// For each instruction how many up to it, in its stage and those that it is built on, use other files
    /// than such a list.
    pub sources_until: Vec<usize>,
    /// For each instruction the line of the next one of its kind in its stage.
    pub next_of_kind: Vec<Option<usize>>,
    /// For each stage whether its layers are layers of the image.
    pub in_image: Vec<bool>,
    /// For each `ARG` of one name the `ENV`s of that name.
    pub same_names: BTreeMap<usize, SameName>,
    /// What the file sets for package managers.
    pub settings: Settings,
}

impl Overview {
    pub fn of(
        file: &Dockerfile,
        bases: &[EvaluatedStage],
        target: Option<usize>,
        catalogue: &Catalogue,
    ) -> Overview {
        let count = file.instructions.len();
        let mut overview = Overview {
            stages: Vec::with_capacity(file.stages.len()),
            next_install: vec![None; count],
            sources_until: vec![0; count],
            in_image: in_image(bases, target),
            same_names: same_names(file, bases),
            next_of_kind: vec![None; count],
            settings: Settings::of(file),
        };
        for (number, stage) in file.stages.iter().enumerate() {
            let family = match bases.get(number).map(|resolved| &resolved.base) {
                Some(Base::Image(name)) => {
                    reference(name).and_then(|reference| family(catalogue, &reference))
                }
                // It is an earlier stage, whose facts are there.
                Some(Base::Stage(earlier)) => overview.stages.get(*earlier).and_then(|facts| facts.family),
                _ => None,
            };
            let before = match bases.get(number).map(|resolved| &resolved.base) {
                Some(Base::Stage(earlier)) => overview.stages.get(*earlier),
                _ => None,
            };
            let mut facts = StageFacts {
                family,
                entrypoint: before.and_then(|facts| facts.entrypoint),
                is_entrypoint_removed: before.is_some_and(|facts| facts.is_entrypoint_removed),
                first_install: before.and_then(|facts| facts.first_install),
                sources: before.map_or(0, |facts| facts.sources),
                ..StageFacts::default()
            };
            for at in stage.body.clone() {
                let Some(instruction) = file.instructions.get(at) else { continue };
                facts.add(file, at, instruction);
                facts.sources += usize::from(uses_sources(instruction));
                if let Some(until) = overview.sources_until.get_mut(at) {
                    *until = facts.sources;
                }
            }
            let entrypoint = facts.entrypoint.and_then(|at| file.instructions.get(at));
            facts.replaces_entrypoint =
                facts.is_entrypoint_removed || config::replaces_entrypoint(file.body(number), entrypoint);
            overview.stages.push(facts);
            let mut install = None;
            let mut of_kind = [None; KINDS.len()];
            for at in stage.body.clone().rev() {
                let instruction = &file.instructions[at];
                let line = Some(*instruction.lines.start());
                overview.next_install[at] = install;
                if command::installs_dependencies(file, instruction) {
                    install = line.map(|line| (at, line));
                    if let Some(facts) = overview.stages.get_mut(number) {
                        let first = facts.first_install.map_or(at, |first| first.min(at));
                        facts.first_install = Some(first);
                    }
                }
                if let Some(kind) = KINDS.iter().position(|kind| *kind == instruction.keyword) {
                    overview.next_of_kind[at] = of_kind[kind];
                    of_kind[kind] = line;
                }
            }
        }
        overview.find_users(file, bases);
        overview
    }

    /// Which stages are built on which, or take files from them.
    fn find_users(&mut self, file: &Dockerfile, bases: &[EvaluatedStage]) {
        for (number, stage) in file.stages.iter().enumerate() {
            if let Some(Base::Stage(earlier)) = bases.get(number).map(|resolved| &resolved.base) {
                self.add_user(*earlier, User { stage: number, line: None });
            }
            for instruction in &file.instructions[stage.body.clone()] {
                let user = User { stage: number, line: Some(*instruction.lines.start()) };
                if let Some(CopyFrom::Stage(from)) = file.copy_from(instruction) {
                    self.add_user(from, user);
                }
                for from in instruction.flags.iter().filter_map(|flag| mounted_from(flag.value()?)) {
                    // A number is the name of an image here, not a stage.
                    if let Some(from) = file.stage_named(from) {
                        self.add_user(from, user);
                    }
                }
            }
        }
    }

    /// One line for each stage that needs another, and the same stage only once.
    fn add_user(&mut self, of: usize, user: User) {
        if let Some(facts) = self.stages.get_mut(of)
            && facts.users.len() < MOST_USERS
            && facts.users.last().is_none_or(|last| last.stage != user.stage)
        {
            facts.users.push(user);
        }
    }
}

/// Instructions of which only the last in a stage has an effect.
const KINDS: [Keyword; 3] = [Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck];

impl StageFacts {
    fn add(&mut self, file: &Dockerfile, at: usize, instruction: &Instruction) {
        match instruction.keyword {
            Keyword::Run if self.first_making.is_none() && may_make_files(file, instruction) => {
                self.first_making = Some(at);
            }
            Keyword::Copy | Keyword::Add => {
                self.first_copy.get_or_insert(at);
                if self.whole_copy.is_none() && instruction.copies_everything() {
                    self.whole_copy = Some((at, *instruction.lines.start()));
                }
            }
            Keyword::Cmd => self.last_cmd = Some(at),
            // The last one counts, and `[]` is none.
            Keyword::Entrypoint => {
                self.entrypoint = (!instruction.args.is_empty()).then_some(at);
                self.is_entrypoint_removed = instruction.args.is_empty();
            }
            _ => {}
        }
    }
}

/// The family of an image, unless nothing is known of it.
fn family(catalogue: &Catalogue, reference: &Reference) -> Option<Family> {
    let known = catalogue.about(reference);
    (known.is_listed || known.family.is_of_balena()).then_some(known.family)
}

/// For each stage whether its layers are those of the image: the target, and what it is built on.
fn in_image(bases: &[EvaluatedStage], target: Option<usize>) -> Vec<bool> {
    let mut found = vec![false; bases.len()];
    let mut next = target.or(bases.len().checked_sub(1));
    // A stage is built on an earlier one, so this ends.
    while let Some(stage) = next {
        if let Some(found) = found.get_mut(stage) {
            *found = true;
        }
        next = match bases.get(stage).map(|stage| &stage.base) {
            Some(Base::Stage(earlier)) if *earlier < stage => Some(*earlier),
            _ => None,
        };
    }
    found
}

/// Whether an instruction uses files of the build context that are no lists of dependencies, or files that
/// may be made from those.
fn uses_sources(instruction: &Instruction) -> bool {
    instruction.context_sources().iter().any(|source| !is_dependency_file(&source.text))
        || (instruction.keyword == Keyword::Copy && instruction.flag("from").is_some())
        || (instruction.keyword == Keyword::Run && Mounts::of(instruction).has_bind)
}

/// The stage of a `--mount=type=bind,from=NAME`.
fn mounted_from(value: &[u8]) -> Option<&str> {
    let from = value.split(|&b| b == b',').find_map(|field| field.strip_prefix(b"from="))?;
    std::str::from_utf8(from).ok()
}
