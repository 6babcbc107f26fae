//! The flags of `dtpl check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::scope::Scope;
use super::shared::Bounds;

/// Find what is wrong, for every device type
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl check                             for the fleets of fleets.yaml, or for all device types
  dtpl check -d raspberry-pi,raspberrypi4-64 Dockerfile.template
  dtpl check --format sarif > dtpl.sarif
  dtpl check --explain missing-base-image
A comment `# dtpl ignore=RULE,RULE` above an instruction ignores rules for it.
Exit status: 0 nothing at or above --fail-on, 1 something, 2 wrong usage or a failing system.")]
pub struct Check {
    #[command(flatten)]
    pub scope: Scope,

    /// What to print
    #[arg(long, value_enum, default_value_t, env = "DTPL_FORMAT", hide_env = true)]
    pub format: CheckFormat,

    /// Exit with 1 when there is something of this severity, or above
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t, env = "DTPL_FAIL_ON", hide_env = true)]
    pub fail_on: FailOn,

    /// Do not report this rule; may be given several times
    #[arg(long, value_name = "RULE", env = "DTPL_IGNORE", hide_env = true, value_delimiter = ',')]
    pub ignore: Vec<String>,

    /// Print the page of a rule, or with `all` the names of all rules
    #[arg(long, value_name = "RULE")]
    pub explain: Option<String>,

    /// Let hadolint look at every different rendering, too
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "hadolint", env = "DTPL_HADOLINT", hide_env = true)]
    pub hadolint: Option<PathBuf>,

    /// How many threads to use [default: as many as there are processors]
    #[arg(short, long, value_name = "NUMBER", env = "DTPL_JOBS", hide_env = true)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    #[command(flatten)]
    pub bounds: Bounds,
}

/// What `dtpl check` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people: each finding under its line.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// From which severity on a check has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Errors and warnings.
    Warning,
    /// Whatever there is.
    Info,
    /// Nothing.
    Never,
}
