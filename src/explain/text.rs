//! An explanation as it is read in a terminal: the instruction, and under it what there is to say.

use std::io::{self, Write};

use super::Explained;
use crate::escape::{escaped, is_unsafe};

/// How the text is set.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Characters of a line.
    pub width: usize,
    /// What stands before and after what is to stand out.
    pub strong: (&'static str, &'static str),
}

/// How far the explanation stands in.
const INDENT: &str = "    ";
/// A line gets no narrower than this.
const NARROWEST: usize = 30;

/// Writes the explanation of one instruction.
///
/// # Errors
/// What `out` says.
pub fn write(explained: &Explained, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let lines = match explained.start_line == explained.end_line {
        true => format!("{}", explained.start_line),
        false => format!("{}-{}", explained.start_line, explained.end_line),
    };
    let lines = match &explained.file {
        Some(file) => format!("{}:{lines}", escaped(file)),
        None => lines,
    };
    for (at, line) in explained.code.lines().enumerate() {
        let before = if at == 0 { format!("{lines}: ") } else { " ".repeat(lines.chars().count() + 2) };
        writeln!(out, "{before}{}{line}{}", layout.strong.0, layout.strong.1)?;
    }
    // What it does and why it matters read as one.
    let first = format!("{} {}", explained.what, explained.why);
    paragraph(first.trim(), INDENT, INDENT, layout, out)?;
    for sentence in &explained.device {
        paragraph(sentence, &format!("{INDENT}> "), &format!("{INDENT}  "), layout, out)?;
    }
    paragraph(&explained.layer, &format!("{INDENT}= "), &format!("{INDENT}  "), layout, out)?;
    for pitfall in &explained.pitfalls {
        paragraph(pitfall, &format!("{INDENT}! "), &format!("{INDENT}  "), layout, out)?;
    }
    Ok(())
}

/// A paragraph, its lines broken between words.
fn paragraph(text: &str, first: &str, rest: &str, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let width = layout.width.max(NARROWEST);
    let mut line = String::from(first);
    let mut used = first.len();
    let mut is_empty = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().filter(|c| !is_unsafe(*c)).count();
        if !is_empty && used + 1 + length > width {
            writeln!(out, "{line}")?;
            line.clear();
            line.push_str(rest);
            (used, is_empty) = (rest.len(), true);
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
