//! Every fleet at once: fleets x services, each rendered, and the few Dockerfiles that really come
//! of it.
//!
//! A row is one target with one service of the [workspace](crate::workspace); [`worker`] renders rows,
//! each distinct result once, and [`collected`] keeps the diagnostics, each once with its fleets. The
//! results go out line by line ([`ndjson`], by [`layouts`] where no value can be at fault, and
//! [`stream`] for fleets that are read line by line, a block of [`stream_block`] each), or into a [`plan`], and from
//! there as a [`bake`] file or a CI [`matrix`]. Of what was pushed by digest ([`metadata`]), [`merge`] makes
//! [`images`]. What needs no more than a [`listing`] of the rows, and their Dockerfiles once, is a [`table`] or files:
//! a [`tree`] with its [`manifest`], and an [`archive`]. The listing is that of a plan, or of a stream, whose
//! [`stream_rows`] it collects, and whose Dockerfiles are made again ([`stream_files`]).
//! [`shard`] selects a part of a batch, [`formats`] lists the formats.

mod archive;
pub(crate) mod bake;
#[cfg(feature = "cli")]
pub(crate) mod bake_allow;
mod build_definition;
mod build_faults;
mod build_identity;
mod build_names;
mod builds;
pub(crate) mod collected;
pub(crate) mod compose_builds;
#[cfg(feature = "cli")]
mod device_values;
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) mod digest;
mod first_names;
mod format;
mod formats;
mod image_labels;
pub(crate) mod image_names;
mod images;
mod joined;
pub(crate) mod json_object;
pub(crate) mod layouts;
pub(crate) mod listing;
// The library writes no files: only the command line compares a tree with what is there.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) mod manifest;
pub(crate) mod matrix;
pub(crate) mod merge;
pub(crate) mod metadata;
pub(crate) mod name_template;
pub(crate) mod ndjson;
#[cfg(feature = "cli")]
pub(crate) mod overwritten;
mod paths;
mod plan;
#[cfg(feature = "cli")]
mod pushed_elsewhere;
mod shard;
mod shell_word;
#[cfg(feature = "cli")]
pub(crate) mod stream;
#[cfg(feature = "cli")]
pub(crate) mod stream_block;
#[cfg(feature = "cli")]
pub(crate) mod stream_files;
#[cfg(feature = "cli")]
pub(crate) mod stream_rows;
pub(crate) mod table;
mod target_results;
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(crate) mod tree;
pub(crate) mod worker;

pub use builds::{Builds, DistinctBuild};
pub use format::{Format, ImageOptions, Options, Runners, WriteRows, Writer};
pub use formats::{FORMATS, named as format};
pub use listing::{Dockerfiles, ListedRow, Listing, TakeDockerfiles};
pub use metadata::{BuildResult, PushedImage, read as read_metadata};
pub use ndjson::write_json_lines;
pub use plan::{DistinctFile, Plan, Planned};
pub use shard::{Shard, Share};

use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::render;
use crate::workspace::{ServiceFiles, Services, Target};

/// The rows of a batch: every target with every service, targets first.
///
/// ```
/// use std::path::Path;
/// use dtpl::batch::{Batch, Builds, Options, Plan, Writer, format, write_json_lines};
/// use dtpl::workspace::{Definitions, Request, Targets, Workspace, select};
/// use dtpl::{Diagnostics, Place, Registry};
///
/// let registry = Registry::embedded();
/// let workspace = Workspace::open(&Request::new(Path::new("templates/python")), &mut std::io::empty())?;
/// let (services, mut notes) = workspace.into_services(&[], 1)?;
/// let devices = select(&registry, "raspberrypi3,jetson-nano", &Place::CommandLine)?;
/// let definitions = Definitions::default();
/// let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
///
/// let plan = Plan::of(Batch::new(&targets, &services), 2)?;
/// assert_eq!((plan.rows().count(), plan.files.len()), (2, 2));
/// let Some(Writer::Builds(bake)) = format("bake").map(|format| format.writer) else { panic!() };
/// let file = String::from_utf8(bake(&Builds::of(&plan), &Options::new(Path::new("templates/python")))?).unwrap();
/// assert!(file.contains("linux/arm/v7") && file.contains("linux/arm64/v8"), "{file}");
///
/// let mut lines = Vec::new();
/// write_json_lines(&Batch::new(&targets, &services), 2, &mut lines)?;
/// assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 2);
/// # Ok::<(), dtpl::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Batch<'b> {
    /// The devices, by fleet.
    pub targets: &'b [Target<'b>],
    /// The services of the project.
    pub services: &'b Services,
    /// How much may be made.
    pub limits: BatchLimits,
}

/// How much a batch may be.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BatchLimits {
    /// Rows: `--max-outputs`.
    pub rows: u64,
    /// Those of one rendering. All distinct Dockerfiles together are held to `output_bytes` too.
    pub render: render::Limits,
}

impl Default for BatchLimits {
    fn default() -> Self {
        BatchLimits { rows: 2_000_000, render: render::Limits::default() }
    }
}

impl<'b> Batch<'b> {
    /// Every target with every service, within the default limits.
    pub fn new(targets: &'b [Target<'b>], services: &'b Services) -> Self {
        Batch { targets, services, limits: BatchLimits::default() }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// More of them than [`Batch::limits`] allows.
    pub fn rows(&self) -> Result<usize> {
        let rows = self.targets.len().saturating_mul(self.services.list().len());
        if rows as u64 <= self.limits.rows {
            return Ok(rows);
        }
        Err(too_many(format!("{rows} Dockerfiles to make, more than the limit of {}", self.limits.rows)))
    }

    /// The target and the service of a row.
    fn row(&self, row: usize) -> (&Target<'_>, &ServiceFiles) {
        let services = self.services.list();
        (&self.targets[row / services.len()], &services[row % services.len()])
    }
}

fn too_many(message: String) -> Error {
    let help = "raise it with --max-outputs NUMBER, or take a part with --shard K/N";
    Error::input(Diagnostic::error(Place::CommandLine, message).help(help))
}
