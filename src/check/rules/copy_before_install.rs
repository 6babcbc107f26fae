//! The source is copied before its dependencies are installed, so every change installs them again.

use std::collections::BTreeSet;

use crate::context::{BuildContext, Presence};
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{Stage, base_name};
use crate::shell::ShellCommand;
use crate::source::Span;

/// Folders that are looked into.
const MOST_FOLDERS: usize = 50;

/// A step of a walk through all stages, in which each comes after the one that it is built on.
enum Step {
    /// Looks at a stage.
    Enter(usize),
    /// After all that is built on a stage: forgets the lists that it was the first to install from.
    Leave(Vec<String>),
}

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    let stages = &scope.file.stages;
    // The stages that are built on each.
    let mut others: Vec<Vec<usize>> = vec![Vec::new(); stages.len()];
    let mut steps: Vec<Step> = Vec::new();
    for (at, stage) in stages.iter().enumerate().rev() {
        match stage.from.and_then(|from| others.get_mut(from)) {
            Some(others) => others.push(at),
            None => steps.push(Step::Enter(at)),
        }
    }
    // The lists that something was installed from, in a stage or in one that it is built on.
    let mut installed: BTreeSet<String> = BTreeSet::new();
    while let Some(step) = steps.pop() {
        match step {
            Step::Enter(at) => {
                let Some(stage) = stages.get(at) else { continue };
                steps.push(Step::Leave(check_stage(scope, stage, &mut installed, sink)));
                steps.extend(
                    others.get_mut(at).map(std::mem::take).unwrap_or_default().into_iter().map(Step::Enter),
                );
            }
            Step::Leave(lists) => lists.iter().for_each(|list| {
                installed.remove(list);
            }),
        }
    }
}

/// Looks at one stage, and gives the lists that it is the first to install from.
fn check_stage(
    scope: &RenderingScope,
    stage: &Stage,
    installed: &mut BTreeSet<String>,
    sink: &mut Sink,
) -> Vec<String> {
    let mut own: Vec<String> = Vec::new();
    // The first copy of everything, and the folders and names that were copied.
    let mut everything: Option<Span> = None;
    let mut folders: Vec<(String, Span)> = Vec::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for instruction in scope.body(stage) {
        let sources = instruction.context_sources();
        // Several are copied into a folder.
        if let [only] = &sources[..] {
            names.insert(base_name(&only.destination).to_owned());
        }
        for source in sources {
            if source.is_everything() {
                everything.get_or_insert(source.span.clone());
            } else if is_folder(scope, &source.text) {
                if folders.len() < MOST_FOLDERS {
                    folders.push((source.text.clone(), source.span.clone()));
                }
            } else {
                names.insert(source.name().to_owned());
            }
        }
        for list in scope.commands(instruction).iter().filter_map(ShellCommand::dependency_file) {
            let file = base_name(&list);
            // A folder matters if the file was copied as a part of it.
            let is_there = |folder: &str| {
                let is_file =
                    |context: &BuildContext| context.find(&format!("{folder}/{file}")) == Presence::File;
                scope.context.is_none_or(is_file)
            };
            // Most of it is in the cache from the first time.
            if !installed.insert(list.clone()) {
                continue;
            }
            own.push(list.clone());
            let came_alone = names.contains(file);
            let with_folder = || folders.iter().find(|(folder, _)| !came_alone && is_there(folder));
            let found = everything.clone().or_else(|| with_folder().map(|(_, span)| span.clone()));
            if let Some(span) = found {
                let help = format!("copy {file} by itself, install, then copy the rest");
                sink.report(&span, "the source is copied before its dependencies are installed", help);
                everything = None;
                folders.clear();
            }
        }
    }
    own
}

fn is_folder(scope: &RenderingScope, source: &str) -> bool {
    source.ends_with('/') || scope.context.is_some_and(|context| context.find(source) == Presence::Folder)
}
