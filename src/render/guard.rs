//! Values must not change the structure of the Dockerfile they are put into.
//!
//! That a value holds no line break was seen to when it was set. The ways that are left to add or take a
//! line depend on where the value stands: a line that comes to end in the escape character swallows the
//! next one (and one that comes to end in two no longer does), and a line at the head of the file that
//! comes to start a comment may name another frontend (`# syntax=`) or another escape character. Lines
//! inside an instruction may be [lost](super::lost_line), and a [heredoc] may end early.

use std::sync::Arc;

use super::placeholder::end_of_line;
use super::{Template, Variable, heredoc, lost_line};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};

/// Where in a template values could change its structure. Most templates have no such place, and
/// then there is nothing to check at a render.
#[derive(Debug)]
pub(super) struct Exposed {
    /// A value stands where the head of the file could become a comment.
    pub(super) head: bool,
    /// The placeholders that have part in the end of their line.
    ends: Vec<usize>,
    /// The lines that could become blank or a comment inside an instruction.
    lost: Vec<lost_line::Line>,
    /// The lines that could become the end of a heredoc.
    pub(super) heredocs: heredoc::Exposed,
}

/// Finds those places.
pub(super) fn exposed(template: &Template) -> Exposed {
    let heredocs = heredoc::exposed(template);
    // What is data of a heredoc is part of no instruction's lines.
    let mut lost = lost_line::exposed(template);
    lost.retain(|line| !heredocs.has(line.first as usize));
    Exposed { head: is_head_exposed(template), ends: ends(template), lost, heredocs }
}

/// Checks every place where a value stands.
pub(super) fn check(template: &Template, values: &[&Variable]) -> Result<(), Diagnostics> {
    let exposed = template.exposed();
    let mut diagnostics = Diagnostics::new();
    if exposed.head {
        head(template, values, &mut diagnostics);
    }
    continuations(template, values, &exposed.ends, &mut diagnostics);
    lost_line::check(template, values, &exposed.lost, &mut diagnostics);
    heredoc::check(template, values, &exposed.heredocs, &mut diagnostics);
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// Whether a value stands before everything in a line at the head that is neither blank nor the start
/// of a comment.
fn is_head_exposed(template: &Template) -> bool {
    let bytes = template.source().bytes();
    let Some(first) = template.placeholders().first() else { return false };
    let mut start = 0;
    loop {
        let end = end_of_line(bytes, start);
        let has_value = (start..end).contains(&(first.start as usize));
        let fixed = &bytes[start..if has_value { first.start as usize } else { end }];
        let fixed = &fixed[..fixed.len().min(4 * LONGEST_BEGINNING)];
        let text = String::from_utf8_lossy(fixed);
        let text = text.trim_start_matches(is_blank);
        if has_value {
            return text.is_empty() || text.starts_with(['#', '/', '{']);
        }
        if !(text.is_empty() || text.starts_with('#')) || end == bytes.len() {
            return false;
        }
        start = end + 1;
    }
}

/// The placeholders after which at most an escape character and blanks follow in their line.
fn ends(template: &Template) -> Vec<usize> {
    let bytes = template.source().bytes();
    let is_at_end = |&(_, &placeholder): &(usize, &super::Placeholder)| {
        // The scan stops at the second byte that is no blank, so that all scans together look at each
        // byte twice at most.
        let mut visible = 0;
        for &byte in &bytes[template.span(placeholder).end..] {
            if byte == b'\n' {
                return true;
            }
            visible += usize::from(!is_line_blank(byte));
            if visible == 2 {
                return false;
            }
        }
        true
    };
    template.placeholders().iter().enumerate().filter(is_at_end).map(|(at, _)| at).collect()
}

pub(super) fn refused(template: &Template, at: usize, variable: &Variable, why: &str) -> Diagnostic {
    let span = template.span(template.placeholders()[at]);
    let used = Place::Text(Arc::clone(template.source()), span.clone());
    let position = template.source().position(span.start);
    let mut diagnostic =
        Diagnostic::error(variable.place_or(used), format!("the value of {} {why}", variable.name()))
            .of_rule(Rule::DoubtfulValue);
    if variable.origin().is_some() {
        diagnostic.help.push(format!(
            "it is used at {}:{}:{}",
            template.source().name(),
            position.line,
            position.column
        ));
    }
    diagnostic
}

/// The escape character that the template chooses, a backslash when it chooses none.
///
/// Directives stand in the leading comment lines. Whether one counts there is decided generously:
/// more values are refused than BuildKit would trip over, never fewer.
pub fn escape_characters(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let leading = bytes.split(|&b| b == b'\n').take_while(|line| line.trim_ascii().starts_with(b"#"));
    let mut characters = Vec::new();
    for line in leading {
        let text: Vec<u8> =
            line.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
        match text.as_slice() {
            b"#escape=`" => characters.push(b'`'),
            b"#escape=\\" => characters.push(b'\\'),
            // An indented one, in which a placeholder may become either.
            text if text.starts_with(b"#escape=") && text.contains(&b'%') => {
                characters.extend([b'`', b'\\']);
            }
            _ => {}
        }
    }
    // With two directives only the first may count, or none: then both characters are suspect.
    if characters.len() != 1 {
        characters.push(b'\\');
    }
    characters
}

/// Refuses values through which a line at the head of the file becomes a comment or a directive.
///
/// BuildKit reads directives in the leading comments, and takes off whatever Unicode calls a blank (and
/// a byte order mark) before it looks. So does this.
fn head(template: &Template, values: &[&Variable], diagnostics: &mut Diagnostics) {
    let bytes = template.source().bytes();
    let mut start = 0;
    loop {
        let end = end_of_line(bytes, start);
        let (rendered, first) = beginning(template, |name| values[name].value(), start, end);
        if let Some(at) = first {
            // What the text is by itself, with a letter or with nothing in the place of each value.
            let written = [&b"x"[..], b""].map(|value| beginning(template, |_| value, start, end).0);
            let comments = |text: &str| text.starts_with(['#', '/', '{']);
            let becomes_comment = comments(&rendered) && !written.iter().any(|text| comments(text));
            let named = directive(&rendered);
            let becomes_directive = named.is_some() && !written.iter().any(|text| directive(text) == named);
            if becomes_comment || becomes_directive {
                let placeholder = template.placeholders()[at];
                diagnostics.push(|| {
                    let variable = values[placeholder.name as usize];
                    refused(template, at, variable, "would make the head of the file a comment")
                        .help("a comment there can name the program that reads the whole file (`# syntax=`)")
                });
            }
        }
        if !(rendered.is_empty() || rendered.starts_with('#')) || end == bytes.len() {
            return;
        }
        start = end + 1;
    }
}

/// As much of a line as a directive's name needs.
const LONGEST_BEGINNING: usize = 256;

/// The beginning of a rendered line without its blanks, and the first placeholder that has part in it.
/// `value` gives the value of a name.
pub(super) fn beginning<'v>(
    template: &Template,
    value: impl Fn(usize) -> &'v [u8],
    start: usize,
    end: usize,
) -> (String, Option<usize>) {
    let bytes = template.source().bytes();
    let placeholders = template.placeholders();
    let first = placeholders.partition_point(|placeholder| (placeholder.start as usize) < start);
    let mut text = String::new();
    let mut part = None;
    let mut at = start;
    let mut add = |mut piece: &[u8]| {
        loop {
            let mut most = piece.len().min(2 * LONGEST_BEGINNING);
            // No half characters.
            while most > 1 && piece.get(most).is_some_and(|byte| byte & 0xC0 == 0x80) {
                most -= 1;
            }
            text.push_str(&String::from_utf8_lossy(&piece[..most]));
            if !text.chars().all(is_blank) {
                return text.len() >= LONGEST_BEGINNING;
            }
            text.clear();
            piece = &piece[most..];
            if piece.is_empty() {
                return false;
            }
        }
    };
    let mut is_full = false;
    for (index, &placeholder) in placeholders.iter().enumerate().skip(first) {
        let span = template.span(placeholder);
        if span.start >= end || is_full {
            break;
        }
        is_full = add(&bytes[at..span.start]);
        if !is_full {
            part = part.or(Some(index));
            is_full = add(value(placeholder.name as usize));
        }
        at = span.end;
    }
    if !is_full {
        add(&bytes[at.min(end)..end]);
    }
    (text.trim_start_matches(is_blank).trim_end_matches(is_blank).to_owned(), part)
}

pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

/// The name in `# name = value`, in small letters, when it is one that BuildKit obeys.
fn directive(line: &str) -> Option<&'static str> {
    let comment = line.strip_prefix('#').or(line.strip_prefix("//"))?;
    let (name, _) = comment.split_once('=')?;
    let name = name.trim_matches(is_blank).to_ascii_lowercase();
    ["syntax", "escape", "check"].into_iter().find(|known| *known == name)
}

/// Refuses values through which a line comes to be continued, or comes not to be.
fn continuations(template: &Template, values: &[&Variable], ends: &[usize], diagnostics: &mut Diagnostics) {
    let bytes = template.source().bytes();
    let placeholders = template.placeholders();
    let mut escapes = None;
    for &index in ends {
        let end = template.span(placeholders[index]).end;
        let eol = end_of_line(bytes, end);
        for &escape in escapes.get_or_insert_with(|| escape_characters(bytes)).iter() {
            let rendered = is_continued(template, Some(values), index, eol, escape);
            let why = match (rendered, is_continued(template, None, index, eol, escape)) {
                (true, false) => "would join this line with the next",
                (false, true) => "would cut this line off from the next",
                _ => continue,
            };
            let given = |at: &usize| !values[placeholders[*at].name as usize].value().trim_ascii().is_empty();
            let line = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |newline| newline + 1);
            let of_line = (0..=index).rev().take_while(|&at| placeholders[at].start as usize >= line);
            let at = of_line.into_iter().find(given).unwrap_or(index);
            diagnostics.push(|| {
                refused(template, at, values[placeholders[at].name as usize], why)
                    .help("at the end of a line, the escape character continues it; twice it does not")
            });
            break;
        }
    }
}

fn is_line_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Whether BuildKit continues the line of placeholder `last`, which ends at `eol`: its last byte but
/// blanks is the escape character, and the one before is not. Without values, each counts as a letter.
fn is_continued(
    template: &Template,
    values: Option<&[&Variable]>,
    last: usize,
    eol: usize,
    escape: u8,
) -> bool {
    let bytes = template.source().bytes();
    let placeholders = template.placeholders();
    let mut tail: Vec<u8> = Vec::new();
    // Takes bytes from the end of a piece; says whether two are there.
    let mut take = |piece: &[u8]| {
        for &byte in piece.iter().rev() {
            if !(tail.is_empty() && is_line_blank(byte)) {
                tail.push(byte);
            }
            if tail.len() == 2 {
                return true;
            }
        }
        false
    };
    let mut end = eol;
    for at in (0..=last).rev() {
        let span = template.span(placeholders[at]);
        let literal = &bytes[span.end..end];
        if let Some(newline) = memchr::memrchr(b'\n', literal) {
            take(&literal[newline + 1..]);
            return ends_in(&tail, escape);
        }
        if take(literal) || take(values.map_or(b"x", |values| values[placeholders[at].name as usize].value()))
        {
            return ends_in(&tail, escape);
        }
        end = span.start;
    }
    let literal = &bytes[..end];
    take(&literal[memchr::memrchr(b'\n', literal).map_or(0, |newline| newline + 1)..]);
    ends_in(&tail, escape)
}

/// Of the last two bytes of a line, the last first.
fn ends_in(tail: &[u8], escape: u8) -> bool {
    tail.first() == Some(&escape) && tail.get(1) != Some(&escape)
}

/// Whether BuildKit continues a line: its last byte but blanks is the escape character, and the one
/// before is not.
pub fn ends_in_escape(line: &[u8], escape: u8) -> bool {
    let mut tail = line.iter().rev().skip_while(|byte| is_line_blank(**byte));
    tail.next() == Some(&escape) && tail.next() != Some(&escape)
}

/// Whether a line at the head of the file is a comment or a directive, and is none by itself: `without`
/// has it with a letter, and with nothing, in the place of each value.
pub fn changes_head(rendered: &[u8], without: &[Vec<u8>]) -> bool {
    let text = |line: &[u8]| String::from_utf8_lossy(line).trim_matches(is_blank).to_owned();
    let comments = |text: &str| text.starts_with(['#', '/', '{']);
    let rendered = text(rendered);
    let without: Vec<String> = without.iter().map(|line| text(line)).collect();
    let named = directive(&rendered);
    (comments(&rendered) && !without.iter().any(|line| comments(line)))
        || (named.is_some() && !without.iter().any(|line| directive(line) == named))
}
