//! The source is copied before its dependencies are installed, so every change installs them again.

use std::collections::BTreeSet;

use crate::check::context::{BuildContext, Presence};
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::base_name;
use crate::shell::ShellCommand;
use crate::source::Span;

/// Folders that are looked into.
const MOST_FOLDERS: usize = 50;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    // For each stage the lists that something was installed from, there or in a stage that it is built on.
    let mut installed: Vec<BTreeSet<String>> = Vec::with_capacity(scope.file.stages.len());
    for stage in &scope.file.stages {
        let mut before = stage.from.and_then(|from| installed.get(from)).cloned().unwrap_or_default();
        // The first copy of everything, and the folders and names that were copied.
        let mut everything: Option<Span> = None;
        let mut folders: Vec<(String, Span)> = Vec::new();
        let mut names: BTreeSet<String> = BTreeSet::new();
        for instruction in scope.body(stage) {
            for source in instruction.context_sources() {
                if source.is_everything() {
                    everything.get_or_insert(source.span.clone());
                } else if is_folder(scope, &source.text) {
                    if folders.len() < MOST_FOLDERS {
                        folders.push((source.text.clone(), source.span.clone()));
                    }
                } else {
                    names.insert(source.name().to_owned());
                    names.insert(base_name(&source.destination).to_owned());
                }
            }
            for file in scope.commands(instruction).iter().filter_map(ShellCommand::dependency_file) {
                // A folder matters if the file was copied as a part of it.
                let is_there = |folder: &str| {
                    let is_file =
                        |context: &BuildContext| context.find(&format!("{folder}/{file}")) == Presence::File;
                    scope.context.is_none_or(is_file)
                };
                // Most of it is in the cache from the first time.
                if !before.insert(file.clone()) {
                    continue;
                }
                let came_alone = names.contains(&file);
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
        installed.push(before);
    }
}

fn is_folder(scope: &RenderingScope, source: &str) -> bool {
    source.ends_with('/') || scope.context.is_some_and(|context| context.find(source) == Presence::Folder)
}
