//! Lines of an ignore file that cannot be used: a builder refuses them, or they are beyond what dtpl reads.
//!
//! Docker looks at each pattern as Go's `filepath.Match` does, and ends the build at one that is malformed (tried
//! with engine 28.5). balena's CLI makes a regular expression of JavaScript from it, and ends in the same way.

use super::IgnoreReader;
use super::patterns::{LONGEST, MOST, is_too_long, path_of, pattern_lines};
use crate::diagnostic::Severity;
use crate::source::{Source, Span};

/// So many lines are reported; who corrects them sees the next.
const MOST_REPORTED: usize = 100;

/// A line that cannot be used.
#[derive(Debug)]
pub struct InvalidPattern {
    /// The place of the pattern.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// A warning where a builder takes the line, and only dtpl does not.
    pub severity: Severity,
}

/// The lines of an ignore file that cannot be used.
pub fn invalid_patterns(source: &Source, reader: IgnoreReader) -> Vec<InvalidPattern> {
    let mut found = Vec::new();
    for (at, (span, pattern)) in pattern_lines(source.bytes()).enumerate() {
        let mut report = |severity, message: String, help| {
            found.push(InvalidPattern { span: span.clone(), message, help, severity });
        };
        if at == MOST {
            let message =
                format!("dtpl does not read this line and those below it: there are more than {MOST}");
            report(Severity::Warning, message, "leave out a folder with one pattern in place of its files");
            break;
        }
        if let Some(why) = fault(&pattern, reader) {
            let who = if reader == IgnoreReader::Docker { "Docker" } else { "balena's CLI" };
            report(
                Severity::Error,
                format!("{who} refuses this pattern, and the build ends: {why}"),
                "correct it; a backslash before a character takes its meaning away",
            );
        } else if is_too_long(&path_of(&pattern).1) {
            let message = format!("dtpl does not read this pattern: it has more than {LONGEST} bytes");
            report(Severity::Warning, message, "no path is as long: write a shorter one");
        }
        if found.len() == MOST_REPORTED {
            break;
        }
    }
    found
}

/// Why a builder refuses a pattern.
fn fault(pattern: &str, reader: IgnoreReader) -> Option<&'static str> {
    let rest = pattern.strip_prefix('!').map(str::trim);
    match (reader, rest) {
        (IgnoreReader::Docker, Some("")) => Some("there is nothing after the `!`"),
        (IgnoreReader::Docker, _) => of_docker(&clean(rest.unwrap_or(pattern))),
        (IgnoreReader::Balena | IgnoreReader::BalenaMulti, _) => of_balena(&clean(rest.unwrap_or(pattern))),
    }
}

/// The pattern without `.`, `..` and empty parts: both builders resolve these first.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(&last)) if last != ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

const UNCLOSED: &str = "a `[` is not closed";
const REVERSED: &str = "a range between `[` and `]` begins after its end";

fn of_docker(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                None => return Some("nothing follows the `\\` at its end"),
                // What Go's regular expressions do not know.
                Some(c) if "ceghijklmoquyEFGHIJKLMNORTUVXYZ89".contains(c) => {
                    return Some("a `\\` is no separator of folders: write `/`");
                }
                Some(_) => {}
            },
            '[' => {
                rest.next_if_eq(&'^');
                let mut is_empty = true;
                while is_empty || rest.next_if_eq(&']').is_none() {
                    is_empty = false;
                    let mut character = || match rest.next() {
                        None => Err(UNCLOSED),
                        Some('-' | ']') => Err("a `-` or `]` stands where a character belongs"),
                        Some('\\') => rest.next().ok_or(UNCLOSED),
                        Some(c) => Ok(c),
                    };
                    let first = match character() {
                        Ok(first) => first,
                        Err(why) => return Some(why),
                    };
                    if rest.next_if_eq(&'-').is_none() {
                        continue;
                    }
                    let last = match rest.next() {
                        None => return Some(UNCLOSED),
                        Some('-' | ']') => return Some("a `-` or `]` stands where a character belongs"),
                        Some('\\') => rest.next(),
                        last => last,
                    };
                    if last.is_none_or(|last| last < first) {
                        return Some(if last.is_none() { UNCLOSED } else { REVERSED });
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// Only what is certain: parentheses and `+` are not escaped by the CLI, and mean what they mean in a regular
/// expression.
fn of_balena(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern.chars();
    let mut open = 0_usize;
    if pattern.starts_with('+') {
        return Some("it begins with `+`, which repeats what is before it");
    }
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                rest.next();
            }
            '(' => open += 1,
            ')' if open == 0 => return Some("a `)` is not opened"),
            ')' => open -= 1,
            '[' => loop {
                match rest.next() {
                    None => return Some(UNCLOSED),
                    Some('\\') => {
                        rest.next();
                    }
                    Some(']') => break,
                    // What the CLI writes in their place may close it.
                    Some('*' | '?') => return None,
                    Some(_) => {}
                }
            },
            _ => {}
        }
    }
    (open > 0).then_some("a `(` is not closed")
}
