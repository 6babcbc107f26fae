//! Turns the engine's errors about an instrumented template into diagnostics about the original one.
//!
//! A message about the syntax quotes the template and is shown. A message of a run may quote a value: it
//! is replaced by one fixed sentence.

use std::sync::Arc;

use tera::{Error, ErrorKind};

use super::budget::Stop;
use super::instrument::InstrumentedFile;
use super::profile::is_reserved;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, RuleName};
use crate::escape::shortened;
use crate::source::{Position, Source, Span};

pub(super) fn fault(
    files: &[InstrumentedFile],
    file: usize,
    span: Span,
    message: impl Into<String>,
) -> Diagnostic {
    let source = files.get(file).map(|file| Arc::clone(&file.source));
    let source = source.unwrap_or_else(|| Arc::new(Source::new("template", Vec::new())));
    Diagnostic::error(Place::Text(source, span), message).of_rule(RuleName::Syntax)
}

/// Why a template could not run to its end: `stop` is the sandbox's own reason, if it has one.
pub(super) fn while_running(
    error: &Error,
    stop: Option<Stop>,
    files: &[InstrumentedFile],
    names_help: &str,
) -> Diagnostic {
    let ((file, span), message) = match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            (original(files, report.filename(), &report.span().range), report.message())
        }
        _ => ((0, 0..0), ""),
    };
    let Some(stop) = stop else {
        if message.contains("is not defined") {
            return fault(files, file, span, "this is not defined").help(names_help);
        }
        return fault(files, file, span, "this cannot be evaluated").help(
            "check the types of the values here; Tera's message is not shown because it may contain one",
        );
    };
    let (file, span) = stop.place.unwrap_or((file, span));
    let mut diagnostic = fault(files, file, span, stop.message);
    diagnostic.help = stop.help;
    diagnostic
}

/// Why the engine does not accept a template.
pub(super) fn while_parsing(error: &Error, files: &[InstrumentedFile]) -> Diagnostics {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let (file, span) = original(files, report.filename(), &report.span().range);
            syntax(files, file, span, report.message()).into()
        }
        ErrorKind::Msg(message) if message.contains("--> ") => {
            // Several reports in one text, separated by blank lines: a message, then its position.
            let mut found: Vec<(usize, usize, &str)> = Vec::new();
            for report in message.split("\n\n") {
                let mut lines = report.lines();
                let first = lines.next().unwrap_or_default();
                let (file, offset) = lines.next().and_then(|line| position(files, line)).unwrap_or((0, 0));
                found.push((file, offset, first.strip_prefix("error: ").unwrap_or(first)));
            }
            found.sort_unstable();
            let mut diagnostics = Diagnostics::new();
            for (file, offset, message) in found {
                diagnostics
                    .push(|| syntax(files, file, offset..offset + word_length(files, file, offset), message));
            }
            diagnostics
        }
        kind => syntax(files, 0, 0..0, &kind.to_string()).into(),
    }
}

/// A file by its name, and the place in its original text.
fn original(files: &[InstrumentedFile], name: &str, span: &Span) -> (usize, Span) {
    let number = files.iter().position(|file| file.name == name).unwrap_or(0);
    (number, files.get(number).map_or(0..0, |file| file.original(span)))
}

/// The file and the original offset of ` --> NAME:3:7`.
fn position(files: &[InstrumentedFile], line: &str) -> Option<(usize, usize)> {
    let rest = line.trim_start().strip_prefix("--> ")?;
    let (rest, column) = rest.rsplit_once(':')?;
    let (name, line) = rest.rsplit_once(':')?;
    let place = Position { line: line.parse().ok()?, column: column.trim().parse().ok()? };
    let file = files.iter().find(|file| file.name == name).or(files.first())?;
    let offset = Source::new("", file.text.as_bytes()).offset(place);
    let (number, span) = original(files, name, &(offset..offset));
    Some((number, span.start))
}

fn word_length(files: &[InstrumentedFile], file: usize, offset: usize) -> usize {
    let text = files.get(file).and_then(|file| file.source.bytes().get(offset..)).unwrap_or_default();
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

/// The first line of the engine's message, unless it quotes a call that the sandbox put in.
fn syntax(files: &[InstrumentedFile], file: usize, span: Span, message: &str) -> Diagnostic {
    let line = message.lines().next().unwrap_or_default();
    // The names that exist are listed by the sandbox's own messages.
    let line = line.split(". Available").next().unwrap_or_default().trim_end_matches('.');
    let line = if line.split('`').any(is_reserved) { "this is not a valid tag" } else { line };
    let mut letters = line.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    let diagnostic = fault(files, file, span, shortened(&format!("{first}{}", letters.as_str()), 200));
    if line.starts_with("Closing comment") || line.starts_with("Unexpected end") {
        return diagnostic.help("put text that contains {{, {% or {# between {% raw %} and {% endraw %}");
    }
    diagnostic
}
