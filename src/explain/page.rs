//! The page: an explanation put into a template, ours or one of the user's own.
//!
//! The template language is that of tera. A page template sees the page's [`Scope`] and nothing else:
//! no file, no clock, no environment. What it may take is limited: see [`own`].

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tera::{Context, Error, ErrorKind, Kwargs, State, StringInput, Tera, TeraResult, Value};

use super::Explained;
use super::limits::{self, Guarded, LONGEST_TEMPLATE, LONGEST_VALUE, MOST_ROUNDS};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::{Position, Source};

/// Bytes of a page made from a template of the user's own.
const LONGEST_PAGE: usize = 16 << 20;
/// What the rounds of all loops may take. A page that is meant takes milliseconds.
const LONGEST_TIME: Duration = Duration::from_secs(10);

/// What a page template sees.
#[derive(Debug, Serialize)]
pub struct Scope<'s> {
    /// The device type's slug.
    pub device: Option<&'s str>,
    /// Its name for people.
    pub device_name: Option<&'s str>,
    /// balena's name of its architecture.
    pub arch: Option<&'s str>,
    /// The OCI platform.
    pub platform: Option<&'s str>,
    /// The fleet's name, if one is given.
    pub fleet: Option<&'s str>,
    /// The service's name.
    pub service: &'s str,
    /// The file that was rendered.
    pub source: &'s str,
    /// The same, made safe to stand in Markdown.
    pub source_quoted: String,
    /// For what it was rendered, made safe to stand in Markdown.
    pub title: String,
    /// The instructions with their explanations.
    pub instructions: Vec<Entry<'s>>,
}

/// One instruction in a page.
#[derive(Debug, Serialize)]
pub struct Entry<'e> {
    /// All that is explained about it.
    #[serde(flatten)]
    pub explained: &'e Explained,
    /// Its flags, as the parser has them.
    pub flags: Vec<String>,
    /// Its arguments, as the parser has them.
    pub args: Vec<String>,
    /// The explanation in one piece.
    pub text: String,
    /// As many backticks as a fence around `code` needs.
    pub fence: String,
}

/// A page from a template of the user's own. A name that ends in `.html`, `.htm` or `.xml` turns on the
/// escaping of HTML.
///
/// The template has at most 64 KiB and the page 16 MiB; the rounds of all its loops together are
/// 100,000 in ten seconds, a value that it builds up has 1 MiB. It is one file: `include`, `extends`, components and
/// filters over a piece of the page are refused.
///
/// # Errors
/// What is wrong with the template, with the place where the engine tells one.
pub fn own(template: &Arc<Source>, scope: &Scope) -> Result<Vec<u8>, Diagnostics> {
    let page = Page { template };
    let text = page.text()?;
    let guarded = limits::guard(text).map_err(|refused| page.refused(refused))?;
    let mut tera = Tera::default();
    register(&mut tera);
    let name = template.name();
    tera.add_raw_template(name, &guarded.text).map_err(|error| page.faults(&guarded, &error))?;
    let context = Context::from_serialize(scope).map_err(|error| page.faults(&guarded, &error))?;
    page.names(&guarded, &tera, &context)?;
    let mut out = Limited(Vec::new());
    match tera.render_to(name, &context, &mut out) {
        Ok(()) => Ok(out.0),
        Err(error) if matches!(error.kind(), ErrorKind::Io(_)) => {
            Err(page.fault(0..0, format!("the page is longer than {} MiB", LONGEST_PAGE >> 20)).into())
        }
        Err(error) => Err(page.faults(&guarded, &error)),
    }
}

/// A page that is let grow to its limit.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_PAGE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts bytes, and fails when there are too many.
struct Size(usize);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        if self.0 > LONGEST_VALUE { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn too_long() -> Error {
    Error::message(format!("a value here is longer than {} MiB", LONGEST_VALUE >> 20))
}

/// The counting of loops and sizes, and filters that cannot make much out of little.
fn register(tera: &mut Tera) {
    let (rounds, start) = (AtomicUsize::new(0), Instant::now());
    tera.register_function(limits::COUNT, move |_: Kwargs, _: &State| -> TeraResult<String> {
        if start.elapsed() > LONGEST_TIME {
            let seconds = LONGEST_TIME.as_secs();
            return Err(Error::message(format!("the loops of this page take longer than {seconds} seconds")));
        }
        if rounds.fetch_add(1, Ordering::Relaxed) < MOST_ROUNDS {
            return Ok(String::new());
        }
        Err(Error::message(format!("the loops of this page take more than {MOST_ROUNDS} rounds")))
    });
    tera.register_function(limits::SIZE, |arguments: Kwargs, _: &State| -> TeraResult<String> {
        let Some(value) = arguments.get::<&Value>("value")? else { return Ok(String::new()) };
        serde_json::to_writer(Size(0), value).map_err(|_| too_long())?;
        Ok(String::new())
    });
    tera.register_function("throw", |_: Kwargs, _: &State| -> TeraResult<String> {
        Err(Error::message("the page stops itself here"))
    });
    tera.register_filter("replace", |text: StringInput, arguments: Kwargs, _: &State| {
        let from = arguments.must_get::<&str>("from")?;
        let to = arguments.must_get::<&str>("to")?;
        let length = text.as_str().matches(from).count().saturating_mul(to.len());
        if length.saturating_add(text.as_str().len()) > LONGEST_VALUE {
            return Err(too_long());
        }
        Ok(text.as_str().replace(from, to))
    });
    tera.register_filter("join", |values: &[Value], arguments: Kwargs, _: &State| {
        let separator = arguments.get::<&str>("sep")?.unwrap_or_default();
        let mut text = String::new();
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                text.push_str(separator);
            }
            text.push_str(&value.to_string());
            if text.len() > LONGEST_VALUE {
                return Err(too_long());
            }
        }
        Ok(text)
    });
    // A thousand blanks before every line.
    tera.register_filter("indent", |text: &str, arguments: Kwargs, _: &State| {
        let width = arguments.get::<usize>("width")?.unwrap_or(4).min(100);
        let first = arguments.get::<bool>("first")?.unwrap_or(false);
        let mut indented = String::new();
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                indented.push('\n');
            }
            if !line.is_empty() && (at > 0 || first) {
                indented.extend(std::iter::repeat_n(' ', width));
            }
            indented.push_str(line);
            if indented.len() > LONGEST_VALUE {
                return Err(too_long());
            }
        }
        Ok(indented)
    });
}

/// The template at fault.
struct Page<'p> {
    template: &'p Arc<Source>,
}

impl<'p> Page<'p> {
    fn text(&self) -> Result<&'p str, Diagnostics> {
        let bytes = self.template.bytes();
        if bytes.len() > LONGEST_TEMPLATE {
            let message = format!("the page template is longer than {} KiB", LONGEST_TEMPLATE >> 10);
            return Err(self.fault(0..0, message).into());
        }
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            self.fault(at..at + 1, "a byte that is not UTF-8").help("save the page template as UTF-8").into()
        })
    }

    fn fault(&self, span: std::ops::Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(Place::Text(Arc::clone(self.template), span), message)
    }

    fn refused(&self, refused: Vec<(std::ops::Range<usize>, String)>) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for (span, message) in refused {
            let help = "a page is one file with `if`, `for` and `set`, so that what it takes can be limited";
            diagnostics.push(|| self.fault(span, message).help(help));
        }
        diagnostics
    }

    /// Every name that the page asks for has to be there. The engine takes one that is not for false, or
    /// for nothing.
    fn names(&self, guarded: &Guarded, tera: &Tera, context: &Context) -> Result<(), Diagnostics> {
        let names = tera.get_template_variables(self.template.name()).unwrap_or_default();
        let mut unknown: Vec<(std::ops::Range<usize>, &str)> = Vec::new();
        for name in names.into_iter().filter(|name| !context.contains_key(name)) {
            let place = std::str::from_utf8(self.template.bytes()).ok();
            let place = place.and_then(|text| guarded.first_use(text, name)).unwrap_or(0..0);
            unknown.push((place, name));
        }
        unknown.sort_by_key(|(place, name)| (place.start, *name));
        let mut diagnostics = Diagnostics::new();
        for (place, name) in unknown {
            diagnostics.push(|| self.fault(place, format!("variable `{name}` is not defined")).help(SCOPE));
        }
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    /// What the engine says, at the place it names.
    fn faults(&self, guarded: &Guarded, error: &Error) -> Diagnostics {
        let original = |range: &std::ops::Range<usize>| {
            let start = guarded.original(range.start);
            start..guarded.original(range.end).max(start)
        };
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                let mut diagnostic = self.fault(original(&report.span().range), self.told(report.message()));
                if report.message().contains("not defined") || report.message().contains("not found") {
                    diagnostic = diagnostic.help(SCOPE);
                }
                diagnostic.into()
            }
            ErrorKind::Msg(message) if message.contains("\n --> ") || message.contains("--> ") => {
                // Several reports in one text, each with a line and a column of its own.
                let text = Source::new("", guarded.text.as_bytes());
                let mut diagnostics = Diagnostics::new();
                for report in message.split("\n\n") {
                    let mut lines = report.lines();
                    let first = lines.next().unwrap_or_default();
                    let message = first.strip_prefix("error: ").unwrap_or(first);
                    let place = lines.next().and_then(|line| position(line, self.template.name()));
                    let offset = place.map_or(0, |place| guarded.original(text.offset(place)));
                    diagnostics.push(|| self.fault(offset..offset, self.told(message)));
                }
                diagnostics
            }
            kind => self.fault(0..0, self.told(&kind.to_string())).into(),
        }
    }

    /// A message of the engine's in one line; what it quotes that is not of the template itself may be a
    /// value, and is left out.
    fn told(&self, message: &str) -> String {
        let line = message.lines().next().unwrap_or_default();
        // What there is instead, the help says in better order.
        let line = line.split(". Available").next().unwrap_or_default();
        let template = String::from_utf8_lossy(self.template.bytes());
        let mut told = String::new();
        for (at, piece) in line.split('`').enumerate() {
            match at % 2 {
                0 => told.push_str(piece),
                _ if is_plain(piece) || template.contains(piece) => told.push_str(&format!("`{piece}`")),
                _ => told.push_str("`...`"),
            }
        }
        let mut letters = told.chars();
        let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        format!("{first}{}", letters.as_str()).trim_end_matches('.').to_owned()
    }
}

/// What there is to name in a page.
const SCOPE: &str = "there are device, device_name, arch, platform, fleet, service, source and instructions; \
                     each of those has keyword, start_line, end_line, stage, flags, args, code, what, why, \
                     device, layer, pitfalls and text";

/// The engine's own names of types and signs.
fn is_plain(piece: &str) -> bool {
    let types =
        ["string", "array", "map", "integer", "float", "bool", "number", "none", "undefined", "bytes"];
    types.contains(&piece) || !piece.contains(|c: char| c.is_alphanumeric())
}

/// The line and column of ` --> NAME:3:7`.
fn position(line: &str, name: &str) -> Option<Position> {
    let rest = line.trim_start().strip_prefix("--> ")?.strip_prefix(name)?.strip_prefix(':')?;
    let (line, column) = rest.split_once(':')?;
    Some(Position { line: line.parse().ok()?, column: column.trim().parse().ok()? })
}
