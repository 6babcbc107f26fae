//! `dtpl devices`.

use clap::{Args, ValueEnum};

use super::shared::RegistryFiles;

#[derive(Debug, Args)]
#[command(after_help = "\
PATTERN is matched against slugs, aliases and names, ignoring case. If it is the slug
or an alias of a device type, its details are printed.

Status of a device type:
  active           has a balena device contract and a page in balena's documentation
  contract-only    has a contract, but no page
  repository-only  has no contract, but a description in a device repository of balena
  removed          no longer has a contract
  image-only       never had a contract; base images were published under this name

State, as the device repository of the device type has it:
  released      balena releases its system for it
  new           it is not marked as released
  discontinued  there are no new releases
  community     it is released, and its community looks after it
  unknown       its device repository was not read (in JSON: null)

Architectures:
  rpi       32-bit ARMv6: the first Raspberry Pi models and the Raspberry Pi Zero
  armv7hf   32-bit ARMv7
  aarch64   64-bit ARM
  amd64     64-bit x86
  i386      32-bit x86
  i386-nlp  32-bit x86 without long NOP instructions: the Intel Quark
  armv5e    32-bit ARMv5, without a floating-point unit")]
pub struct DevicesArgs {
    /// Regular expression, or the slug or an alias of one device type
    pub pattern: Option<String>,

    /// Only device types of this architecture or platform
    #[arg(short = 'A', long, visible_alias = "platform", value_name = "ARCH")]
    #[arg(env = "DTPL_ARCH", hide_env = true)]
    pub arch: Option<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: DevicesFormat,

    #[command(flatten)]
    pub registry: RegistryFiles,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DevicesFormat {
    /// A table on a terminal, tab-separated columns otherwise.
    #[default]
    Text,
    /// An array of objects.
    Json,
    /// The format of a --device-types file.
    Yaml,
    /// One slug per line.
    Slugs,
}
