//! What there is to say about an input, and where: one [`Diagnostic`] a fault, collected into
//! [`Diagnostics`] so that a run reports all of them.
//!
//! [`fmt::Display`] gives one line each; `cli::draw` shows the lines of the file with carets under them.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::escape::{escaped, grouped, shortened};
use crate::source::{Position, Source, Span};

/// How much it matters.
///
/// ```
/// assert!(dtpl::Severity::Warning > dtpl::Severity::Info);
/// assert_eq!(dtpl::Severity::named("error"), Some(dtpl::Severity::Error));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Works, but probably not as meant.
    Warning,
    /// Cannot be done.
    Error,
}

impl Severity {
    /// The name in files, flags and output.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }

    /// The severity of this name.
    pub fn named(name: &str) -> Option<Severity> {
        [Severity::Error, Severity::Warning, Severity::Info]
            .into_iter()
            .find(|severity| severity.name() == name)
    }
}

/// A rule of `dtpl check` that other commands report as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RuleName {
    DoubtfulValue,
    DuplicateStageName,
    EmptyContinuation,
    FirstInstruction,
    HiddenCharacter,
    JavascriptInTemplate,
    MalformedPlaceholder,
    MissingTarget,
    PlaceholderInComment,
    PlaceholderInPlainDockerfile,
    ReservedStageName,
    Syntax,
    UnknownPlaceholder,
}

impl RuleName {
    /// Its name, as its page in `docs/rules/` has it.
    pub fn name(self) -> &'static str {
        match self {
            RuleName::DoubtfulValue => "doubtful-value",
            RuleName::DuplicateStageName => "duplicate-stage-name",
            RuleName::EmptyContinuation => "empty-continuation",
            RuleName::FirstInstruction => "first-instruction",
            RuleName::HiddenCharacter => "hidden-character",
            RuleName::JavascriptInTemplate => "javascript-in-template",
            RuleName::MalformedPlaceholder => "malformed-placeholder",
            RuleName::MissingTarget => "syntax",
            RuleName::PlaceholderInComment => "placeholder-in-comment",
            RuleName::PlaceholderInPlainDockerfile => "placeholder-in-plain-dockerfile",
            RuleName::ReservedStageName => "reserved-stage-name",
            RuleName::Syntax => "syntax",
            RuleName::UnknownPlaceholder => "unknown-placeholder",
        }
    }
}

/// What a diagnostic points at.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Place, Source};
///
/// let source = Arc::new(Source::new("Dockerfile.template", "FROM a\nRUN b\n"));
/// assert_eq!(Place::Text(source, 7..10).to_string(), "Dockerfile.template:2:1");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Place {
    /// A piece of a text.
    Text(Arc<Source>, Span),
    /// The command line as a whole.
    CommandLine,
    /// A flag or a positional argument, by the name that the help gives it.
    Flag(&'static str),
    /// An environment variable, by its name.
    Environment(String),
    /// A file as a whole, when no position in it can be named.
    File(String),
    /// An entry of an archive.
    Entry {
        /// Which one, counted from 1. Headers that only extend the next one do not count.
        number: u64,
        /// The name that its header gives, as far as it could be read.
        name: String,
        /// The byte of the archive at which the header at fault starts.
        offset: u64,
    },
}

impl Place {
    /// The file at a path as a whole.
    pub fn of_path(path: &Path) -> Place {
        Place::File(path.to_string_lossy().into_owned())
    }

    /// The place that a person can go to: of a text that was made from files, that in the file.
    pub fn settled(&self) -> Place {
        match self {
            Place::Text(source, span) => match source.origin(span) {
                Some(origin) => Place::Text(origin.source, origin.span),
                None => self.clone(),
            },
            other => other.clone(),
        }
    }
}

/// `Dockerfile.template:2:5`, the name of a file or a flag, ... Control characters are escaped.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let text = match self.settled() {
            Place::Text(source, span) => {
                let Position { line, column } = source.position(span.start);
                format!("{}:{line}:{column}", source.name())
            }
            Place::CommandLine => "dtpl".to_owned(),
            Place::Flag(name) => name.to_owned(),
            Place::Environment(name) => format!("environment variable {name}"),
            Place::File(name) => name,
            Place::Entry { number, name, offset } => format!("entry {number} \"{name}\" at byte {offset}"),
        };
        out.write_str(&escaped(&text))
    }
}

/// One fault, with what to do about it.
///
/// ```
/// use dtpl::{Diagnostic, Place};
///
/// let fault = Diagnostic::error(Place::Flag("--device"), "unknown device type `pi`").help("use raspberrypi3");
/// assert_eq!(fault.to_string(), "--device: error: unknown device type `pi`\n  = help: use raspberrypi3");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in one line, without a full stop.
    pub message: String,
    /// A word or two beside the caret; may be empty.
    pub label: String,
    /// What to do; one entry a line.
    pub help: Vec<String>,
    /// The rule of `dtpl check` that this is, where it is one.
    pub(crate) rule: Option<RuleName>,
}

impl Diagnostic {
    /// An error with no label and no help yet.
    pub fn error(place: Place, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            place,
            message: message.into(),
            label: String::new(),
            help: Vec::new(),
            rule: None,
        }
    }

    /// An error at a piece of a text.
    pub fn error_at(source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Diagnostic::error(Place::Text(Arc::clone(source), span), message)
    }

    /// A warning with no label and no help yet.
    pub fn warning(place: Place, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(place, message) }
    }

    /// A piece of information with no label and no help yet.
    pub fn info(place: Place, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Info, ..Diagnostic::error(place, message) }
    }

    /// Adds the words beside the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says which rule of `dtpl check` it is.
    pub(crate) fn of_rule(mut self, rule: RuleName) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Adds a line of help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds lines of help, if there are any.
    pub fn helps(mut self, help: impl IntoIterator<Item = String>) -> Self {
        self.help.extend(help);
        self
    }
}

/// Characters of a message that are shown; names in it may be as long as the input.
pub(crate) const LONGEST_MESSAGE: usize = 300;

/// `place: severity: message`, and the help in lines of their own.
impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let message = shortened(&self.message, LONGEST_MESSAGE);
        write!(out, "{}: {}: {}", self.place, self.severity.name(), escaped(&message))?;
        for help in &self.help {
            write!(out, "\n  = help: {}", escaped(&shortened(help, LONGEST_MESSAGE)))?;
        }
        Ok(())
    }
}

/// The text of a source that has to be UTF-8.
///
/// # Errors
/// The first byte that is not.
pub fn utf8(source: &Arc<Source>) -> Result<&str, Diagnostic> {
    std::str::from_utf8(source.bytes()).map_err(|error| {
        let at = error.valid_up_to();
        Diagnostic::error_at(source, at..at + 1, "not valid UTF-8")
    })
}

/// How many diagnostics are kept in full; the rest are counted. A file with 100,000 mistakes in it
/// has one mistake that matters.
pub const KEPT: usize = 100;

/// Diagnostics in the order of the input: the first [`KEPT`] whole, the others counted.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Layers, Limits, Source, Subject, Template};
///
/// let source = Arc::new(Source::new("Dockerfile.template", "FROM %%ONE%%\nENV %%TWO%%\n"));
/// let template = Template::parse(source)?;
/// let faults = template.render(&Subject::default(), Layers(&[]), &Limits::default()).unwrap_err();
/// let text = faults.to_string();
/// assert!(text.contains("Dockerfile.template:1:6: error: unknown placeholder %%ONE%%"), "{text}");
/// assert!(text.contains("Dockerfile.template:2:5: error: unknown placeholder %%TWO%%"), "{text}");
/// # Ok::<(), dtpl::Diagnostics>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    omitted: usize,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Diagnostics::default()
    }

    /// Adds one. Among errors alone it is only made when it will be kept, so that a flood of them costs
    /// nothing. An error takes the place of something that matters less.
    pub fn push(&mut self, make: impl FnOnce() -> Diagnostic) {
        if self.kept.len() < KEPT {
            self.kept.push(make());
            return;
        }
        self.omitted += 1;
        let lesser = self.kept.iter().rposition(|kept| kept.severity != Severity::Error);
        let Some(lesser) = lesser else { return };
        let diagnostic = make();
        if diagnostic.severity > self.kept[lesser].severity {
            self.kept.remove(lesser);
            self.kept.push(diagnostic);
        }
    }

    /// Adds one unless the same is there: what several rows of a batch have in common.
    pub fn push_once(&mut self, diagnostic: Diagnostic) {
        let own = diagnostic.to_string();
        if !self.kept.iter().any(|kept| kept.message == diagnostic.message && kept.to_string() == own) {
            self.push(|| diagnostic);
        }
    }

    /// Adds a warning, made only when it will be kept.
    pub fn push_warning(&mut self, make: impl FnOnce() -> Diagnostic) {
        match self.kept.len() < KEPT {
            true => self.kept.push(make()),
            false => self.omitted += 1,
        }
    }

    /// Adds all of `other` after these.
    pub fn append(&mut self, other: Diagnostics) {
        for diagnostic in other.kept {
            self.push(|| diagnostic);
        }
        self.omitted += other.omitted;
    }

    /// The same diagnostics, each of them changed.
    pub fn map(self, change: impl FnMut(Diagnostic) -> Diagnostic) -> Self {
        Diagnostics { kept: self.kept.into_iter().map(change).collect(), omitted: self.omitted }
    }

    /// Counts more of them that are not kept.
    pub fn omit(&mut self, number: usize) {
        self.omitted += number;
    }

    /// Orders those that point into a text, or into single lines of one, by their places; the rest keep theirs.
    pub fn sort_by_position(&mut self) {
        self.kept.sort_by_key(|diagnostic| match &diagnostic.place {
            Place::Text(source, span) => (source.first_line(), span.start),
            _ => (1, 0),
        });
    }

    /// The kept ones.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.kept.iter()
    }

    /// How many there were beyond those kept.
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Whether there was nothing to say.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether one of the kept is an error.
    pub fn has_errors(&self) -> bool {
        self.kept.iter().any(|kept| kept.severity == Severity::Error)
    }

    /// Whether one of the kept is a warning.
    pub fn has_warnings(&self) -> bool {
        self.kept.iter().any(|diagnostic| diagnostic.severity == Severity::Warning)
    }

    /// Makes every warning an error, for `--strict`.
    pub fn into_errors(mut self) -> Self {
        for warning in self.kept.iter_mut().filter(|kept| kept.severity == Severity::Warning) {
            warning.severity = Severity::Error;
        }
        self
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics { kept: vec![diagnostic], omitted: 0 }
    }
}

/// Each diagnostic as [`Diagnostic`] has it, then how many more there were.
impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        for (number, diagnostic) in self.iter().enumerate() {
            let separator = if number > 0 { "\n" } else { "" };
            write!(out, "{separator}{diagnostic}")?;
        }
        if self.omitted > 0 { write!(out, "\n... and {} more", grouped(self.omitted)) } else { Ok(()) }
    }
}

impl std::error::Error for Diagnostics {}
