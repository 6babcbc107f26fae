//! `dtpl export`.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{Args, ValueHint};

use super::build::pair;
use super::locked::LockedArgs;
use super::shared::{LimitArgs, TargetArgs};
use super::unshown::Unshown;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl export -d raspberrypi3 -o out && docker build --platform linux/arm/v7 out
  dtpl export -d raspberrypi3 --compose -o out && docker compose --project-directory out build
  dtpl export --fleet kiosk --compat balena -o out && balena push kiosk --source out
DIR is new, empty, or from an earlier export, which is replaced as a whole. A hidden
file beside it, .DIR.dtpl-export, lists what an export has made.")]
pub struct ExportArgs {
    /// Project directory
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,

    #[command(flatten)]
    pub target: TargetArgs,

    /// Write the project to this directory, completely or not at all
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,

    /// Also copy the files that .dockerignore excludes
    #[arg(long, env = "DTPL_IGNORED", hide_env = true, value_parser = BoolishValueParser::new())]
    pub ignored: bool,

    /// With --compat balena: each service has a .dockerignore of its own, as with this option of balena's CLI
    #[arg(long, env = "DTPL_MULTI_DOCKERIGNORE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub multi_dockerignore: bool,

    /// Write platforms and build arguments into the compose file, for `docker compose build`
    #[arg(long, env = "DTPL_COMPOSE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub compose: bool,

    #[command(flatten)]
    pub locked: LockedArgs,

    /// With --compose or --locked: a build argument for all services; repeatable
    #[arg(long, value_name = "NAME=VALUE", env = "DTPL_BUILD_ARG", hide_env = true, hide_env_values = true)]
    #[arg(value_parser = Unshown(pair))]
    pub build_arg: Vec<(String, String)>,

    /// With --compose or --locked: build this stage instead of the last, in all services
    #[arg(id = "target", long = "target", value_name = "STAGE", env = "DTPL_TARGET", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub target_stage: Option<String>,

    #[command(flatten)]
    pub bounds: LimitArgs,
}
