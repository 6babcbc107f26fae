//! Fleets that come one a line, rendered as they come: in the memory of a few blocks of them. Threads
//! read and render blocks, while this one reads the input and writes what is done.

use std::sync::atomic::{AtomicBool, Ordering};

use super::collected::Collected;
use super::layouts::Layouts;
use super::shard::Share;
use super::stream_block::{BlockWorker, StreamBlock, Task};
use super::stream_rows::Product;
use super::too_many;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fleet::blocks::LineBlocks;
use crate::fleet::name::FleetNames;
use crate::threads;
use crate::workspace::Services;

/// Fleets of a block: so many, or fewer when their results have more bytes than this. Several blocks are in memory,
/// and best in the cache of the processor.
const MOST_LINES: usize = 1024;
const BLOCK_BYTES: usize = 1 << 17;
/// Where rows are not remembered, names are compared with all before them up to this many: beyond, they would take
/// more memory than the rest of such a stream.
const COMPARED: usize = 20_000;

/// What takes finished blocks, each with its place in the input.
pub type Write<'w, 'r> = dyn FnMut(&StreamBlock<'r>, u64) -> Result<()> + 'w;

/// What a stream held.
#[derive(Debug, Default)]
pub struct Streamed {
    pub fleets: usize,
    /// The checksum of all lines, where the product is [`Product::Lines`]: equal if the same was read twice.
    pub checksum: u64,
    /// What is wrong with the fleets themselves.
    pub notes: Diagnostics,
    /// What is wrong with what was rendered for them.
    pub faults: Collected,
    /// The names that were compared with each other.
    pub names: FleetNames,
    /// Whether names cannot be side by side that could if fleets were called by their slugs at balena.
    pub has_namesakes: bool,
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
    /// What is made of the fleets.
    pub product: Product,
    /// Their layouts, if no row has to be looked at whatever its values are.
    pub layouts: Option<&'q Layouts<'q>>,
    /// Which fleets belong to this part.
    pub share: Share,
    /// Which fleets, by name and by their slugs at balena.
    pub is_wanted: &'q (dyn Fn(&str, Option<&str>) -> bool + Sync),
    /// Whether a warning is an error.
    pub strict: bool,
    /// The most Dockerfiles.
    pub most_rows: Option<u64>,
    /// Gets how many fleets are done, and how many bytes of the input.
    pub progress: &'q dyn Fn(usize, u64),
}

/// The most lines of a block, so that its results take little memory, if results are wanted.
pub fn lines_of_block(services: &Services, writes: bool) -> usize {
    if writes { (BLOCK_BYTES / services.bytes().max(1)).clamp(1, MOST_LINES) } else { MOST_LINES }
}

/// The error for an input that is not what it was when it was read before.
pub fn changed(name: &str) -> Error {
    let fault = Diagnostic::error(Place::File(name.to_owned()), "this file changed while it was read");
    Error::input(fault.help("run the command again"))
}

/// Renders the fleets of `blocks`. `write` gets them in order, until something is at fault: from
/// then on the rest is only checked. Without `write` all is only checked.
pub fn run<'r>(
    blocks: &mut LineBlocks,
    workers: &mut [BlockWorker<'r, '_>],
    request: &Request,
    mut write: Option<&mut Write<'_, 'r>>,
) -> Result<Streamed> {
    let &Request { services, product, layouts, share, is_wanted, strict, most_rows, progress } = request;
    let compared = if product == Product::Lines { COMPARED } else { usize::MAX };
    let file = blocks.name().to_owned();
    let mut of_definitions = workers.first().map(BlockWorker::faults_of_definitions).unwrap_or_default();
    let mut streamed = Streamed::default();
    let mut names = FleetNames::default();
    let mut bytes = 0;
    let (writes, compares) = (AtomicBool::new(write.is_some()), AtomicBool::new(true));
    let (mut has_slugs, mut has_uncompared) = (false, false);
    let work = |worker: &mut BlockWorker<'r, '_>, block: &mut StreamBlock<'r>| {
        let writes = writes.load(Ordering::Relaxed);
        let compares = compares.load(Ordering::Relaxed);
        worker.run(
            block,
            &Task { services, layouts, share, is_wanted, file: &file, writes, product, compares },
        );
    };
    let take = |block: &mut StreamBlock<'r>| {
        let mut notes = Diagnostics::new();
        has_uncompared |= names.len() >= compared;
        has_uncompared |= !block.take_read(&file, &mut names, compared, &mut notes);
        has_slugs |= block.has_slugs;
        compares.store(names.len() < compared, Ordering::Relaxed);
        streamed.fleets += block.fleets;
        streamed.checksum = streamed.checksum.wrapping_add(block.checksum);
        let rows = (streamed.fleets as u64).saturating_mul(services.list().len() as u64);
        if let Some(most) = most_rows.filter(|most| rows > *most) {
            return Err(too_many(format!("more Dockerfiles to make than the limit of {most}")));
        }
        if streamed.fleets > 0 {
            streamed.notes.append(std::mem::take(&mut of_definitions));
        }
        notes.append(std::mem::take(&mut block.notes));
        // Names were looked at before all else.
        notes.sort_by_position();
        streamed.notes.append(notes);
        streamed.faults.append(std::mem::take(&mut block.faults));
        if streamed.has_errors(strict) {
            writes.store(false, Ordering::Relaxed);
        } else if let Some(write) = &mut write {
            write(block, bytes)?;
        }
        bytes += block.lines.bytes.len() as u64;
        progress(streamed.fleets, bytes);
        Ok(())
    };
    threads::pipeline(workers, |block| blocks.fill(&mut block.lines), work, take)?;
    streamed.has_namesakes = names.has_clashes() && has_slugs;
    if has_uncompared {
        let place = Place::File(file.clone());
        let message = format!("the names of the first {COMPARED} fleets were compared with each other");
        let help = "more would take too much memory; every other format compares all";
        streamed.notes.push(|| Diagnostic::info(place, message).help(help));
    }
    streamed.names = names;
    Ok(streamed)
}
