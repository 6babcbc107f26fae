//! The walk through the stages of a Dockerfile, each with what is in the image that it is built on.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::fault::Fault;
use super::lookups::Lookups;
use super::other_release::About;
use super::run::Run;
use super::stage_image::StageImage;
use super::state::State;
use super::{
    apt_key, apt_without_yes, archived_release, debian_python, externally_managed_python,
    missing_certificates, missing_file, missing_package, missing_program, other_release, package_version,
    removed_command, uninstallable_requirement,
};
use crate::context::BuildContext;
use crate::dockerfile::{Base, Dockerfile, Evaluation};
use crate::image::Platform;
use crate::shell::PackageManager;
use crate::software::languages::Language;
use crate::software::usage::{Event, Step, StepFile, When};
use crate::source::Span;

/// What says that the Python of the distribution is meant, wherever it stands.
const SYSTEM_PYTHON: [&[u8]; 2] = [b"/usr/bin/python3", b"dist-packages"];
/// The most faults of a Dockerfile for one platform.
const MOST_FAULTS: usize = 5_000;

/// A command that installs packages, to which others can be added.
#[derive(Clone, Debug)]
pub struct Installation {
    pub stage: usize,
    /// The place of the whole command.
    pub span: Span,
    /// The end of the last package that it names.
    pub end: usize,
    pub manager: PackageManager,
}

/// What was found in a Dockerfile.
#[derive(Debug, Default)]
pub struct Found {
    pub faults: Vec<Fault>,
    pub installations: Vec<Installation>,
    /// For each stage the one that it is built on.
    pub bases: Vec<Option<usize>>,
}

impl Found {
    /// The stages that one is built on, itself first.
    pub fn chain(&self, stage: usize) -> impl Iterator<Item = usize> {
        let before = |at: &usize| self.bases.get(*at).copied().flatten().filter(|before| before < at);
        std::iter::successors(Some(stage), before)
    }
}

/// Looks at everything that a Dockerfile runs. `events` has for each stage what happens in it, without the stages that
/// it is built on; `image_of` the image that a stage starts from, where something is known of it.
pub fn find(
    file: &Dockerfile,
    evaluation: &Evaluation,
    events: &[Vec<Event>],
    context: Option<&BuildContext>,
    (platform, lookups): (Option<&Platform>, &Lookups),
    image_of: &dyn Fn(usize) -> Option<StageImage>,
) -> Found {
    let bases = evaluation.stages.iter().map(|stage| stage.base.stage()).collect();
    let mut found = Found { bases, ..Found::default() };
    lookups.begin();
    let uses_system_python =
        SYSTEM_PYTHON.iter().any(|path| memchr::memmem::find(file.source.bytes(), path).is_some());
    let mut ends: BTreeMap<usize, Walk> = BTreeMap::new();
    for (at, stage) in evaluation.stages.iter().enumerate() {
        if !stage.is_built {
            continue;
        }
        let walk = match stage.base {
            Base::Stage(before) => ends.get(&before).cloned(),
            _ => image_of(at).map(|image| Walk {
                state: State::new(image.contents.clone(), platform, image.is_of_balena),
                image,
                reported: Rc::default(),
            }),
        };
        let Some(mut walk) = walk else { continue };
        walk.state.uses_system_python |= uses_system_python;
        walk.texts(file, evaluation, at, &mut found);
        for event in events.get(at).map(Vec::as_slice).unwrap_or_default() {
            if let Event::Step(step) = event {
                walk.look(step, (context, file.source.bytes(), lookups), &mut found);
            }
            walk.state.after(event);
        }
        ends.insert(at, walk);
    }
    found
}

/// Where the walk is.
#[derive(Clone)]
struct Walk {
    image: StageImage,
    state: State,
    /// What was reported already: a program once, at its first use.
    reported: Rc<BTreeSet<String>>,
}

impl Walk {
    /// Looks at the text of the instructions of a stage.
    fn texts(&self, file: &Dockerfile, evaluation: &Evaluation, stage: usize, found: &mut Found) {
        let about = About {
            state: &self.state,
            image: &self.image.name,
            old: self.image.old.as_ref(),
            python: self
                .image
                .language
                .filter(|(language, _)| *language == Language::Python)
                .map(|(_, of)| of),
            stage,
        };
        evaluation.walk(file, stage, |instruction, _| {
            if found.faults.len() < MOST_FAULTS {
                other_release::look(file, instruction, &about, &mut found.faults);
            }
        });
    }

    fn look(
        &mut self,
        step: &Step,
        (context, text, lookups): (Option<&BuildContext>, &[u8], &Lookups),
        found: &mut Found,
    ) {
        let mut faults = Vec::new();
        let mut run = Run {
            step,
            state: &self.state,
            image: &self.image.name,
            is_of_balena: self.image.is_of_balena,
            old: self.image.old.as_ref(),
            language: self.image.language,
            context,
            text,
            lookups,
            faults: &mut faults,
        };
        for (_, word) in step.programs() {
            missing_program::look(&mut run, word);
        }
        missing_program::look_at_venv(&mut run);
        apt_without_yes::look(&mut run);
        apt_key::look(&mut run);
        archived_release::look(&mut run);
        missing_package::look(&mut run);
        package_version::look(&mut run);
        debian_python::look(&mut run);
        externally_managed_python::look(&mut run);
        missing_certificates::look(&mut run);
        missing_file::look(&mut run);
        removed_command::look(&mut run);
        uninstallable_requirement::look(&mut run);
        for fault in faults {
            // The messages name the program or the package, and not the command.
            let key = fault.key();
            if found.faults.len() < MOST_FAULTS && !self.reported.contains(&key) {
                Rc::make_mut(&mut self.reported).insert(key);
                found.faults.push(fault);
            }
        }
        found.installations.extend(self.installation(step));
    }

    /// The command as one that more packages can be added to.
    fn installation(&self, step: &Step) -> Option<Installation> {
        let command = &step.command;
        if step.when != When::Build || !matches!(step.file, StepFile::Dockerfile) || command.is_optional {
            return None;
        }
        let manager = self.state.contents.manager();
        let is_own = match manager {
            PackageManager::Apt => command.apt("install").is_some(),
            PackageManager::Apk => command.arguments_of(&["apk"], "add").is_some(),
            PackageManager::Dnf => command.arguments_of(&["dnf"], "install").is_some(),
        };
        // A package that is removed again at the end is not one that is there.
        let is_virtual =
            command.words.iter().any(|word| word.text.starts_with("--virtual") || word.text == "-t");
        let last = command.operands().last().map(|word| word.span.clone())?;
        (is_own && !is_virtual && !command.is_quoted).then(|| Installation {
            stage: step.stage,
            span: command.span(),
            end: last.end,
            manager,
        })
    }
}
