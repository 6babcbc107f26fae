//! A rendered Dockerfile, and the way back from it into its template.
//!
//! It is a rope over the template's bytes and the values: nothing is copied until it is written,
//! so that a template of 200 MB renders in the memory it already takes.

use std::io;
use std::ops::Range;

use super::variables::Variable;
use super::{Placeholder, Template};
use crate::source::{Position, Span};

/// What a template became for one set of variables.
#[derive(Debug)]
pub struct Rendered<'t> {
    template: &'t Template,
    /// One for each of the template's names.
    values: Vec<&'t Variable>,
    len: u64,
}

/// Where a rendered byte came from.
#[derive(Debug, PartialEq, Eq)]
pub enum Origin<'t> {
    /// The template's own byte at this offset.
    Template(usize),
    /// A variable's value; the span is that of the placeholder.
    Value {
        /// The variable's name.
        name: &'t str,
        /// Where its placeholder stands in the template.
        placeholder: Span,
    },
}

impl<'t> Rendered<'t> {
    pub(super) fn new(template: &'t Template, values: Vec<&'t Variable>) -> Self {
        let mut len = template.source().bytes().len() as u64;
        for &placeholder in template.placeholders() {
            let value = values[placeholder.name as usize].value().len() as u64;
            len = len + value - template.span(placeholder).len() as u64;
        }
        Rendered { template, values, len }
    }

    /// Bytes of the whole. Known before anything is made, so that a limit can be kept.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is not one byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The template it was made from.
    pub fn template(&self) -> &'t Template {
        self.template
    }

    /// The values in use, one for each of the template's names.
    pub fn values(&self) -> &[&'t Variable] {
        &self.values
    }

    pub(super) fn value(&self, placeholder: Placeholder) -> &'t Variable {
        self.values[placeholder.name as usize]
    }

    /// The pieces in order: bytes of the template and values by turns.
    pub fn pieces(&self) -> impl Iterator<Item = &'t [u8]> + '_ {
        let bytes = self.template.source().bytes();
        let mut at = 0;
        let placeholders = self.template.placeholders().iter();
        let pieces = placeholders.flat_map(move |&placeholder| {
            let span = self.template.span(placeholder);
            let literal = &bytes[at..span.start];
            at = span.end;
            [literal, self.value(placeholder).value()]
        });
        // The bytes behind the last placeholder.
        let last = self.template.placeholders().last();
        let rest = last.map_or(0, |&placeholder| self.template.span(placeholder).end);
        pieces.chain(std::iter::once(&bytes[rest..]))
    }

    /// Writes the whole.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_to(&self, out: &mut dyn io::Write) -> io::Result<()> {
        for piece in self.pieces() {
            out.write_all(piece)?;
        }
        Ok(())
    }

    /// The whole in one piece.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.len).unwrap_or(0));
        for piece in self.pieces() {
            bytes.extend_from_slice(piece);
        }
        bytes
    }

    /// Calls `visit` for every placeholder with the rendered range that its value takes.
    pub(super) fn each_value(&self, mut visit: impl FnMut(Placeholder, Range<u64>)) {
        let mut template_at = 0u64;
        let mut rendered_at = 0u64;
        for &placeholder in self.template.placeholders() {
            let span = self.template.span(placeholder);
            let start = rendered_at + (span.start as u64 - template_at);
            let end = start + self.value(placeholder).value().len() as u64;
            visit(placeholder, start..end);
            template_at = span.end as u64;
            rendered_at = end;
        }
    }

    /// The map back, for asking about many positions.
    pub fn map(&self) -> Map<'t> {
        let mut starts = Vec::with_capacity(self.template.placeholders().len());
        self.each_value(|_, range| starts.push((range.start as usize, range.end as usize)));
        Map { template: self.template, values: starts }
    }
}

/// From offsets, lines and columns of a rendered Dockerfile to those of its template.
///
/// Lines need no table: a value never holds a line break, so line 7 of the one is line 7 of the
/// other.
#[derive(Debug)]
pub struct Map<'t> {
    template: &'t Template,
    /// Where the values lie in the rendered bytes, one for each placeholder.
    values: Vec<(usize, usize)>,
}

impl<'t> Map<'t> {
    /// Where the rendered byte at `offset` came from. The end of the rendered file came from the
    /// end of the template.
    pub fn origin(&self, offset: usize) -> Origin<'t> {
        let before = self.values.partition_point(|&(start, _)| start <= offset);
        let placeholders = self.template.placeholders();
        let Some(at) = before.checked_sub(1) else {
            return Origin::Template(offset.min(self.template.source().bytes().len()));
        };
        let span = self.template.span(placeholders[at]);
        let (_, end) = self.values[at];
        if offset < end {
            return Origin::Value { name: self.template.name(placeholders[at]), placeholder: span };
        }
        let template_offset = span.end + (offset - end);
        Origin::Template(template_offset.min(self.template.source().bytes().len()))
    }

    /// The template's line and column for a rendered byte: its own, or those of the placeholder
    /// that became it.
    pub fn position(&self, offset: usize) -> Position {
        let offset = match self.origin(offset) {
            Origin::Template(offset) => offset,
            Origin::Value { placeholder, .. } => placeholder.start,
        };
        self.template.source().position(offset)
    }

    /// Where a byte of the template stands in the rendered file; for a byte of a placeholder, where
    /// its value starts.
    pub fn rendered_offset(&self, template_offset: usize) -> usize {
        let placeholders = self.template.placeholders();
        let before =
            placeholders.partition_point(|placeholder| placeholder.start as usize <= template_offset);
        let Some(at) = before.checked_sub(1) else {
            return template_offset;
        };
        let span = self.template.span(placeholders[at]);
        let (start, end) = self.values[at];
        if template_offset < span.end { start } else { end + (template_offset - span.end) }
    }
}
