//! `dtpl devices`.

use clap::{Args, ValueEnum};

use super::shared::RegistryFiles;

/// Show the device types that dtpl knows
#[derive(Debug, Args)]
#[command(after_help = "\
PATTERN is a regular expression, matched against slugs, aliases and names without regard to case.
A PATTERN that is the slug or an alias of a device type shows everything known of it.")]
pub struct Devices {
    /// Only those that match
    pub pattern: Option<String>,

    /// Only those of this architecture
    #[arg(short = 'A', long, value_name = "ARCH", env = "DTPL_ARCH", hide_env = true)]
    pub arch: Option<String>,

    /// What to print
    #[arg(long, value_enum, default_value_t, env = "DTPL_FORMAT", hide_env = true)]
    pub format: DevicesFormat,

    #[command(flatten)]
    pub registry: RegistryFiles,
}

/// What `dtpl devices` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DevicesFormat {
    /// A table on a terminal, columns with tabs between them elsewhere.
    #[default]
    Text,
    /// An array of objects.
    Json,
    /// The shape of device-types.yaml.
    Yaml,
    /// One slug a line.
    Slugs,
}
