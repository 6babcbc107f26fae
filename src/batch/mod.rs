//! Every fleet at once: fleets x services, each rendered, and the few Dockerfiles that really come
//! of it.
//!
//! [`target`] makes of a fleet the devices to render for, [`services`] of a project what is rendered;
//! `tera` makes a Tera template into another text for each target.
//! A row is one target with one service; [`worker`] renders rows, each distinct result once. [`faults`] collects what is wrong, each thing once. What comes of it
//! goes out line by line ([`ndjson`], with [`plain_lines`] where nothing can be at fault, and [`stream`] for fleets that come so), or into a [`plan`], and from there as a [`table`], a [`bake`]
//! file, a CI [`matrix`], or as files: [`tree`] with its [`manifest`], and [`archive`]. [`shard`]
//! takes a part of it all.

pub mod archive;
pub mod bake;
pub mod faults;
pub mod manifest;
pub mod matrix;
pub mod ndjson;
pub mod plain_lines;
pub mod plan;
pub mod services;
pub mod shard;
pub mod stream;
pub mod table;
pub mod target;
mod tera;
pub mod tree;
pub mod worker;

use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};

/// The rows of a batch: every target with every service, targets first.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'b> {
    /// For whom.
    pub targets: &'b [target::Target<'b>],
    /// What.
    pub services: &'b services::Services,
    /// How much.
    pub limits: Limits,
}

/// How much a batch may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows: `--max-outputs`.
    pub rows: u64,
    /// Bytes of one Dockerfile, and of all distinct ones together: `--max-output-bytes`.
    pub bytes: u64,
    /// Whether a warning is an error.
    pub strict: bool,
}

impl Batch<'_> {
    /// How many rows there are.
    ///
    /// # Errors
    /// When there are more than the limit.
    pub fn rows(&self) -> Result<usize> {
        let rows = self.targets.len().saturating_mul(self.services.list().len());
        if rows as u64 <= self.limits.rows {
            return Ok(rows);
        }
        let place = Place::CommandLine;
        let message = format!("{rows} Dockerfiles to make, more than the limit of {}", self.limits.rows);
        Err(Error::input(
            Diagnostic::error(place, message)
                .help("raise it with --max-outputs NUMBER, or take a part with --shard K/N"),
        ))
    }

    /// The target and the service of a row.
    fn row(&self, row: usize) -> (&target::Target<'_>, &services::ServiceFiles) {
        let services = self.services.list();
        (&self.targets[row / services.len()], &services[row % services.len()])
    }
}
