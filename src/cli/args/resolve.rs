//! `dtpl resolve`.

use clap::Args;
use clap::builder::BoolishValueParser;

use super::shared::{Bounds, Target};

/// Pass a build context through, with the Dockerfile for the device in it
#[derive(Debug, Args)]
#[command(after_help = "\
Reads a tar archive from stdin and writes one to stdout:
  tar -c . | dtpl resolve -d raspberrypi3 | docker build -
An archive that two programs could read differently is refused. A result that
was begun and could not be finished ends such that no program takes it for whole.")]
pub struct Resolve {
    #[command(flatten)]
    pub target: Target,

    /// Take this Dockerfile of the build context, or the form of it that the device has
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true)]
    pub file: Option<String>,

    /// Take an archive that stops without an end
    #[arg(long, env = "DTPL_ALLOW_MISSING_END", hide_env = true, value_parser = BoolishValueParser::new())]
    pub allow_missing_end: bool,

    /// Refuse an archive with more entries
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000_000)]
    #[arg(env = "DTPL_MAX_ENTRIES", hide_env = true)]
    pub max_entries: u64,

    #[command(flatten)]
    pub bounds: Bounds,
}
