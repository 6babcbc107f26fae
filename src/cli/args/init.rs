//! The flags of `dtpl init`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use crate::init::stack::STACKS;

/// Start a project from a template
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl init --stack python my-app        a new project in a new folder
  dtpl init                              the application that is here, by its requirements.txt,
                                         package.json, go.mod or Cargo.toml
What is there is never replaced: of an application of your own, only what is missing around it is made.")]
pub struct Init {
    /// The folder of the project; it is made if it is not there
    #[arg(default_value = ".", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,

    /// What it is made with [default: told by the files in DIR]
    #[arg(long, value_name = "STACK", env = "DTPL_STACK", hide_env = true)]
    #[arg(value_parser = PossibleValuesParser::new(STACKS.iter().map(|stack| stack.name)))]
    pub stack: Option<String>,
}
