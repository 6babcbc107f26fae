//! The flags of `dtpl explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::shared::{Bounds, Target};

/// Explain the Dockerfile of one device, instruction by instruction
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl explain -d raspberrypi3
  dtpl explain -d raspberrypi3 --format markdown -o docs/raspberrypi3.md
  dtpl explain -d raspberrypi3 --template docs/page.html -o raspberrypi3.html")]
pub struct Explain {
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

    /// What to print
    #[arg(long, value_enum, default_value_t, env = "DTPL_FORMAT", hide_env = true)]
    pub format: ExplainFormat,

    /// Put the explanation into this page template (tera); with .html it is escaped for HTML
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DTPL_TEMPLATE", hide_env = true)]
    pub template: Option<PathBuf>,

    /// Characters of a line of text
    #[arg(long, value_name = "COLUMNS", default_value_t = 80, env = "DTPL_WIDTH", hide_env = true)]
    pub width: u16,

    #[command(flatten)]
    pub bounds: Bounds,
}

/// What `dtpl explain` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people.
    #[default]
    Text,
    /// A page in Markdown.
    Markdown,
    /// One JSON object with what the parser makes of each instruction, and its explanation.
    Json,
}
