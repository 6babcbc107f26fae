//! `pip install -r` of a list that no `COPY` present into the image.

use std::collections::BTreeSet;

use crate::check::context::Presence;
use crate::check::scope::shown;
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{Instruction, Keyword, base_name};
use crate::shell::requirement_files;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for stage in &scope.file.stages {
        // A stage that is built on another has what that one copied.
        if stage.from.is_some() {
            continue;
        }
        let mut present = Present::default();
        for instruction in scope.body(stage) {
            match instruction.keyword {
                Keyword::Copy | Keyword::Add => present.add(scope, instruction),
                Keyword::Run => run(scope, instruction, &mut present, sink),
                _ => {}
            }
        }
    }
}

/// The files of the image so far.
#[derive(Default)]
struct Present {
    /// Whether it could be anything: a folder, another image's files, a mount.
    anything: bool,
    names: BTreeSet<String>,
}

impl Present {
    fn add(&mut self, scope: &RenderingScope, instruction: &Instruction) {
        let sources = instruction.context_sources();
        // From another stage, from a network, from a heredoc.
        self.anything |= instruction.flag("from").is_some()
            || instruction.args.len() > sources.len() + 1 + instruction.heredocs.len()
            || instruction.heredocs.iter().any(|heredoc| !heredoc.content.is_empty());
        for source in sources {
            let is_file = match scope.context.map(|context| context.find(&source.text)) {
                Some(Presence::File | Presence::Ignored | Presence::Missing) => true,
                Some(_) => false,
                None => !source.text.ends_with('/') && source.name().contains('.') && !source.is_everything(),
            };
            self.anything |= !is_file || source.text.contains(['*', '?', '[', '$']);
            // An archive that ADD unpacks may hold anything.
            self.anything |= instruction.keyword == Keyword::Add && source.text.contains(".t");
            self.names.insert(source.name().to_owned());
            self.names.insert(base_name(&source.destination).to_owned());
        }
    }
}

fn run(scope: &RenderingScope, instruction: &Instruction, present: &mut Present, sink: &mut Sink) {
    if present.anything || instruction.flag("mount").is_some() {
        return;
    }
    for command in scope.commands(instruction).iter() {
        let Some(words) = command.pip_install() else {
            // Any other program may have made the file, if it is named.
            let words = command.words.iter().chain(&command.redirected);
            present.names.extend(words.map(|word| base_name(&word.text).to_owned()));
            present.anything |= command.is_program(&["git", "tar", "unzip"]);
            continue;
        };
        for word in requirement_files(words) {
            let is_local = !word.text.contains("://") && !word.text.contains('$');
            if is_local && !present.anything && !present.names.contains(base_name(&word.text)) {
                let message = format!("`{}` is not in the image when pip reads it", scope.shown(&word.span));
                let help = format!("copy it first: COPY {} ./", shown(base_name(&word.text)));
                sink.report(&word.span, message, help);
            }
        }
    }
}
