//! `pip install -r` of a list that no `COPY` brings into the image.

use std::collections::BTreeSet;

use crate::check::scope::{ListNotCopied, shown};
use crate::check::{ImageScope, RenderingScope, Sink};
use crate::context::Presence;
use crate::dockerfile::{Instruction, Keyword, Stage, base_name};
use crate::shell::{makes_files, requirement_files};

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    for (at, stage) in scope.rendering.file.stages.iter().enumerate() {
        // What is in another stage, or in an image that the catalogue does not know, is not known.
        let is_built = scope.evaluation.stages.get(at).is_some_and(|stage| stage.is_built);
        if stage.from.is_some() || !is_built {
            continue;
        }
        let known = scope.image_of(at).and_then(|image| image.known.as_ref().ok());
        let is_known = known.is_some_and(|known| known.1.is_listed || known.1.family.is_of_balena());
        // An `ONBUILD` of the image copies the list.
        let copies = known.is_some_and(|known| known.0.tag().is_some_and(|tag| tag.contains("onbuild")));
        if !is_known || copies {
            continue;
        }
        // Whatever the image is, they are the same.
        for list in scope.rendering.lists_not_copied(at, || find(scope.rendering, stage)).iter() {
            let message =
                format!("`{}` is not in the image when pip reads it", scope.rendering.shown(&list.span));
            let help = format!("copy it first: COPY {} ./", shown(&list.name));
            sink.report(&list.span, message, help);
        }
    }
}

/// The lists that pip reads in a stage, and that no file in it brings.
fn find(scope: &RenderingScope, stage: &Stage) -> Vec<ListNotCopied> {
    let mut present = Present::default();
    let mut found = Vec::new();
    for instruction in scope.body(stage) {
        match instruction.keyword {
            Keyword::Copy | Keyword::Add => present.add(scope, instruction),
            Keyword::Run => run(scope, instruction, &mut present, &mut found),
            _ => {}
        }
    }
    found
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
        for source in &sources {
            let is_file = match scope.context.map(|context| context.find(&source.text)) {
                Some(Presence::File | Presence::Ignored | Presence::Missing) => true,
                Some(_) => false,
                None => !source.text.ends_with('/') && source.name().contains('.') && !source.is_everything(),
            };
            self.anything |= !is_file || source.text.contains(['*', '?', '[', '$']);
            // An archive that ADD unpacks may hold anything.
            self.anything |= instruction.keyword == Keyword::Add && source.text.contains(".t");
            self.names.insert(source.name().to_owned());
        }
        // Several are copied into a folder.
        if let [only] = &sources[..] {
            self.names.insert(base_name(&only.destination).to_owned());
        }
    }
}

fn run(
    scope: &RenderingScope,
    instruction: &Instruction,
    present: &mut Present,
    found: &mut Vec<ListNotCopied>,
) {
    if present.anything || instruction.flag("mount").is_some() {
        return;
    }
    let commands = scope.commands(instruction);
    // A program that is not known may have made the file.
    present.anything |= commands.is_empty();
    for command in commands.iter() {
        let Some(words) = command.pip_install() else {
            present.anything |= makes_files(command);
            continue;
        };
        for word in requirement_files(words) {
            let is_local = !word.text.contains("://") && !word.text.contains('$');
            if is_local && !present.anything && !present.names.contains(base_name(&word.text)) {
                found.push(ListNotCopied { span: word.span.clone(), name: base_name(&word.text).to_owned() });
            }
        }
    }
}
