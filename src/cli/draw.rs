//! Drawing diagnostics: `file:line:column: error: message`, the line, a caret, what to do.

use std::borrow::Borrow;
use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};

use crate::diagnostic::{Diagnostic, Diagnostics, LONGEST_MESSAGE, Place, Severity};
use crate::escape::{escaped, grouped, is_unsafe, shortened};
use crate::source::{Source, Span, count_characters};

/// Bytes of a line that are shown before and after the start of what is pointed at.
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// Bytes of all drawings together. Escaped characters take several times their place.
const MOST_TEXT: usize = 60 << 10;

/// Draws all, and how many more there were: each with its place, the line of the file and a caret under
/// what is meant. [`Diagnostics`] implements `Display` for a line each.
///
/// # Errors
/// Those of `out`.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Dockerfile, Source};
///
/// let source = Arc::new(Source::new("Dockerfile", "FROM a\nRUM make\n"));
/// let faults = Dockerfile::parse(&source).unwrap_err();
/// let mut text = Vec::new();
/// dtpl::cli::draw(&faults, false, &mut text).unwrap();
/// let text = String::from_utf8(text).unwrap();
/// assert!(text.starts_with("Dockerfile:2:1: error: unknown instruction: RUM\n"), "{text}");
/// assert!(text.contains("2 | RUM make\n  | ^^^"), "{text}");
/// ```
pub fn all(diagnostics: &Diagnostics, color: bool, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(within(MOST_TEXT, diagnostics.iter(), diagnostics.omitted(), color).as_bytes())
}

/// Draws those that fit into so many bytes, and says how many more there were; `omitted` were left out
/// before.
pub fn within<D: Borrow<Diagnostic>>(
    most_bytes: usize,
    diagnostics: impl Iterator<Item = D>,
    mut omitted: usize,
    color: bool,
) -> String {
    let mut text = String::new();
    for item in diagnostics {
        let before = text.len();
        diagnostic(item.borrow(), color, &mut text);
        if text.len() > most_bytes {
            text.truncate(before);
            omitted += 1;
        }
    }
    if omitted > 0 {
        text.push_str(&format!("... and {} more\n", grouped(omitted)));
    }
    text
}

pub fn diagnostic(diagnostic: &Diagnostic, color: bool, text: &mut String) {
    let (word, level, style) = match diagnostic.severity {
        Severity::Error => ("error", Level::ERROR, AnsiColor::BrightRed.on_default().bold()),
        Severity::Info => ("info", Level::INFO, AnsiColor::BrightBlue.on_default().bold()),
        Severity::Warning => ("warning", Level::WARNING, AnsiColor::Yellow.on_default().bold()),
    };
    let plain = Style::new();
    let (bold, style) = if color { (plain.bold(), style) } else { (plain, plain) };
    let settled = diagnostic.place.settled();
    let message = shortened(&diagnostic.message, LONGEST_MESSAGE);
    text.push_str(&format!(
        "{bold}{}:{bold:#} {style}{word}:{style:#} {bold}{}{bold:#}\n",
        diagnostic.place,
        escaped(&message),
    ));
    let line = match &settled {
        Place::Text(source, span) if source.shows_lines() => excerpt(source, span),
        _ => None,
    };
    let Some(line) = line else {
        for help in &diagnostic.help {
            text.push_str(&format!("  = help: {}\n", escaped(&shortened(help, LONGEST_MESSAGE))));
        }
        return;
    };
    let label = escaped(&diagnostic.label);
    let mut annotation = AnnotationKind::Primary.span(line.marked);
    if !label.is_empty() {
        annotation = annotation.label(label);
    }
    let snippet = Snippet::source(line.text).line_start(line.number).annotation(annotation);
    let mut group = Group::with_level(level).element(snippet);
    for help in &diagnostic.help {
        let help = shortened(help, LONGEST_MESSAGE);
        group = group.element(Level::HELP.message(escaped(&help).into_owned()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    // Wide enough that an excerpt is never cut again.
    text.push_str(&renderer.term_width(4 * (BEFORE + AFTER)).render(&[group]));
    text.push('\n');
}

/// One line, cut to what is near the span and made safe to show.
struct Excerpt {
    number: usize,
    text: String,
    /// The span in `text`.
    marked: Span,
}

fn excerpt(source: &Source, span: &Span) -> Option<Excerpt> {
    let bytes = source.bytes();
    if bytes.is_empty() {
        return None;
    }
    let number = source.position(span.start).line;
    let line = source.line_span(number);
    let start = span.start.clamp(line.start, line.end);
    let end = span.end.clamp(start, line.end);
    let boundary = |mut at: usize| {
        // Not into the middle of a character.
        while at > line.start && at < line.end && bytes[at] & 0xC0 == 0x80 {
            at -= 1;
        }
        at
    };
    // A line that nearly fits is shown whole.
    let fits = line.len() <= BEFORE + AFTER;
    let from = if fits { line.start } else { boundary(start.saturating_sub(BEFORE).max(line.start)) };
    let to = if fits { line.end } else { boundary((start + AFTER).min(line.end)) };
    let mut text = String::new();
    if from > line.start {
        text.push_str("...");
    }
    push_shown(&bytes[from..start], &mut text);
    let marked_start = text.len();
    push_shown(&bytes[start..end.min(to)], &mut text);
    let marked_end = text.len();
    push_shown(&bytes[end.min(to)..to], &mut text);
    if to < line.end {
        text.push_str("...");
    }
    debug_assert!(count_characters(text.as_bytes()) <= 10 * (BEFORE + AFTER) + 6);
    Some(Excerpt { number, text, marked: marked_start..marked_end })
}

/// Bytes as they may be shown: what is not UTF-8 becomes U+FFFD, what would act on a terminal is
/// written out. The carriage return of a CRLF is left out.
fn push_shown(bytes: &[u8], text: &mut String) {
    for c in String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes)).chars() {
        if is_unsafe(c) && c != '\t' {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
}
