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
use crate::source::Span;

/// Packages that are needed, each with the fault that it mends.
type Needed<'f> = Vec<(&'f str, &'f Fault)>;

/// What tells a fault from all others: [`Fault::id`].
type FaultId<'f> = (usize, usize, &'static str, &'f str);

/// The edits that mend what can be mended, and the faults that are mended by them.
pub fn remedies<'f>(file: &Dockerfile, found: &'f [Found]) -> (Edits, BTreeSet<FaultId<'f>>) {
    let mut plan = Plan { file, edits: Edits::default(), mended: BTreeSet::new() };
    let all = || found.iter().flat_map(|found| found.faults.iter().map(move |fault| (found, fault)));
    // Packages for each command that installs some already, by its end, and for each stage that needs one.
    let mut joined: BTreeMap<usize, (&Installation, Needed)> = BTreeMap::new();
    let mut begun: BTreeMap<usize, (PackageManager, Needed)> = BTreeMap::new();
    for (found, fault) in all() {
        match &fault.remedy {
            Remedy::None | Remedy::Instead(..) => {}
            Remedy::Text(span, text) => plan.text(span, text, fault),
            Remedy::Package(manager, name) => match installation(file, found, fault, *manager) {
                Some(there) => {
                    joined.entry(there.end).or_insert_with(|| (there, Vec::new())).1.push((name, fault));
                }
                // A container that only might use a program gets no layer of its own for it.
                None if fault.severity == Severity::Error => {
                    let root = found.chain(fault.stage).last().unwrap_or(fault.stage);
                    begun.entry(root).or_insert_with(|| (*manager, Vec::new())).1.push((name, fault));
                }
                None => {}
            },
        }
    }
    let replaceable: Vec<&Fault> =
        all().map(|(_, fault)| fault).filter(|fault| matches!(fault.remedy, Remedy::Instead(..))).collect();
    for (there, needed) in joined.into_values() {
        plan.join(there, needed, &replaceable);
    }
    for (stage, (manager, needed)) in begun {
        plan.begin(stage, manager, &needed);
    }
    (plan.edits, plan.mended)
}

struct Plan<'p, 'f> {
    file: &'p Dockerfile<'p>,
    edits: Edits,
    mended: BTreeSet<FaultId<'f>>,
}

impl<'f> Plan<'_, 'f> {
    /// A text in the place of another; for another platform it may be there already.
    fn text(&mut self, span: &Span, text: &str, fault: &'f Fault) {
        let is_done = self.mended.contains(&fault.id());
        if is_done || (!is_json(self.file, span.start) && self.edits.replace(span, text)) {
            self.mended.insert(fault.id());
        }
    }

    /// Packages in a command that installs some already: in the place of one that is gone, or after the last.
    fn join(&mut self, there: &Installation, needed: Needed<'f>, replaceable: &[&'f Fault]) {
        let mut added: Vec<&str> = Vec::new();
        for (name, _) in &needed {
            let gone = replaceable.iter().find(|fault| match &fault.remedy {
                Remedy::Instead(span, packages) => {
                    there.span.contains(&span.start) && packages.len() == 1 && packages[0] == *name
                }
                _ => false,
            });
            match gone.map(|fault| (fault, &fault.remedy)) {
                Some((fault, Remedy::Instead(span, _))) => self.text(span, name, fault),
                _ if !added.contains(name) => added.push(name),
                _ => {}
            }
        }
        let end = there.end;
        let separator = break_before(self.file, there.span.start, end).unwrap_or_else(|| " ".to_owned());
        let text: String = added.iter().map(|name| format!("{separator}{name}")).collect();
        if text.is_empty() || self.edits.replace(&(end..end), text) {
            self.mended.extend(needed.iter().map(|(_, fault)| fault.id()));
        }
    }

    /// Packages in a `RUN` of their own, after the `FROM` of a stage.
    fn begin(&mut self, stage: usize, manager: PackageManager, needed: &Needed<'f>) {
        let from =
            self.file.stages.get(stage).and_then(|stage| self.file.instructions.get(stage.instruction));
        let Some(from) = from else { return };
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in needed {
            if !names.contains(name) {
                names.push(name);
            }
        }
        let bytes = self.file.source.bytes();
        let start = from.span.end.min(bytes.len());
        // Some spans hold the line break, some do not.
        let end =
            start - bytes[..start].iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let eol = if bytes.get(end) == Some(&b'\r') { "\r\n" } else { "\n" };
        let install = format!("{} {}", manager.install_line(), names.join(" "));
        let clean =
            if manager.clean().is_empty() { String::new() } else { format!(" && {}", manager.clean()) };
        if self.edits.replace(&(end..end), format!("{eol}RUN {install}{clean}")) {
            self.mended.extend(needed.iter().map(|(_, fault)| fault.id()));
        }
    }
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
        there.manager == manager
            && chain.contains(&there.stage)
            && there.span.end <= used_at
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
