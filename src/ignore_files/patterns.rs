//! `.dockerignore`, as the Docker engine reads it: patterns from the top of the context, `**`, `!`, the
//! last one that matches counts, and what is in an excluded folder is excluded. `.gitignore` differs in where
//! a pattern without a `/` matches.

use std::borrow::Cow;

use regex_lite::Regex;

use crate::source::Span;

/// Patterns that are read; a file with more is not a `.dockerignore`.
pub(super) const MOST: usize = 10_000;
/// A pattern longer than this cannot name a file.
pub(super) const LONGEST: usize = 4_096;

/// Git's own folder never goes to balena, unless the file says so.
const BEFORE_BALENA: [&str; 1] = ["**/.git"];
/// What balena's builder needs goes there, whatever the file says.
const AFTER_BALENA: [&str; 5] =
    ["!**/.balena", "!**/.resin", "!**/Dockerfile", "!**/Dockerfile.*", "!**/docker-compose.yml"];

/// The patterns of an ignore file.
#[derive(Debug, Default)]
pub struct Patterns {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    regex: Regex,
    /// `!`: what it matches is part of the context after all.
    includes: bool,
    /// Its text up to the first wildcard.
    head: String,
    /// Whether the builder adds it to those of the file.
    is_added: bool,
}

impl Patterns {
    /// Reads a file. A pattern that cannot be read matches nothing.
    pub fn parse(text: &[u8]) -> Patterns {
        let lines = pattern_lines(text).take(MOST);
        Patterns { patterns: lines.filter_map(|(_, line)| pattern(&line)).collect() }
    }

    /// Reads a file as balena's CLI does, which adds patterns before and after those of the file.
    pub fn parse_for_balena(text: &[u8]) -> Patterns {
        let added = |line: &&str| pattern(line).map(|pattern| Pattern { is_added: true, ..pattern });
        let own = Patterns::parse(text).patterns;
        let before = BEFORE_BALENA.iter().filter_map(added);
        let after = AFTER_BALENA.iter().filter_map(added);
        Patterns { patterns: before.chain(own).chain(after).collect() }
    }

    /// Reads a `.gitignore`: a pattern without a `/` matches in every folder.
    pub fn parse_gitignore(text: &str) -> Patterns {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let from_the_top = lines.map(|line| {
            let (sign, name) = line.strip_prefix('!').map_or(("", line), |name| ("!", name));
            let is_anywhere = !name.trim_end_matches('/').contains('/');
            format!("{sign}{}{name}", if is_anywhere && !name.is_empty() { "**/" } else { "" })
        });
        Patterns { patterns: from_the_top.filter_map(|line| pattern(&line)).take(MOST).collect() }
    }

    /// Whether a path of the context is left out of it.
    pub fn exclude(&self, path: &str) -> bool {
        let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).collect();
        // A pattern matches the path, or a folder that it is in. It is only asked where it changes something.
        self.patterns.iter().fold(false, |excluded, pattern| match pattern.includes == excluded {
            true => excluded ^ ends.iter().any(|end| pattern.regex.is_match(&path[..*end])),
            false => excluded,
        })
    }

    /// Whether a line of the file may make something in a folder part of the context although the folder is not.
    pub fn may_include_in(&self, folder: &str) -> bool {
        self.patterns.iter().any(|pattern| !pattern.is_added && pattern.may_include_in(folder))
    }

    /// The same, with the patterns that the builder adds.
    #[cfg(feature = "cli")]
    pub fn may_keep_in(&self, folder: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.may_include_in(folder))
    }
}

impl Pattern {
    fn may_include_in(&self, folder: &str) -> bool {
        self.includes && (self.head.starts_with(folder) || folder.starts_with(&self.head))
    }
}

/// The lines of a `.dockerignore` that count, with their places: neither comments nor empty, without blanks around.
pub(super) fn pattern_lines(text: &[u8]) -> impl Iterator<Item = (Span, Cow<'_, str>)> {
    let mark: &[u8] = b"\xEF\xBB\xBF";
    let mut next = if text.starts_with(mark) { mark.len() } else { 0 };
    let lines = text.get(next..).unwrap_or_default().split_inclusive(|&b| b == b'\n');
    lines.filter_map(move |line| {
        let start = next;
        next += line.len();
        let (before, pattern) = match std::str::from_utf8(line) {
            Ok(line) => (line.len() - line.trim_start().len(), line.trim().as_bytes()),
            Err(_) => (line.len() - line.trim_ascii_start().len(), line.trim_ascii()),
        };
        let first = start + before;
        let counts = !line.starts_with(b"#") && !pattern.is_empty();
        counts.then(|| (first..first + pattern.len(), String::from_utf8_lossy(pattern)))
    })
}

/// Whether a line is an exception, and its path without `!`, `.` and empty parts.
pub(super) fn path_of(line: &str) -> (bool, String) {
    let rest = line.strip_prefix('!').map(str::trim);
    let parts = rest.unwrap_or(line).split('/').filter(|part| !part.is_empty() && *part != ".");
    (rest.is_some(), parts.collect::<Vec<_>>().join("/"))
}

/// Whether a path of a pattern is longer than those that are read.
pub(super) fn is_too_long(path: &str) -> bool {
    path.len() > LONGEST
}

fn pattern(line: &str) -> Option<Pattern> {
    let (includes, line) = path_of(line);
    if line.is_empty() || is_too_long(&line) || line.split('/').any(|part| part == "..") {
        return None;
    }
    let head = line.split(['*', '?', '[', '\\']).next().unwrap_or_default().to_owned();
    Some(Pattern { regex: Regex::new(&expression(&line)).ok()?, includes, head, is_added: false })
}

/// The pattern as a regular expression.
pub fn expression(pattern: &str) -> String {
    let mut text = String::from("^");
    let mut rest = pattern.chars().peekable();
    let literal = |c: char, text: &mut String| text.push_str(&regex_lite::escape(c.encode_utf8(&mut [0; 4])));
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                // `**/` is any number of folders, none among them.
                text.push_str(if rest.next_if_eq(&'/').is_some() { "(?:.*/)?" } else { ".*" });
            }
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '[' => text.push_str(class(&mut rest).as_deref().unwrap_or("\\[")),
            '\\' => literal(rest.next().unwrap_or('\\'), &mut text),
            c => literal(c, &mut text),
        }
    }
    text.push('$');
    text
}

/// `[a-z]`, `[^x]`; nothing when it is not closed.
fn class(rest: &mut std::iter::Peekable<std::str::Chars>) -> Option<String> {
    let mut ahead = rest.clone();
    let mut text = String::from("[");
    if ahead.next_if(|c| matches!(c, '^' | '!')).is_some() {
        text.push('^');
    }
    let mut is_empty = true;
    loop {
        match ahead.next()? {
            ']' if !is_empty => break,
            '-' => text.push('-'),
            '\\' => text.push_str(&regex_lite::escape(ahead.next()?.encode_utf8(&mut [0; 4]))),
            c if c.is_alphanumeric() => text.push(c),
            c => text.extend(['\\', c]),
        }
        is_empty = false;
    }
    text.push(']');
    *rest = ahead;
    Some(text)
}
