//! The lines of a text in which a value could change the structure of the file. They depend on the text
//! alone: of a template they are found once, and checked for each set of values.

use super::continuation::{changed_end, escape_characters, is_end_exposed};
use super::head;
use super::heredoc::Heredocs;
use super::refusal::Refusal;
use super::skipped_line::{ContinuationScan, effect, first_visible};
use super::text::{TextWithValues, ValueInLine, line_of, lines, pieces};

/// Where values could change the structure of a text.
#[derive(Debug)]
pub struct CheckedLines {
    head: bool,
    lines: Vec<CheckedLine>,
    heredocs: Heredocs,
    escapes: Vec<u8>,
}

/// Small, because a template may have millions.
#[derive(Debug)]
struct CheckedLine {
    /// The first slot in it.
    first: u32,
    /// Whether values have part in its end.
    end: bool,
    /// Whether an instruction changes if BuildKit skips it: see [`ContinuationScan::exposure`].
    skipped: Option<bool>,
}

impl CheckedLines {
    /// Finds them.
    pub fn find(text: &dyn TextWithValues) -> Self {
        let bytes = text.bytes();
        let heredocs = Heredocs::find(text);
        let escapes = if text.count() == 0 { Vec::new() } else { escape_characters(bytes) };
        let mut scan = None;
        let mut checked = Vec::new();
        for line in lines(text) {
            let start = line.span.start;
            let is_first = first_visible(&bytes[start..text.slot(line.first).start]).is_none();
            // Data of a heredoc belong to no instruction's lines.
            let skipped = (is_first && !heredocs.has_data_at(start))
                .then(|| scan.get_or_insert_with(|| ContinuationScan::new(bytes, &escapes)))
                .and_then(|scan| scan.exposure(&line.span));
            let end = is_end_exposed(text, &line);
            if end || skipped.is_some() {
                checked.push(CheckedLine { first: line.first as u32, end, skipped });
            }
        }
        CheckedLines { head: head::is_exposed(text), lines: checked, heredocs, escapes }
    }

    /// Whether no value can be refused that is [ordinary](crate::render::variables::is_ordinary). What is at fault
    /// in a line elsewhere is its first visible character, if that is `#`, or the end: the escape character, or
    /// the bytes before it, of which ordinary values leave only those that a letter would leave.
    pub fn take_ordinary_values(&self) -> bool {
        !self.head && self.heredocs.is_safe()
    }

    /// Finds the values that are refused, in the text that the lines were found in.
    pub fn check(&self, text: &dyn TextWithValues, values: ValueInLine, mut refuse: impl FnMut(Refusal)) {
        if self.head {
            head::check(text, values, &mut refuse);
        }
        for checked in &self.lines {
            let line = line_of(text, checked.first as usize);
            let changed = checked.end.then(|| changed_end(text, &line, values, &self.escapes)).flatten();
            if let Some((slot, why)) = changed {
                let help = "at the end of a line, the escape character continues it; twice it does not";
                refuse(Refusal { slot, why, help });
            }
            let Some(is_continuation) = checked.skipped else { continue };
            let mut rendered = pieces(text, line.first, line.span, values);
            let first = rendered.find_map(|(piece, _)| first_visible(piece));
            if let Some(why) = effect(first.map(|(_, c)| c), is_continuation) {
                let help = "inside an instruction, Docker skips blank lines and comments";
                refuse(Refusal { slot: line.first, why, help });
            }
        }
        self.heredocs.check(text, values, &mut refuse);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::render::Template;
    use crate::render::variables::is_ordinary;
    use crate::source::Source;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_ordinary_value_is_refused(
            template in "(FROM x\n)?(%%AA%%|%%BB%%|\\\\|`|#|\"| |\t|\n|\\\\\n|x|ENV a=|# escape=`\n|RUN <<E\n|E\n){1,12}",
            a in "[a`# \\\\'=é\u{a0}]{1,4}",
            b in "[ -~]{1,3}",
        ) {
            let template = Template::parse(Arc::new(Source::new("t", template))).unwrap();
            let lines = CheckedLines::find(&template);
            if lines.take_ordinary_values() && is_ordinary(a.as_bytes()) && is_ordinary(b.as_bytes()) {
                let value = |slot: usize, _: &crate::source::Span| {
                    let name = template.name(template.placeholders()[slot]);
                    if name == "AA" { a.as_bytes() } else { b.as_bytes() }
                };
                let mut refused = Vec::new();
                lines.check(&template, &value, |refusal| refused.push(refusal));
                prop_assert_eq!(refused, Vec::new());
            }
        }
    }
}
