//! `dtpl render`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::build::BuildArgs;
use super::locked::LockedArgs;
use super::shared::{LimitArgs, SingleArgs};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl render -d raspberrypi3
  dtpl render -d nuc -D LOCALE=en_GB app/Dockerfile.template
  dtpl render -d jetson-nano -o Dockerfile --check")]
pub struct RenderArgs {
    /// Project directory, template, or - for a template on stdin
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    #[command(flatten)]
    pub single: SingleArgs,

    /// Write nothing; print the difference to the --output file, and exit with 1 if there is one
    #[arg(long, requires = "output")]
    pub check: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: RenderFormat,

    #[command(flatten)]
    pub locked: LockedArgs,

    #[command(flatten)]
    pub build: BuildArgs,

    #[command(flatten)]
    pub bounds: LimitArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RenderFormat {
    /// The Dockerfile.
    #[default]
    Text,
    /// One JSON object: the Dockerfile, its device and its source.
    Json,
}
