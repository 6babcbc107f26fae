//! The flags of commands that write Dockerfiles with the digests of a lock file.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueHint};

#[derive(Debug, Args)]
pub struct LockedArgs {
    /// Write the digest of the lock file behind every image; an image that is not in it is an error
    #[arg(long, env = "DTPL_LOCKED", hide_env = true, value_parser = BoolishValueParser::new())]
    pub locked: bool,

    /// With --locked: the lock file [default: images.lock.yaml of the project]
    #[arg(long, value_name = "FILE", env = "DTPL_LOCK", hide_env = true, value_hint = ValueHint::FilePath)]
    pub lock: Option<PathBuf>,
}
