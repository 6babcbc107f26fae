//! The end of an archive: two blocks of zeros, more zeros up to the writer's record, and nothing.
//!
//! Readers differ here: some stop at the first block of zeros and some read on, and only some of them
//! see data after the end.

use tar_core::HEADER_SIZE;

use super::fault::{self, not_tar, truncated};
use super::stream::Stream;
use crate::diagnostic::Place;
use crate::error::{Error, Result};

/// Zeros after the last entry: records of tape drives are shorter.
const MOST_ZEROS: u64 = 64 << 20;
const END: u64 = 2 * HEADER_SIZE as u64;

/// Reads from the first block of zeros, which is pending, to the end of the input. Gives the number of
/// zeros.
pub fn read(stream: &mut Stream, allow_missing_end: bool) -> Result<u64> {
    let start = stream.offset - HEADER_SIZE as u64;
    stream.leave_out()?;
    while stream.fill(1)? {
        let there = stream.unread();
        if let Some(at) = there.iter().position(|&byte| byte != 0) {
            let offset = stream.offset + at as u64;
            let (what, help) = match offset < start + END {
                true => ("a single block of zeros", "some readers stop there: recreate the archive"),
                false => ("data after the end of the archive", "send one archive, and nothing after it"),
            };
            return Err(fault::error(place(stream), format!("{what}, at byte {offset}"), help));
        }
        if stream.offset - start > MOST_ZEROS {
            let message = format!("more than the limit of {MOST_ZEROS} zeros after the archive");
            let help = "no flag raises this limit: send the archive alone";
            return Err(fault::error(place(stream), message, help));
        }
        let there = there.len();
        stream.take(there)?;
        stream.leave_out()?;
    }
    let zeros = stream.offset - start;
    if zeros < END && !allow_missing_end {
        return Err(no_end(stream));
    }
    Ok(zeros.max(END))
}

/// Handles an input that ends where a header should be, or within it. Gives the number of zeros to write.
pub fn missing(stream: &Stream, allow_missing_end: bool) -> Result<u64> {
    let start = stream.unread();
    if stream.offset == 0 {
        if start.is_empty() {
            let help = "send a build context as a tar archive";
            return Err(fault::error(place(stream), "the input is empty", help));
        }
        return Err(not_tar(start, place(stream)));
    }
    if !start.is_empty() {
        return Err(truncated(stream.end_offset(), place(stream)));
    }
    if allow_missing_end { Ok(END) } else { Err(no_end(stream)) }
}

fn no_end(stream: &Stream) -> Error {
    let message = format!("the archive stops at byte {} without an end marker", stream.end_offset());
    fault::error(place(stream), message, "it may be truncated: send it again, or pass --allow-missing-end")
}

fn place(stream: &Stream) -> Place {
    Place::File(stream.input_name.to_owned())
}
