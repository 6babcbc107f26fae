//! `dtpl render`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum, ValueHint};

use super::shared::{Bounds, Target};

/// Print the Dockerfile of one device
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl render -d raspberrypi3
  dtpl render -d nuc -D LOCALE=en_GB app/Dockerfile.template
  dtpl render -d jetson-nano -o Dockerfile --check")]
pub struct Render {
    /// A project directory, a template, or - for a template on stdin
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    #[command(flatten)]
    pub target: Target,

    /// Take this Dockerfile of the project, or the form of it that the device has
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub file: Option<String>,

    /// Write to this file, all of it or nothing
    #[arg(short, long, value_name = "PATH", env = "DTPL_OUTPUT", hide_env = true, value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Write nothing; print how the file of --output differs, and exit 1 if it does
    #[arg(long, requires = "output", env = "DTPL_CHECK", hide_env = true)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub check: bool,

    /// What to print
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
    /// One JSON object with the Dockerfile and what it was made for.
    Json,
}
