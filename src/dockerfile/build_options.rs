//! What a build is given beside the Dockerfile.

use std::collections::BTreeMap;

use super::substitution::Env;

/// Which program builds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Builder {
    /// BuildKit, which Docker uses since version 23.
    #[default]
    BuildKit,
    /// The builder before it, which the balena builder is.
    Classic,
}

/// What is built, and with what.
///
/// ```
/// use dtpl::dockerfile::{BuildOptions, expansion::Env};
/// let args = Env::from([("TAG".to_owned(), b"3.22".to_vec())]);
/// let options = BuildOptions { args: &args, target: Some("build"), ..BuildOptions::of_platform("linux/arm64") };
/// assert_eq!(options.build_platform, None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BuildOptions<'b> {
    /// The platform of the image; `None` if it is not known.
    pub platform: Option<&'b str>,
    /// The platform of the machine that builds; `None` if it is not known.
    pub build_platform: Option<&'b str>,
    /// Build arguments.
    pub args: &'b Env,
    /// The stage to build; `None` for the last.
    pub target: Option<&'b str>,
    /// Build contexts beside the main one, by name: a folder, an address, or `docker-image://` and an image.
    /// They go before images.
    pub contexts: &'b BTreeMap<String, String>,
    /// Which program builds.
    pub builder: Builder,
}

impl<'b> BuildOptions<'b> {
    /// A build of the last stage by BuildKit, without arguments.
    pub fn of_platform(platform: &'b str) -> Self {
        static NO_ARGS: Env = Env::new();
        static NO_CONTEXTS: BTreeMap<String, String> = BTreeMap::new();
        BuildOptions {
            platform: Some(platform),
            build_platform: None,
            args: &NO_ARGS,
            target: None,
            contexts: &NO_CONTEXTS,
            builder: Builder::BuildKit,
        }
    }
}
