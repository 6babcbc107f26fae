//! All of the source copied before its dependencies are installed: every change installs them again.

use super::{Look, Rule};
use std::collections::BTreeSet;

use crate::check::context::Found;
use crate::check::copies::{base_name, copied};
use crate::check::install::Install;
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::Keyword;
use crate::shell::commands;
use crate::source::Span;

pub static RULE: Rule = Rule {
    id: "copy-before-install",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/copy-before-install.md"),
    look: Look::File(look),
};

/// Folders that are looked into.
const MOST_FOLDERS: usize = 50;

fn look(case: &Case, sink: &mut Sink) {
    for stage in &case.file.stages {
        // The first copy of everything, and the folders and names that were copied.
        let mut everything: Option<Span> = None;
        let mut folders: Vec<(String, Span)> = Vec::new();
        let mut names: BTreeSet<String> = BTreeSet::new();
        for instruction in case.body(stage) {
            for source in copied(instruction) {
                if source.is_everything() {
                    everything.get_or_insert(source.span.clone());
                } else if is_folder(case, &source.text) {
                    if folders.len() < MOST_FOLDERS {
                        folders.push((source.text.clone(), source.span.clone()));
                    }
                } else {
                    names.insert(source.name().to_owned());
                    names.insert(base_name(&source.to).to_owned());
                }
            }
            if instruction.keyword != Keyword::Run {
                continue;
            }
            for command in commands(case.file, instruction) {
                let Some(install) = Install::of(&command) else { continue };
                // A folder matters when what is installed from came with it.
                let with_folder = || {
                    let is_there = |folder: &str| {
                        case.context.is_none_or(|context| {
                            context.find(&format!("{folder}/{}", install.file)) == Found::File
                        })
                    };
                    let came_alone = names.contains(&install.file);
                    let found = folders.iter().find(|(folder, _)| !came_alone && is_there(folder));
                    found.map(|(_, span)| span.clone())
                };
                if let Some(span) = everything.clone().or_else(with_folder) {
                    sink.report(
                        &span,
                        "the source is copied before its dependencies are installed",
                        format!("copy {} by itself, install, then copy the rest", install.file),
                    );
                    everything = None;
                    folders.clear();
                }
            }
        }
    }
}

fn is_folder(case: &Case, source: &str) -> bool {
    source.ends_with('/') || case.context.is_some_and(|context| context.find(source) == Found::Folder)
}
