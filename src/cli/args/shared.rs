//! Flags that several commands have.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{Args, ValueEnum, ValueHint};

/// How strict a render is, and how much it takes.
#[derive(Debug, Args)]
pub struct Bounds {
    /// Treat warnings as errors
    #[arg(long, env = "DTPL_STRICT", hide_env = true, value_parser = BoolishValueParser::new())]
    pub strict: bool,

    /// Refuse a longer template
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_TEMPLATE_BYTES", hide_env = true)]
    pub max_template_bytes: u64,

    /// Refuse a longer result
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_OUTPUT_BYTES", hide_env = true)]
    pub max_output_bytes: u64,
}

/// For which device, with which variables.
#[derive(Debug, Args)]
pub struct Target {
    /// The device type, by slug or alias
    #[arg(short, long, visible_alias = "device-type", alias = "deviceType", value_name = "SLUG")]
    #[arg(env = "DTPL_DEVICE", hide_env = true)]
    pub device: Option<String>,

    /// The architecture, alone or for a device type that is not known
    #[arg(short = 'A', long, value_name = "ARCH", env = "DTPL_ARCH", hide_env = true)]
    pub arch: Option<String>,

    /// The fleet's name, for BALENA_APP_NAME
    #[arg(long, value_name = "NAME", env = "DTPL_FLEET", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub fleet: Option<String>,

    /// The service's name, for BALENA_SERVICE_NAME
    #[arg(long, value_name = "NAME", env = "DTPL_SERVICE", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub service: Option<String>,

    /// Take the fleet's device type and variables from this file [default: fleets.yaml of the project]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    #[command(flatten)]
    pub definitions: Definitions,
}

/// Which variables there are beyond the standard ones.
#[derive(Debug, Args)]
pub struct Definitions {
    /// Add or override a variable; may be given several times
    #[arg(short = 'D', long, value_name = "NAME=VALUE", env = "DTPL_DEFINE", hide_env = true)]
    #[arg(hide_env_values = true, allow_hyphen_values = true)]
    pub define: Vec<String>,

    /// Take variables from a file of NAME=VALUE lines; may be given several times
    #[arg(long, value_name = "FILE", env = "DTPL_ENV_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub env_file: Vec<PathBuf>,

    /// Know only what another tool knows
    #[arg(long, value_enum, value_name = "TOOL", env = "DTPL_COMPAT", hide_env = true)]
    pub compat: Option<Compat>,

    #[command(flatten)]
    pub registry: RegistryFiles,
}

/// A tool to be compatible with to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compat {
    /// The balena builder: no DTPL_ variables.
    Balena,
}

/// Overlays over the device-type registry.
#[derive(Debug, Args)]
pub struct RegistryFiles {
    /// Lay a file over the device-type registry; may be given several times
    #[arg(id = "registry", long, value_name = "FILE", env = "DTPL_REGISTRY", hide_env = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    /// Refuse a longer registry, env file or file of fleets, and a longer line of JSON lines
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
    let number: Option<u64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "give a number of bytes, such as 65536, 64K, 16M or 1G".to_owned())
}
