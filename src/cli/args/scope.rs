//! The flags of commands that look at a whole project, for all device types that it is for, and which
//! part of it they are to look at.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::shared::Definitions;

/// What to look at, and for whom.
#[derive(Debug, Args)]
pub struct Scope {
    /// A project directory, a template, or - for a template on stdin
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    /// For `all`, `arch:aarch64`, or slugs with commas between; may be given several times
    #[arg(short, long, visible_alias = "device", alias = "device-type", alias = "deviceType")]
    #[arg(value_name = "LIST", env = "DTPL_DEVICES", hide_env = true)]
    pub devices: Vec<String>,

    /// For the fleets of this file [default: PATH/fleets.yaml]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    #[command(flatten)]
    pub only: Only,
}

/// Which part of it, with which variables.
#[derive(Debug, Args)]
pub struct Only {
    /// Only this fleet; may be given several times
    #[arg(long, value_name = "NAME", env = "DTPL_FLEET", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub fleet: Vec<String>,

    /// Only this service; may be given several times
    #[arg(long, value_name = "NAME", env = "DTPL_SERVICE", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub service: Vec<String>,

    /// Take this Dockerfile of the project, or the form of it that the device has
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub file: Option<String>,

    #[command(flatten)]
    pub definitions: Definitions,
}
