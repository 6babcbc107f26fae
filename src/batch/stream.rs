//! Fleets that come one a line, rendered as they come: in the memory of a few hundred of them.

use super::collected::Collected;
use super::shard::Share;
use super::worker::{ResultForm, Worker};
use super::{json_object, ndjson, too_many};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Result;
use crate::fleet::lines::FleetLines;
use crate::fleet::{Fleet, name::FleetNames};
use crate::threads;
use crate::workspace::{Services, Targets};

/// Fleets that are held at a time: so many, or fewer when their results have more bytes than this.
const CHUNK: usize = 1024;
const CHUNK_BYTES: usize = 2 << 20;
/// Names are compared with all before them up to this many: beyond, they would take more memory than
/// a stream may.
const COMPARED: usize = 20_000;

/// A thread's part of the work on a stream: it makes targets of fleets and renders them.
pub type StreamWorker<'r, 'g> = (Worker, Targets<'r, 'g>);

/// What takes finished lines.
type Write<'w> = dyn FnMut(&[u8]) -> Result<()> + 'w;

/// What a stream held.
#[derive(Debug, Default)]
pub struct Streamed {
    pub fleets: usize,
    /// What is wrong with the fleets themselves.
    pub notes: Diagnostics,
    /// What is wrong with what was rendered for them.
    pub faults: Collected,
}

impl Streamed {
    /// Whether something is at fault, or doubtful where that counts as a fault.
    pub fn has_errors(&self, strict: bool) -> bool {
        self.notes.has_errors() || (strict && self.notes.has_warnings()) || self.faults.has_errors(strict)
    }
}

/// What to make of a stream.
pub struct Request<'q> {
    pub services: &'q Services,
    /// Which fleets belong to this part.
    pub share: Share,
    /// Which fleets.
    pub is_wanted: &'q (dyn Fn(&Fleet) -> bool + Sync),
    /// Whether a warning is an error.
    pub strict: bool,
    /// The most Dockerfiles.
    pub most_rows: Option<u64>,
    /// Gets how many fleets are done.
    pub progress: &'q dyn Fn(usize),
}

/// Renders the fleets of `lines`. `write` gets their objects in order, until something is at fault: from
/// then on the rest is only checked. Without `write` all is only checked.
pub fn run<'r>(
    lines: &mut FleetLines,
    workers: &mut [StreamWorker<'r, '_>],
    request: &Request,
    mut write: Option<&mut Write>,
) -> Result<Streamed> {
    let &Request { services, share, is_wanted, strict, most_rows, progress } = request;
    let mut streamed = Streamed::default();
    let mut names = FleetNames::default();
    let chunk = (CHUNK_BYTES / services.bytes().max(1)).clamp(1, CHUNK);
    let mut is_at_end = false;
    while !is_at_end {
        let mut fleets: Vec<Fleet> = Vec::with_capacity(chunk);
        while fleets.len() < chunk && !is_at_end {
            match lines.next_fleet()? {
                None => is_at_end = true,
                Some(Err(faults)) => streamed.notes.append(faults),
                Some(Ok(fleet)) => {
                    if names.len() < COMPARED {
                        names.check(&fleet.name, &fleet.place, &mut streamed.notes);
                    }
                    if is_wanted(&fleet) && share.has(&fleet.folder()) {
                        fleets.push(fleet);
                    }
                }
            }
        }
        let first = streamed.fleets;
        streamed.fleets += fleets.len();
        let rows = (streamed.fleets as u64).saturating_mul(services.list().len() as u64);
        if let Some(most) = most_rows.filter(|most| rows > *most) {
            return Err(too_many(format!("more Dockerfiles to make than the limit of {most}")));
        }
        let writes = write.is_some() && !streamed.has_errors(strict);
        let made = threads::share(workers, 0..fleets.len(), 128, |(worker, targets), range| {
            let mut out = Vec::new();
            let mut notes = Diagnostics::new();
            for at in range {
                for target in targets.of_fleet(first + at, &fleets[at], &mut notes) {
                    let head = if writes { json_object::head(&target) } else { Vec::new() };
                    for service in services.list() {
                        if writes {
                            ndjson::push_line(worker, &head, &target, service, &mut out);
                        } else {
                            worker.check(&target, service, ResultForm::Json);
                        }
                    }
                }
            }
            (out, notes, worker.take_faults())
        });
        for (out, notes, faults) in made {
            streamed.notes.append(notes);
            streamed.faults.append(faults);
            if let Some(write) = &mut write
                && writes
                && !streamed.has_errors(strict)
            {
                write(&out)?;
            }
        }
        progress(streamed.fleets);
    }
    if streamed.fleets > COMPARED {
        let place = Place::File(lines.name().to_owned());
        let message = format!("the names of the first {COMPARED} fleets were compared with each other");
        let help = "of a stream, more would take too much memory; every other format compares all";
        streamed.notes.push(|| Diagnostic::info(place, message).help(help));
    }
    Ok(streamed)
}
