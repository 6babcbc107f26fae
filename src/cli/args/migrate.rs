//! The flags of `dtpl migrate`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum, ValueHint};

use super::build::BuilderArgs;
use super::catalogue::CatalogueArgs;
use super::scope::ScopeArgs;
use super::shared::bytes;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl migrate                           print a diff, and notes for review
  dtpl migrate -d raspberrypi3,raspberrypi4-64 --write
  dtpl migrate | git apply               in a subdirectory: git apply --directory=SUB
  dtpl migrate --format markdown         the text of a pull request
  dtpl migrate --explain new-version
  dtpl migrate --check                   exit with 1 if anything would change
  dtpl migrate --to balenalib            only from resin/ to balenalib/")]
pub struct MigrateArgs {
    #[command(flatten)]
    pub scope: ScopeArgs,

    #[command(flatten)]
    pub builder: BuilderArgs,

    #[command(flatten)]
    pub catalogue: CatalogueArgs,

    /// Images to migrate to
    #[arg(long, value_enum, default_value_t, env = "DTPL_TO", hide_env = true)]
    pub to: MigrateTo,

    /// Also rewrite MAINTAINER and `ENV NAME value` in current syntax
    #[arg(long, env = "DTPL_MODERNISE", hide_env = true, value_parser = BoolishValueParser::new())]
    #[arg(visible_alias = "modernize")]
    pub modernise: bool,

    /// Change the files: all of them or none
    #[arg(short, long, conflicts_with = "check")]
    pub write: bool,

    /// Write nothing, and exit with 1 if anything would change
    #[arg(long)]
    pub check: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: MigrateFormat,

    /// With --write: also write what is left to do into this file, as a list of tasks in Markdown
    #[arg(long, value_name = "FILE", requires = "write", value_hint = ValueHint::FilePath)]
    pub checklist: Option<PathBuf>,

    /// Print the documentation of a note or rule, or the names of all for `all`
    #[arg(long, value_name = "NOTE")]
    pub explain: Option<String>,

    /// Maximum size of a template
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_TEMPLATE_BYTES", hide_env = true)]
    pub max_template_bytes: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MigrateTo {
    /// Docker Official Images
    #[default]
    Official,
    /// balena's balenalib images, which are no longer updated either
    Balenalib,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MigrateFormat {
    /// A unified diff, with notes for review on stderr
    #[default]
    Diff,
    /// One JSON object: the diff and the notes
    Json,
    /// The text of a pull request, in Markdown
    Markdown,
}
