//! The flags of `dtpl check`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::build::BuilderArgs;
use super::catalogue::CatalogueArgs;
use super::scope::ScopeArgs;
use super::shared::LimitArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl check                             for the fleets of fleets.yaml, or all device types
  dtpl check -d raspberry-pi,raspberrypi4-64 Dockerfile.template
  dtpl check --build-arg VERSION=1.2 --target release
  dtpl check --format sarif > dtpl.sarif
  dtpl check --explain missing-base-image
A comment `# dtpl ignore=RULE,RULE` above an instruction ignores these rules for it.
Exit status: 0 no finding at or above --fail-on, 1 at least one, 2 wrong usage or a system failure.")]
pub struct CheckArgs {
    #[command(flatten)]
    pub scope: ScopeArgs,

    #[command(flatten)]
    pub builder: BuilderArgs,

    #[command(flatten)]
    pub catalogue: CatalogueArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,

    /// Exit with 1 if there is a finding of this severity or higher
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t, env = "DTPL_FAIL_ON", hide_env = true)]
    pub fail_on: FailOn,

    /// Do not report this rule; repeatable
    #[arg(long, value_name = "RULE", env = "DTPL_IGNORE", hide_env = true, value_delimiter = ',')]
    pub ignore: Vec<String>,

    /// Print the documentation of a rule or of a note of dtpl migrate, or the names of all for `all`
    #[arg(long, value_name = "RULE")]
    pub explain: Option<String>,

    /// Also run hadolint on every distinct rendering
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "hadolint", env = "DTPL_HADOLINT", hide_env = true)]
    pub hadolint: Option<PathBuf>,

    /// With --compat balena: each service has a .dockerignore of its own, as with this option of balena's CLI
    #[arg(long, env = "DTPL_MULTI_DOCKERIGNORE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub multi_dockerignore: bool,

    /// Number of threads [default: number of processors]
    #[arg(short, long, value_name = "NUMBER", env = "DTPL_JOBS", hide_env = true)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    #[command(flatten)]
    pub bounds: LimitArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Each finding with its line in the template.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// The lowest severity of a finding that makes a check fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Errors and warnings.
    Warning,
    /// All findings.
    Info,
    /// No finding.
    Never,
}
