//! The Dockerfiles of fleets that were read line by line, made again: the lines of some fleets are read once more,
//! wherever in their file they are, and rendered as before.

use std::io::{ErrorKind, Read as _, SeekFrom};
use std::ops::Range;

use super::layouts::Layouts;
use super::listing::{Dockerfiles, Listing, TakeDockerfiles};
use super::shard::Shard;
use super::stream::{changed, lines_of_block};
use super::stream_block::{BlockWorker, StreamBlock, Task};
use super::stream_rows::Product;
use crate::error::{Error, Result};
use crate::threads;
use crate::workspace::Services;
use crate::workspace::fleets::Rereadable;

/// Bytes after which a block gets no more lines.
const BLOCK: usize = 1 << 16;

/// The Dockerfiles of a listing of fleets that are in a file, one a line.
pub struct StreamedFiles<'s, 'r, 'g> {
    pub input: &'s mut dyn Rereadable,
    /// Where the first line starts.
    pub start: u64,
    /// What messages call the input.
    pub name: String,
    pub workers: &'s mut [BlockWorker<'r, 'g>],
    pub services: &'s Services,
    pub layouts: Option<&'s Layouts<'s>>,
}

/// Fleets of a block, by their places among those that are asked for.
#[derive(Default)]
struct FilesBlock<'r> {
    block: StreamBlock<'r>,
    fleets: Range<usize>,
}

impl<'r> Dockerfiles for StreamedFiles<'_, 'r, '_> {
    fn each(&mut self, listing: &Listing, fleets: &[u32], take: &mut TakeDockerfiles) -> Result<()> {
        let StreamedFiles { input, start, name, workers, services, layouts } = self;
        let most = lines_of_block(services, true);
        let (share, is_wanted) = (Shard::ALL.of_stream(), |_: &str, _: Option<&str>| true);
        let task = Task {
            services,
            layouts: *layouts,
            share,
            is_wanted: &is_wanted,
            file: name,
            writes: true,
            product: Product::Dockerfiles,
            compares: false,
        };
        let mut next = 0;
        let read = |piece: &mut FilesBlock<'r>| {
            let first = next;
            piece.block.lines.bytes.clear();
            // Any number but 1, so that no byte order mark is looked for. Messages of this pass are not printed.
            piece.block.lines.first = 2;
            while next < fleets.len() && next - first < most && piece.block.lines.bytes.len() < BLOCK {
                next += read_lines(
                    &mut **input,
                    *start,
                    listing,
                    &fleets[next..fleets.len().min(first + most)],
                    &mut piece.block.lines.bytes,
                )
                .map_err(|error| match error.kind() {
                    ErrorKind::UnexpectedEof => changed(name),
                    _ => Error::io("read", name.as_str())(error),
                })?;
            }
            piece.block.lines.find_ends();
            piece.fleets = first..next;
            Ok(next > first)
        };
        let work = |worker: &mut BlockWorker<'r, '_>, piece: &mut FilesBlock<'r>| {
            worker.run(&mut piece.block, &task)
        };
        let take = |piece: &mut FilesBlock<'r>| {
            let of_block = fleets.get(piece.fleets.clone()).unwrap_or_default();
            let taken = piece.block.rows.texts(listing, of_block, &piece.block.out, take);
            taken.unwrap_or_else(|| Err(changed(name)))
        };
        threads::pipeline(workers, read, work, take)
    }
}

/// Appends the lines of the first of these fleets, as many as follow each other in the file; says how many.
fn read_lines(
    input: &mut dyn Rereadable,
    start: u64,
    listing: &Listing,
    fleets: &[u32],
    bytes: &mut Vec<u8>,
) -> std::io::Result<usize> {
    let mut lines = fleets.iter().map(|fleet| listing.place(*fleet as usize));
    let Some(first) = lines.next() else { return Ok(0) };
    let (mut count, mut end) = (1, first.at + u64::from(first.bytes));
    for line in lines {
        if line.at != end + 1 || end - first.at > BLOCK as u64 {
            break;
        }
        count += 1;
        end = line.at + u64::from(line.bytes);
    }
    input.seek(SeekFrom::Start(start + first.at))?;
    let wanted = end - first.at;
    let read = (&mut *input).take(wanted).read_to_end(bytes)?;
    if read as u64 != wanted {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    bytes.push(b'\n');
    Ok(count)
}
