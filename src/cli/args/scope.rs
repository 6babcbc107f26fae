//! The flags of commands that examine a whole project for several device types.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::shared::DefinitionArgs;

#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// Project directories, templates, or - for a template on stdin
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Device types: `all`, `arch:aarch64`, or slugs separated by commas; repeatable
    #[arg(short, long, visible_alias = "device", alias = "device-type", alias = "deviceType")]
    #[arg(value_name = "LIST", env = "DTPL_DEVICES", hide_env = true)]
    pub devices: Vec<String>,

    /// Read the fleets from this file [default: fleets.yaml of PATH or of a directory above]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    #[command(flatten)]
    pub only: SelectionArgs,
}

/// Restrictions to a part of the project, and variables.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Only this fleet; repeatable
    #[arg(long, value_name = "NAME", env = "DTPL_FLEET", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub fleet: Vec<String>,

    /// Only this service; repeatable
    #[arg(long, value_name = "NAME", env = "DTPL_SERVICE", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub service: Vec<String>,

    /// Use this Dockerfile of the project, or its variant for the device
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub file: Option<String>,

    #[command(flatten)]
    pub definitions: DefinitionArgs,
}
