//! What in a template was probably not meant. Nothing here stops a render; each entry is a warning
//! with its place, in the order of the file.

use std::fmt::Display;
use std::sync::Arc;

use super::guard::{lines, opens_heredoc, pieces};
use super::placeholder::{BEGINNINGS, LineFinder, end_of_line, find_all, is_name, name_at};
use super::rendering::Rendering;
use super::{Template, Variable};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, RuleName};
use crate::escape;
use crate::source::Span;

/// A line longer than this is refused by BuildKit ("line longer than 65535 bytes").
const LONGEST_LINE: u64 = 65_535;
/// The longest text between two `%%` that is still taken for a mistyped name.
const LONGEST_NEAR_MISS: usize = 64;
/// As much of a value or a text as may open a heredoc together with what is beside it.
const LONGEST_OPENER: usize = 64;

/// Warnings about the text itself.
pub(super) fn in_text(template: &Template) -> Diagnostics {
    let bytes = template.source().bytes();
    let mut notes = TextWarnings { template, bytes, diagnostics: Diagnostics::new() };
    if template.kind() != super::TemplateKind::Placeholders {
        notes.not_replaced();
    } else {
        notes.near_misses();
        notes.code();
    }
    notes.carriage_returns();
    notes.not_plain_text();
    let mut diagnostics = notes.diagnostics;
    diagnostics.sort_by_position();
    diagnostics
}

struct TextWarnings<'t> {
    template: &'t Template,
    bytes: &'t [u8],
    diagnostics: Diagnostics,
}

impl TextWarnings<'_> {
    fn note(&mut self, rule: RuleName, span: Span, message: impl Display, help: &str) {
        let place = || Place::Text(Arc::clone(self.template.source()), span);
        let warning = || Diagnostic::warning(place(), message.to_string()).help(help).of_rule(rule);
        self.diagnostics.push_warning(warning);
    }

    /// Text that looks like a placeholder and is none, and placeholders in directives.
    fn near_misses(&mut self) {
        let bytes = self.bytes;
        let mut lines = LineFinder::new(bytes);
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'%', &bytes[at..]) {
            let start = at + found;
            if lines.is_comment(start) {
                let line = lines.start_of_line(start)..lines.end_of_line(start);
                at = line.end;
                if let Some(name) = name_at(bytes, start).filter(|_| is_directive(&bytes[line])) {
                    let span = start..start + name.len() + 4;
                    let message = format_args!("%%{name}%% is not replaced in a directive");
                    let help = "lines that start with `#` are copied as they are; write the value out";
                    self.note(RuleName::PlaceholderInComment, span, message, help);
                }
                continue;
            }
            if let Some(name) = name_at(bytes, start) {
                at = start + name.len() + 4;
                continue;
            }
            let Some((end, inside)) = near_miss(bytes, start) else {
                at = start + 1;
                continue;
            };
            at = end;
            let text = String::from_utf8_lossy(&bytes[start..end]);
            let message = format_args!("`{text}` is not a placeholder and stays as it is");
            self.note(RuleName::MalformedPlaceholder, start..end, message, &help_for_near_miss(inside));
        }
    }

    /// Placeholders in a file in which nothing is replaced.
    fn not_replaced(&mut self) {
        let (placeholders, names) = find_all(self.bytes);
        // A placeholder in a value that a Tera template put into the text is reported of the value.
        let source = self.template.source();
        for placeholder in placeholders {
            let Some(name) = names.get(placeholder.name as usize) else { continue };
            let start = placeholder.start as usize;
            let span = start..start + name.len() + 4;
            if !source.is_literal(&span) {
                continue;
            }
            let (file, help) = match source.is_made() {
                true => ("Tera template", format!("write {{{{ {name} }}}}")),
                false => ("plain Dockerfile", "rename the file to Dockerfile.template".to_owned()),
            };
            let name = escape::shortened(name, 80);
            let message = format_args!("%%{name}%% is not replaced in a {file}");
            self.note(RuleName::PlaceholderInPlainDockerfile, span, message, &help);
        }
    }

    /// `<% ... %>`, which the balena builder runs as JavaScript.
    fn code(&mut self) {
        let bytes = self.bytes;
        let mut lines = LineFinder::new(bytes);
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(&bytes[at..], b"<%") {
            let start = at + found;
            let line_end = end_of_line(bytes, start);
            at = line_end;
            if lines.is_comment(start) {
                continue;
            }
            if let Some(close) = memchr::memmem::find(&bytes[start + 2..line_end], b"%>") {
                let message = "this line would run as code under balena";
                let help = "the balena builder runs `<% ... %>` as JavaScript; dtpl keeps the text";
                self.note(RuleName::JavascriptInTemplate, start..start + close + 4, message, help);
            }
        }
    }

    /// A carriage return inside a line: an editor shows two lines where a parser reads one.
    fn carriage_returns(&mut self) {
        let bytes = self.bytes;
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'\r', &bytes[at..]) {
            let start = at + found;
            at = start + 1;
            if bytes.get(at) != Some(&b'\n') {
                let message = "a carriage return alone does not end a line";
                let help = "this is one line to Docker; end lines with \\n or \\r\\n";
                self.note(RuleName::HiddenCharacter, start..at, message, help);
                at = end_of_line(bytes, at);
            }
        }
    }

    /// Bytes that are not UTF-8, and characters that change the order in which text reads.
    fn not_plain_text(&mut self) {
        let bytes = self.bytes;
        if bytes.is_ascii() {
            return;
        }
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            for (offset, c) in chunk.valid().char_indices() {
                let start = at + offset;
                let mark_at_start = start == 0 && c == '\u{FEFF}';
                if escape::is_direction_control(c) && !mark_at_start {
                    let code = u32::from(c);
                    let message = format_args!("U+{code:04X} makes text read otherwise than it is");
                    let span = start..start + c.len_utf8();
                    self.note(RuleName::HiddenCharacter, span, message, "remove it unless it is meant");
                }
            }
            at += chunk.valid().len();
            if !chunk.invalid().is_empty() {
                let end = at + chunk.invalid().len();
                let help = "the bytes are kept; the balena builder would replace them by U+FFFD";
                self.note(RuleName::HiddenCharacter, at..end, "not valid UTF-8", help);
                at = end;
            }
        }
    }
}

/// `# syntax=`, `# escape=` or `# check=`, which BuildKit obeys.
fn is_directive(line: &[u8]) -> bool {
    let line: Vec<u8> = line.iter().take(64).copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let line = line.to_ascii_lowercase();
    [&b"#syntax="[..], b"#escape=", b"#check="].iter().any(|directive| line.starts_with(directive))
}

/// The end and the inside of something at `start` that was probably meant as a placeholder: a name
/// between `%%` with a digit, a small letter, a dash or blanks in it, or with a `%` too few.
fn near_miss(bytes: &[u8], start: usize) -> Option<(usize, &[u8])> {
    let opening = bytes[start..].iter().take(3).take_while(|&&b| b == b'%').count();
    // `%%%NAME%%` is a percent sign and a placeholder: the scanner gets there by itself.
    if opening == 3 {
        return None;
    }
    let inside = &bytes[start + opening..];
    // Not closed at all: `%%FORMAT` is everyday text, the names of balena and dtpl are not.
    if BEGINNINGS.iter().any(|beginning| bytes[start..].starts_with(beginning.as_bytes())) {
        let in_name = |b: &&u8| b.is_ascii_uppercase() || **b == b'_';
        let length = inside.iter().take(LONGEST_NEAR_MISS + 1).take_while(in_name).count();
        let goes_on = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'%' | b'-' | b'_');
        if !inside.get(length).is_some_and(goes_on) {
            return Some((start + opening + length, &inside[..length]));
        }
    }
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b' ');
    let length = inside.iter().take(LONGEST_NEAR_MISS + 1).take_while(|b| in_name(b)).count();
    let closing = inside[length..].iter().take(2).take_while(|&&b| b == b'%').count();
    let inside = &inside[..length];
    let name = inside.trim_ascii();
    let is_word = name.iter().any(u8::is_ascii_alphabetic) && !name.contains(&b' ');
    // `%%s %%d` and `%%Y%%m` are formats: a name has blanks on both sides, and a single letter is
    // alone.
    let is_even = inside.starts_with(b" ") == inside.ends_with(b" ");
    let after = bytes.get(start + opening + length + closing);
    let is_alone = name.len() > 1 || !after.is_some_and(u8::is_ascii_alphanumeric);
    let is_word = is_word && is_even && is_alone;
    let counts = match (opening, closing) {
        (2, 2) => is_word,
        // One `%` short: only a name that would be right otherwise, since `%d%` is everyday text.
        (2, 1) | (1, 2) => std::str::from_utf8(inside).is_ok_and(|name| is_name(name) && name.contains('_')),
        _ => false,
    };
    (counts && length <= LONGEST_NEAR_MISS).then_some((start + opening + length + closing, inside))
}

fn help_for_near_miss(inside: &[u8]) -> String {
    let name: String = String::from_utf8_lossy(inside).trim().to_ascii_uppercase().replace('-', "_");
    if is_name(&name) {
        return format!("write it as `%%{name}%%`");
    }
    "a placeholder is two or more of `A` to `Z` and `_` between `%%` and `%%`, without digits".to_owned()
}

impl Rendering<'_> {
    /// What in this result was probably not meant, because of the values: one that holds a
    /// placeholder or opens a heredoc, an empty one in `FROM`, a line that BuildKit refuses.
    pub fn warnings(&self) -> Diagnostics {
        let mut diagnostics = self.warnings_of_tera();
        self.values().iter().for_each(|variable| warn_about_value(variable, &mut diagnostics));
        self.opened_together(&mut diagnostics);
        self.empty_in_from(&mut diagnostics);
        self.long_lines(&mut diagnostics);
        diagnostics
    }

    /// Heredocs that a value opens together with the text around it. One that opens a heredoc by itself is
    /// reported where it was given.
    fn opened_together(&self, diagnostics: &mut Diagnostics) {
        let (template, values) = (self.template(), self.values());
        if !values.iter().any(|variable| variable.value().contains(&b'<')) {
            return;
        }
        let variable = |index: usize| values[template.placeholders()[index].name as usize];
        let value = |index: usize, _: &Span| variable(index).value();
        for line in lines(template) {
            // The bytes at both ends of each piece, with the placeholder that they come from.
            let mut text: Vec<u8> = Vec::new();
            let mut owners: Vec<Option<usize>> = Vec::new();
            for (piece, owner) in pieces(template, line.first, line.span, &value) {
                text.extend_from_slice(&piece[..piece.len().min(LONGEST_OPENER)]);
                if piece.len() > LONGEST_OPENER {
                    text.push(b' ');
                    text.extend_from_slice(&piece[LONGEST_OPENER.max(piece.len() - LONGEST_OPENER)..]);
                }
                owners.resize(text.len(), owner);
            }
            let mut at = 0;
            while let Some(found) = opens_heredoc(&text[at..]) {
                let pair = at + found;
                at = pair + 2;
                let Some(owner) = owners[pair].or(owners[pair + 1]) else { continue };
                let variable = variable(owner);
                if opens_heredoc(variable.value()).is_some() && variable.origin().is_some() {
                    continue;
                }
                diagnostics.push(|| {
                    let span = template.span(template.placeholders()[owner]);
                    let message = format!("the value of {} may open a heredoc here", variable.name());
                    Diagnostic::warning(Place::Text(Arc::clone(template.source()), span), message)
                        .help("after `<<NAME`, Docker takes the following lines for data")
                        .of_rule(RuleName::DoubtfulValue)
                });
            }
        }
    }

    fn empty_in_from(&self, diagnostics: &mut Diagnostics) {
        let template = self.template();
        let bytes = template.source().bytes();
        let mut lines = LineFinder::new(bytes);
        for &placeholder in template.placeholders() {
            if !self.value(placeholder).value().is_empty() {
                continue;
            }
            let span = template.span(placeholder);
            let line = lines.start_of_line(span.start);
            let head: Vec<u8> = bytes[line..span.start].trim_ascii_start().iter().take(5).copied().collect();
            if head.eq_ignore_ascii_case(b"FROM ") {
                diagnostics.push(|| {
                    let name = template.name(placeholder);
                    let place = Place::Text(Arc::clone(template.source()), span);
                    Diagnostic::warning(place, format!("{name} is empty in a FROM"))
                        .help("the image reference is probably incomplete")
                        .of_rule(RuleName::DoubtfulValue)
                });
            }
        }
    }

    fn long_lines(&self, diagnostics: &mut Diagnostics) {
        // A file that is shorter as a whole has no such line.
        if self.len() <= LONGEST_LINE {
            return;
        }
        let mut line = 1;
        let mut length = 0u64;
        let mut found = Vec::new();
        for (at, piece) in self.pieces().enumerate() {
            // Every other piece is a value, and a value ends no line.
            let is_value = at % 2 == 1;
            let mut start = 0;
            for newline in memchr::memchr_iter(b'\n', if is_value { &[] } else { piece }) {
                length += (newline - start) as u64;
                if length > LONGEST_LINE {
                    found.push((line, length));
                }
                (line, length, start) = (line + 1, 0, newline + 1);
            }
            length += (piece.len() - start) as u64;
            if found.len() > crate::diagnostic::KEPT {
                break;
            }
        }
        if length > LONGEST_LINE {
            found.push((line, length));
        }
        for (line, length) in found {
            diagnostics.push(|| {
                let start = self.template().source().line_span(line).start;
                let place = Place::Text(Arc::clone(self.template().source()), start..start);
                Diagnostic::warning(place, format!("this line renders to {length} bytes"))
                    .help(format!("BuildKit refuses lines of more than {LONGEST_LINE} bytes"))
            });
        }
    }
}

/// Warns about a value that a user gave, wherever it is used.
pub fn warn_about_value(variable: &Variable, diagnostics: &mut Diagnostics) {
    let name = variable.name();
    let Some(origin) = variable.origin() else { return };
    let value = variable.value();
    let mut warn = |message: String, help: &str| {
        let warning =
            || Diagnostic::warning(origin.clone(), message).help(help).of_rule(RuleName::DoubtfulValue);
        diagnostics.push(warning);
    };
    if (0..value.len()).any(|at| name_at(value, at).is_some()) {
        let message = format!("the value of {name} holds a placeholder");
        warn(message, "values are not replaced again; it stays as it is");
    }
    if opens_heredoc(value).is_some() {
        let message = format!("the value of {name} may open a heredoc");
        warn(message, "after `<<NAME`, Docker takes the following lines for data");
    }
}
