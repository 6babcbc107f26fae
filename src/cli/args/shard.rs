//! The flags that select a part of a batch: `--shard K/N` for people, `--shard-index` and `--shard-count` for
//! job systems, which count from 0.

use clap::Args;

use super::Places;
use crate::batch::Shard;
use crate::diagnostic::Diagnostic;
use crate::error::Error;

#[derive(Clone, Debug, Default, Args)]
pub struct ShardArgs {
    /// Only part K of N: of the fleets, or of the builds for a bake file or matrix
    #[arg(long, value_name = "K/N", env = "DTPL_SHARD", hide_env = true)]
    shard: Option<Shard>,

    /// Only the part with this number, counted from 0; with --shard-count
    #[arg(long, value_name = "I", env = "DTPL_SHARD_INDEX", hide_env = true)]
    shard_index: Option<u64>,

    /// The number of parts for --shard-index
    #[arg(long, value_name = "N", env = "DTPL_SHARD_COUNT", hide_env = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    shard_count: Option<u64>,
}

impl ShardArgs {
    /// The part that the flags select, or all.
    ///
    /// # Errors
    /// Flags that contradict each other, a flag without the other that it needs, a number beyond the count.
    pub fn shard(&self, places: &Places) -> Result<Shard, Error> {
        const BOTH: [&str; 2] = ["--shard-index", "--shard-count"];
        let fault = |flag, message: String, help: &str| {
            Err(Error::usage(Diagnostic::error(places.of(flag), message).help(help.to_owned())))
        };
        let by_number = [self.shard_index.is_some(), self.shard_count.is_some()];
        let on_command_line = |flag, is_given| is_given && !places.is_from_environment(flag);
        let are_numbers_typed = BOTH.iter().zip(by_number).any(|(flag, given)| on_command_line(flag, given));
        let is_shard_typed = on_command_line("--shard", self.shard.is_some());
        // The command line takes precedence over the environment.
        let (shard, index, count) = match (is_shard_typed, are_numbers_typed) {
            (true, false) => (self.shard, None, None),
            (false, true) => (None, self.shard_index, self.shard_count),
            _ => (self.shard, self.shard_index, self.shard_count),
        };
        match (shard, index, count) {
            (None, None, None) => Ok(Shard::ALL),
            (Some(shard), None, None) => Ok(shard),
            (None, Some(index), Some(count)) => match Shard::new(index, count) {
                Some(shard) => Ok(shard),
                None => {
                    let help = format!("the parts are counted from 0 to {}", count - 1);
                    fault(BOTH[0], format!("there is no part {index} of {count}"), &help)
                }
            },
            (Some(_), _, _) => {
                let other = if index.is_some() { BOTH[0] } else { BOTH[1] };
                let message = format!("{} and {} exclude each other", places.of("--shard"), places.of(other));
                fault("--shard", message, "leave one of the two out")
            }
            (None, Some(_), None) => {
                fault(BOTH[0], "the number of parts is missing".to_owned(), "add --shard-count N")
            }
            (None, None, Some(_)) => {
                fault(BOTH[1], "which part is missing".to_owned(), "add --shard-index I, from 0 on")
            }
        }
    }
}
