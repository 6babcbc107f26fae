//! A batch as a whole: every row rendered, equal Dockerfiles found, builds that are one put together.

use std::collections::HashMap;
use std::sync::Arc;

use super::Batch;
use super::collected::Collected;
use super::digest::Sha;
use super::worker::{ResultForm, Worker};
use crate::arch::Arch;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::image::Platform;
use crate::project::Choice;
use crate::threads;
use crate::workspace::{ServiceFiles, Target};

/// Rows that are rendered between two looks at limits and progress.
const CHUNK: usize = 1 << 12;

/// Every row of a batch, rendered.
#[derive(Debug)]
#[non_exhaustive]
pub struct Plan<'b> {
    /// What was rendered.
    pub batch: Batch<'b>,
    rows: Vec<Row>,
    /// The distinct Dockerfiles, in the order in which they came up.
    pub files: Vec<DistinctFile>,
}

#[derive(Debug)]
struct Row {
    file: usize,
    choice: Arc<Choice>,
}

/// A rendered Dockerfile that differs from every other of the plan.
#[derive(Debug)]
#[non_exhaustive]
pub struct DistinctFile {
    /// Its SHA-256 digest.
    pub sha: Sha,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A row with all that belongs to it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Planned<'p> {
    /// The fleet and the device type.
    pub target: &'p Target<'p>,
    /// The service.
    pub service: &'p ServiceFiles,
    /// The Dockerfile.
    pub file: &'p DistinctFile,
    /// The template that the Dockerfile came from.
    pub choice: &'p Choice,
    /// Its place among the rows.
    pub(super) number: usize,
}

impl Planned<'_> {
    /// The platform that it is built for: that of the device, or the one that the compose file chooses for it.
    ///
    /// # Errors
    /// When the compose file leaves the platform of the device out.
    pub fn platform(&self) -> std::result::Result<String, Diagnostic> {
        built_platform(self.target.arch, self.service)
    }
}

/// The platform that a service is built for on a device of this arch.
pub(super) fn built_platform(arch: &Arch, service: &ServiceFiles) -> std::result::Result<String, Diagnostic> {
    let text = &*arch.platform;
    let Some(device) = Platform::parse(text) else { return Ok(text.to_owned()) };
    let chosen = service.build.platform_for(&service.name, &device)?;
    // As the registry of device types writes it, such as `linux/arm64/v8`.
    Ok(if chosen == device { text.to_owned() } else { chosen.to_string() })
}

impl<'b> Plan<'b> {
    /// Renders all rows in so many threads.
    ///
    /// # Errors
    /// What is wrong with the rows, each thing once; when a limit is exceeded. Warnings are not returned.
    pub fn of(batch: Batch<'b>, jobs: usize) -> Result<Self> {
        let mut workers = Worker::for_threads(jobs, batch.limits);
        let mut faults = Collected::default();
        let plan = Plan::make(batch, &mut workers, &mut faults, &|_| ())?;
        let mut notes = faults.into_diagnostics(plan.fleets(), "fleets");
        batch.limits.render.check(&mut notes)?;
        Ok(plan)
    }

    /// Renders all rows. `progress` gets how many are done.
    ///
    /// # Errors
    /// When something is wrong with a row, all of it; when a limit is exceeded.
    pub(crate) fn make(
        batch: Batch<'b>,
        workers: &mut [Worker],
        faults: &mut Collected,
        progress: &dyn Fn(usize),
    ) -> Result<Self> {
        let count = batch.rows()?;
        let mut plan = Plan { batch, rows: Vec::with_capacity(count), files: Vec::new() };
        let mut known: HashMap<Sha, usize> = HashMap::new();
        let mut bytes = 0u64;
        for start in (0..count).step_by(CHUNK) {
            let end = (start + CHUNK).min(count);
            let made = threads::share(workers, start..end, 256, |worker, rows| {
                let rows: Vec<_> = rows
                    .map(|row| {
                        let (target, service) = batch.row(row);
                        let template = worker.template(target, service)?;
                        worker.row(&template, target, service, ResultForm::Bytes)
                    })
                    .collect();
                (rows, worker.take_faults())
            });
            for (rows, more) in made {
                faults.append(more);
                for done in rows.into_iter().flatten() {
                    let file = *known.entry(done.sha).or_insert_with(|| {
                        bytes += done.text.len() as u64;
                        plan.files.push(DistinctFile { sha: done.sha, bytes: done.text.clone() });
                        plan.files.len() - 1
                    });
                    plan.rows.push(Row { file, choice: Arc::clone(&done.template.choice) });
                }
            }
            let most = batch.limits.render.output_bytes;
            if bytes > most {
                let message = format!("all Dockerfiles together are longer than the limit of {most} bytes");
                let fault = Diagnostic::error(Place::CommandLine, message);
                return Err(Error::input(fault.help("raise it with --max-output-bytes BYTES")));
            }
            progress(end);
        }
        Ok(plan)
    }

    /// All rows, in their order. None was at fault.
    pub fn rows(&self) -> impl Iterator<Item = Planned<'_>> {
        self.rows.iter().enumerate().map(|(at, row)| {
            let (target, service) = self.batch.row(at);
            Planned { target, service, file: &self.files[row.file], choice: &row.choice, number: at }
        })
    }

    /// The template of each row.
    pub(super) fn choices(&self) -> impl Iterator<Item = &Arc<Choice>> {
        self.rows.iter().map(|row| &row.choice)
    }

    /// The Dockerfile of the row with this number.
    pub(super) fn text(&self, row: usize) -> Option<&[u8]> {
        self.rows.get(row).and_then(|row| self.files.get(row.file)).map(|file| &*file.bytes)
    }

    /// How many fleets there are, or device types where there are no fleets.
    pub fn fleets(&self) -> usize {
        self.batch.targets.last().map_or(0, |last| last.number + 1)
    }
}
