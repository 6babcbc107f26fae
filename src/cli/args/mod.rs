//! Commands and flags, as clap reads them, one file a command. `DTPL_*` variables mirror the flags.

mod batch;
mod build;
mod catalogue;
mod check;
mod deferred;
mod devices;
mod explain;
mod export;
mod help;
mod image;
mod images;
mod init;
mod lock;
mod locked;
mod migrate;
mod online;
mod places;
mod render;
mod resolve;
mod scope;
mod shard;
mod shared;
mod unshown;

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub use batch::BatchArgs;
pub use build::BuildArgs;
pub use catalogue::CatalogueArgs;
pub use check::{CheckArgs, CheckFormat, FailOn};
pub use deferred::Deferred;
pub use devices::{DevicesArgs, DevicesFormat};
pub use explain::{ExplainArgs, ExplainFormat};
pub use export::ExportArgs;
pub use images::{ImagesArgs, ImagesFormat};
pub use init::InitArgs;
pub use lock::LockArgs;
pub use locked::LockedArgs;
pub use migrate::{MigrateArgs, MigrateFormat, MigrateTo};
pub use online::OnlineArgs;
pub use places::Places;
pub use render::{RenderArgs, RenderFormat};
pub use resolve::ResolveArgs;
pub use scope::{ScopeArgs, SelectionArgs};
pub use shared::{Compat, DefinitionArgs, LimitArgs, RegistryFiles, SingleArgs, TargetArgs};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// One Dockerfile.template, every device.
#[derive(Debug, Parser)]
#[command(name = "dtpl", version, about, styles = STYLES)]
#[command(after_help = "\
Exit status: 0 success, 1 invalid input, 2 wrong usage or a system failure.

`dtpl help COMMAND` explains a command. `dtpl devices --help` explains the names of architectures (such as rpi) and the statuses
of device types (such as contract-only). README.md explains all terms, under \"Words\".")]
pub struct Cli {
    /// The command to run
    #[command(subcommand)]
    pub command: Command,

    #[command(flatten)]
    pub messages: MessageArgs,
}

/// Which messages are printed, and how.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Messages")]
pub struct MessageArgs {
    /// Colour messages
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        env = "DTPL_COLOR",
        hide_env = true
    )]
    pub color: Color,

    /// Do not print warnings
    #[arg(short, long, global = true, env = "DTPL_QUIET", hide_env = true, value_parser = BoolishValueParser::new())]
    pub quiet: bool,

    /// Print which files and variables are used
    #[arg(short, long, global = true, env = "DTPL_VERBOSE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Color {
    /// If the terminal supports it and NO_COLOR is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the Dockerfile for one device
    Render(Deferred<RenderArgs>),
    /// Render a project for every fleet
    Batch(Deferred<BatchArgs>),
    /// Report problems, for every device type
    Check(Deferred<CheckArgs>),
    /// Insert the Dockerfile for a device into a build context
    Resolve(Deferred<ResolveArgs>),
    /// Write a whole project with plain Dockerfiles for one device
    Export(Deferred<ExportArgs>),
    /// Explain the Dockerfile for one device, instruction by instruction
    Explain(Deferred<ExplainArgs>),
    /// Migrate a project to maintained base images
    Migrate(Deferred<MigrateArgs>),
    /// Write images.lock.yaml: every image of a project, with its digests
    Lock(Deferred<LockArgs>),
    /// Create a project from a template
    Init(Deferred<InitArgs>),
    /// List the supported device types
    Devices(Deferred<DevicesArgs>),
    /// Look up base images
    Images(Deferred<ImagesArgs>),
    /// Print a shell completion script
    Completions(Deferred<CompletionsArgs>),
    /// Print the manual page
    Man(Deferred<ManArgs>),
}

/// Adds the flags of a command.
type AddFlags = fn(clap::Command) -> clap::Command;

/// The flags of each command.
const FLAGS: [(&str, AddFlags); 13] = [
    ("render", RenderArgs::augment_args),
    ("batch", BatchArgs::augment_args),
    ("check", CheckArgs::augment_args),
    ("resolve", ResolveArgs::augment_args),
    ("export", ExportArgs::augment_args),
    ("explain", ExplainArgs::augment_args),
    ("migrate", MigrateArgs::augment_args),
    ("lock", LockArgs::augment_args),
    ("init", InitArgs::augment_args),
    ("devices", DevicesArgs::augment_args),
    ("images", ImagesArgs::augment_args),
    ("completions", CompletionsArgs::augment_args),
    ("man", ManArgs::augment_args),
];

/// The variable of `--device-types` before the flag had this name.
pub const OLD_DEVICE_TYPES: &str = "DTPL_REGISTRY";

/// The program with one command alone, if one has this name. It parses a right call as [`Cli`] does; its help
/// and its messages are not for users. With `has_old_variable`, [`OLD_DEVICE_TYPES`] sets `--device-types`.
pub fn only(name: &OsStr, has_old_variable: bool) -> Option<clap::Command> {
    let (name, flags) = FLAGS.into_iter().find(|(known, _)| name == *known)?;
    let program = clap::Command::new("dtpl").disable_help_subcommand(true);
    let mut command = flags(clap::Command::new(name));
    if has_old_variable && command.get_arguments().any(|flag| flag.get_id() == "device_types") {
        command = command.mut_arg("device_types", |flag| flag.env(OLD_DEVICE_TYPES));
    }
    Some(MessageArgs::augment_args(program).subcommand(command))
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this directory: dtpl.1, dtpl-render.1, ...
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn each_command_can_be_parsed_alone() {
        for command in super::Cli::command().get_subcommands() {
            assert!(super::only(command.get_name().as_ref(), false).is_some(), "{}", command.get_name());
        }
        assert!(super::only("help".as_ref(), false).is_none());
    }
}
