//! What the engine says about a file template, said about the one that was given. What it quotes that
//! is not of the template itself may be a value, and is left out.

use std::collections::BTreeSet;
use std::sync::Arc;

use tera::{Error, ErrorKind};

use super::budget::RunBudget;
use super::references::CallKind;
use super::{CHECK_FILTER_INPUT, CHECK_NAMES, CHECK_SIZE, COUNT_ROUND, COUNT_WORK, Profile, Program};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};
use crate::escape::shortened;
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
/// Those of its filters that no Dockerfile needs.
const MORE_FILTERS: [&str; 7] =
    ["escape", "escape_html", "escape_xml", "newlines_to_br", "pluralize", "safe", "wordcount"];
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

/// The words of what the engine says while a template runs, and the names that it has itself.
const WORDS: &str = "\
    a absolute after allowed an and are argument arithmetic array arrays at attribute base be between \
    block bool bools both but by bytes call called can cannot ceil character check classic comparable \
    compare component components contain container containers containing containment convert converted \
    could default defined depth determine divide divisibility divisible_by do does done element elements \
    ending_with errored escape escaping even exactly exceeded exceeds exists expected exponent \
    expression f64 field fill filter first fit float floor for found function get getting got group \
    group_by grouped has have i128 i64 if in indent indentation index index0 int integer integers into \
    invalid is it it's its items iterable iteration join key keys keyword last length less limit list \
    loop map map/struct maps math maximum method missing must n name negate no non-integer none not nth null number \
    numbers odd of on only operand operands operation operations operator or out overflow outside pairs \
    parameter passed pat path perform place pluralize possible range reached received recursion \
    registered render replace requires result reversed round sep slice slicing sort split spread start \
    starting_with step stopped str string strings structs such super test texts than that the this to \
    too tried truncate type u128 u32 u64 unable undefined unique unknown used usize utf-8 valid value \
    values variable want was were while whole width with would you 0 2 36";

/// The operators that it names.
const SIGNS: [&str; 15] = ["+", "-", "*", "/", "//", "%", "**", "~", "<", ">", "<=", ">=", "==", "!=", "="];

impl Program {
    pub(super) fn fault(&self, file: usize, span: Span, message: impl Into<String>) -> Diagnostic {
        let source = self.files.get(file).map(|file| Arc::clone(&file.source));
        let source = source.unwrap_or_else(|| Arc::new(Source::new("template", Vec::new())));
        Diagnostic::error(Place::Text(source, span), message).of_rule(Rule::Syntax)
    }

    /// What the engine says, at the place it names.
    pub(super) fn told(&self, error: &Error, budget: Option<&Arc<RunBudget>>) -> Diagnostics {
        let stop = budget.and_then(|budget| budget.stopped());
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
                let said = match budget {
                    Some(_) => self.said_of_values(report.message(), file, &place),
                    None => self.said(report.message()),
                };
                let diagnostic = self.fault(file, place, said);
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
                let said = || match budget {
                    Some(_) => self.said_of_values(&kind.to_string(), 0, &(0..0)),
                    None => self.said(&kind.to_string()),
                };
                let message = stop.as_ref().map_or_else(said, |stop| stop.message.clone());
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
        let help = match message {
            _ if message.contains("not defined") => self.kind.names_help.to_owned(),
            _ if message.starts_with("Closing comment") || message.starts_with("Unexpected end") => {
                "text that has {{, {% or {# in it stands between {% raw %} and {% endraw %}".to_owned()
            }
            _ => return diagnostic,
        };
        diagnostic.help.push(help);
        diagnostic
    }

    /// A message about values in one line: of its words, those that the engine has by itself and those of
    /// the tag. All others may be of a value.
    fn said_of_values(&self, message: &str, file: usize, place: &Span) -> String {
        let text = self.texts.get(file).map(String::as_str).unwrap_or_default();
        let before = text.get(..place.start).unwrap_or_default();
        let start = before.rfind("{{").max(before.rfind("{%")).unwrap_or(0);
        let behind = text.get(place.end..).unwrap_or_default();
        let end = behind.find("}}").into_iter().chain(behind.find("%}")).min();
        let end = place.end + end.unwrap_or(0);
        let tag = text.get(start..end).unwrap_or_default();
        let of_tag: BTreeSet<&str> = tag.split(|c: char| !is_of_word(c)).collect();
        let is_known = |word: &str| {
            let mut letters = word.chars();
            let lower: String = letters.next().iter().flat_map(|c| c.to_lowercase()).chain(letters).collect();
            of_tag.contains(word) || WORDS.split_whitespace().any(|known| known == lower)
        };
        let line = message.lines().next().unwrap_or_default();
        let line = line.split(". Available").next().unwrap_or_default();
        let mut told: Vec<String> = Vec::new();
        let mut is_quoted = false;
        for word in line.split_whitespace() {
            let bare = word.trim_matches(|c| "`'\".,:;()&-".contains(c));
            let is_own =
                [COUNT_ROUND, COUNT_WORK, CHECK_NAMES, CHECK_SIZE, CHECK_FILTER_INPUT].contains(&bare);
            let was_quoted = is_quoted;
            is_quoted ^= word.matches('`').count() % 2 == 1;
            if !(is_own || is_quoted || was_quoted)
                && (is_known(bare) || SIGNS.contains(&word.trim_matches('`')))
            {
                told.push(word.to_owned());
                continue;
            }
            let hidden = if word.starts_with('`') { "`...`" } else { "..." };
            // One value of several words is left out as one.
            if hidden == "`...`" || !told.last().is_some_and(|last| last == "..." || last == "`...`") {
                told.push(hidden.to_owned());
            }
        }
        in_sentence(&told.join(" "))
    }

    /// A message of the engine's about the template itself, in one line.
    fn said(&self, message: &str) -> String {
        let line = message.lines().next().unwrap_or_default();
        // What there is instead, the help says in better order.
        let line = line.split(". Available").next().unwrap_or_default();
        let mut told = String::new();
        for (at, piece) in line.split('`').enumerate() {
            let is_known = || self.texts.iter().any(|text| text.contains(piece));
            let is_own =
                [COUNT_ROUND, COUNT_WORK, CHECK_NAMES, CHECK_SIZE, CHECK_FILTER_INPUT].contains(&piece);
            match at % 2 {
                0 => told.push_str(piece),
                _ if !is_own && (is_plain(piece) || is_known()) => told.push_str(&format!("`{piece}`")),
                _ => told.push_str("`...`"),
            }
        }
        in_sentence(&told)
    }
}

/// What to say of a filter, a test or a function that there is not, and what to do.
pub(super) fn unknown(called: CallKind, name: &str, kind: &Profile) -> Option<(String, String)> {
    let (noun, names): (_, &[&'static str]) = match called {
        CallKind::Filter => ("filter", &FILTERS),
        CallKind::Test => ("test", &TESTS),
        CallKind::Function if kind.traced => ("function", &FUNCTIONS),
        CallKind::Function => ("function", &FUNCTIONS[2..]),
    };
    if names.contains(&name) || (called == CallKind::Filter && MORE_FILTERS.contains(&name)) {
        return None;
    }
    let all = || format!("there are {}", names.join(", "));
    let help = match name {
        "now" | "get_env" | "get_random" if called == CallKind::Function => {
            "a template reaches no clock, no environment and no chance".to_owned()
        }
        _ => did_you_mean(name, names.iter().copied()).unwrap_or_else(all),
    };
    Some((format!("unknown {noun} `{}`", shortened(name, 80)), help))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Without the big letter at its start and the full stop at its end.
fn in_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    let text = format!("{first}{}", letters.as_str());
    match text.strip_suffix('.') {
        Some(rest) if !rest.ends_with("..") => rest.to_owned(),
        _ => text,
    }
}

/// The engine's own names of types and signs.
fn is_plain(piece: &str) -> bool {
    let types =
        ["string", "array", "map", "i64", "i128", "f64", "bool", "number", "none", "undefined", "bytes"];
    types.contains(&piece) || !piece.contains(|c: char| c.is_alphanumeric())
}
