//! `.env`, `env_file` and the environment files of `include`, as Docker Compose reads them: values may go on
//! over lines in quotes, and `${...}` in them is replaced. (Files for `--env-file` are stricter: `env_file`.)

use std::sync::Arc;

use super::interpolation::{Values, interpolate_with};
use crate::diagnostic::{Diagnostic, Diagnostics, utf8};
use crate::source::Source;

/// Bytes of all values of a file: more than any file has that is not made to take memory.
const MOST_BYTES: usize = 16 << 20;

/// Reads a file. `outer` are the variables that come before those of the file, `known` those of files before.
///
/// # Errors
/// The first fault: what follows it cannot be trusted.
pub fn parse(source: &Arc<Source>, outer: &Values, known: &Values) -> Result<Values, Diagnostics> {
    let text = utf8(source).map_err(|fault| fault.help("save the file as UTF-8"))?;
    let mut values = known.clone();
    let mut bytes = 0;
    let mut rest = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(values);
        }
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let at = text.len() - rest.len();
        let fault = |message: &str, help: &str| {
            let at = at.min(source.bytes().len());
            Diagnostics::from(Diagnostic::error_at(source, at..at, message).help(help))
        };
        let (name, after) = name(rest).map_err(|message| fault(message, "write the line as NAME=VALUE"))?;
        let Some(after) = after else {
            // A name alone takes the value that the environment has.
            if let Some(value) = outer.get(&name) {
                values.insert(name, value.clone());
            }
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        };
        let (value, expands, left) = value(after)
            .ok_or_else(|| fault("the quote is not closed", "close it, or leave both quotes out"))?;
        let value = if expands {
            // What is wrong is not said in detail: the words would be a part of the value.
            let message = "a variable in this value cannot be replaced, or has no value and has to have one";
            expanded(&value, outer, &values).ok_or_else(|| fault(message, "write `$$` for a dollar sign"))?
        } else {
            value
        };
        bytes += value.len();
        if bytes > MOST_BYTES {
            return Err(fault("the values of this file are too long", "write them into files of their own"));
        }
        values.insert(name, value);
        rest = left;
    }
}

/// Checks a file of `format: raw`, in which a value is all that follows the first `=`.
///
/// # Errors
/// Every line whose name is none.
pub fn check_raw(source: &Arc<Source>) -> Result<(), Diagnostics> {
    let text = utf8(source).map_err(|fault| fault.help("save the file as UTF-8"))?;
    let mut faults = Diagnostics::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let name = line.split('=').next().unwrap_or(line);
        let name = if line.contains('=') { name } else { name.trim_end() };
        if name.is_empty() || name.contains(char::is_whitespace) {
            let message = "the name in this line is empty or has a space in it";
            let fault = || Diagnostic::error_at(source, start..start, message);
            faults.push(|| fault().help("write the line as NAME=VALUE, without `export`"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// The name that a line begins with, and what follows `=` or `:`.
fn name(line: &str) -> Result<(String, Option<&str>), &'static str> {
    let exported = line.strip_prefix("export").filter(|rest| rest.starts_with(is_blank));
    let line = exported.map_or(line, |rest| rest.trim_start_matches(is_blank));
    let mut end = line.len();
    let mut after = None;
    for (at, c) in line.char_indices() {
        match c {
            '=' | ':' => {
                (end, after) = (at, Some(&line[at + 1..]));
                break;
            }
            '\n' => {
                end = at;
                break;
            }
            '_' | '.' | '-' | '[' | ']' => {}
            c if is_blank(c) || c.is_alphanumeric() => {}
            _ => return Err("this character cannot be part of a name"),
        }
    }
    let name = line[..end].trim_end();
    if name.contains(' ') {
        return Err("a name cannot have a space in it");
    }
    if name.is_empty() && after.is_none() {
        return Err("there is no name in this line");
    }
    Ok((name.to_owned(), after.map(|after| after.trim_start_matches(is_blank))))
}

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// The value that a text begins with, whether variables in it count, and what follows it.
fn value(text: &str) -> Option<(String, bool, &str)> {
    let Some(quote @ ('\'' | '"')) = text.chars().next() else {
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        let line = line.split(" #").next().unwrap_or(line);
        return Some((line.trim_end().to_owned(), true, rest));
    };
    let mut value = String::new();
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            c if c == quote && !is_escaped => {
                let value = if quote == '"' { unescaped(&value) } else { value };
                return Some((value, quote == '"', &text[at + 1..]));
            }
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            c => {
                if is_escaped && c != quote {
                    value.push('\\');
                }
                value.push(c);
                is_escaped = false;
            }
        }
    }
    None
}

/// The escapes of double quotes.
fn unescaped(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            result.push(c);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('r') => result.push('\r'),
            Some('t') => result.push('\t'),
            Some('a') => result.push('\u{7}'),
            Some('b') => result.push('\u{8}'),
            Some('f') => result.push('\u{c}'),
            Some('v') => result.push('\u{b}'),
            Some('\\') => result.push('\\'),
            Some('$') => result.push_str("$$"),
            Some(other) => result.extend(['\\', other]),
            None => result.push('\\'),
        }
    }
    result
}

fn expanded(text: &str, outer: &Values, values: &Values) -> Option<String> {
    if !text.contains('$') {
        return Some(text.to_owned());
    }
    let get = |name: &str| outer.get(name).or_else(|| values.get(name)).map(String::as_str);
    interpolate_with(text, &get).ok().map(|done| done.text)
}

#[test]
fn lines() {
    let outer = Values::from([("HOME".to_owned(), "/h".to_owned())]);
    let text = "# c\nexport A=1 # x\nB: 'two\nlines'\nC=\"$HOME\\n${A}\"\nHOME\nD=\n\"E\"=1";
    let source = Arc::new(Source::new(".env", text));
    let fault = parse(&source, &outer, &Values::new()).unwrap_err();
    assert_eq!(fault.iter().count(), 1);
    let source = Arc::new(Source::new(".env", &text[..text.len() - 6]));
    let values = parse(&source, &outer, &Values::new()).unwrap();
    let shown: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(shown, ["A=1", "B=two\nlines", "C=/h\n1", "D=", "HOME=/h"]);
}
