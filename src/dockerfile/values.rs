//! Checks the values that BuildKit looks at after it has expanded their variables.
//!
//! A file is read before its variables are known, so this is done twice: once for what has no variable in
//! it, and for each build for what has one.

use super::build_options::Builder;
use super::environment::Environment;
use super::evaluate::Evaluator;
use super::fault::Fault;
use super::instruction::{Flag, Instruction};
use super::keyword::Keyword;
use super::mount::Mount;
use super::report::Report;
use super::word::{Expander, with_variables, without_variables};

/// Which values to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    /// Those without a variable.
    Literal,
    /// Those with one.
    Variable,
}

impl Values {
    fn include(self, text: &[u8]) -> bool {
        text.contains(&b'$') == (self == Values::Variable)
    }

    /// The flags of this name that are to be looked at.
    fn flags<'i, 's>(
        self,
        instruction: &'i Instruction<'s>,
        name: &'i str,
    ) -> impl Iterator<Item = &'i Flag<'s>> {
        let included = move |flag: &&Flag| flag.value().is_some_and(|value| self.include(value));
        instruction.flags_named(name).filter(included)
    }
}

/// Checks what has no variable in it.
pub(super) fn check_literal(instruction: &Instruction, escape: u8, report: &mut Report) {
    for fault in check(instruction, Values::Literal, &mut without_variables(escape)) {
        report.error(fault.span, fault.message, fault.help);
    }
}

impl Evaluator<'_, '_> {
    /// Checks what has variables in it, and what depends on the instructions before.
    pub(super) fn values(&mut self, instruction: &Instruction, environment: &Environment) {
        if self.options.builder == Builder::Classic {
            return;
        }
        let mut expander = with_variables(self.file.escape, environment, &mut self.budget);
        let mut faults = check(instruction, Values::Variable, &mut expander);
        if instruction.keyword == Keyword::Run {
            for flag in instruction.flags_named("mount") {
                let (mount, _) = Mount::read(flag, &mut expander);
                faults.extend(mount.misplaced(flag, environment.workdir()));
            }
        }
        drop(expander);
        for fault in faults {
            self.report.error(fault.span, fault.message, fault.help);
        }
    }
}

/// Checks an instruction. The places of the faults are in the file.
fn check(instruction: &Instruction, values: Values, expander: &mut Expander) -> Vec<Fault> {
    let mut faults = Vec::new();
    if instruction.keyword == Keyword::Run {
        for flag in values.flags(instruction, "mount") {
            faults.append(&mut Mount::read(flag, expander).1);
        }
    }
    faults
}
