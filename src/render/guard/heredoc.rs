//! The ends of heredocs: a value that becomes one makes instructions of the data after it.

use super::refusal::Refusal;
use super::text::{TextWithValues, ValueInLine, end_of_line, first_slot_from, pieces};
use crate::dockerfile::Dockerfile;
use crate::source::Span;

/// In a longer text no heredoc is looked for: nobody wrote it, and to read it takes memory.
const LONGEST_TEXT: usize = 1 << 20;

/// The heredocs of a text, and the lines that could become the end of one.
#[derive(Debug, Default)]
pub struct Heredocs {
    all: Vec<Delimiter>,
    lines: Vec<DataLine>,
}

#[derive(Debug)]
struct Delimiter {
    name: Vec<u8>,
    /// Whether tabs before the name are ignored.
    chomp: bool,
    content: Span,
}

#[derive(Debug)]
struct DataLine {
    span: Span,
    /// The first slot in it that is not empty.
    slot: usize,
    /// The index of the heredoc.
    heredoc: usize,
}

impl Heredocs {
    pub fn find(text: &dyn TextWithValues) -> Self {
        let bytes = text.bytes();
        let mut heredocs = Heredocs::default();
        let last = text.count().checked_sub(1).map_or(0, |last| text.slot(last).start);
        if bytes.len() > LONGEST_TEXT || memchr::memmem::find(&bytes[..last], b"<<").is_none() {
            return heredocs;
        }
        let value_in = |span: &Span| {
            let slots = first_slot_from(text, span.start)..text.count();
            let mut inside = slots.take_while(|index| text.slot(*index).start < span.end);
            inside.find(|index| !text.slot(*index).is_empty())
        };
        let source = text.without_placeholders();
        let (dockerfile, _) = Dockerfile::read(&source);
        for heredoc in dockerfile.instructions.iter().flat_map(|instruction| &instruction.heredocs) {
            let index = heredocs.all.len();
            let (name, content) = (heredoc.name.to_vec(), heredoc.content.clone());
            heredocs.all.push(Delimiter { name, chomp: heredoc.chomp, content });
            // A name that a value is part of is meant to be ended by values.
            if value_in(&heredoc.span).is_some() {
                continue;
            }
            let mut start = heredoc.content.start;
            while start < heredoc.end.end.max(heredoc.content.end) {
                let span = start..end_of_line(bytes, start);
                start = span.end + 1;
                if let Some(slot) = value_in(&span) {
                    heredocs.lines.push(DataLine { span, slot, heredoc: index });
                }
            }
        }
        heredocs
    }

    /// Whether no value can become the end of a heredoc.
    pub fn is_safe(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the line that starts here is data of a heredoc.
    pub fn has_data_at(&self, start: usize) -> bool {
        let after = self.all.partition_point(|heredoc| heredoc.content.start <= start);
        after.checked_sub(1).is_some_and(|last| self.all[last].content.contains(&start))
    }

    /// Refuses the values through which a line becomes the end of a heredoc.
    pub fn check(&self, text: &dyn TextWithValues, values: ValueInLine, refuse: &mut dyn FnMut(Refusal)) {
        for line in &self.lines {
            let pieces = pieces(text, first_slot_from(text, line.span.start), line.span.clone(), values);
            if is_end(pieces.map(|(piece, _)| piece), &self.all[line.heredoc]) {
                let why = "would make this line the end of a heredoc";
                let help = "what follows would be instructions; choose another name after `<<`";
                refuse(Refusal { slot: line.slot, why, help });
            }
        }
    }
}

/// Whether a line ends the heredoc: it is its name, maybe after tabs, and the end of the line.
fn is_end<'p>(pieces: impl Iterator<Item = &'p [u8]>, heredoc: &Delimiter) -> bool {
    let mut name = heredoc.name.as_slice();
    let mut is_start = heredoc.chomp;
    for mut piece in pieces {
        if is_start {
            piece = &piece[piece.iter().take_while(|&&byte| byte == b'\t').count()..];
            is_start = piece.is_empty();
        }
        let (of_name, rest) = piece.split_at(piece.len().min(name.len()));
        let Some(rest_of_name) = name.strip_prefix(of_name) else { return false };
        if !rest.iter().all(|&byte| byte == b'\r') {
            return false;
        }
        name = rest_of_name;
    }
    name.is_empty() && !heredoc.name.is_empty()
}

/// Whether there is `<<EOF`, `<<-EOF` or `<<"EOF"` in a text, and where the first one is.
pub fn opens(text: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(text, b"<<").find(|at| {
        let name = &text[at + 2..];
        let name = name.strip_prefix(b"-").unwrap_or(name);
        let name = name.strip_prefix(b"\"").or(name.strip_prefix(b"'")).unwrap_or(name);
        name.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
    })
}
