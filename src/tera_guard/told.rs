//! What the engine says about a guarded template, said about the one that was given. What it quotes that
//! is not of the template itself may be a value, and is left out.

use std::sync::Arc;

use tera::{Error, ErrorKind};

use super::meter::Meter;
use super::{LOOK, PASS, Program, ROUND, SIZE, WORK};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};
use crate::nearest::did_you_mean;
use crate::source::{Position, Source, Span};

/// What the engine knows by itself, for suggestions.
const FILTERS: [&str; 30] = [
    "abs",
    "capitalize",
    "default",
    "first",
    "float",
    "get",
    "group_by",
    "indent",
    "int",
    "join",
    "keys",
    "last",
    "length",
    "lower",
    "nth",
    "pairs",
    "replace",
    "reverse",
    "round",
    "sort",
    "split",
    "str",
    "title",
    "trim",
    "trim_end",
    "trim_start",
    "truncate",
    "unique",
    "upper",
    "values",
];
const TESTS: [&str; 17] = [
    "array",
    "bool",
    "containing",
    "defined",
    "divisible_by",
    "ending_with",
    "even",
    "float",
    "integer",
    "iterable",
    "map",
    "none",
    "number",
    "odd",
    "starting_with",
    "string",
    "undefined",
];
const FUNCTIONS: [&str; 4] = ["base_image", "platform", "range", "throw"];

impl Program {
    pub(super) fn fault(&self, file: usize, span: Span, message: impl Into<String>) -> Diagnostic {
        let source = self.files.get(file).map(|file| Arc::clone(&file.source));
        let source = source.unwrap_or_else(|| Arc::new(Source::new("template", Vec::new())));
        Diagnostic::error(Place::Text(source, span), message).of_rule(Rule::Syntax)
    }

    /// What the engine says, at the place it names.
    pub(super) fn told(&self, error: &Error, meter: Option<&Arc<Meter>>) -> Diagnostics {
        let stop = meter.and_then(|meter| meter.stopped());
        if let Some(stop) = &stop
            && let Some((file, place)) = &stop.place
        {
            let mut diagnostic = self.fault(*file, place.clone(), &*stop.message);
            diagnostic.help.clone_from(&stop.help);
            return diagnostic.into();
        }
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                let file = self.number_of(report.filename());
                let place = self.files.get(file).map(|file| file.original(&report.span().range));
                let place = place.unwrap_or(0..0);
                if let Some(stop) = stop {
                    let mut diagnostic = self.fault(file, place, stop.message);
                    diagnostic.help = stop.help;
                    return diagnostic.into();
                }
                let diagnostic = self.fault(file, place, self.said(report.message()));
                self.helped(diagnostic, report.message()).into()
            }
            ErrorKind::Msg(message) if message.contains("--> ") => {
                // Several reports in one text, each with a line and a column of its own.
                let mut found: Vec<(usize, usize, String)> = Vec::new();
                for report in message.split("\n\n") {
                    let mut lines = report.lines();
                    let first = lines.next().unwrap_or_default();
                    let message = first.strip_prefix("error: ").unwrap_or(first);
                    let (file, offset) = lines.next().and_then(|line| self.position(line)).unwrap_or((0, 0));
                    found.push((file, offset, message.to_owned()));
                }
                found.sort();
                let mut diagnostics = Diagnostics::new();
                for (file, offset, message) in found {
                    diagnostics.push(|| {
                        let end = offset + self.word_length(file, offset);
                        let diagnostic = self.fault(file, offset..end, self.said(&message));
                        self.helped(diagnostic, &message)
                    });
                }
                diagnostics
            }
            kind => {
                let message =
                    stop.as_ref().map_or_else(|| self.said(&kind.to_string()), |s| s.message.clone());
                self.fault(0, 0..0, message).into()
            }
        }
    }

    fn number_of(&self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or(0)
    }

    /// The file and the offset of ` --> NAME:3:7`.
    fn position(&self, line: &str) -> Option<(usize, usize)> {
        let rest = line.trim_start().strip_prefix("--> ")?;
        let (rest, column) = rest.rsplit_once(':')?;
        let (name, line) = rest.rsplit_once(':')?;
        let place = Position { line: line.parse().ok()?, column: column.trim().parse().ok()? };
        let number = self.number_of(name);
        let file = self.files.get(number)?;
        let offset = Source::new("", file.text.as_bytes()).offset(place);
        Some((number, file.original(&(offset..offset)).start))
    }

    fn word_length(&self, file: usize, offset: usize) -> usize {
        let text = self.texts.get(file).and_then(|text| text.get(offset..)).unwrap_or_default();
        text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
    }

    fn helped(&self, mut diagnostic: Diagnostic, message: &str) -> Diagnostic {
        let named = message.split('`').nth(1).unwrap_or_default();
        let among = |names: &[&'static str]| {
            let all = || format!("there are {}", names.join(", "));
            did_you_mean(named, names.iter().copied()).unwrap_or_else(all)
        };
        let help = match message {
            _ if message.starts_with("Unknown filter") => among(&FILTERS),
            _ if message.starts_with("Unknown test") => among(&TESTS),
            _ if message.starts_with("Unknown function") => match named {
                "now" | "get_env" | "get_random" => {
                    "a template reaches no clock, no environment and no chance".to_owned()
                }
                _ => among(if self.kind.traced { &FUNCTIONS } else { &FUNCTIONS[2..] }),
            },
            _ if message.contains("not defined") => self.kind.names_help.to_owned(),
            _ if message.starts_with("Closing comment") || message.starts_with("Unexpected end") => {
                "text that has {{, {% or {# in it stands between {% raw %} and {% endraw %}".to_owned()
            }
            _ => return diagnostic,
        };
        diagnostic.help.push(help);
        diagnostic
    }

    /// A message of the engine's in one line.
    fn said(&self, message: &str) -> String {
        let line = message.lines().next().unwrap_or_default();
        // What there is instead, the help says in better order.
        let line = line.split(". Available").next().unwrap_or_default();
        let mut told = String::new();
        for (at, piece) in line.split('`').enumerate() {
            let is_known = || self.texts.iter().any(|text| text.contains(piece));
            let is_own = [ROUND, WORK, LOOK, SIZE, PASS].contains(&piece);
            match at % 2 {
                0 => told.push_str(piece),
                _ if !is_own && (is_plain(piece) || is_known()) => told.push_str(&format!("`{piece}`")),
                _ => told.push_str("`...`"),
            }
        }
        let mut letters = told.chars();
        let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        format!("{first}{}", letters.as_str()).trim_end_matches('.').to_owned()
    }
}

/// The engine's own names of types and signs.
fn is_plain(piece: &str) -> bool {
    let types =
        ["string", "array", "map", "i64", "i128", "f64", "bool", "number", "none", "undefined", "bytes"];
    types.contains(&piece) || !piece.contains(|c: char| c.is_alphanumeric())
}
