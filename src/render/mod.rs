//! From the text of a template to a rendered Dockerfile.
//!
//! 1. [`Template::load`] reads a template of one of three [`TemplateKind`]s. [`placeholder`] finds
//!    placeholders, [`tera`] reads Tera templates and what they include.
//! 2. [`variables`] holds what names are replaced with. [`Template::render`] makes a [`Rendering`] of the
//!    template for a [`Subject`], within [`Limits`].
//! 3. `guard` refuses values that would change the structure of the file, `warnings` warns about what
//!    was probably not meant.
//! 4. [`Rendering`] leads every position back into the template, and [`Redaction`] keeps values out of
//!    messages.

mod guard;
mod insertion;
mod limits;
pub(crate) mod placeholder;
mod redaction;
mod rendering;
pub(crate) mod tera;
pub(crate) mod variables;
mod warnings;

use std::sync::{Arc, OnceLock};

use crate::diagnostic::{Diagnostic, Diagnostics, RuleName};
use crate::error::{Error, Result as CommandResult};
use crate::source::{Source, Span};
use crate::subject::Subject;

pub(crate) use insertion::Insertion;
pub use limits::Limits;
pub use placeholder::Placeholder;
pub use redaction::Redaction;
pub use rendering::{Origin, Rendering};
pub use tera::{Open, TeraTemplate};
pub use variables::{Layers, Variable, Variables};
pub use warnings::warn_about_value;

use guard::{CheckedLines, TextWithValues};

/// What is replaced in a template.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Source, Template, TemplateKind};
///
/// let source = Arc::new(Source::new("Dockerfile", "FROM debian\n"));
/// assert_eq!(Template::verbatim(source).kind(), TemplateKind::Verbatim);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateKind {
    /// Placeholders: `Dockerfile.template`, `Dockerfile.raspberrypi3`.
    Placeholders,
    /// Expressions of the Tera language: `Dockerfile.tera`.
    Tera,
    /// Nothing: `Dockerfile`.
    Verbatim,
}

/// A template: its text, and what is replaced in it.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Layers, Limits, Source, Subject, Template, Variables};
///
/// let source = Source::new("Dockerfile.template", "FROM balenalib/%%BALENA_ARCH%%-debian\n");
/// let template = Template::parse(Arc::new(source)).unwrap();
/// let mut variables = Variables::new();
/// variables.set_standard("BALENA_ARCH", "armv7hf");
/// let layers = [&variables];
/// let rendering = template.render(&Subject::default(), Layers(&layers), &Limits::default()).unwrap();
/// assert_eq!(rendering.to_bytes(), b"FROM balenalib/armv7hf-debian\n");
/// ```
#[derive(Debug)]
pub struct Template {
    source: Arc<Source>,
    /// Every placeholder that is substituted, in order.
    placeholders: Vec<Placeholder>,
    /// The names in use, in order of first use; a [`Placeholder`] holds an index into this.
    names: Vec<String>,
    /// Where values could change the structure of the file; looked for at the first render.
    checked_lines: OnceLock<CheckedLines>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Placeholders,
    Verbatim,
    Tera(Box<TeraTemplate>),
}

impl Template {
    /// Reads a template of any kind. `path` is its path in the project, `open` opens the files that
    /// a Tera template includes.
    ///
    /// # Errors
    /// Those of [`Template::parse`] and [`TeraTemplate::load`].
    pub fn load(source: Arc<Source>, kind: TemplateKind, path: &str, open: &Open) -> CommandResult<Self> {
        match kind {
            TemplateKind::Placeholders => Template::parse(source).map_err(Error::Input),
            TemplateKind::Verbatim => Ok(Template::verbatim(source)),
            TemplateKind::Tera => {
                let content = Content::Tera(Box::new(TeraTemplate::load(Arc::clone(&source), path, open)?));
                Ok(Template { content, ..Template::verbatim(source) })
            }
        }
    }

    /// Finds the placeholders. Work and memory grow with the text, whatever is in it.
    ///
    /// # Errors
    /// A text that cannot be a Dockerfile: one with a NUL byte, or in UTF-16; one with more than
    /// [`placeholder::MOST`] placeholders.
    pub fn parse(source: Arc<Source>) -> Result<Self, Diagnostics> {
        let bytes = source.bytes();
        let fault = |span: Span, message: &str| Diagnostic::error_at(&source, span, message);
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(fault(0..2, "this looks like UTF-16").help("save the file as UTF-8").into());
        }
        if let Some(at) = memchr::memchr(0, bytes) {
            let utf16 = bytes.len() > 1 && at < 2 && bytes.len().is_multiple_of(2);
            let message = if utf16 { "this looks like UTF-16" } else { "a NUL byte" };
            return Err(fault(at..at + 1, message)
                .help(if utf16 { "save the file as UTF-8" } else { "a Dockerfile is text" })
                .into());
        }
        let (placeholders, names) = placeholder::find_all(bytes);
        if let Some(beyond) = placeholders.get(placeholder::MOST) {
            let start = beyond.start as usize;
            let span = start..start + names[beyond.name as usize].len() + 4;
            let message = format!("more than {} placeholders", placeholder::MOST);
            return Err(fault(span, &message).help("split the template").into());
        }
        Ok(Template {
            source,
            placeholders,
            names,
            checked_lines: OnceLock::new(),
            content: Content::Placeholders,
        })
    }

    /// A text in which nothing is substituted: a plain `Dockerfile`.
    pub fn verbatim(source: Arc<Source>) -> Self {
        let (placeholders, names) = (Vec::new(), Vec::new());
        Template { source, placeholders, names, checked_lines: OnceLock::new(), content: Content::Verbatim }
    }

    /// What is replaced in it.
    pub fn kind(&self) -> TemplateKind {
        match self.content {
            Content::Placeholders => TemplateKind::Placeholders,
            Content::Verbatim => TemplateKind::Verbatim,
            Content::Tera(_) => TemplateKind::Tera,
        }
    }

    /// The Tera template that it is, if it is one.
    pub(crate) fn tera(&self) -> Option<&TeraTemplate> {
        match &self.content {
            Content::Tera(tera) => Some(tera),
            _ => None,
        }
    }

    /// The template's text.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The placeholders that are substituted, in order. Those in comment lines are not among them.
    pub fn placeholders(&self) -> &[Placeholder] {
        &self.placeholders
    }

    /// The distinct names of the placeholders, in order of first use.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of a placeholder of this template.
    pub fn name(&self, placeholder: Placeholder) -> &str {
        &self.names[placeholder.name as usize]
    }

    /// Where a placeholder of this template is, `%%` included.
    pub fn span(&self, placeholder: Placeholder) -> Span {
        let start = placeholder.start as usize;
        start..start + self.name(placeholder).len() + 4
    }

    /// What in the text was probably not meant, whatever the variables are: names that are almost
    /// placeholders, lines that the balena builder would run as code, bytes that are not UTF-8, ...
    pub fn warnings(&self) -> Diagnostics {
        warnings::in_text(self)
    }

    /// Renders the template. Nothing is copied yet: see [`Rendering`]. Of two variables with one name, the
    /// one in the first layer is used.
    ///
    /// # Errors
    /// Every name without a variable; every value that would end a line, join two, or turn the head of
    /// the file into a directive; what stops a Tera template; a result that is longer than the limit.
    pub fn render<'t>(
        &'t self,
        subject: &Subject,
        variables: Layers<'t, '_>,
        limits: &Limits,
    ) -> Result<Rendering<'t>, Diagnostics> {
        if let Content::Tera(tera) = &self.content {
            return tera.render(subject, variables, limits.output_bytes);
        }
        let mut values = Vec::with_capacity(self.names.len());
        for name in &self.names {
            match variables.get(name) {
                Some(value) => values.push(value),
                None => return Err(self.unknown(variables)),
            }
        }
        self.check_values(&values)?;
        let rendering = Rendering::new(self, values);
        if rendering.len() > limits.output_bytes {
            return Err(limits.output_exceeded(self.source.name()));
        }
        Ok(rendering)
    }

    /// Renders the template and adds the warnings about it to `notes`.
    ///
    /// # Errors
    /// `notes` with those of [`Template::render`]; with [`Limits::strict`], also when there is any warning.
    pub fn render_noted<'t>(
        &'t self,
        subject: &Subject,
        variables: Layers<'t, '_>,
        limits: &Limits,
        notes: &mut Diagnostics,
    ) -> Result<Rendering<'t>, Diagnostics> {
        let rendering = match self.render(subject, variables, limits) {
            Ok(rendering) => rendering,
            Err(faults) => {
                notes.append(faults);
                return Err(std::mem::take(notes));
            }
        };
        // Of a Tera template, what it produced is looked at instead.
        if self.tera().is_none() {
            notes.append(self.warnings());
        }
        notes.append(rendering.warnings());
        limits.check(notes)?;
        Ok(rendering)
    }

    /// The names that the template needs and `variables` does not have, as far as a user can give them.
    pub fn unknown_names(&self, variables: Layers) -> Vec<&str> {
        match &self.content {
            Content::Tera(tera) => tera.unknown(variables),
            _ => {
                let is_unknown = |name: &&str| variables.get(name).is_none();
                self.names.iter().map(String::as_str).filter(is_unknown).collect()
            }
        }
    }

    /// Whether no ordinary value can be refused in this template: see [`variables::is_ordinary`].
    pub fn takes_every_ordinary_value(&self) -> bool {
        self.checked_lines().take_ordinary_values()
    }

    fn checked_lines(&self) -> &CheckedLines {
        self.checked_lines.get_or_init(|| CheckedLines::find(self))
    }

    fn check_values(&self, values: &[&Variable]) -> Result<(), Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        if self.takes_every_ordinary_value() && values.iter().all(|variable| variable.is_ordinary()) {
            return Ok(());
        }
        let variable = |index: usize| values[self.placeholders[index].name as usize];
        let value_in = |index: usize, _: &Span| variable(index).value();
        self.checked_lines().check(self, &value_in, |refusal| {
            let (variable, span) = (variable(refusal.slot), self.slot(refusal.slot));
            diagnostics.push(|| refusal.of_variable(variable, &self.source, span));
        });
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    fn unknown(&self, variables: Layers) -> Diagnostics {
        let is_unknown = |name: &String| variables.get(name).is_none();
        let unknown: Vec<bool> = self.names.iter().map(is_unknown).collect();
        let mut diagnostics = Diagnostics::new();
        for &placeholder in &self.placeholders {
            if unknown[placeholder.name as usize] {
                diagnostics.push(|| {
                    let name = self.name(placeholder);
                    let shown = crate::escape::shortened(name, 80);
                    let (span, message) =
                        (self.span(placeholder), format!("unknown placeholder %%{shown}%%"));
                    Diagnostic::error_at(&self.source, span, message)
                        .label("no variable has this name")
                        .of_rule(RuleName::UnknownPlaceholder)
                        .helps(variables.help_for_unknown(name))
                });
            }
        }
        diagnostics
    }
}

impl TextWithValues for Template {
    fn bytes(&self) -> &[u8] {
        self.source.bytes()
    }

    fn count(&self) -> usize {
        self.placeholders.len()
    }

    fn slot(&self, index: usize) -> Span {
        self.span(self.placeholders[index])
    }

    fn without_placeholders(&self) -> Arc<Source> {
        let mut letters = self.source.bytes().to_vec();
        for &placeholder in &self.placeholders {
            letters[self.span(placeholder)].fill(b'x');
        }
        Arc::new(Source::new(self.source.name(), letters))
    }
}
