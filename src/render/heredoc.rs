//! Heredocs and values: a value that comes to be the line that ends a heredoc makes instructions of the
//! data after it, and two values (or a value and the text beside it) may open one together.
//!
//! Where the heredocs are, the Dockerfile model says of the template with letters in the place of its
//! placeholders.

use std::sync::Arc;

use super::guard::refused;
use super::{Template, Variable};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};
use crate::dockerfile::Dockerfile;
use crate::source::Source;

/// In a longer text no heredoc is looked for: nobody wrote it, and to read it takes memory.
pub const LONGEST_TEXT: usize = 1 << 20;
/// As much of a value or a text as may open a heredoc together with what is beside it.
const LONGEST_OPENER: usize = 64;

/// Where a heredoc could be ended by a value.
#[derive(Debug, Default)]
pub(super) struct Exposed {
    heredocs: Vec<Heredoc>,
    /// The lines with placeholders in them: the first placeholder, and the index of the heredoc.
    lines: Vec<(u32, u32)>,
}

#[derive(Debug)]
struct Heredoc {
    name: Vec<u8>,
    /// Tabs in front of the name do not count.
    chomp: bool,
}

impl Exposed {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the line whose first placeholder this is, is data of a heredoc.
    pub(super) fn has(&self, first: usize) -> bool {
        self.lines.binary_search_by_key(&first, |&(listed, _)| listed as usize).is_ok()
    }
}

/// Finds those places.
pub(super) fn exposed(template: &Template) -> Exposed {
    let bytes = template.source().bytes();
    let mut exposed = Exposed::default();
    let last = template.placeholders().last().map_or(0, |last| last.start as usize);
    if bytes.len() > LONGEST_TEXT || memchr::memmem::find(&bytes[..last], b"<<").is_none() {
        return exposed;
    }
    let mut letters = bytes.to_vec();
    for &placeholder in template.placeholders() {
        letters[template.span(placeholder)].fill(b'x');
    }
    let source = Arc::new(Source::new(template.source().name(), letters));
    let (dockerfile, _) = Dockerfile::read(&source);
    let placeholders = template.placeholders();
    for heredoc in dockerfile.instructions.iter().flat_map(|instruction| &instruction.heredocs) {
        let from = |at: usize| placeholders.partition_point(|placeholder| (placeholder.start as usize) < at);
        let of_name = from(heredoc.span.start)..from(heredoc.span.end);
        let (first, last) = (from(heredoc.content.start), from(heredoc.content.end));
        let of_content = template.first_of_lines(first).take_while(|line| *line < last);
        exposed.lines.extend(of_content.map(|line| (line as u32, exposed.heredocs.len() as u32)));
        // A name that a value has part in is compared with nothing.
        let name = if of_name.is_empty() { heredoc.name.to_vec() } else { Vec::new() };
        exposed.heredocs.push(Heredoc { name, chomp: heredoc.chomp });
    }
    exposed
}

/// Whether there is `<<EOF`, `<<-EOF` or `<<"EOF"` in a text, and where the first one is.
pub(super) fn opens(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&text[at..], b"<<") {
        at += found + 2;
        let name = &text[at..];
        let name = name.strip_prefix(b"-").unwrap_or(name);
        let name = name.strip_prefix(b"\"").or(name.strip_prefix(b"'")).unwrap_or(name);
        if name.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            return Some(at - 2);
        }
    }
    None
}

/// The pieces of the rendered line whose first placeholder this is, each with the placeholder that it
/// stands for.
fn pieces<'p>(
    template: &'p Template,
    values: &'p [&Variable],
    first: usize,
) -> impl Iterator<Item = (&'p [u8], Option<usize>)> {
    let bytes = template.source().bytes();
    let (start, end) = template.line_of(first);
    let of_line = template.placeholders()[first..].iter().enumerate();
    let mut of_line = of_line.take_while(move |(_, placeholder)| (placeholder.start as usize) < end);
    let (mut at, mut value) = (Some(start), None);
    std::iter::from_fn(move || {
        if let Some((text, index)) = value.take() {
            return Some((text, Some(index)));
        }
        let from = at.take()?;
        let Some((offset, &placeholder)) = of_line.next() else {
            return Some((&bytes[from..end], None));
        };
        let span = template.span(placeholder);
        value = Some((values[placeholder.name as usize].value(), first + offset));
        at = Some(span.end);
        Some((&bytes[from..span.start], None))
    })
}

/// Refuses the values through which a line becomes the end of a heredoc.
pub(super) fn check(
    template: &Template,
    values: &[&Variable],
    exposed: &Exposed,
    diagnostics: &mut Diagnostics,
) {
    for &(first, heredoc) in &exposed.lines {
        let (first, heredoc) = (first as usize, &exposed.heredocs[heredoc as usize]);
        if is_end(pieces(template, values, first).map(|(piece, _)| piece), heredoc) {
            diagnostics.push(|| {
                let variable = values[template.placeholders()[first].name as usize];
                refused(template, first, variable, "would make this line the end of a heredoc")
                    .help("what follows would be instructions; choose another name behind `<<`")
            });
        }
    }
}

/// Whether a line ends the heredoc: it is its name, maybe after tabs, and the end of the line.
fn is_end<'p>(pieces: impl Iterator<Item = &'p [u8]>, heredoc: &Heredoc) -> bool {
    let mut name = heredoc.name.as_slice();
    let mut is_start = heredoc.chomp;
    for mut piece in pieces {
        if is_start {
            piece = &piece[piece.iter().take_while(|&&byte| byte == b'\t').count()..];
            is_start = piece.is_empty();
        }
        let (of_name, behind) = piece.split_at(piece.len().min(name.len()));
        let Some(rest) = name.strip_prefix(of_name) else { return false };
        if !behind.iter().all(|&byte| byte == b'\r') {
            return false;
        }
        name = rest;
    }
    name.is_empty() && !heredoc.name.is_empty()
}

/// Warns of heredocs that a value opens together with what stands beside it. One that opens a heredoc all
/// by itself is told where it was given.
pub(super) fn opened_together(template: &Template, values: &[&Variable], diagnostics: &mut Diagnostics) {
    if !values.iter().any(|variable| variable.value().contains(&b'<')) {
        return;
    }
    for first in template.first_of_lines(0) {
        // The bytes at both ends of each piece, with the placeholder that they are of.
        let mut text: Vec<u8> = Vec::new();
        let mut owners: Vec<Option<usize>> = Vec::new();
        for (piece, owner) in pieces(template, values, first) {
            text.extend_from_slice(&piece[..piece.len().min(LONGEST_OPENER)]);
            if piece.len() > LONGEST_OPENER {
                text.push(b' ');
                text.extend_from_slice(&piece[LONGEST_OPENER.max(piece.len() - LONGEST_OPENER)..]);
            }
            owners.resize(text.len(), owner);
        }
        let mut at = 0;
        while let Some(found) = opens(&text[at..]) {
            let pair = at + found;
            at = pair + 2;
            let Some(owner) = owners[pair].or(owners[pair + 1]) else { continue };
            let variable = values[template.placeholders()[owner].name as usize];
            if opens(variable.value()).is_some() && variable.origin().is_some() {
                continue;
            }
            diagnostics.push(|| {
                let span = template.span(template.placeholders()[owner]);
                let message = format!("the value of {} may open a heredoc here", variable.name());
                Diagnostic::warning(Place::Text(Arc::clone(template.source()), span), message)
                    .help("after `<<NAME`, Docker takes the following lines for data")
                    .of_rule(Rule::DoubtfulValue)
            });
        }
    }
}
