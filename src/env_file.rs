//! Files of `NAME=VALUE` lines, as Docker Compose reads its `.env`.
//!
//! Accepted: blank lines, lines that start with `#`, `export NAME=VALUE`, a byte order mark, CRLF.
//! An unquoted value ends before ` #` and loses the blanks around it; `'...'` is taken as it is;
//! `"..."` knows `\"`, `\\`, `\n`, `\r` and `\t`. `$` means nothing here: no value is looked up in
//! another place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, utf8};
use crate::source::{Source, Span};

/// One line that defines something.
#[derive(Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name in front of `=`.
    pub name: String,
    /// What it is set to.
    pub value: String,
    /// The place of the name.
    pub span: Span,
}

/// Reads all lines.
///
/// # Errors
/// Every line that is no definition, every quote that is not closed, every name given twice.
pub fn parse(source: &Arc<Source>) -> Result<Vec<Assignment>, Diagnostics> {
    let text = utf8(source).map_err(|fault| fault.help("save the file as UTF-8"))?;
    let mut diagnostics = Diagnostics::new();
    let mut entries: Vec<Assignment> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    for line in text[start..].split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        match entry(line, at) {
            Ok(None) => {}
            Ok(Some(entry)) => match known.get(&entry.name) {
                Some(&first) => diagnostics.push(|| {
                    let message = format!("{} is set twice; the first is in line {first}", entry.name);
                    Diagnostic::error_at(source, entry.span, message).help("keep one of the two")
                }),
                None => {
                    known.insert(entry.name.clone(), source.position(at).line);
                    entries.push(entry);
                }
            },
            Err((span, (message, help))) => {
                diagnostics.push(|| Diagnostic::error_at(source, span, message).help(help));
            }
        }
    }
    if diagnostics.is_empty() { Ok(entries) } else { Err(diagnostics) }
}

/// What is wrong, and what to do about it.
type LineFault = (&'static str, &'static str);

/// The definition in `line`, which starts at offset `at`; none in a blank line or a comment.
fn entry(line: &str, at: usize) -> Result<Option<Assignment>, (Span, LineFault)> {
    let indent = line.len() - line.trim_start().len();
    let content = line.trim();
    if content.is_empty() || content.starts_with('#') {
        return Ok(None);
    }
    let exported = content.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let definition = exported.map_or(content, str::trim_start);
    let start = at + indent + (content.len() - definition.len());
    let Some((name, value)) = definition.split_once('=') else {
        // The line may be a value that was meant to stay secret: it is not repeated.
        return Err((start..start, ("no `=` in this line", "write it as NAME=VALUE")));
    };
    let name = name.trim_end();
    let span = start..start + name.len();
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let help = "a name is letters, digits and `_`, without a digit first";
        return Err((span, ("the text before `=` is not a name", help)));
    }
    let value_at = start + definition.len() - value.len();
    let value = unquoted(value).map_err(|fault| (value_at..value_at, fault))?;
    Ok(Some(Assignment { name: name.to_owned(), value, span }))
}

fn unquoted(value: &str) -> Result<String, LineFault> {
    let not_closed = ("the quote is not closed in this line", "close it, or leave both quotes out");
    let Some(quote @ ('\'' | '"')) = value.trim_start().chars().next() else {
        let is_comment = |&(at, _): &(usize, &str)| value[..at].ends_with([' ', '\t']);
        let comment = value.match_indices('#').find(is_comment);
        let value = comment.map_or(value, |(at, _)| &value[..at]);
        return Ok(value.trim().to_owned());
    };
    let value = value.trim();
    let mut text = String::new();
    let mut characters = value[1..].chars();
    loop {
        match characters.next().ok_or(not_closed)? {
            c if c == quote => break,
            '\\' if quote == '"' => match characters.next().ok_or(not_closed)? {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                c @ ('"' | '\\') => text.push(c),
                c => text.extend(['\\', c]),
            },
            c => text.push(c),
        }
    }
    let rest = characters.as_str().trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(text)
    } else {
        Err(("text after the closing quote", "put all of the value between the quotes"))
    }
}
