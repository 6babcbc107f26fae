//! Heredocs and values: a value that comes to be the line that ends a heredoc makes instructions of the
//! data behind it, and two values (or a value and the text beside it) may open one together.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::guard::refused;
use super::placeholder::end_of_line;
use super::{Template, Variable};
use crate::bytes;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};

/// A longer line is no end of a heredoc that anybody wrote.
const LONGEST_NAME: usize = 256;

/// Where a heredoc could be ended by a value.
#[derive(Debug, Default)]
pub(super) struct Exposed {
    /// The names of the heredocs that the template opens.
    names: BTreeSet<Vec<u8>>,
    /// The first placeholder of each short line behind the first of them.
    lines: Vec<u32>,
}

impl Exposed {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Finds those places.
pub(super) fn exposed(template: &Template) -> Exposed {
    let bytes = template.source().bytes();
    let mut exposed = Exposed::default();
    let mut at = 0;
    let mut behind = None;
    while let Some(found) = bytes::find_pair(*b"<<", &bytes[at..]) {
        at += found + 2;
        if let Some(name) = opened(&bytes[at..]) {
            behind.get_or_insert(at);
            exposed.names.insert(name.to_vec());
        }
    }
    let Some(behind) = behind else { return exposed };
    let longest = exposed.names.iter().map(Vec::len).max().unwrap_or(0);
    for first in lines(template) {
        let (start, end) = line_of(template, first);
        // What is fixed in the line has to be part of a name.
        let of_line = template.placeholders()[first..].iter();
        let of_line = of_line.take_while(|placeholder| (placeholder.start as usize) < end);
        let replaced: usize = of_line.map(|&placeholder| template.span(placeholder).len()).sum();
        let tabs = bytes[start..].iter().take_while(|&&byte| byte == b'\t').count();
        if start > behind && (end - start).saturating_sub(replaced + tabs) <= longest {
            exposed.lines.push(first as u32);
        }
    }
    exposed
}

/// The name behind `<<`, as in `<<EOF`, `<<-EOF` and `<<"EOF"`.
fn opened(behind: &[u8]) -> Option<&[u8]> {
    let name = behind.strip_prefix(b"-").unwrap_or(behind);
    let name = name.strip_prefix(b"\"").or(name.strip_prefix(b"'")).unwrap_or(name);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = name.iter().take(LONGEST_NAME).take_while(|byte| is_part(byte)).count();
    (length > 0).then(|| &name[..length])
}

/// Whether there is `<<EOF`, `<<-EOF` or `<<"EOF"` in a text, and where the first one is.
pub(super) fn opens(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = bytes::find_pair(*b"<<", &text[at..]) {
        at += found + 2;
        if opened(&text[at..]).is_some() {
            return Some(at - 2);
        }
    }
    None
}

/// The first placeholder of each line that has one.
fn lines(template: &Template) -> impl Iterator<Item = usize> {
    let bytes = template.source().bytes();
    let mut behind = 0;
    template.placeholders().iter().enumerate().filter_map(move |(first, placeholder)| {
        let at = placeholder.start as usize;
        let is_first = at >= behind;
        if is_first {
            behind = end_of_line(bytes, at);
        }
        is_first.then_some(first)
    })
}

/// Start and end of the line whose first placeholder this is.
pub(super) fn line_of(template: &Template, first: usize) -> (usize, usize) {
    let bytes = template.source().bytes();
    let at = template.placeholders()[first].start as usize;
    let start = bytes::find_last(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    (start, end_of_line(bytes, at))
}

/// The pieces of a rendered line, each with the placeholder that it stands for.
fn pieces<'p>(
    template: &'p Template,
    values: &'p [&Variable],
    first: usize,
) -> impl Iterator<Item = (&'p [u8], Option<usize>)> {
    let bytes = template.source().bytes();
    let (start, end) = line_of(template, first);
    let of_line = template.placeholders()[first..].iter().enumerate();
    let mut of_line = of_line.take_while(move |(_, placeholder)| (placeholder.start as usize) < end);
    let (mut at, mut value) = (start, None);
    std::iter::from_fn(move || {
        if let Some((text, index)) = value.take() {
            return Some((text, Some(index)));
        }
        if at == usize::MAX {
            return None;
        }
        let from = at;
        let Some((offset, &placeholder)) = of_line.next() else {
            at = usize::MAX;
            return Some((&bytes[from..end], None));
        };
        let span = template.span(placeholder);
        value = Some((values[placeholder.name as usize].value(), first + offset));
        at = span.end;
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
    for first in exposed.lines.iter().map(|&first| first as usize) {
        let mut rendered = Vec::new();
        for (piece, _) in pieces(template, values, first) {
            rendered.extend_from_slice(&piece[..piece.len().min(2 * LONGEST_NAME)]);
            if rendered.len() > 2 * LONGEST_NAME {
                break;
            }
        }
        let text = rendered.trim_ascii();
        if exposed.names.contains(text) {
            diagnostics.push(|| {
                let variable = values[template.placeholders()[first].name as usize];
                refused(template, first, variable, "would make this line the end of a heredoc")
                    .help("what follows would be instructions; choose another name behind `<<`")
            });
        }
    }
}

/// Warns of heredocs that a value opens together with what stands beside it. One that opens a heredoc all
/// by itself is told where it was given.
pub(super) fn opened_together(template: &Template, values: &[&Variable], diagnostics: &mut Diagnostics) {
    if !values.iter().any(|variable| variable.value().contains(&b'<')) {
        return;
    }
    for first in lines(template) {
        // The bytes around the `<` of values, with the placeholder of each.
        let mut text: Vec<u8> = Vec::new();
        let mut owners: Vec<Option<usize>> = Vec::new();
        for (piece, owner) in pieces(template, values, first) {
            text.extend_from_slice(piece);
            owners.resize(text.len(), owner);
            if text.len() > LONGEST_LINE {
                break;
            }
        }
        let mut at = 0;
        while let Some(found) = opens(&text[at..]) {
            let pair = at + found;
            at = pair + 2;
            let Some(owner) = owners[pair].or(owners[pair + 1]) else { continue };
            let name = template.placeholders()[owner].name as usize;
            let is_all_its_own = opens(values[name].value()).is_some() && values[name].origin().is_some();
            if !is_all_its_own {
                diagnostics.push(|| {
                    let place = Place::Text(
                        Arc::clone(template.source()),
                        template.span(template.placeholders()[owner]),
                    );
                    Diagnostic::warning(
                        place,
                        format!("the value of {} may open a heredoc here", values[name].name()),
                    )
                    .help("after `<<NAME`, Docker takes the following lines for data")
                    .of_rule(Rule::DoubtfulValue)
                });
            }
        }
    }
}

/// BuildKit refuses longer lines.
const LONGEST_LINE: usize = 65_535;
