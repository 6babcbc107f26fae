//! `pip install -r` of a list that no `COPY` brought into the image.

use super::{Look, Rule};
use std::collections::BTreeSet;

use super::shown;
use crate::check::context::Found;
use crate::check::copies::{base_name, copied};
use crate::check::install::requirement_files;
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::{Instruction, Keyword};
use crate::shell::commands;

pub static RULE: Rule = Rule {
    id: "requirements-not-copied",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/requirements-not-copied.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    for stage in &case.file.stages {
        // A stage that is built on another has what that one copied.
        if stage.from.is_some() {
            continue;
        }
        let mut brought = Brought::default();
        for instruction in case.body(stage) {
            match instruction.keyword {
                Keyword::Copy | Keyword::Add => brought.take(case, instruction),
                Keyword::Run => run(case, instruction, &mut brought, sink),
                _ => {}
            }
        }
    }
}

/// What is in the image so far.
#[derive(Default)]
struct Brought {
    /// Whether it could be anything: a folder, another image's files, a mount.
    anything: bool,
    names: BTreeSet<String>,
}

impl Brought {
    fn take(&mut self, case: &Case, instruction: &Instruction) {
        let sources = copied(instruction);
        // From another stage, from a network, from a heredoc.
        let others = instruction.flag("from").is_some()
            || instruction.args.len() > sources.len() + 1 + instruction.heredocs.len();
        self.anything |= others;
        for heredoc in &instruction.heredocs {
            self.anything |= !heredoc.content.is_empty();
        }
        for source in sources {
            let is_file = match case.context.map(|context| context.find(&source.text)) {
                Some(Found::File | Found::Ignored | Found::Nothing) => true,
                Some(_) => false,
                None => !source.text.ends_with('/') && source.name().contains('.') && !source.is_everything(),
            };
            let is_open = source.text.contains(['*', '?', '[', '$']);
            self.anything |= !is_file || is_open;
            // An archive that ADD unpacks may hold anything.
            self.anything |= instruction.keyword == Keyword::Add && source.text.contains(".t");
            self.names.insert(source.name().to_owned());
            self.names.insert(base_name(&source.to).to_owned());
        }
    }
}

fn run(case: &Case, instruction: &Instruction, brought: &mut Brought, sink: &mut Sink) {
    if brought.anything || instruction.flag("mount").is_some() {
        return;
    }
    for command in commands(case.file, instruction) {
        let Some(words) = command.pip_install() else {
            // Any other program may have made the file, if it is named.
            for word in &command.words {
                brought.names.insert(base_name(&word.text).to_owned());
            }
            let fetches = command.program().is_some_and(|(name, _)| matches!(name, "git" | "tar" | "unzip"));
            brought.anything |= fetches;
            continue;
        };
        for word in requirement_files(words) {
            let is_local = !word.text.contains("://") && !word.text.contains('$');
            if is_local && !brought.anything && !brought.names.contains(base_name(&word.text)) {
                sink.report(
                    &word.span,
                    format!("`{}` is not in the image when pip reads it", shown(&case.written(&word.span))),
                    format!("copy it before: COPY {} ./", shown(base_name(&word.text))),
                );
            }
        }
    }
}
