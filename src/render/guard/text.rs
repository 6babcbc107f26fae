//! A text with values in it: a template, where placeholders are in their place, or the result of a Tera
//! template, which has the values themselves. Nothing is copied to look at its lines.

use std::sync::Arc;

use crate::source::{Source, Span};

/// A text, and the slots in it that hold values.
pub trait TextWithValues {
    /// The text. What it has in its slots is a placeholder or the value.
    fn bytes(&self) -> &[u8];

    /// The number of slots.
    fn count(&self) -> usize;

    /// The place of a slot. Slots are in order and do not overlap. Only the slot of a value that is in
    /// its place can be empty or have a line break in it.
    fn slot(&self, index: usize) -> Span;

    /// A text of the same length to find heredocs in: with letters in the place of placeholders.
    fn without_placeholders(&self) -> Arc<Source>;
}

/// The part of a slot's value that is in a line.
pub type ValueInLine<'f, 'v> = &'f dyn Fn(usize, &Span) -> &'v [u8];

/// A line with slots. If a value has line breaks, all lines that it is in count as one.
pub struct SlotLine {
    /// Its first slot.
    pub first: usize,
    /// Its last slot.
    pub last: usize,
    /// Its place, without the line break at its end.
    pub span: Span,
}

pub fn end_of_line(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(from..).unwrap_or_default()).map_or(bytes.len(), |found| from + found)
}

/// The line that begins with a slot's line.
pub fn line_of(text: &dyn TextWithValues, first: usize) -> SlotLine {
    let (bytes, slot) = (text.bytes(), text.slot(first));
    let start = memchr::memrchr(b'\n', &bytes[..slot.start]).map_or(0, |newline| newline + 1);
    let (mut last, mut end) = (first, end_of_line(bytes, slot.end));
    while last + 1 < text.count() {
        let next = text.slot(last + 1);
        if next.start > end {
            break;
        }
        if next.end > end {
            end = end_of_line(bytes, next.end);
        }
        last += 1;
    }
    SlotLine { first, last, span: start..end }
}

/// The lines with slots.
pub fn lines(text: &dyn TextWithValues) -> impl Iterator<Item = SlotLine> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let line = (first < text.count()).then(|| line_of(text, first))?;
        first = line.last + 1;
        Some(line)
    })
}

/// The first slot that is not before an offset.
pub fn first_slot_from(text: &dyn TextWithValues, offset: usize) -> usize {
    let (mut low, mut high) = (0, text.count());
    while low < high {
        let middle = low + (high - low) / 2;
        let slot = text.slot(middle);
        if slot.start < offset && slot.end <= offset {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The pieces of a stretch whose first slot is `first`, with values in the slots: each with its slot, or
/// none if it is text.
pub fn pieces<'p, 'v: 'p>(
    text: &'p dyn TextWithValues,
    first: usize,
    span: Span,
    values: ValueInLine<'p, 'v>,
) -> impl Iterator<Item = (&'p [u8], Option<usize>)> {
    let bytes = text.bytes();
    let (mut at, mut next, mut value) = (Some(span.start), first, None);
    std::iter::from_fn(move || {
        if let Some(value) = value.take() {
            return Some(value);
        }
        let from = at.take()?;
        let slot = (next < text.count()).then(|| text.slot(next));
        let is_inside = |slot: &Span| slot.start < span.end || (slot.is_empty() && slot.start == span.end);
        let Some(slot) = slot.filter(is_inside) else {
            return Some((&bytes[from..span.end], None));
        };
        value = Some((values(next, &span), Some(next)));
        at = Some(slot.end.clamp(from, span.end));
        next += 1;
        Some((&bytes[from..slot.start.max(from)], None))
    })
}
