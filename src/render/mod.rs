//! The substitution engine: a template is parsed once and rendered many times.
//!
//! [`placeholder`] knows what a placeholder is, [`variables`] what its name stands for, `render`
//! puts the two together and remembers where every byte came from, `guard` refuses values that
//! would change the structure of the file, `suspicion` notes what was probably not meant.

mod guard;
mod heredoc;
mod lost_line;
pub mod placeholder;
mod render;
mod suspicion;
pub mod tera;
pub mod variables;

use std::sync::{Arc, OnceLock};

use crate::bytes;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};
use crate::source::{Source, Span};

pub use guard::{changes_head, ends_in_escape, escape_characters};
pub use heredoc::LONGEST_TEXT as LONGEST_WITH_HEREDOCS;
pub use lost_line::Surroundings;
pub use placeholder::Placeholder;
pub use render::{Map, Origin, Rendered};
pub use suspicion::of_value;
pub use variables::{Layers, Variable, Variables};

/// A Dockerfile with placeholders: the text, and where the placeholders stand in it.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{source::Source, render::{Template, Variables}};
///
/// let source = Source::new("Dockerfile.template", "FROM balenalib/%%BALENA_ARCH%%-debian\n");
/// let template = Template::parse(Arc::new(source)).unwrap();
/// let mut variables = Variables::new();
/// variables.set_standard("BALENA_ARCH", "armv7hf");
/// let rendered = template.render(&variables).unwrap();
/// assert_eq!(rendered.to_bytes(), b"FROM balenalib/armv7hf-debian\n");
/// ```
#[derive(Debug)]
pub struct Template {
    source: Arc<Source>,
    /// Every placeholder that is substituted, in order.
    placeholders: Vec<Placeholder>,
    /// The names in use, in order of first use; a [`Placeholder`] holds an index into this.
    names: Vec<String>,
    /// Where values could change the structure of the file; looked for at the first render.
    exposed: OnceLock<guard::Exposed>,
    /// Nothing is substituted in it.
    is_verbatim: bool,
}

impl Template {
    /// Finds the placeholders. Work and memory grow with the text, whatever is in it.
    ///
    /// # Errors
    /// A text that cannot be a Dockerfile: one with a NUL byte, or in UTF-16; one with more than
    /// [`placeholder::MOST`] placeholders.
    pub fn parse(source: Arc<Source>) -> Result<Self, Diagnostics> {
        let bytes = source.bytes();
        let fault =
            |span: Span, message: &str| Diagnostic::error(Place::Text(Arc::clone(&source), span), message);
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(fault(0..2, "this looks like UTF-16").help("save the file as UTF-8").into());
        }
        if let Some(at) = bytes::find(0, bytes) {
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
        Ok(Template { source, placeholders, names, exposed: OnceLock::new(), is_verbatim: false })
    }

    /// A text in which nothing is substituted: a plain `Dockerfile`.
    pub fn verbatim(source: Arc<Source>) -> Self {
        let (placeholders, names) = (Vec::new(), Vec::new());
        Template { source, placeholders, names, exposed: OnceLock::new(), is_verbatim: true }
    }

    /// Whether nothing is substituted in it.
    pub fn is_verbatim(&self) -> bool {
        self.is_verbatim
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

    /// Where a placeholder of this template stands, `%%` included.
    pub fn span(&self, placeholder: Placeholder) -> Span {
        let start = placeholder.start as usize;
        start..start + self.name(placeholder).len() + 4
    }

    /// The first placeholder of each line that has one, from a placeholder on.
    fn first_of_lines(&self, from: usize) -> impl Iterator<Item = usize> {
        let mut behind = 0;
        self.placeholders.iter().enumerate().skip(from).filter_map(move |(first, placeholder)| {
            let at = placeholder.start as usize;
            let is_first = at >= behind;
            if is_first {
                behind = placeholder::end_of_line(self.source.bytes(), at);
            }
            is_first.then_some(first)
        })
    }

    /// Start and end of the line whose first placeholder this is.
    fn line_of(&self, first: usize) -> (usize, usize) {
        let bytes = self.source.bytes();
        let at = self.placeholders[first].start as usize;
        let start = bytes::find_last(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
        (start, placeholder::end_of_line(bytes, at))
    }

    /// What in the text was probably not meant, whatever the variables are: names that are almost
    /// placeholders, lines that the balena builder would run as code, bytes that are not UTF-8, ...
    pub fn suspicions(&self) -> Diagnostics {
        suspicion::in_text(self)
    }

    /// Replaces the placeholders. Nothing is copied yet: see [`Rendered`].
    ///
    /// # Errors
    /// Every placeholder without a variable, and every value that would end a line, join two, or
    /// turn the head of the file into a directive.
    pub fn render<'t>(&'t self, variables: &'t Variables) -> Result<Rendered<'t>, Diagnostics> {
        self.render_layers(Layers(&[variables]))
    }

    /// Renders with variables that lie over each other: with it, many renders share most of theirs.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_layers<'t>(&'t self, variables: Layers<'t, '_>) -> Result<Rendered<'t>, Diagnostics> {
        let mut values = Vec::with_capacity(self.names.len());
        for name in &self.names {
            match variables.get(name) {
                Some(value) => values.push(value),
                None => return Err(self.unknown(variables)),
            }
        }
        guard::check(self, &values)?;
        Ok(Rendered::new(self, values))
    }

    /// Whether no plain value can be refused in this template: see [`Variable::is_plain`].
    pub fn takes_every_plain_value(&self) -> bool {
        !self.exposed().head && self.exposed().heredocs.is_empty()
    }

    fn exposed(&self) -> &guard::Exposed {
        self.exposed.get_or_init(|| guard::exposed(self))
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
                    let place = Place::Text(Arc::clone(&self.source), self.span(placeholder));
                    let mut diagnostic = Diagnostic::error(place, format!("unknown placeholder %%{shown}%%"))
                        .label("no variable has this name")
                        .of_rule(Rule::UnknownPlaceholder);
                    diagnostic.help = variables.help_for_unknown(name);
                    diagnostic
                });
            }
        }
        diagnostics
    }
}
