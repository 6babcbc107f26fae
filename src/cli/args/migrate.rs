//! The flags of `dtpl migrate`.

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::scope::Scope;
use super::shared::bytes;

/// Move a project to base images that are maintained
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl migrate                           what would change, as a diff, and what to look at
  dtpl migrate -d raspberrypi3,raspberrypi4-64 --write
  dtpl migrate | git apply               in a sub-folder: git apply --directory=SUB
  dtpl migrate --check                   exit with 1 when something would change
  dtpl migrate --to balenalib            from resin/ to balenalib/ names only")]
pub struct Migrate {
    #[command(flatten)]
    pub scope: Scope,

    /// Which images to go to
    #[arg(long, value_enum, default_value_t, env = "DTPL_TO", hide_env = true)]
    pub to: MigrateTo,

    /// Write MAINTAINER and `ENV NAME value` in today's form, too
    #[arg(long, env = "DTPL_MODERNISE", hide_env = true, value_parser = BoolishValueParser::new())]
    #[arg(visible_alias = "modernize")]
    pub modernise: bool,

    /// Change the files: all of them, or none
    #[arg(short, long, conflicts_with = "check", env = "DTPL_WRITE", hide_env = true)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub write: bool,

    /// Write nothing, and exit with 1 when something would change
    #[arg(long, env = "DTPL_CHECK", hide_env = true, value_parser = BoolishValueParser::new())]
    pub check: bool,

    /// What to print
    #[arg(long, value_enum, default_value_t, env = "DTPL_FORMAT", hide_env = true)]
    pub format: MigrateFormat,

    /// Refuse a longer template
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_TEMPLATE_BYTES", hide_env = true)]
    pub max_template_bytes: u64,
}

/// Which images `dtpl migrate` goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MigrateTo {
    /// Docker Official Images
    #[default]
    Official,
    /// The later of balena's own series, which is not updated either
    Balenalib,
}

/// What `dtpl migrate` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MigrateFormat {
    /// A unified diff, and for people what to look at on stderr
    #[default]
    Diff,
    /// One JSON object with both
    Json,
}
