//! The maps of sparse files: which regions of the file have data.
//!
//! A reader that unpacks such a file uses the map, one that lists it the header: where the two disagree,
//! some readers see entries after the file that others do not. Maps may have millions of regions; they
//! are added up as they pass, and never kept.

use super::number::{decimal, is_zero, number};

/// The sums of a map, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// Bytes of all regions.
    pub data: u64,
    /// Where the last region ends in the file.
    pub end: u64,
    has_ended: bool,
}

impl Map {
    /// Adds a region. Returns whether it is valid: after the regions before it.
    pub fn add(&mut self, offset: u64, length: u64) -> bool {
        let end = offset.checked_add(length).filter(|&end| end <= i64::MAX as u64);
        let Some(end) = end.filter(|_| offset >= self.end) else { return false };
        self.end = end;
        self.data += length;
        true
    }

    /// Adds the regions of a header of GNU's own format: pairs of fields of twelve bytes, and nothing
    /// after the first empty one.
    pub fn add_fields(&mut self, fields: &[u8]) -> bool {
        fields.chunks_exact(24).all(|pair| {
            let (offset, length) = pair.split_at(12);
            if length.first().is_none_or(|&byte| byte == 0) {
                self.has_ended = true;
                return is_zero(pair);
            }
            let region = number(offset).zip(number(length)).filter(|_| !self.has_ended);
            region.is_some_and(|(offset, length)| self.add(offset, length))
        })
    }

    /// Whether it is the map of this many bytes of data, in a file of this size.
    pub fn fits(&self, data: u64, real_size: u64) -> bool {
        self.data == data && self.end <= real_size
    }
}

/// A map that is text before the data: the number of regions, then offset and length of each, a line for
/// every number, filled up to a whole block.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextMap {
    map: Map,
    /// Numbers still to come; nothing before the first.
    rest: Option<u64>,
    offset: Option<u64>,
    line: [u8; 20],
    length: usize,
    bytes: u64,
    is_broken: bool,
}

impl TextMap {
    /// Reads the next part of the file's data.
    pub fn read(&mut self, data: &[u8]) {
        for &byte in data {
            if self.rest == Some(0) || self.is_broken {
                return;
            }
            self.bytes += 1;
            match (byte, self.line.get_mut(self.length)) {
                (b'\n', _) => self.take_line(),
                (byte, Some(place)) => {
                    *place = byte;
                    self.length += 1;
                }
                (_, None) => self.is_broken = true,
            }
        }
    }

    fn take_line(&mut self) {
        let value = decimal(self.line.get(..self.length).unwrap_or_default());
        self.length = 0;
        let good = match (value, self.rest, self.offset) {
            (Some(regions), None, _) => {
                self.rest = regions.checked_mul(2);
                self.rest.is_some()
            }
            (Some(offset), Some(rest), None) => {
                (self.offset, self.rest) = (Some(offset), Some(rest - 1));
                true
            }
            (Some(length), Some(rest), Some(offset)) => {
                (self.offset, self.rest) = (None, Some(rest - 1));
                self.map.add(offset, length)
            }
            (None, ..) => false,
        };
        self.is_broken |= !good;
    }

    /// Whether it is complete, and the map of the data after it in `size` bytes.
    pub fn fits(&self, size: u64, real_size: u64) -> bool {
        let map = self.bytes.next_multiple_of(512);
        let is_whole = self.rest == Some(0) && !self.is_broken && map <= size;
        is_whole && self.map.fits(size - map, real_size)
    }
}
