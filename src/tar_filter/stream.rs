//! The buffer that an archive passes through: filled by reads and emptied by writes, so that nothing is
//! copied in between.
//!
//! The buffer's bytes are, in order: accepted bytes that wait to be written (`start..accepted`), pending
//! ones that are read and not yet accepted (`accepted..cursor`), and unread ones.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use tar_core::HEADER_SIZE;

use super::header::Block;
use super::truncation;
use crate::error::{Error, Result};

/// Bytes of the buffer: as many as fit into the processor's nearer caches. It grows only for an extension
/// header that is longer.
const WINDOW: usize = 1 << 17;
/// Where the buffer starts in memory: at a multiple of this, as a file does in the memory of the system. Processors
/// take several times as long to copy to a place that is a few bytes further on in its page than the other is.
const PAGE: usize = 1 << 12;
/// Bytes of a file that are worth a call to skip them.
const WORTH_A_SKIP: u64 = 1 << 14;
/// Bytes that are read first after a part of a file was skipped: there may be more to skip.
const AFTER_SKIP: usize = 1 << 12;
/// Pieces shorter than this are gathered before they are written.
const GATHERED: usize = 1 << 15;

/// An input that can be read again from any place: a file.
pub trait SeekRead: Read + Seek {}

impl<T: Read + Seek + ?Sized> SeekRead for T {}

/// Where an archive comes from.
enum Input<'s> {
    Stream(&'s mut dyn Read),
    File(&'s mut dyn SeekRead),
}

impl Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Input::Stream(stream) => stream.read(buffer),
            Input::File(file) => file.read(buffer),
        }
    }
}

/// An archive between reader and writer.
pub struct Stream<'s> {
    input: Input<'s>,
    pub input_name: &'s str,
    sink: BufferedSink<'s>,
    buffer: Vec<u8>,
    /// Where the first byte is put: the bytes before it are not used.
    front: usize,
    start: usize,
    accepted: usize,
    cursor: usize,
    end: usize,
    /// The byte of the archive that is read next: where `cursor` is.
    pub offset: u64,
    /// Bytes of the entry under way that its header has promised to the reader of the output.
    owed: u64,
    /// The most bytes of one read.
    most_read: usize,
}

impl<'s> Stream<'s> {
    pub fn new(input: &'s mut dyn Read, input_name: &'s str, output: &'s mut dyn Write) -> Self {
        Stream::of(Input::Stream(input), input_name, output)
    }

    /// A stream that is only searched: what it reads ahead is mostly skipped.
    pub fn searched(file: &'s mut dyn SeekRead, input_name: &'s str, output: &'s mut dyn Write) -> Self {
        Stream::of(Input::File(file), input_name, output)
    }

    fn of(input: Input<'s>, input_name: &'s str, output: &'s mut dyn Write) -> Self {
        let sink = BufferedSink { output, gathered: Vec::new(), has_begun: false, has_failed: false };
        let mut buffer = vec![0; WINDOW + PAGE];
        let front = buffer.as_ptr().align_offset(PAGE).min(PAGE);
        buffer.truncate(front + WINDOW);
        let [start, accepted, cursor, end] = [front; 4];
        let (most_read, offset, owed) = (usize::MAX, 0, 0);
        Stream {
            input,
            input_name,
            sink,
            buffer,
            front,
            start,
            accepted,
            cursor,
            end,
            offset,
            owed,
            most_read,
        }
    }

    /// The archive's offset after the last byte that was read: where a truncated archive ends.
    pub fn end_offset(&self) -> u64 {
        self.offset + (self.end - self.cursor) as u64
    }

    /// The bytes that are in the buffer and unread.
    pub fn unread(&self) -> &[u8] {
        self.buffer.get(self.cursor..self.end).unwrap_or_default()
    }

    /// The bytes that are read and neither accepted nor left out.
    pub fn pending(&self) -> &[u8] {
        self.buffer.get(self.accepted..self.cursor).unwrap_or_default()
    }

    /// Reads on until `wanted` bytes are unread, or to the end of the input.
    pub fn fill(&mut self, wanted: usize) -> Result<bool> {
        while self.end - self.cursor < wanted {
            let is_full = self.buffer.len() - self.cursor < wanted || self.end == self.buffer.len();
            // A pipe gives less than a buffer at a time, and the reader of the output need not wait for
            // more. Until the first buffer is full nothing is written, so that most refused archives
            // give no output at all.
            let is_worth_it = self.sink.has_begun && self.accepted - self.start >= GATHERED;
            if is_full || is_worth_it {
                self.make_room(wanted)?;
            }
            if !self.read_some()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes a block pending, and copies it. Returns whether it was there: the input may end before it
    /// or within it.
    pub fn block(&mut self, into: &mut Block) -> Result<bool> {
        let there = self.take(HEADER_SIZE)?;
        if let Some(block) = self.pending().last_chunk().filter(|_| there) {
            *into = *block;
        }
        Ok(there)
    }

    /// Makes `length` bytes pending. Returns whether they were there.
    pub fn take(&mut self, length: usize) -> Result<bool> {
        let there = self.fill(length)?;
        if there {
            self.advance(length);
        }
        Ok(there)
    }

    fn advance(&mut self, length: usize) {
        self.cursor += length;
        self.offset += length as u64;
    }

    pub fn accept(&mut self) {
        self.accepted = self.cursor;
    }

    /// Drops the pending bytes.
    pub fn leave_out(&mut self) -> Result<()> {
        self.write_accepted()?;
        self.accepted = self.cursor;
        self.start = self.cursor;
        Ok(())
    }

    /// Writes `bytes` in place of the pending ones.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<()> {
        self.leave_out()?;
        self.sink.write(bytes)
    }

    /// Passes on the data of an entry, `length` bytes with its padding, or drops it. Each piece is given
    /// to `look`. Returns whether all of it was there.
    pub fn data(&mut self, length: u64, passes: bool, mut look: impl FnMut(&[u8])) -> Result<bool> {
        let mut rest = length;
        if passes {
            self.owed = rest;
        }
        while rest > 0 {
            if self.cursor == self.end && !self.fill(1)? {
                return Ok(false);
            }
            let there = self.end - self.cursor;
            let piece = usize::try_from(rest).unwrap_or(usize::MAX).min(there);
            look(self.unread().get(..piece).unwrap_or_default());
            self.advance(piece);
            rest -= piece as u64;
            if passes {
                self.accept();
                self.owed = rest;
            } else {
                self.leave_out()?;
            }
        }
        Ok(true)
    }

    /// Drops the data of an entry, `length` bytes with its padding, without reading what a file lets be skipped.
    /// Where the file ends is then seen by the next read.
    pub fn skip(&mut self, length: u64) -> Result<bool> {
        let there = length.min((self.end - self.cursor) as u64);
        let rest = length - there;
        // A little is read sooner than it is skipped.
        if rest < WORTH_A_SKIP || matches!(self.input, Input::Stream(_)) {
            return self.data(length, false, |_| {});
        }
        // What is there fits into the buffer.
        self.advance(usize::try_from(there).unwrap_or(0));
        self.leave_out()?;
        if let (Input::File(file), Ok(offset)) = (&mut self.input, i64::try_from(rest)) {
            file.seek(SeekFrom::Current(offset)).map_err(Error::io("read", self.input_name))?;
            self.offset += rest;
            self.most_read = AFTER_SKIP;
            return Ok(true);
        }
        Ok(false)
    }

    /// Promises more than can be kept: until data follows, a stream cut here is cut within an entry.
    pub fn owe_data(&mut self) {
        self.owed = u64::MAX;
    }

    /// Writes bytes that the input does not have.
    pub fn insert(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_accepted()?;
        self.sink.write(bytes)
    }

    /// Writes zeros, as many as the archive ended in.
    pub fn insert_zeros(&mut self, mut length: u64) -> Result<()> {
        const ZEROS: [u8; 4096] = [0; 4096];
        while length > 0 {
            let piece = ZEROS.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(&ZEROS);
            self.insert(piece)?;
            length -= piece.len() as u64;
        }
        Ok(())
    }

    /// Writes the rest.
    pub fn finish(mut self) -> Result<()> {
        self.write_accepted()?;
        self.sink.finish()
    }

    /// Ends a stream that failed. If something was written, it is ended such that every reader rejects
    /// it.
    pub fn abandon(mut self) {
        if !self.sink.has_begun || self.sink.has_failed {
            return;
        }
        // The error that led here is reported, not one of these.
        let _ = self.write_accepted().and_then(|()| {
            self.sink.write(&truncation::tail(self.owed))?;
            self.sink.finish()
        });
    }

    fn read_some(&mut self) -> Result<bool> {
        let Some(free) = self.buffer.get_mut(self.end..) else { return Ok(false) };
        let length = free.len().min(self.most_read);
        let free = free.get_mut(..length).unwrap_or_default();
        // A buffer that has grown is filled at once.
        self.most_read = if self.most_read < WINDOW { 2 * self.most_read } else { usize::MAX };
        loop {
            match self.input.read(free) {
                Ok(read) => {
                    self.end += read.min(free.len());
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read", self.input_name)(error)),
            }
        }
    }

    fn write_accepted(&mut self) -> Result<()> {
        let passing = self.buffer.get(self.start..self.accepted).unwrap_or_default();
        self.sink.write(passing)?;
        self.start = self.accepted;
        Ok(())
    }

    /// Writes the accepted bytes and moves the others to the front.
    fn make_room(&mut self, wanted: usize) -> Result<()> {
        self.write_accepted()?;
        self.buffer.copy_within(self.accepted..self.end, self.front);
        let moved = self.accepted - self.front;
        self.cursor -= moved;
        self.end -= moved;
        (self.start, self.accepted) = (self.front, self.front);
        if self.buffer.len() - self.cursor < wanted {
            self.buffer.resize(self.cursor + wanted + WINDOW, 0);
        }
        Ok(())
    }
}

/// The writer. Small pieces are gathered before they are written.
struct BufferedSink<'s> {
    output: &'s mut dyn Write,
    gathered: Vec<u8>,
    has_begun: bool,
    has_failed: bool,
}

impl BufferedSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.gathered.len() + bytes.len() > GATHERED {
            self.write_gathered()?;
        }
        if bytes.len() < GATHERED {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        self.has_begun = true;
        self.output.write_all(bytes).map_err(|error| self.failed(error))
    }

    fn write_gathered(&mut self) -> Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.has_begun = true;
        let written = self.output.write_all(&self.gathered);
        self.gathered.clear();
        written.map_err(|error| self.failed(error))
    }

    fn finish(&mut self) -> Result<()> {
        self.write_gathered()?;
        self.output.flush().map_err(|error| self.failed(error))
    }

    fn failed(&mut self, error: std::io::Error) -> Error {
        self.has_failed = true;
        Error::io("write", "<stdout>")(error)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{GATHERED, PAGE, Stream, WINDOW};
    use crate::error::Result;

    /// Zeros, and where in a page each read was to put them.
    #[derive(Default)]
    struct Zeros(Vec<usize>);

    impl Read for Zeros {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.push(buffer.as_ptr().align_offset(PAGE));
            buffer.fill(0);
            Ok(buffer.len())
        }
    }

    #[test]
    fn what_is_read_starts_at_a_page() -> Result<()> {
        let (mut input, mut output) = (Zeros::default(), Vec::new());
        let mut stream = Stream::new(&mut input, "zeros", &mut output);
        let length = 3 * WINDOW as u64;
        assert!(stream.data(length, true, |_| {})?);
        stream.finish()?;
        assert!(
            output.len() >= WINDOW + GATHERED && output.iter().all(|byte| *byte == 0),
            "{}",
            output.len()
        );
        assert_eq!(input.0, [0, 0, 0]);
        Ok(())
    }
}
