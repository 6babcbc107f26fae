//! `dtpl batch`.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};

use super::build::BuildArgs;
use super::image::ImageArgs;
use super::locked::LockedArgs;
use super::scope::SelectionArgs;
use super::shard::ShardArgs;
use super::shared::LimitArgs;
use crate::batch::{self, FORMATS, Format};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl batch                                     list the distinct Dockerfiles
  dtpl batch -o rendered/ --prune                write each Dockerfile to a file
  dtpl batch --devices all --format ndjson       print JSON Lines
  dtpl batch --format bake | docker buildx bake -f -")]
pub struct BatchArgs {
    /// Project directory, template, or - for a template on stdin
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    /// Read the fleets from this file, or - for stdin: YAML, the JSON of `balena fleet list --json`, or JSON Lines [default: fleets.yaml of PATH or of a directory above]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    /// Device types instead of fleets: `all`, `arch:aarch64`, or slugs separated by commas; repeatable
    #[arg(short, long, visible_alias = "device", alias = "device-type", alias = "deviceType")]
    #[arg(value_name = "LIST", env = "DTPL_DEVICES", hide_env = true)]
    pub devices: Vec<String>,

    #[command(flatten)]
    pub only: SelectionArgs,

    #[command(flatten)]
    pub build: BuildArgs,

    #[command(flatten)]
    pub locked: LockedArgs,

    /// Output format [default: tree if --output is a directory, else plan]
    #[arg(long, value_parser = format_parser())]
    pub format: Option<&'static Format>,

    /// Directory for --format tree, file for the other formats
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub output: Option<PathBuf>,

    /// Write nothing; print what would change in --output, and exit with 1 if anything would
    #[arg(long, requires = "output")]
    pub check: bool,

    /// Replace files that no earlier run made
    #[arg(long)]
    pub force: bool,

    /// Remove files of an earlier run that this run does not write
    #[arg(long, env = "DTPL_PRUNE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub prune: bool,

    #[command(flatten)]
    pub image: Box<ImageArgs>,

    /// Runner label for a platform in a matrix, or several with commas between them; repeatable
    #[arg(long, value_name = "PLATFORM=LABEL", env = "DTPL_RUNNER", hide_env = true, value_parser = runner)]
    pub runner: Vec<(String, Vec<String>)>,

    /// File that docker buildx wrote with --metadata-file, for --format merge; repeatable
    #[arg(long, value_name = "FILE", env = "DTPL_METADATA", hide_env = true, value_hint = ValueHint::FilePath)]
    pub metadata: Vec<PathBuf>,

    #[command(flatten)]
    pub shard: ShardArgs,

    /// Number of threads [default: number of processors]
    #[arg(short, long, value_name = "NUMBER", env = "DTPL_JOBS", hide_env = true)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    /// Maximum number of Dockerfiles [default: 2000000, unlimited for JSON Lines that become JSON Lines]
    #[arg(long, value_name = "NUMBER", env = "DTPL_MAX_OUTPUTS", hide_env = true)]
    pub max_outputs: Option<u64>,

    #[command(flatten)]
    pub bounds: LimitArgs,
}

fn format_parser() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.help));
    PossibleValuesParser::new(names).map(|name| batch::format(&name).unwrap_or(FORMATS[0]))
}

/// `linux/arm/v7=my-runner`, `linux/arm64=self-hosted,arm64`, or the labels as `runs-on` has them in YAML:
/// `[self-hosted, arm64]`.
fn runner(text: &str) -> Result<(String, Vec<String>), String> {
    let found = text.split_once('=').filter(|(platform, _)| platform.contains('/'));
    let Some((platform, labels)) = found else {
        return Err("expected PLATFORM=LABEL, such as linux/arm/v7=my-runner".to_owned());
    };
    let list = labels.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(labels);
    let unquoted = |label: &str| {
        let mut quoted = ['"', '\''].into_iter();
        let inner = quoted.find_map(|quote| label.strip_prefix(quote)?.strip_suffix(quote));
        inner.unwrap_or(label).to_owned()
    };
    let labels: Vec<String> = list.split(',').map(|label| unquoted(label.trim())).collect();
    let is_good = |label: &String| {
        !label.is_empty() && !label.contains(|c: char| c.is_control() || "[]{}\"'".contains(c))
    };
    match labels.iter().all(is_good) {
        true => Ok((platform.to_owned(), labels)),
        false => {
            Err("expected PLATFORM=LABEL or PLATFORM=LABEL,LABEL, such as linux/arm64=self-hosted,arm64"
                .to_owned())
        }
    }
}
