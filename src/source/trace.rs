//! The way back from a text that was made to the texts that it was made from.
//!
//! A Dockerfile that a Tera template made has lines of the template in it, lines of the files that the
//! template includes, and values, in any order and as often as a loop says. Who finds something in it
//! points into the made text; who shows it asks here where that stands in a file that a person wrote.

use std::sync::Arc;

use super::{Source, Span};

/// Where the bytes of a made text came from.
#[derive(Debug)]
pub struct Trace {
    sources: Vec<Arc<Source>>,
    pieces: Vec<Piece>,
}

/// A stretch of the made text, up to the next one.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Where it begins in the made text.
    pub at: usize,
    /// Which of the sources it is from.
    pub source: u32,
    /// What it is from there: text as it stands, from `start` on, or an expression.
    pub start: u32,
    /// The end of the expression; of text as it stands, nothing.
    pub value_end: Option<u32>,
}

/// A place of a made text in the text that it came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The text.
    pub source: Arc<Source>,
    /// The place in it.
    pub span: Span,
}

impl Trace {
    /// A trace over pieces in their order.
    pub fn new(sources: Vec<Arc<Source>>, pieces: Vec<Piece>) -> Self {
        Trace { sources, pieces }
    }

    /// The texts that it was made from.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// The stretches of the made text, which has so many bytes, that are values, empty ones too.
    pub fn values(&self, len: usize) -> impl Iterator<Item = Span> + '_ {
        self.pieces.iter().enumerate().filter(|(_, piece)| piece.value_end.is_some()).map(
            move |(at, piece)| {
                let end = self.pieces.get(at + 1).map_or(len, |next| next.at);
                piece.at..end.max(piece.at)
            },
        )
    }

    fn empty_value(&self, span: &Span) -> Option<(u32, Span)> {
        let at = self.pieces.partition_point(|piece| piece.at < span.start);
        let piece = self.pieces.get(at).filter(|piece| span.is_empty() && piece.at == span.start)?;
        let is_last = self.pieces.get(at + 1).is_none_or(|next| next.at == piece.at);
        Some((piece.source, piece.start as usize..piece.value_end.filter(|_| is_last)? as usize))
    }

    fn index(&self, offset: usize) -> Option<usize> {
        self.pieces.partition_point(|piece| piece.at <= offset).checked_sub(1)
    }

    /// The place that a byte came from: itself where it is text, the expression where it is a value.
    fn of_byte(&self, offset: usize) -> Option<(u32, Span)> {
        let piece = self.pieces.get(self.index(offset)?)?;
        let start = piece.start as usize;
        Some((
            piece.source,
            match piece.value_end {
                Some(end) => start..end as usize,
                None => start + (offset - piece.at)..start + (offset - piece.at) + 1,
            },
        ))
    }

    /// The place that a stretch came from. One that begins in one file and ends in another is shown in
    /// the first, to the end of the line. Where an empty value stands, an empty stretch came from it.
    pub(super) fn origin(&self, span: &Span) -> Option<Origin> {
        if let Some((number, place)) = self.empty_value(span) {
            return Some(Origin { source: Arc::clone(self.sources.get(number as usize)?), span: place });
        }
        let (number, first) =
            self.of_byte(span.start).or_else(|| self.of_byte(span.start.checked_sub(1)?))?;
        let source = Arc::clone(self.sources.get(number as usize)?);
        let most = source.bytes().len();
        let start = first.start.min(most);
        let end = match self.of_byte(span.end.max(span.start + 1) - 1) {
            _ if span.is_empty() => start,
            Some((last, place)) if last == number && place.end > start => place.end.min(most),
            _ => source.line_span(source.position(start).line).end.max(start),
        };
        Some(Origin { source, span: start..end })
    }

    /// Whether all of a stretch is text as it stands in a file.
    pub(super) fn is_literal(&self, span: &Span) -> bool {
        let first = self.index(span.start).unwrap_or(0);
        let pieces = self.pieces.iter().skip(first);
        pieces.take_while(|piece| piece.at < span.end).all(|piece| piece.value_end.is_none())
    }
}
