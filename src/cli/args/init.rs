//! The flags of `dtpl init`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use crate::init::STACKS;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl init --stack python my-app   create a project in a new directory
  dtpl init                         add the missing files to the application here;
                                    its requirements.txt, package.json, go.mod or
                                    Cargo.toml tells the stack
Existing files are never overwritten.")]
pub struct InitArgs {
    /// Project directory; created if it does not exist
    #[arg(default_value = ".", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,

    /// Language of the project [default: detected from the files in DIR]
    #[arg(long, value_name = "STACK")]
    #[arg(value_parser = PossibleValuesParser::new(STACKS.iter().map(|stack| stack.name)))]
    pub stack: Option<String>,
}
