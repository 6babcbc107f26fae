//! The flags of `dtpl images`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::build::BuilderArgs;
use super::catalogue::CatalogueArgs;
use super::scope::SelectionArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl images balenalib/raspberrypi3-python:3.9 python:3.12-slim -d raspberry-pi
  dtpl images -d raspberry-pi --stack python
  dtpl images --project . --online")]
pub struct ImagesArgs {
    /// Image references, as written after FROM
    #[arg(value_name = "REF")]
    pub references: Vec<String>,

    /// Check the images for these device types: slugs or aliases separated by commas, `all`, or `arch:aarch64`; repeatable
    #[arg(short, long, visible_alias = "device-type", alias = "deviceType", value_name = "LIST")]
    #[arg(env = "DTPL_DEVICE", hide_env = true)]
    pub device: Vec<String>,

    /// Check the images for this architecture or platform
    #[arg(short = 'A', long, visible_alias = "platform", value_name = "ARCH")]
    #[arg(env = "DTPL_ARCH", hide_env = true)]
    pub arch: Option<String>,

    /// List the images of a language or program, or of balena's old series `balenalib` or `resin`
    #[arg(long, value_name = "STACK", conflicts_with = "references")]
    pub stack: Option<String>,

    /// Look up all images that the builds of this project use
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = ".", value_hint = ValueHint::AnyPath)]
    #[arg(conflicts_with_all = ["references", "stack", "slim", "distro", "maintained", "exact"])]
    pub project: Option<PathBuf>,

    /// With --project: read the fleets from this file [default: fleets.yaml of the project or of a directory above]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    #[command(flatten)]
    pub only: SelectionArgs,

    #[command(flatten)]
    pub builder: BuilderArgs,

    /// List only slim images
    #[arg(long, conflicts_with = "references")]
    pub slim: bool,

    /// List only images on this distribution, such as debian or alpine
    #[arg(long, value_name = "NAME", conflicts_with = "references")]
    pub distro: Option<String>,

    /// List only images that are maintained
    #[arg(long, conflicts_with = "references")]
    pub maintained: bool,

    /// List only images for exactly the platforms of the devices
    #[arg(long, conflicts_with = "references")]
    pub exact: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: ImagesFormat,

    #[command(flatten)]
    pub catalogue: CatalogueArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ImagesFormat {
    /// The details of each reference, or a table for a list.
    #[default]
    Text,
    /// An array of objects.
    Json,
}
