//! `dtpl batch`.

use std::path::PathBuf;

use clap::builder::{
    BoolishValueParser, NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser,
};
use clap::{Args, ValueHint};

use super::scope::Only;
use super::shared::Bounds;
use crate::batch::format::{FORMATS, Format, named};
use crate::batch::shard::Shard;

/// Render a project for every fleet
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dtpl batch                                     what there is to build
  dtpl batch --format tree -o rendered --prune   every Dockerfile as a file
  dtpl batch --devices all --format ndjson       one JSON object a line
  dtpl batch --format bake | docker buildx bake -f -")]
pub struct Batch {
    /// A project directory, a template, or - for a template on stdin
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    /// Take the fleets from this file: YAML, the JSON of `balena fleet list --json`, or JSON lines; - for stdin [default: PATH/fleets.yaml]
    #[arg(long, value_name = "FILE", env = "DTPL_FLEETS", hide_env = true, value_hint = ValueHint::FilePath)]
    pub fleets: Option<PathBuf>,

    /// Without fleets: `all`, `arch:aarch64`, or slugs with commas between
    #[arg(short, long, visible_alias = "device", value_name = "LIST", env = "DTPL_DEVICES", hide_env = true)]
    pub devices: Option<String>,

    #[command(flatten)]
    pub only: Only,

    /// What to make
    #[arg(long, value_parser = format_parser(), default_value = FORMATS[0].name, env = "DTPL_FORMAT", hide_env = true)]
    pub format: &'static Format,

    /// The folder for --format tree, or a file for the others
    #[arg(short, long, value_name = "PATH", env = "DTPL_OUTPUT", hide_env = true, value_hint = ValueHint::AnyPath)]
    pub output: Option<PathBuf>,

    /// Write nothing; print what would change in --output, and exit 1 if something would
    #[arg(long, requires = "output", env = "DTPL_CHECK", hide_env = true)]
    #[arg(value_parser = BoolishValueParser::new())]
    pub check: bool,

    /// Remove the files that an earlier run made and this one does not
    #[arg(long, env = "DTPL_PRUNE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub prune: bool,

    /// Tag the images of a bake file, such as 'registry/{fleet}/{service}:{arch}'
    #[arg(long, value_name = "TAG", env = "DTPL_TAG", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub tag: Option<String>,

    /// Build a platform on this machine, in a matrix; may be given several times
    #[arg(long, value_name = "PLATFORM=LABEL", env = "DTPL_RUNNER", hide_env = true, value_parser = runner)]
    pub runner: Vec<(String, String)>,

    /// Only the K-th of N parts: of the fleets, or of the builds for a bake file and a matrix
    #[arg(
        long,
        value_name = "K/N",
        default_value = "1/1",
        env = "DTPL_SHARD",
        hide_env = true,
        hide_default_value = true
    )]
    pub shard: Shard,

    /// How many threads to use [default: as many as there are processors]
    #[arg(short, long, value_name = "NUMBER", env = "DTPL_JOBS", hide_env = true)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    /// Refuse to make more Dockerfiles [default: 2000000, or no limit where JSON lines are streamed]
    #[arg(long, value_name = "NUMBER", env = "DTPL_MAX_OUTPUTS", hide_env = true)]
    pub max_outputs: Option<u64>,

    #[command(flatten)]
    pub bounds: Bounds,
}

/// Reads the name of a format.
fn format_parser() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.map(|format| PossibleValue::new(format.name).help(format.help));
    PossibleValuesParser::new(names).map(|name| named(&name).unwrap_or(FORMATS[0]))
}

/// `linux/arm/v7=my-runner`
fn runner(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((platform, label)) if platform.contains('/') && !label.is_empty() => {
            Ok((platform.to_owned(), label.to_owned()))
        }
        _ => Err("give it as PLATFORM=LABEL, such as linux/arm/v7=my-runner".to_owned()),
    }
}
