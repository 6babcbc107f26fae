//! What `ARG` and `ENV` set.
//!
//! An `ARG` takes the value that the build gives, else its default, else the value from before the first
//! `FROM`. `ENV` and `ARG` share their names; the later one counts, but for the classic builder `ENV` does.

use super::budget::Budget;
use super::build_options::Builder;
use super::environment::{Environment, State};
use super::expansion::expand_known;
use super::fault::Fault;
use super::instruction::{Arg, Instruction};
use super::keyword::Keyword;
use super::lookup::Expansion;

/// What `ARG` and `ENV` need to set variables.
pub(super) struct Scope<'e> {
    escape: u8,
    global: &'e Environment,
    given: &'e Environment,
    builder: Builder,
    /// What is left to spend.
    pub budget: Budget,
}

impl<'e> Scope<'e> {
    pub fn new(
        escape: u8,
        global: &'e Environment,
        given: &'e Environment,
        builder: Builder,
        budget: Budget,
    ) -> Self {
        Scope { escape, global, given, builder, budget }
    }

    fn expand(&mut self, text: &[u8], environment: &Environment) -> Result<Expansion, Fault> {
        expand_known(text, self.escape, environment, &mut self.budget)
    }

    /// Sets what an `ARG`, an `ENV` or a `WORKDIR` sets. What cannot be expanded is unknown.
    pub fn set(&mut self, instruction: &Instruction, environment: &mut Environment) {
        match instruction.keyword {
            Keyword::Arg => instruction.args.iter().for_each(|arg| self.set_arg(arg, environment)),
            Keyword::Env => {
                let mut set = Vec::new();
                for (name, value) in instruction.pairs() {
                    let value = self.expand(&value.text, environment).map_or(State::Unknown, State::of);
                    let Ok(name) = self.expand(&name.text, environment) else { continue };
                    set.extend(String::from_utf8(name.text).map(|name| (name, value)));
                }
                set.into_iter().for_each(|(name, value)| environment.set_env(name, value));
            }
            Keyword::Workdir => {
                let path = instruction.args.first().map(|path| self.expand(&path.text, environment));
                environment.set_workdir(path.and_then(Result::ok).as_ref().and_then(Expansion::known));
            }
            _ => {}
        }
    }

    fn set_arg(&mut self, arg: &Arg, environment: &mut Environment) {
        let (name, default) = name_and_default(arg);
        // Nothing can refer to a name that is not UTF-8.
        let Ok(name) = std::str::from_utf8(name) else { return };
        // For the classic builder, a variable of `ENV` goes before an argument.
        if self.builder == Builder::Classic && environment.has_env(name) {
            return;
        }
        let state = match (self.given.state(name), default) {
            (Some(given), _) => given.clone(),
            (None, Some(default)) => {
                self.expand(&arg.text[default..], environment).map_or(State::Unknown, State::of)
            }
            (None, None) => match self.global.state(name) {
                Some(state) => state.clone(),
                None => return environment.declare(name.to_owned()),
            },
        };
        environment.set_arg(name.to_owned(), state);
    }
}

/// The name of an `ARG`, and where its default starts.
pub(super) fn name_and_default<'a>(arg: &'a Arg) -> (&'a [u8], Option<usize>) {
    match memchr::memchr(b'=', &arg.text) {
        Some(equals) => (&arg.text[..equals], Some(equals + 1)),
        None => (&arg.text, None),
    }
}
