//! `dtpl lock`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::build::BuilderArgs;
use super::online::OnlineArgs;
use super::scope::SelectionArgs;
use super::shared::LimitArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl lock                              add the images that images.lock.yaml lacks
  dtpl lock --update                     take the images of today
  dtpl lock --update python node:22      take those of today for some
  dtpl lock --check                      print what has moved, and exit with 1 if anything has
  dtpl render -d raspberrypi3 --locked   a Dockerfile with these digests")]
pub struct LockArgs {
    /// Project directory, template, or - for a template on stdin; before --update
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    /// Ask the registries again: for these repositories and images, or for all
    #[arg(long, value_name = "NAME", num_args = 0..)]
    pub update: Option<Vec<String>>,

    /// Ask the registries for all images, or those of --update; write nothing, print what would change, and exit with 1 if anything would
    #[arg(long)]
    pub check: bool,

    /// The lock file [default: images.lock.yaml of the project]
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Device types: `all`, `arch:aarch64`, or slugs separated by commas; repeatable
    #[arg(short, long, visible_alias = "device", alias = "device-type", alias = "deviceType")]
    #[arg(value_name = "LIST", env = "DTPL_DEVICES", hide_env = true)]
    pub devices: Vec<String>,

    /// Read the fleets from this file [default: fleets.yaml of PATH or of a directory above]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    #[command(flatten)]
    pub only: SelectionArgs,

    #[command(flatten)]
    pub builder: BuilderArgs,

    #[command(flatten)]
    pub online: OnlineArgs,

    #[command(flatten)]
    pub bounds: LimitArgs,
}
