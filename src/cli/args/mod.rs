//! Commands and flags, as clap reads them, one file a command. `DTPL_*` variables mirror the flags.

mod batch;
mod check;
mod devices;
mod explain;
mod images;
mod init;
mod migrate;
mod places;
mod render;
mod resolve;
mod scope;
mod shared;

use clap::builder::BoolishValueParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use batch::Batch;
pub use check::{Check, CheckFormat, FailOn};
pub use devices::{Devices, DevicesFormat};
pub use explain::{Explain, ExplainFormat};
pub use images::{Images, ImagesFormat};
pub use init::Init;
pub use migrate::{Migrate, MigrateFormat, MigrateTo};
pub use places::Places;
pub use render::{Render, RenderFormat};
pub use resolve::Resolve;
pub use scope::{Only, Scope};
pub use shared::{Bounds, Definitions, RegistryFiles, Target};

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
    Batch(Batch),
    Check(Check),
    Resolve(Resolve),
    Explain(Explain),
    Init(Init),
    Migrate(Migrate),
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
            of("batch", "Render a project for every fleet").defer(with_messages::<Batch>),
            of("check", "Find what is wrong, for every device type").defer(with_messages::<Check>),
            of("resolve", "Pass a build context through, with the Dockerfile for the device in it")
                .defer(with_messages::<Resolve>),
            of("explain", "Explain the Dockerfile of one device, instruction by instruction")
                .defer(with_messages::<Explain>),
            of("migrate", "Move a project to base images that are maintained")
                .defer(with_messages::<Migrate>),
            of("init", "Start a project from a template").defer(with_messages::<Init>),
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
            Some(("batch", matches)) => Batch::from_arg_matches(matches).map(Command::Batch),
            Some(("check", matches)) => Check::from_arg_matches(matches).map(Command::Check),
            Some(("resolve", matches)) => Resolve::from_arg_matches(matches).map(Command::Resolve),
            Some(("explain", matches)) => Explain::from_arg_matches(matches).map(Command::Explain),
            Some(("init", matches)) => Init::from_arg_matches(matches).map(Command::Init),
            Some(("migrate", matches)) => Migrate::from_arg_matches(matches).map(Command::Migrate),
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

/// Print a completion script
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
