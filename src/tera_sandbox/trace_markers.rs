//! The marks in the result of a traced template: taken out while it is written, and kept as the way back.
//!
//! A mark is between two NULs: the number of a file and an offset in it, where text begins, or the
//! start and the end of the expression that a value comes from.

use std::io::{self, Write};

use crate::source::TracePiece;

/// Takes the result, without its marks, up to a limit.
pub struct TraceWriter {
    pub text: Vec<u8>,
    /// What `text` consists of.
    pub pieces: Vec<TracePiece>,
    mark: Option<Vec<u8>>,
    most: usize,
    has_marks: bool,
}

impl TraceWriter {
    pub fn new(most: usize, has_marks: bool) -> Self {
        TraceWriter { text: Vec::new(), pieces: Vec::new(), mark: None, most, has_marks }
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.text.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(())
    }

    fn read_mark(&mut self, mark: &[u8]) {
        let number = |text: &str| text.parse::<u32>().ok();
        let read = || {
            let (source, place) = std::str::from_utf8(mark).ok()?.split_once(':')?;
            let (start, value_end) = match place.split_once('-') {
                Some((start, end)) => (start, Some(number(end)?)),
                None => (place, None),
            };
            Some(TracePiece {
                at: self.text.len(),
                source: number(source)?,
                start: number(start)?,
                value_end,
            })
        };
        let Some(piece) = read() else { return };
        // Of texts with nothing in them none matters; of values, one, which may be before a text: what it is
        // not there for may have a meaning.
        self.pieces.pop_if(|last| last.at == piece.at && last.value_end.is_none());
        if piece.value_end.is_some() {
            self.pieces.pop_if(|last| last.at == piece.at);
        }
        self.pieces.push(piece);
    }
}

impl Write for TraceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.has_marks {
            return self.push(bytes).map(|()| bytes.len());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let nul = memchr::memchr(0, rest);
            let (piece, after) = rest.split_at(nul.unwrap_or(rest.len()));
            match &mut self.mark {
                Some(mark) => mark.extend_from_slice(piece),
                None => self.push(piece)?,
            }
            rest = after.get(1..).unwrap_or_default();
            if nul.is_some() {
                match self.mark.take() {
                    Some(mark) => self.read_mark(&mark),
                    None => self.mark = Some(Vec::new()),
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
