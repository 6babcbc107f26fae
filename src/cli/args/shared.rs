//! Flags that several commands share.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{Args, ValueEnum, ValueHint};

/// Strictness and size limits of a render.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Treat warnings as errors
    #[arg(long, env = "DTPL_STRICT", hide_env = true, value_parser = BoolishValueParser::new())]
    pub strict: bool,

    /// Maximum size of a template
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_TEMPLATE_BYTES", hide_env = true)]
    pub max_template_bytes: u64,

    /// Maximum size of the output
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_OUTPUT_BYTES", hide_env = true)]
    pub max_output_bytes: u64,
}

/// One Dockerfile of a project, for one device, and where the result goes.
#[derive(Debug, Args)]
pub struct SingleArgs {
    #[command(flatten)]
    pub target: TargetArgs,

    /// Use this Dockerfile of the project, or its variant for the device
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub file: Option<String>,

    /// Write the result to this file, completely or not at all
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// The device and its variables.
#[derive(Debug, Args)]
pub struct TargetArgs {
    /// Device type, by slug or alias
    #[arg(short, long, visible_alias = "device-type", alias = "deviceType", value_name = "SLUG")]
    #[arg(env = "DTPL_DEVICE", hide_env = true)]
    pub device: Vec<String>,

    /// Architecture or platform: alone, or for an unknown device type
    #[arg(short = 'A', long, visible_alias = "platform", value_name = "ARCH")]
    #[arg(env = "DTPL_ARCH", hide_env = true)]
    pub arch: Option<String>,

    /// Fleet name, the value of BALENA_APP_NAME
    #[arg(long, value_name = "NAME", env = "DTPL_FLEET", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub fleet: Option<String>,

    /// Service of the project, the value of BALENA_SERVICE_NAME
    #[arg(long, value_name = "NAME", env = "DTPL_SERVICE", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub service: Option<String>,

    /// Read the fleet's device types and variables from this file [default: the project's fleets.yaml]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    #[command(flatten)]
    pub definitions: DefinitionArgs,
}

/// Variables beyond the standard ones.
#[derive(Debug, Args)]
pub struct DefinitionArgs {
    /// Set a variable; repeatable
    #[arg(short = 'D', long, value_name = "NAME=VALUE", env = "DTPL_DEFINE", hide_env = true)]
    #[arg(hide_env_values = true, allow_hyphen_values = true)]
    pub define: Vec<String>,

    /// Read variables from a file of NAME=VALUE lines; repeatable
    #[arg(long, value_name = "FILE", env = "DTPL_ENV_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub env_file: Vec<PathBuf>,

    /// Read this compose file, relative to the project; repeatable, each over those before it
    #[arg(long, value_name = "FILE", env = "DTPL_COMPOSE_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub compose_file: Vec<String>,

    /// Take only the services of this profile, and those without one; repeatable [default: all services]
    #[arg(long, value_name = "NAME", env = "DTPL_PROFILE", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub profile: Vec<String>,

    /// Who builds: accept only what that supports [default: `compat` of fleets.yaml]
    #[arg(long, value_enum, value_name = "TOOL", env = "DTPL_COMPAT", hide_env = true)]
    pub compat: Option<Compat>,

    #[command(flatten)]
    pub registry: RegistryFiles,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compat {
    /// The balena builder, which has no DTPL_ variables.
    Balena,
    /// Docker, also for a project with balena.yml or a folder .balena.
    Docker,
}

/// Additional files for the device-type registry, and their size limit.
#[derive(Debug, Args)]
pub struct RegistryFiles {
    /// Add or change device types with this file; repeatable
    #[arg(id = "device_types", long = "device-types", visible_alias = "registry", value_name = "FILE")]
    #[arg(env = "DTPL_DEVICE_TYPES", hide_env = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    /// Maximum size of a registry file, env file or fleets file, and of a line of JSON Lines
    #[arg(long, value_name = "BYTES", default_value = "2M", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_CONFIG_BYTES", hide_env = true)]
    pub max_config_bytes: u64,
}

/// A number of bytes: `65536`, `64K`, `16M`, `1G`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1u64),
    };
    let number = digits.parse().ok().and_then(|number: u64| number.checked_mul(unit));
    number.ok_or_else(|| "give a number of bytes, such as 65536, 64K, 16M or 1G".to_owned())
}
