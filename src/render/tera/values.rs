//! The values in the result of a Tera template, for the guard against values that change the structure of
//! the Dockerfile: see `render/guard`.

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::render::guard::{CheckedLines, TextWithValues};
use crate::source::{Source, Span};

struct ProducedText<'p> {
    source: &'p Arc<Source>,
    values: &'p [Span],
}

impl TextWithValues for ProducedText<'_> {
    fn bytes(&self) -> &[u8] {
        self.source.bytes()
    }

    fn count(&self) -> usize {
        self.values.len()
    }

    fn slot(&self, index: usize) -> Span {
        self.values[index].clone()
    }

    fn without_placeholders(&self) -> Arc<Source> {
        Arc::clone(self.source)
    }
}

/// Refuses the values that would change the structure of the text.
pub fn check(source: &Arc<Source>, values: &[Span]) -> Result<(), Diagnostics> {
    let text = ProducedText { source, values };
    let mut diagnostics = Diagnostics::new();
    let value_in = |index: usize, line: &Span| {
        let value = &values[index];
        let end = value.end.min(line.end);
        &source.bytes()[value.start.clamp(line.start, end)..end]
    };
    CheckedLines::find(&text).check(&text, &value_in, |refusal| {
        diagnostics.push(|| refusal.of_expression(source, values[refusal.slot].clone()));
    });
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}
