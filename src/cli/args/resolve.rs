//! `dtpl resolve`.

use clap::Args;
use clap::builder::BoolishValueParser;

use super::build::BuildArgs;
use super::locked::LockedArgs;
use super::shared::{LimitArgs, TargetArgs, bytes};

#[derive(Debug, Args)]
#[command(after_help = "\
Reads a tar archive from stdin and writes one to stdout:
  tar -c . | dtpl resolve -d raspberrypi3 | docker build -
If the archive has a compose file, every service that is built gets its Dockerfile in
its build context. With --service, the output is the build context of that service alone.
An archive that two programs could read differently is refused. If the output
cannot be completed, it ends so that every program reports it as damaged.")]
pub struct ResolveArgs {
    #[command(flatten)]
    pub target: TargetArgs,

    /// Use this Dockerfile of the build context, or its variant for the device
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true)]
    pub file: Option<String>,

    #[command(flatten)]
    pub locked: LockedArgs,

    #[command(flatten)]
    pub build: BuildArgs,

    /// Accept an archive without an end marker
    #[arg(long, env = "DTPL_ALLOW_MISSING_END", hide_env = true, value_parser = BoolishValueParser::new())]
    pub allow_missing_end: bool,

    /// Maximum number of entries in the archive
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000_000)]
    #[arg(env = "DTPL_MAX_ENTRIES", hide_env = true)]
    pub max_entries: u64,

    /// Maximum size of the beginning of a piped archive in which the compose file is looked for
    #[arg(long, value_name = "BYTES", default_value = "2M", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_HELD_BYTES", hide_env = true)]
    pub max_held_bytes: u64,

    #[command(flatten)]
    pub bounds: LimitArgs,
}
