//! A rendered Dockerfile, and the way back from it into its template.
//!
//! It is a rope over the template's bytes and the values: nothing is copied until it is written, so that
//! a template of 200 MB renders in the memory it already takes.

use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::insertion::{self, Insertion};
use super::redaction::Redaction;
use super::variables::Variable;
use super::{Placeholder, Template};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::{Position, Source, Span};

/// What a template became for one set of variables.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Layers, Limits, Source, Subject, Template, Variables};
///
/// let source = Arc::new(Source::new("Dockerfile.template", "FROM %%BALENA_ARCH%%-debian\n"));
/// let template = Template::parse(source).unwrap();
/// let mut variables = Variables::new();
/// variables.set_standard("BALENA_ARCH", "rpi");
/// let layers = [&variables];
/// let rendering = template.render(&Subject::default(), Layers(&layers), &Limits::default()).unwrap();
/// assert_eq!(rendering.to_bytes(), b"FROM rpi-debian\n");
/// ```
#[derive(Debug)]
pub struct Rendering<'t> {
    text: RenderedText<'t>,
    /// The value of each of the text's names.
    values: Vec<&'t Variable>,
    len: u64,
    /// The ranges of the values in the rendered bytes, computed at the first question about a position.
    ranges: OnceLock<Vec<Range<usize>>>,
    /// What was put in since, by place: the bytes are those without insertions.
    insertions: Vec<Insertion>,
}

/// The text that values are put into: the template itself, or what a Tera template produced.
#[derive(Debug)]
enum RenderedText<'t> {
    Template(&'t Template),
    Produced(Box<Produced>),
}

/// What a Tera template produced. The values are in its text already.
#[derive(Debug)]
pub(super) struct Produced {
    pub text: Template,
    /// The variables of a user that the Tera template names.
    pub given: Vec<Variable>,
    pub warnings: Diagnostics,
}

/// Where a rendered byte came from.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Layers, Limits, Origin, Source, Subject, Template, Variables};
///
/// let source = Arc::new(Source::new("Dockerfile.template", "FROM %%BALENA_ARCH%%-debian\n"));
/// let template = Template::parse(source).unwrap();
/// let mut variables = Variables::new();
/// variables.set_standard("BALENA_ARCH", "rpi");
/// let layers = [&variables];
/// let rendering = template.render(&Subject::default(), Layers(&layers), &Limits::default()).unwrap();
/// assert_eq!(rendering.origin(0), Origin::Template(0));
/// assert!(matches!(rendering.origin(5), Origin::Value { name: "BALENA_ARCH", .. }));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum Origin<'t> {
    /// The template's own byte at this offset.
    Template(usize),
    /// A variable's value; the span is that of the placeholder.
    Value {
        /// The variable's name.
        name: &'t str,
        /// The span of its placeholder in the template.
        placeholder: Span,
    },
}

impl<'t> Rendering<'t> {
    pub(super) fn new(template: &'t Template, values: Vec<&'t Variable>) -> Self {
        let mut len = template.source().bytes().len() as u64;
        for &placeholder in template.placeholders() {
            let value = values[placeholder.name as usize].value().len() as u64;
            len = len + value - template.span(placeholder).len() as u64;
        }
        let text = RenderedText::Template(template);
        Rendering { text, values, len, ranges: OnceLock::new(), insertions: Vec::new() }
    }

    pub(super) fn produced(produced: Produced) -> Self {
        let len = produced.text.source().bytes().len() as u64;
        let text = RenderedText::Produced(Box::new(produced));
        Rendering { text, values: Vec::new(), len, ranges: OnceLock::new(), insertions: Vec::new() }
    }

    /// The rendering with these texts in it, at places of the rendering as it is. It must not have any yet. Every
    /// position still leads back into the template: that of an inserted byte is that of the byte before it.
    pub(crate) fn with(mut self, mut insertions: Vec<Insertion>) -> Self {
        insertions.sort();
        self.len += insertions.iter().map(|insertion| insertion.text.len() as u64).sum::<u64>();
        self.insertions = insertions;
        self
    }

    /// Whether something was put in since it was made.
    pub(crate) fn has_insertions(&self) -> bool {
        !self.insertions.is_empty()
    }

    /// Bytes of the whole. Known before anything is written, so that a limit can be kept.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is not one byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The text that the values were put into: the template, or what a Tera template produced.
    pub fn template(&self) -> &Template {
        match &self.text {
            RenderedText::Template(template) => template,
            RenderedText::Produced(produced) => &produced.text,
        }
    }

    /// The value of each name of [`Rendering::template`].
    pub fn values(&self) -> &[&'t Variable] {
        &self.values
    }

    pub(super) fn value(&self, placeholder: Placeholder) -> &'t Variable {
        self.values[placeholder.name as usize]
    }

    /// The variables that a user gave and whose values are in the text.
    pub fn given(&self) -> impl Iterator<Item = &Variable> {
        let of_placeholders = self.values.iter().copied().filter(|variable| variable.origin().is_some());
        of_placeholders.chain(self.given_to_tera())
    }

    /// The variables of a user that a Tera template names.
    pub fn given_to_tera(&self) -> &[Variable] {
        match &self.text {
            RenderedText::Template(_) => &[],
            RenderedText::Produced(produced) => &produced.given,
        }
    }

    /// Warnings about the values that a Tera template names, and about the text that it produced.
    pub(super) fn warnings_of_tera(&self) -> Diagnostics {
        let RenderedText::Produced(produced) = &self.text else { return Diagnostics::new() };
        let mut warnings = produced.warnings.clone();
        warnings.append(produced.text.warnings());
        warnings
    }

    /// The pieces in order: bytes of the template and values by turns, and what was put in since.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let with = self.has_insertions().then(|| insertion::cut(self.rendered_pieces(), &self.insertions));
        let without = with.is_none().then(|| self.rendered_pieces());
        with.into_iter().flatten().chain(without.into_iter().flatten())
    }

    fn rendered_pieces(&self) -> impl Iterator<Item = &[u8]> {
        let template = self.template();
        let bytes = template.source().bytes();
        let mut at = 0;
        let pieces = template.placeholders().iter().flat_map(move |&placeholder| {
            let span = template.span(placeholder);
            let literal = &bytes[at..span.start];
            at = span.end;
            [literal, self.value(placeholder).value()]
        });
        let last = template.placeholders().last();
        let rest = last.map_or(0, |&placeholder| template.span(placeholder).end);
        pieces.chain(std::iter::once(&bytes[rest..]))
    }

    /// Writes the whole.
    ///
    /// # Errors
    /// Those of `out`.
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

    /// The whole as a source with the name of its template. Its lines are not shown in messages, since
    /// they hold values.
    pub fn to_source(&self) -> Arc<Source> {
        let template = self.template().source();
        // What a Tera template produced knows where its bytes came from.
        match self.text {
            RenderedText::Produced(_) if !self.has_insertions() => Arc::clone(template),
            _ => Arc::new(Source::new(template.name(), self.to_bytes()).hiding_lines()),
        }
    }

    /// The ranges of the values in the rendered bytes, one for each placeholder.
    fn ranges(&self) -> &[Range<usize>] {
        self.ranges.get_or_init(|| {
            let placeholders = self.template().placeholders();
            let (mut template_at, mut rendered_at) = (0, 0);
            let range = |&placeholder: &Placeholder| {
                let span = self.template().span(placeholder);
                let start = rendered_at + (span.start - template_at);
                let end = start + self.value(placeholder).value().len();
                (template_at, rendered_at) = (span.end, end);
                start..end
            };
            placeholders.iter().map(range).collect()
        })
    }

    /// Where the rendered byte at `offset` came from. The end of the rendered file came from the end of
    /// the template.
    pub fn origin(&self, offset: usize) -> Origin<'_> {
        let offset = insertion::without(offset, &self.insertions);
        let template = self.template();
        let most = template.source().bytes().len();
        let before = self.ranges().partition_point(|range| range.start <= offset);
        let Some(at) = before.checked_sub(1) else { return Origin::Template(offset.min(most)) };
        let (placeholder, end) = (template.placeholders()[at], self.ranges()[at].end);
        let span = template.span(placeholder);
        if offset < end {
            return Origin::Value { name: template.name(placeholder), placeholder: span };
        }
        Origin::Template((span.end + (offset - end)).min(most))
    }

    /// The span in the template of a span of the rendered bytes: a value becomes its placeholder.
    pub fn to_template(&self, span: &Span) -> Span {
        let start = match self.origin(span.start) {
            Origin::Template(offset) => offset,
            Origin::Value { placeholder, .. } => placeholder.start,
        };
        if span.is_empty() {
            return start..start;
        }
        let end = match self.origin(span.end - 1) {
            Origin::Template(offset) => offset + 1,
            Origin::Value { placeholder, .. } => placeholder.end,
        };
        start..end.max(start)
    }

    /// The template's line and column for a rendered byte.
    pub fn position(&self, offset: usize) -> Position {
        self.template().source().position(self.to_template(&(offset..offset)).start)
    }

    /// A diagnostic about the rendered bytes (`rendered`, from [`Rendering::to_source`]) as one about the
    /// template, without any part of a value.
    pub(crate) fn diagnostic_in_template(
        &self,
        mut diagnostic: Diagnostic,
        rendered: &Arc<Source>,
        redaction: &Redaction,
    ) -> Diagnostic {
        if let Place::Text(source, span) = &diagnostic.place
            && Arc::ptr_eq(source, rendered)
        {
            let span = self.to_template(span);
            diagnostic.place = Place::Text(Arc::clone(self.template().source()), span);
        }
        redaction.diagnostic(diagnostic)
    }

    /// The error for a rendering that has to be written as JSON, when it is not UTF-8.
    ///
    /// # Errors
    /// The first byte that is not UTF-8, at its position in the template.
    pub fn check_utf8(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
        let source = self.template().source();
        let at = source.offset(self.position(error.valid_up_to()));
        Err(Diagnostic::error_at(source, at..at + 1, "JSON cannot hold bytes that are not UTF-8")
            .help("save the file as UTF-8, or choose a format that is not JSON"))
    }
}
