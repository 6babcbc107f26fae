//! `dtpl render`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum, ValueHint};

use super::shared::{Bounds, Target};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl render -d raspberrypi3
  dtpl render -d nuc -D LOCALE=en_GB app/Dockerfile.template
  dtpl render -d jetson-nano -o Dockerfile --check")]
pub struct Render {
    /// Project directory, template, or - for a template on stdin
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    #[command(flatten)]
    pub target: Target,

    /// Use this Dockerfile of the project, or its variant for the device
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub file: Option<String>,

    /// Write the result to this file, completely or not at all
    #[arg(short, long, value_name = "PATH", env = "DTPL_OUTPUT", hide_env = true, value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Write nothing; print the difference to the --output file, and exit with 1 if there is one
    #[arg(long, requires = "output", env = "DTPL_CHECK", hide_env = true)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub check: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t, env = "DTPL_FORMAT", hide_env = true)]
    pub format: RenderFormat,

    #[command(flatten)]
    pub bounds: Bounds,
}

/// What `dtpl render` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RenderFormat {
    /// The Dockerfile.
    #[default]
    Text,
    /// One JSON object: the Dockerfile, its device and its source.
    Json,
}
