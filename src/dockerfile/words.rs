//! The words of an instruction that BuildKit expands before it runs it: what is wrong with them, and which variables
//! in them nothing sets.

use super::assignment::name_and_default;
use super::build_options::Builder;
use super::environment::Environment;
use super::evaluate::{Evaluator, part_of};
use super::evaluation::UndefinedVariable;
use super::expansion::expand_heredoc;
use super::fault::Fault;
use super::instruction::{Arg, Instruction};
use super::keyword::Keyword;
use super::lookup::{Absence, Expansion, Missing};
use crate::nearest::nearest;

/// As many undefined variables are compared with the names that are set.
const MOST_COMPARED: usize = 100;

impl Evaluator<'_, '_> {
    /// Expands the words of an instruction as BuildKit does before it runs it, for what is wrong with them.
    pub(super) fn words(&mut self, instruction: &Instruction, environment: &Environment) {
        use Keyword as K;
        let args: &[Arg] = match instruction.keyword {
            K::Env | K::Label | K::Add | K::Copy | K::Workdir | K::User | K::Volume | K::Stopsignal => {
                &instruction.args
            }
            K::Arg => {
                // The default is not used if the build gives a value.
                for arg in &instruction.args {
                    let (name, default) = name_and_default(arg);
                    let given =
                        std::str::from_utf8(name).is_ok_and(|name| self.options.args.contains_key(name));
                    if let Some(default) = default.filter(|_| !given) {
                        self.word(arg, default, environment);
                    }
                }
                return;
            }
            _ => return,
        };
        args.iter().for_each(|arg| self.word(arg, 0, environment));
        if matches!(instruction.keyword, K::Add | K::Copy) && self.options.builder == Builder::BuildKit {
            for heredoc in instruction.heredocs.iter().filter(|heredoc| heredoc.expand) {
                let text = heredoc.content(self.file.source.bytes());
                let content = Arg { text, span: heredoc.content.clone() };
                let expanded = expand_heredoc(&content.text, environment, &mut self.budget);
                self.expanded(&content, 0, expanded, environment);
            }
        }
    }

    fn word(&mut self, arg: &Arg, start: usize, environment: &Environment) {
        let expanded = self.expand(&arg.text[start..], environment);
        self.expanded(arg, start, expanded, environment);
    }

    /// Notes what is wrong with a text from the byte `start` on, and which variables are missing in it.
    fn expanded(
        &mut self,
        arg: &Arg,
        start: usize,
        expanded: Result<Expansion, Fault>,
        environment: &Environment,
    ) {
        match expanded {
            Ok(expansion) => self.note_undefined(arg, start, &expansion, environment),
            Err(fault) => self.fault(arg, start, fault),
        }
    }

    fn note_undefined(&mut self, arg: &Arg, start: usize, expansion: &Expansion, environment: &Environment) {
        for missing in &expansion.missing {
            if missing.why == Absence::Unset && self.options.builder == Builder::BuildKit {
                let missing = Missing { at: start + missing.at, ..missing.clone() };
                let found = undefined(arg, &missing, environment, self.undefined.len());
                // The stages before this one are done.
                self.undefined.push(UndefinedVariable { stage: Some(self.needs.len()), ..found });
            }
        }
    }

    /// Notes the variables that are missing in flags. What is wrong with their values is found elsewhere.
    pub(super) fn flags(&mut self, instruction: &Instruction, environment: &Environment) {
        let names: &[&str] = match instruction.keyword {
            Keyword::Run => &["mount"],
            Keyword::Add | Keyword::Copy => &["chmod", "chown", "checksum"],
            _ => return,
        };
        for flag in names.iter().flat_map(|name| instruction.flags_named(name)) {
            let Some(value) = flag.value().filter(|value| value.contains(&b'$')) else { continue };
            if let Ok(expansion) = self.expand(value, environment) {
                let value = Arg { text: value.into(), span: flag.value_span() };
                self.note_undefined(&value, 0, &expansion, environment);
            }
        }
    }
}

/// A variable in an argument that nothing sets. Only the first of many are compared with all names.
pub(super) fn undefined(
    arg: &Arg,
    missing: &Missing,
    environment: &Environment,
    before: usize,
) -> UndefinedVariable {
    let near = (before < MOST_COMPARED).then(|| nearest(&missing.name, environment.names()));
    let near = near.and_then(|near| near.first().map(|name| (*name).to_owned()));
    let span = part_of(arg, missing.at..missing.at + 1 + missing.name.len());
    UndefinedVariable { stage: None, span, name: missing.name.clone(), near }
}
