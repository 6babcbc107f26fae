//! An input cut into blocks of whole lines, so that several threads can read what is in them: a million fleets
//! take the memory of a few blocks.

use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{BufRead, ErrorKind};
use std::ops::Range;
use std::sync::Arc;

use foldhash::quality::FixedState;

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::fs::Limit;
use crate::source::Source;

/// Bytes after which a block is not made longer. To hand a block to a thread takes as long as to read some hundred
/// lines.
const BLOCK: usize = 1 << 18;

/// Some whole lines of an input.
#[derive(Debug, Default)]
pub struct Block {
    /// The lines with their ends; the last line of the input may have none.
    pub bytes: Vec<u8>,
    /// The number of the first one.
    pub first: usize,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Block {
    /// Where each line is, with its end.
    pub fn lines(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| start..*end)
    }

    /// A checksum of its lines and their numbers. Those of all blocks of an input have the same sum whichever
    /// blocks it was cut into.
    pub fn checksum(&self) -> u64 {
        let of_line = |(line, number): (Range<usize>, usize)| {
            let mut hasher = FixedState::default().build_hasher();
            hasher.write_usize(number);
            hasher.write(self.bytes.get(line).unwrap_or_default());
            hasher.finish()
        };
        self.lines().zip(self.first..).map(of_line).fold(0, u64::wrapping_add)
    }

    /// Finds the ends of lines that were put there by someone else.
    pub fn find_ends(&mut self) {
        self.ends.clear();
        self.ends.extend(memchr::memchr_iter(b'\n', &self.bytes).map(|newline| newline + 1));
        if self.bytes.last().is_some_and(|last| *last != b'\n') {
            self.ends.push(self.bytes.len());
        }
    }
}

/// Cuts an input into blocks.
pub struct LineBlocks<'i> {
    input: &'i mut dyn BufRead,
    name: String,
    limit: Limit,
    /// The most lines of a block.
    most: usize,
    /// Lines so far.
    count: usize,
}

impl<'i> LineBlocks<'i> {
    /// Blocks of at most so many lines of `input`, which messages call `name`; `limit` is for one line.
    pub fn new(input: &'i mut dyn BufRead, name: &str, limit: Limit, most: usize) -> Self {
        LineBlocks { input, name: name.to_owned(), limit, most: most.max(1), count: 0 }
    }

    /// What messages call the input.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Fills a block with the next lines; `false` at the end.
    pub fn fill(&mut self, block: &mut Block) -> Result<bool> {
        block.bytes.clear();
        block.ends.clear();
        block.first = self.count + 1;
        // Bytes of the line that is not there as a whole yet.
        let mut line = 0;
        loop {
            let available = match self.input.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.map_err(Error::io("read", &self.name))?,
            };
            let mut end = 0;
            let mut is_full = false;
            let mut is_too_long = false;
            for newline in memchr::memchr_iter(b'\n', available) {
                is_too_long |= (line + newline + 1 - end) as u64 > self.limit.bytes;
                if is_too_long {
                    break;
                }
                (line, end) = (0, newline + 1);
                block.ends.push(block.bytes.len() + end);
                self.count += 1;
                is_full = self.count + 1 - block.first >= self.most || block.bytes.len() + end >= BLOCK;
                if is_full {
                    break;
                }
            }
            if !is_full {
                line += available.len() - end;
                end = available.len();
            }
            if is_too_long || line as u64 > self.limit.bytes {
                return Err(self.too_long());
            }
            block.bytes.extend_from_slice(available.get(..end).unwrap_or_default());
            self.input.consume(end);
            if end == 0 {
                if line > 0 {
                    self.count += 1;
                    block.ends.push(block.bytes.len());
                }
                return Ok(!block.bytes.is_empty());
            }
            if is_full {
                return Ok(true);
            }
        }
    }

    fn too_long(&self) -> Error {
        let source = Source::new(self.name.as_str(), Vec::new()).beginning_at_line(self.count + 1);
        let message = format!("this line is longer than the limit of {} bytes", self.limit.bytes);
        let fault = Diagnostic::error_at(&Arc::new(source), 0..0, message);
        Error::input(fault.help(format!("raise it with {} BYTES", self.limit.flag)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn blocks_are_whole_lines_of_any_input() {
        let text = "a\n\nbcd\nefghij\nk";
        for (buffer, most) in [(1, 1), (2, 2), (3, 100), (64, 1), (64, 2), (64, 100)] {
            let mut input = BufReader::with_capacity(buffer, text.as_bytes());
            let limit = Limit { bytes: 7, flag: "--max-config-bytes" };
            let mut blocks = LineBlocks::new(&mut input, "f", limit, most);
            let (mut all, mut lines, mut block) = (Vec::new(), 0, Block::default());
            while blocks.fill(&mut block).unwrap() {
                assert_eq!(block.first, lines + 1);
                let cut = block.bytes.split_inclusive(|byte| *byte == b'\n');
                assert!(block.lines().map(|line| &block.bytes[line]).eq(cut));
                let count = block.lines().count();
                assert!(count <= most && count > 0);
                lines += count;
                all.extend_from_slice(&block.bytes);
            }
            assert_eq!((all.as_slice(), lines), (text.as_bytes(), 5), "{buffer} {most}");
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_lines_and_their_order() {
        let sum = |text: &str, most| {
            let mut input = text.as_bytes();
            let limit = Limit { bytes: 7, flag: "--max-config-bytes" };
            let mut blocks = LineBlocks::new(&mut input, "f", limit, most);
            let (mut sum, mut block) = (0_u64, Block::default());
            while blocks.fill(&mut block).unwrap() {
                sum = sum.wrapping_add(block.checksum());
            }
            sum
        };
        for most in [1, 2, 100] {
            assert_eq!(sum("a\nb\n\nc\n", most), sum("a\nb\n\nc\n", 3), "{most}");
            for other in ["b\na\n\nc\n", "a\nb\nc\n", "a\nb\n\nc", "a\nb\n\nc\n\n", "a\nb\n\nd\n", "a\nb\n"] {
                assert_ne!(sum(other, most), sum("a\nb\n\nc\n", 3), "{other:?}");
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_told_with_its_number() {
        for (text, buffer) in [("a\nbcd\nefghij\n", 64), ("a\nbcd\nefghij\n", 2), ("a\n\nefghijkl", 3)] {
            let mut input = BufReader::with_capacity(buffer, text.as_bytes());
            let limit = Limit { bytes: 6, flag: "--max-config-bytes" };
            let mut blocks = LineBlocks::new(&mut input, "f", limit, 1);
            let mut block = Block::default();
            assert!(blocks.fill(&mut block).unwrap() && blocks.fill(&mut block).unwrap());
            let error = format!("{:?}", blocks.fill(&mut block).unwrap_err());
            assert!(error.contains("first_line: 3"), "{error}");
        }
    }
}
