//! What `dtpl check` looks at.

use std::path::Path;
use std::sync::LazyLock;

use super::hadolint::HadolintFinding;
use super::settings::Settings;
use crate::device_types::Registry;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::Builder;
use crate::error::Result;
use crate::ignore_files::IgnoreReader;
use crate::image::Catalogue;
use crate::render::Limits;
use crate::workspace::{Services, Target};

/// Another program that looks at rendered Dockerfiles.
pub type Linter<'l> = dyn Fn(&[u8]) -> Result<Vec<HadolintFinding>> + Sync + 'l;

/// What is checked.
#[non_exhaustive]
pub struct Request<'q> {
    /// The services whose Dockerfiles are checked.
    pub services: &'q Services,
    /// The devices that they are checked for.
    pub targets: &'q [Target<'q>],
    /// What is known of base images.
    pub catalogue: Catalogue<'q>,
    /// What was probably not meant in the files that define the services.
    pub notes: &'q Diagnostics,
    /// The project's folder, in which the build contexts are; `None` for a template by itself.
    pub folder: Option<&'q Path>,
    /// Which rules are reported, and with which severity.
    pub settings: &'q Settings,
    /// Another program that looks at each rendering.
    pub linter: Option<&'q Linter<'q>>,
    /// The program that builds the services.
    pub builder: Builder,
    /// Who reads the ignore files.
    pub ignore_reader: IgnoreReader,
    /// The platform of the machine that it runs on; `None` if that is not known.
    pub build_platform: Option<&'q str>,
    /// The most bytes of one rendering.
    pub max_bytes: u64,
    /// How many threads to use.
    pub jobs: usize,
}

impl<'q> Request<'q> {
    /// Checks these services for these devices with every rule, in one thread.
    pub fn new(services: &'q Services, targets: &'q [Target<'q>], registry: &'q Registry) -> Self {
        static NO_NOTES: LazyLock<Diagnostics> = LazyLock::new(Diagnostics::new);
        static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);
        let max_bytes = Limits::default().output_bytes;
        Request {
            services,
            targets,
            catalogue: Catalogue::new(registry),
            notes: &NO_NOTES,
            folder: None,
            settings: &SETTINGS,
            linter: None,
            builder: Builder::BuildKit,
            ignore_reader: IgnoreReader::Docker,
            build_platform: None,
            max_bytes,
            jobs: 1,
        }
    }
}
