//! JSON Lines, one object per Dockerfile for each row, in the order of the rows, as they are made.

use std::io;
use std::ops::Range;

use super::Batch;
use super::collected::Collected;
use super::digest::hex_digits;
use super::format::{Format, Writer};
use super::json_object::{differs_by_target, head};
use super::layouts::Layouts;
use super::worker::{ResultForm, Worker};
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::threads::{self, Emit};
use crate::workspace::{ServiceFiles, Target};

pub const FORMAT: Format = Format {
    name: "ndjson",
    help: "JSON Lines, one object per Dockerfile",
    flags: &[],
    divides_builds: false,
    why_limited: Some(
        "only to stdout is this format written for any number of fleets: leave --output out, and redirect stdout",
    ),
    writer: Writer::Lines,
};

/// Rows that a worker does before the next ones are another's.
const PIECE: usize = 1 << 10;
/// Bytes of lines that a worker makes before they are written. To wake the writer costs as much as a
/// hundred rows.
const FULL: usize = 2 << 20;

/// Appends the object of a row with its line end. Nothing is appended for a row that is at fault.
pub fn push_line(
    worker: &mut Worker,
    head: &[u8],
    target: &Target,
    service: &ServiceFiles,
    out: &mut Vec<u8>,
) {
    let Some(template) = worker.template(target, service) else { return };
    let start = out.len();
    out.extend_from_slice(head);
    out.extend_from_slice(template.json_head(&service.name));
    out.extend_from_slice(b"\"sha256\":\"");
    let done = if template.template.names().iter().any(|name| differs_by_target(name, target)) {
        // The digest comes before the text and is known after it.
        let at = out.len();
        out.extend_from_slice(&[b'0'; 64]);
        out.extend_from_slice(b"\",\"dockerfile\":\"");
        let sha = worker.append(&template, target, service, ResultForm::Json, out);
        sha.map(|sha| out[at..at + 64].copy_from_slice(&hex_digits(&sha)))
    } else {
        worker.row(&template, target, service, ResultForm::Json).map(|done| {
            out.extend_from_slice(&hex_digits(&done.sha));
            out.extend_from_slice(b"\",\"dockerfile\":\"");
            out.extend_from_slice(&done.text);
        })
    };
    match done {
        Some(()) => out.extend_from_slice(b"\"}\n"),
        None => out.truncate(start),
    }
}

/// Lines that were made and not written yet, and what is wrong with them.
#[derive(Default)]
struct PendingLines {
    text: Vec<u8>,
    faults: Collected,
    /// Up to which row.
    end: usize,
}

/// Writes all rows. `progress` gets how many are done; what has a layout and ordinary values is not rendered.
pub fn write(
    batch: &Batch,
    layouts: Option<&Layouts>,
    workers: &mut [Worker],
    faults: &mut Collected,
    progress: &dyn Fn(usize),
    write: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let count = batch.rows()?;
    let make =
        |worker: &mut Worker, rows: Range<usize>, mut lines: PendingLines, emit: &mut Emit<PendingLines>| {
            let services = batch.services.list().len();
            let (mut at, mut head_of, mut values_of) = (usize::MAX, Vec::new(), None);
            for row in rows.clone() {
                let (target, service) = batch.row(row);
                if at != row / services {
                    at = row / services;
                    values_of = layouts.and_then(|layouts| Some((layouts, layouts.values(target)?)));
                    if values_of.is_none() {
                        head_of = head(target);
                    }
                }
                if let Some((layouts, values)) = &values_of {
                    let service = row % services;
                    if let Some(warnings) = layouts.warnings(service) {
                        worker.add(warnings, target.number, target.name());
                    }
                    layouts.push_row(values, service, &mut worker.digests, &mut lines.text);
                } else {
                    push_line(worker, &head_of, target, service, &mut lines.text);
                }
                lines.end = row + 1;
                if lines.text.len() >= FULL && lines.end < rows.end {
                    lines.faults = worker.take_faults();
                    lines = emit(lines)?;
                }
            }
            lines.faults = worker.take_faults();
            Some(lines)
        };
    threads::in_order(workers, 0..count, PIECE, make, |lines| {
        faults.append(std::mem::take(&mut lines.faults));
        write(&lines.text)?;
        lines.text.clear();
        progress(lines.end);
        Ok(())
    })
}

/// Writes a JSON object for each row, one a line, as `dtpl batch --format ndjson` does. The rows are rendered
/// in so many threads. Returns the warnings.
///
/// # Errors
/// What is wrong with the rows, before anything is written; a failed write.
pub fn write_json_lines(batch: &Batch, jobs: usize, out: &mut dyn io::Write) -> Result<Diagnostics> {
    let mut workers = Worker::for_threads(jobs, batch.limits);
    let mut faults = Collected::default();
    let layouts = Layouts::of(batch);
    if batch.limits.render.strict || !is_surely_good(batch, layouts.as_ref()) {
        check(batch, layouts.as_ref(), &mut workers, &mut faults)?;
        let mut notes = std::mem::take(&mut faults).into_diagnostics(batch.targets.len(), "targets");
        batch.limits.render.check(&mut notes)?;
    }
    write(batch, layouts.as_ref(), &mut workers, &mut faults, &|_| (), &mut |bytes| {
        out.write_all(bytes).map_err(Error::io("write", "the output"))
    })?;
    Ok(faults.into_diagnostics(batch.targets.len(), "targets"))
}

/// Whether it is known without rendering a row that none is at fault.
pub fn is_surely_good(batch: &Batch, layouts: Option<&Layouts>) -> bool {
    layouts.is_some_and(|layouts| batch.targets.iter().all(|target| layouts.values(target).is_some()))
}

/// Renders the rows in which something can be at fault, to know what is wrong with them.
pub fn check(
    batch: &Batch,
    layouts: Option<&Layouts>,
    workers: &mut [Worker],
    faults: &mut Collected,
) -> Result<()> {
    let count = batch.rows()?;
    let services = batch.services.list().len();
    let made = threads::share(workers, 0..count, 256, |worker, rows| {
        let (mut at, mut values_of) = (usize::MAX, None);
        for row in rows {
            let (target, service) = batch.row(row);
            if at != row / services {
                at = row / services;
                values_of = layouts.and_then(|layouts| layouts.values(target).map(|_| layouts));
            }
            match values_of {
                Some(layouts) => {
                    if let Some(warnings) = layouts.warnings(row % services) {
                        worker.add(warnings, target.number, target.name());
                    }
                }
                None => worker.check(target, service, ResultForm::Json),
            }
        }
        worker.take_faults()
    });
    made.into_iter().for_each(|more| faults.append(more));
    Ok(())
}
