//! Commands and flags, as clap reads them. `DTPL_*` variables mirror the flags.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum, ValueHint};

use super::images_args::Images;
use crate::diagnostic::Place;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// One Dockerfile.template, every device.
#[derive(Debug, Parser)]
#[command(name = "dtpl", version, about, styles = STYLES, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 done, 1 the input is at fault, 2 wrong usage or a failing system.")]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,

    #[command(flatten)]
    pub messages: Messages,
}

// What is said beside the result. These flags stand before a command or behind it; clap's own way to
// allow both makes a tenth of the work of a render. (Not a doc comment: clap would take it for the
// description of every command.)
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Messages {
    /// Colour messages [default: auto]
    #[arg(long, value_enum, value_name = "WHEN", env = "DTPL_COLOR", hide_env = true)]
    pub color: Option<Color>,

    /// No warnings
    #[arg(short, long, env = "DTPL_QUIET", hide_env = true, value_parser = BoolishValueParser::new())]
    pub quiet: bool,

    /// Say which files and variables are used
    #[arg(short, long, env = "DTPL_VERBOSE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub verbose: bool,
}

impl Messages {
    /// These flags, with those given at another place.
    pub fn or(self, other: Messages) -> Messages {
        Messages {
            color: self.color.or(other.color),
            quiet: self.quiet || other.quiet,
            verbose: self.verbose || other.verbose,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Color {
    /// When the terminal shows it and NO_COLOR is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The command that was given.
#[derive(Debug)]
pub enum Command {
    Render(Render),
    Resolve(Resolve),
    Devices(Devices),
    Images(Images),
    Completions(Completions),
    Man,
}

/// Written out because the derived form makes the flags of every command on every start; this one
/// makes those of the command that is given.
impl Subcommand for Command {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        let of = |name, about| clap::Command::new(name).about(about);
        command.subcommand_required(true).arg_required_else_help(true).subcommands([
            of("render", "Print the Dockerfile of one device").defer(with_messages::<Render>),
            of("resolve", "Pass a build context through, with the Dockerfile for the device in it")
                .defer(with_messages::<Resolve>),
            of("devices", "Show the device types that dtpl knows").defer(with_messages::<Devices>),
            of("images", "Show what is known of base images").defer(with_messages::<Images>),
            of("completions", "Print a completion script").defer(with_messages::<Completions>),
            of("man", "Print the manual page").defer(Messages::augment_args),
        ])
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Self::augment_subcommands(clap::Command::new("")).find_subcommand(name).is_some()
    }
}

fn with_messages<T: Args>(command: clap::Command) -> clap::Command {
    Messages::augment_args(T::augment_args(command))
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        match matches.subcommand() {
            Some(("render", matches)) => Render::from_arg_matches(matches).map(Command::Render),
            Some(("resolve", matches)) => Resolve::from_arg_matches(matches).map(Command::Resolve),
            Some(("devices", matches)) => Devices::from_arg_matches(matches).map(Command::Devices),
            Some(("images", matches)) => Images::from_arg_matches(matches).map(Command::Images),
            Some(("completions", matches)) => {
                Completions::from_arg_matches(matches).map(Command::Completions)
            }
            Some(("man", _)) => Ok(Command::Man),
            _ => Err(clap::Error::new(ErrorKind::MissingSubcommand)),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Print the Dockerfile of one device
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl render -d raspberrypi3
  dtpl render -d nuc -D LOCALE=en_GB app/Dockerfile.template
  dtpl render -d jetson-nano -o Dockerfile --check")]
pub struct Render {
    /// A project directory, a template, or - for a template on stdin
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    #[command(flatten)]
    pub target: Target,

    /// Take this Dockerfile of the project, or the form of it that the device has
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub file: Option<String>,

    /// Write to this file, all of it or nothing
    #[arg(short, long, value_name = "PATH", env = "DTPL_OUTPUT", hide_env = true, value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Write nothing; print how the file of --output differs, and exit 1 if it does
    #[arg(long, requires = "output", env = "DTPL_CHECK", hide_env = true)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub check: bool,

    /// What to print
    #[arg(long, value_enum, default_value_t, env = "DTPL_FORMAT", hide_env = true)]
    pub format: RenderFormat,

    #[command(flatten)]
    pub bounds: Bounds,
}

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

/// Pass a build context through, with the Dockerfile for the device in it
#[derive(Debug, Args)]
#[command(after_help = "\
Reads a tar archive from stdin and writes one to stdout:
  tar -c . | dtpl resolve -d raspberrypi3 | docker build -
An archive that two programs could read differently is refused. A result that
was begun and could not be finished ends such that no program takes it for whole.")]
pub struct Resolve {
    #[command(flatten)]
    pub target: Target,

    /// Take this Dockerfile of the build context, or the form of it that the device has
    #[arg(short, long, value_name = "PATH", env = "DTPL_FILE", hide_env = true)]
    pub file: Option<String>,

    /// Take an archive that stops without an end
    #[arg(long, env = "DTPL_ALLOW_MISSING_END", hide_env = true, value_parser = BoolishValueParser::new())]
    pub allow_missing_end: bool,

    /// Refuse an archive with more entries
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000_000)]
    #[arg(env = "DTPL_MAX_ENTRIES", hide_env = true)]
    pub max_entries: u64,

    #[command(flatten)]
    pub bounds: Bounds,
}

/// What `dtpl render` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RenderFormat {
    /// The Dockerfile.
    #[default]
    Text,
    /// One JSON object with the Dockerfile and what it was made for.
    Json,
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
    #[arg(long = "registry", value_name = "FILE", env = "DTPL_REGISTRY", hide_env = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    /// Refuse a longer registry or env file
    #[arg(long, value_name = "BYTES", default_value = "2M", value_parser = bytes)]
    #[arg(env = "DTPL_MAX_CONFIG_BYTES", hide_env = true)]
    pub max_config_bytes: u64,
}

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

/// Print a completion script
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// A number of bytes: `65536`, `64K`, `16M`, `1G`.
fn bytes(text: &str) -> Result<u64, String> {
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

/// Where the values of one repeatable flag were given, in their order.
///
/// clap tells the values, not where they stand; they are found again in the raw arguments. A value
/// that is not among them came from the environment.
pub fn places(
    arguments: &[OsString],
    short: &str,
    long: &str,
    values: &[String],
    variable: &str,
) -> Vec<Place> {
    let mut from = 1;
    let is_flag = |flag: &[u8]| {
        let one_of_some_short = flag.starts_with(b"-") && !flag.starts_with(b"--");
        let is_alias = long == "--device" && matches!(flag, b"--device-type" | b"--deviceType");
        is_alias || flag == long.as_bytes() || (one_of_some_short && flag.ends_with(short.as_bytes()))
    };
    let is = |argument: &OsStr, value: &str, before: Option<&OsString>| {
        let Some(flag) = argument.as_encoded_bytes().strip_suffix(value.as_bytes()) else {
            return false;
        };
        match flag.strip_suffix(b"=") {
            _ if flag.is_empty() => before.is_some_and(|flag| is_flag(flag.as_encoded_bytes())),
            Some(flag) => is_flag(flag),
            // Only a short flag takes its value without anything between.
            None => !value.is_empty() && !flag.starts_with(b"--") && is_flag(flag),
        }
    };
    let place = |value: &String| {
        let found = (from..arguments.len()).find(|&at| is(&arguments[at], value, arguments.get(at - 1)));
        if let Some(at) = found {
            from = at + 1;
        }
        found.map_or_else(|| Place::Environment(variable.to_owned()), Place::Argument)
    };
    values.iter().map(place).collect()
}
