//! The flags of commands that can ask registries of images.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{Args, ValueHint};

/// Whether registries are asked, and how.
#[derive(Clone, Debug, Default, Args)]
pub struct OnlineArgs {
    /// Ask the registries which images they have now: platforms and digests
    #[arg(long, env = "DTPL_ONLINE", hide_env = true, value_parser = BoolishValueParser::new())]
    pub online: bool,

    /// Time limit for all requests to registries
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    #[arg(env = "DTPL_ONLINE_TIMEOUT", hide_env = true)]
    pub online_timeout: u64,

    /// Trust also the certificate authorities in this PEM file
    #[arg(long, value_name = "FILE", env = "DTPL_CA_FILE", hide_env = true, value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,

    /// Allow plain HTTP for this registry: HOST or HOST:PORT; repeatable
    #[arg(long, value_name = "HOST", env = "DTPL_INSECURE_REGISTRY", hide_env = true, value_delimiter = ',')]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub insecure_registry: Vec<String>,
}
