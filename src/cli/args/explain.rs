//! The flags of `dtpl explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::build::BuilderArgs;
use super::catalogue::CatalogueArgs;
use super::shared::{LimitArgs, SingleArgs};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl explain -d raspberrypi3
  dtpl explain -d raspberrypi3,nuc web api
  dtpl explain -d raspberrypi3 --format markdown -o docs/raspberrypi3.md
  dtpl explain -d raspberrypi3 --template docs/page.html -o raspberrypi3.html")]
pub struct ExplainArgs {
    /// Project directories, templates, or - for a template on stdin
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub single: SingleArgs,

    #[command(flatten)]
    pub builder: BuilderArgs,

    #[command(flatten)]
    pub catalogue: CatalogueArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,

    /// Insert the explanation into this Tera page template; values are escaped in .html files
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "DTPL_TEMPLATE", hide_env = true)]
    pub template: Option<PathBuf>,

    /// Maximum line length of the text format
    #[arg(long, value_name = "COLUMNS", default_value_t = 80, env = "DTPL_WIDTH", hide_env = true)]
    pub width: u16,

    #[command(flatten)]
    pub bounds: LimitArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// Plain text.
    #[default]
    Text,
    /// Markdown.
    Markdown,
    /// One JSON object: the parsed instructions and their explanations.
    Json,
}
