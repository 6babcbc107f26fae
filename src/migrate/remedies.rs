//! What is added to a file so that it works on its new images: packages where it installs packages already, or in a
//! `RUN` of their own at the start of the stage; and what a command has to say differently.

use std::collections::{BTreeMap, BTreeSet};

use super::edits::Edits;
use super::packages::break_before;
use crate::diagnostic::Severity;
use crate::dockerfile::{Dockerfile, Form};
use crate::shell::PackageManager;
use crate::software::faults::{Fault, Found, Installation, Remedy};
use crate::software::usage::StepFile;

/// Packages in the order in which they are needed, each once.
#[derive(Default)]
struct Packages(Vec<String>);

impl Packages {
    fn add(&mut self, name: &str) {
        if !self.0.iter().any(|own| own == name) {
            self.0.push(name.to_owned());
        }
    }
}

/// What tells a fault from all others: [`Fault::id`].
type FaultId<'f> = (usize, usize, &'static str, &'f str);

/// The edits that mend what can be mended, and the faults that are mended by them.
pub fn remedies<'f>(file: &Dockerfile, found: &'f [Found]) -> (Edits, BTreeSet<FaultId<'f>>) {
    let (mut edits, mut mended) = (Edits::default(), BTreeSet::new());
    let mut joined: BTreeMap<usize, (&Installation, Packages)> = BTreeMap::new();
    let mut begun: BTreeMap<usize, (PackageManager, Packages)> = BTreeMap::new();
    for (found, fault) in found.iter().flat_map(|found| found.faults.iter().map(move |fault| (found, fault)))
    {
        let is_mended = match &fault.remedy {
            Remedy::None => false,
            Remedy::Text(span, _) if is_json(file, span.start) => false,
            Remedy::Text(span, text) => mended.contains(&fault.id()) || edits.replace(span, text.as_str()),
            Remedy::Package(manager, name) => match installation(file, found, fault, *manager) {
                Some(there) => {
                    joined.entry(there.end).or_insert_with(|| (there, Packages::default())).1.add(name);
                    true
                }
                // A container that only might use a program gets no layer of its own for it.
                None if fault.severity == Severity::Error => {
                    let root = found.chain(fault.stage).last().unwrap_or(fault.stage);
                    begun.entry(root).or_insert_with(|| (*manager, Packages::default())).1.add(name);
                    true
                }
                None => false,
            },
        };
        if is_mended {
            mended.insert(fault.id());
        }
    }
    for (end, (there, Packages(names))) in joined {
        let separator = break_before(file, there.span.start, end).unwrap_or_else(|| " ".to_owned());
        let text: String = names.iter().map(|name| format!("{separator}{name}")).collect();
        edits.replace(&(end..end), text);
    }
    for (stage, (manager, Packages(names))) in begun {
        let from = file.stages.get(stage).and_then(|stage| file.instructions.get(stage.instruction));
        let Some(from) = from else { continue };
        let bytes = file.source.bytes();
        let start = from.span.end.min(bytes.len());
        // Some spans hold the line break, some do not.
        let end =
            start - bytes[..start].iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let eol = if bytes.get(end) == Some(&b'\r') { "\r\n" } else { "\n" };
        let commands = [manager.install_line(), manager.clean().to_owned()];
        let commands = [format!("{} {}", commands[0], names.join(" ")), commands[1].clone()];
        let commands: Vec<String> = commands.into_iter().filter(|command| !command.is_empty()).collect();
        edits.replace(&(end..end), format!("{eol}RUN {}", commands.join(" && ")));
    }
    (edits, mended)
}

/// The installation that a package can be added to: the last one before it is needed, in the same stage or in those
/// that it is built on.
fn installation<'f>(
    file: &Dockerfile,
    found: &'f Found,
    fault: &Fault,
    manager: PackageManager,
) -> Option<&'f Installation> {
    let used_at = match &fault.place.file {
        _ if !fault.is_build => usize::MAX,
        StepFile::Compose(_) => usize::MAX,
        _ => fault.place.in_dockerfile().start,
    };
    let chain: BTreeSet<usize> = found.chain(fault.stage).collect();
    let fits = |there: &&Installation| {
        there.manager == manager && chain.contains(&there.stage) && there.span.end <= used_at
            && !is_json(file, there.end.saturating_sub(1))
    };
    found.installations.iter().rev().find(fits)
}

/// Whether a place is in an instruction in JSON form, where text cannot be put between the words.
fn is_json(file: &Dockerfile, at: usize) -> bool {
    let instruction = file.instruction_at(at);
    let inner = instruction.map(|found| found.onbuild.as_deref().unwrap_or(found));
    inner.is_some_and(|found| found.form == Form::Json)
}
