//! Flags for what `docker build` is given beside the Dockerfile. Their names are Docker's.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::unshown::Unshown;

/// How the services are built.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// Set a build argument; repeatable
    #[arg(long, value_name = "NAME=VALUE", env = "DTPL_BUILD_ARG", hide_env = true)]
    #[arg(hide_env_values = true, value_parser = Unshown(pair))]
    pub build_arg: Vec<(String, String)>,

    /// Name another build context, a folder relative to the project or an address; repeatable
    #[arg(long, value_name = "NAME=PATH", env = "DTPL_BUILD_CONTEXT", hide_env = true, value_parser = Unshown(pair))]
    pub build_context: Vec<(String, String)>,

    /// Build this stage instead of the last
    #[arg(long, value_name = "STAGE", env = "DTPL_TARGET", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub target: Option<String>,
}

/// Which machine builds.
#[derive(Debug, Args)]
pub struct BuilderArgs {
    #[command(flatten)]
    pub build: BuildArgs,

    /// Platform of the machine that builds, such as linux/amd64
    #[arg(long, value_name = "PLATFORM", env = "DTPL_BUILD_PLATFORM", hide_env = true, value_parser = platform)]
    pub build_platform: Option<String>,
}

/// `NAME=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) => Err("expected a name before `=`".to_owned()),
        None => Err("expected NAME=VALUE, found no `=`".to_owned()),
    }
}

fn platform(text: &str) -> Result<String, String> {
    match crate::image::Platform::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("expected OS/ARCHITECTURE, such as linux/amd64".to_owned()),
    }
}
