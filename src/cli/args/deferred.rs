//! Flags that clap gets to know only when their command is given.
//!
//! Describing the flags of all commands on each start takes an eighth of the instructions of one render.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use super::help::grouped;

#[derive(Debug)]
pub struct Deferred<T>(pub T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| {
            // clap takes the comment of a struct of flags for the description of the command.
            let about = command.get_about().cloned().unwrap_or_default();
            grouped(T::augment_args(command)).about(about).long_about(None)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Deferred)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Deferred)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
