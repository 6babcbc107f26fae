//! Every fleet at once: fleets x services, each rendered, and the few Dockerfiles that really come
//! of it.
//!
//! A row is one target with one service of the [workspace](crate::workspace); [`worker`] renders rows,
//! each distinct result once, and [`collected`] keeps the diagnostics, each once with its fleets. The
//! results go out line by line ([`ndjson`], with [`plain_lines`] where no value can be at fault, and
//! [`stream`] for fleets that are read line by line), or into a [`plan`], and from there as a [`table`],
//! a [`bake`] file, a CI [`matrix`], or as files: [`tree`] with its [`manifest`], and [`archive`].
//! [`shard`] selects a part of a batch, [`formats`] lists the formats.

pub(crate) mod archive;
pub(crate) mod bake;
pub(crate) mod collected;
pub mod digest;
pub(crate) mod format;
pub(crate) mod formats;
pub(crate) mod json_object;
pub(crate) mod manifest;
pub(crate) mod matrix;
pub(crate) mod ndjson;
pub(crate) mod plain_lines;
pub(crate) mod plan;
pub(crate) mod shard;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod worker;

use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::render;
use crate::workspace::{ServiceFiles, Services, Target};

/// The rows of a batch: every target with every service, targets first.
#[derive(Clone, Copy, Debug)]
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
pub struct BatchLimits {
    /// Rows: `--max-outputs`.
    pub rows: u64,
    /// Those of one rendering. All distinct Dockerfiles together are held to `output_bytes` too.
    pub render: render::Limits,
}

impl Batch<'_> {
    /// How many rows there are.
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
