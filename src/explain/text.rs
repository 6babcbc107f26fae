//! An explanation as it is read in a terminal: the instruction, and under it what there is to say.

use std::io::{self, Write};

use super::Explained;
use crate::escape::{escaped, is_unsafe};

/// How the text is set.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Characters of a line.
    pub width: usize,
    /// What turns emphasis on and off.
    pub strong: (&'static str, &'static str),
}

/// What the lines of the explanation start with.
const INDENT: &str = "    ";
/// A line gets no narrower than this.
const NARROWEST: usize = 30;

/// Writes the explanation of one instruction.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(explained: &Explained, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let lines = match explained.start_line == explained.end_line {
        true => format!("{}", explained.start_line),
        false => format!("{}-{}", explained.start_line, explained.end_line),
    };
    let file = explained.file.as_ref().map(|file| format!("{}:", escaped(file))).unwrap_or_default();
    let lines = file + &lines;
    for (at, line) in explained.code.lines().enumerate() {
        let before = if at == 0 { format!("{lines}: ") } else { " ".repeat(lines.chars().count() + 2) };
        writeln!(out, "{before}{}{line}{}", layout.strong.0, layout.strong.1)?;
    }
    // What it does and why it matters read as one.
    let first = format!("{} {}", explained.what, explained.why);
    paragraph("", first.trim(), layout, out)?;
    explained.device.iter().try_for_each(|sentence| paragraph("> ", sentence, layout, out))?;
    paragraph("= ", &explained.layer, layout, out)?;
    explained.pitfalls.iter().try_for_each(|pitfall| paragraph("! ", pitfall, layout, out))
}

/// A paragraph after a mark, its lines broken between words.
fn paragraph(mark: &str, text: &str, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let width = layout.width.max(NARROWEST);
    let mut line = format!("{INDENT}{mark}");
    let indent = line.len();
    let mut used = indent;
    let mut is_empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().filter(|c| !is_unsafe(*c)).count();
        if !is_empty && used + 1 + length > width {
            writeln!(out, "{line}")?;
            line = " ".repeat(indent);
            (used, is_empty) = (indent, true);
        }
        if !is_empty {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
        is_empty = false;
    }
    writeln!(out, "{line}")
}
