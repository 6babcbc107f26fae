//! Lines that a value makes blank or a comment. BuildKit skips such lines inside an instruction that goes
//! on: the line before then joins the one after, and what was to be the last line of the instruction
//! takes the next instruction with it.

use std::ops::Range;

use super::guard::{beginning, ends_in_escape, escape_characters, is_blank, refused};
use super::placeholder::end_of_line;
use super::{Template, Variable};
use crate::diagnostic::Diagnostics;

/// A line that could be lost.
#[derive(Debug)]
pub(super) struct Line {
    /// The placeholder before which nothing but blanks stands in it.
    pub(super) first: u32,
    /// The line before goes on in this one, and there is one after for it to join.
    is_behind_continued: bool,
}

/// The lines of a template that could be lost, where that would change what belongs together.
pub(super) fn exposed(template: &Template) -> Vec<Line> {
    let bytes = template.source().bytes();
    let mut around = None;
    let mut exposed = Vec::new();
    for first in template.first_of_lines(0) {
        let (start, end) = template.line_of(first);
        if first_visible(&bytes[start..template.placeholders()[first].start as usize]).is_some() {
            continue;
        }
        let around = around.get_or_insert_with(|| Surroundings::new(bytes, escape_characters(bytes)));
        if let Some(is_behind_continued) = around.exposure(start, end) {
            exposed.push(Line { first: first as u32, is_behind_continued });
        }
    }
    exposed
}

/// What stands around lines that are asked for in the order of the text, looking at each byte twice.
pub struct Surroundings<'b> {
    bytes: &'b [u8],
    escapes: Vec<u8>,
    /// Where the last line starts that is neither blank nor a comment.
    last: usize,
    /// Up to here `goes_on` is true to the text.
    at: usize,
    /// The nearest line that is neither blank nor a comment ends in the escape character.
    goes_on: bool,
}

impl<'b> Surroundings<'b> {
    /// Of a text with these [escape characters](escape_characters).
    pub fn new(bytes: &'b [u8], escapes: Vec<u8>) -> Self {
        let mut last = bytes.len();
        loop {
            let start = memchr::memrchr(b'\n', &bytes[..last]).map_or(0, |newline| newline + 1);
            if !is_lost(&bytes[start..last]) || start == 0 {
                return Surroundings { bytes, escapes, last: start, at: 0, goes_on: false };
            }
            last = start - 1;
        }
    }

    fn is_continued(&self, line: &[u8]) -> bool {
        self.escapes.iter().any(|&escape| ends_in_escape(line, escape))
    }

    /// Whether what belongs together would change without the line from `start` to `end`, and then
    /// whether the line before goes on in it.
    fn exposure(&mut self, start: usize, end: usize) -> Option<bool> {
        while self.at < start {
            let line = &self.bytes[self.at..end_of_line(self.bytes, self.at)];
            if !is_lost(line) {
                self.goes_on = self.is_continued(line);
            }
            self.at += line.len() + 1;
        }
        let goes_on = self.is_continued(&self.bytes[start..end]);
        let is_exposed = if self.goes_on { !goes_on && end < self.last } else { goes_on };
        is_exposed.then_some(self.goes_on)
    }

    /// What becomes of the line of a rendered text, if values made it one that is lost: `without` is the
    /// line with a letter in the place of each.
    pub fn why_lost(&mut self, line: Range<usize>, without: &[u8]) -> Option<&'static str> {
        if is_lost(without) || !is_lost(&self.bytes[line.clone()]) {
            return None;
        }
        let is_behind_continued = self.exposure(line.start, line.end)?;
        why(&self.bytes[line], is_behind_continued)
    }
}

/// Whether BuildKit skips the line inside an instruction.
fn is_lost(line: &[u8]) -> bool {
    matches!(first_visible(line), None | Some('#'))
}

/// The first character of a line that is no blank.
fn first_visible(line: &[u8]) -> Option<char> {
    line.utf8_chunks().find_map(|chunk| {
        let visible = chunk.valid().chars().find(|&c| !is_blank(c));
        visible.or((!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER))
    })
}

/// Refuses the values through which one of these lines is lost.
pub(super) fn check(
    template: &Template,
    values: &[&Variable],
    exposed: &[Line],
    diagnostics: &mut Diagnostics,
) {
    for line in exposed {
        let first = line.first as usize;
        let (start, end) = template.line_of(first);
        let (rendered, _) = beginning(template, |name| values[name].value(), start, end);
        let Some(why) = why(rendered.as_bytes(), line.is_behind_continued) else { continue };
        diagnostics.push(|| {
            let name = template.placeholders()[first].name as usize;
            refused(template, first, values[name], why)
                .help("inside an instruction, Docker skips blank lines and comments")
        });
    }
}

/// What becomes of a line that is lost; nothing when this one is not.
fn why(rendered: &[u8], is_behind_continued: bool) -> Option<&'static str> {
    match (is_behind_continued, first_visible(rendered)) {
        (true, None) => Some("would leave this line blank, and so join the lines around it"),
        (true, Some('#')) => Some("would make this line a comment, and so join the lines around it"),
        (false, Some('#')) => Some("would make this line a comment, and so cut it off from the next"),
        _ => None,
    }
}
