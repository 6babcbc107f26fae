//! `# dtpl ignore=RULE[,RULE]` in a comment above an instruction: the rules that are not reported for
//! it, and for the comments between.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::settings::names;
use crate::dockerfile::{Dockerfile, LineKind};
use crate::source::Span;

/// The rules that comments in a template ignore.
#[derive(Debug, Default)]
pub struct Ignored {
    /// The ignored lines of each rule, in the order of the file.
    lines: BTreeMap<String, Vec<RangeInclusive<usize>>>,
    /// All rules that are named, known or not.
    pub named: Vec<(Span, String)>,
}

impl Ignored {
    /// Reads the comments of a template.
    pub fn of(file: &Dockerfile) -> Ignored {
        let mut ignored = Ignored::default();
        // Rules whose instruction has not come yet, each with the line of its comment.
        let mut waiting: Vec<(usize, String)> = Vec::new();
        let mut instructions = file.instructions.iter().peekable();
        for (at, line) in file.lines.iter().enumerate() {
            let number = at + 1;
            if line.kind == LineKind::Comment {
                for (span, rule) in named(file.bytes(&line.span), line.span.start) {
                    waiting.push((number, rule.clone()));
                    ignored.named.push((span, rule));
                }
            }
            while instructions.next_if(|next| *next.lines.end() < number).is_some() {}
            if let Some(next) = instructions.peek().filter(|next| next.lines.contains(&number)) {
                for (from, rule) in waiting.drain(..) {
                    for rule in names(&rule) {
                        ignored.lines.entry(rule).or_default().push(from..=*next.lines.end());
                    }
                }
            }
        }
        ignored
    }

    pub fn has(&self, rule: &str, line: usize) -> bool {
        let Some(lines) = self.lines.get(rule) else { return false };
        // Of those that end here or later the first one starts first.
        let next = lines.partition_point(|lines| *lines.end() < line);
        lines.get(next).is_some_and(|lines| lines.contains(&line))
    }
}

/// The rules that a comment names, each with its place in the file; an empty one when it names none.
fn named(line: &[u8], start: usize) -> Vec<(Span, String)> {
    let Ok(text) = std::str::from_utf8(line) else { return Vec::new() };
    let mut rest = text.trim_start().trim_start_matches('#');
    for word in ["dtpl", "ignore", "="] {
        let Some(more) = rest.trim_start().strip_prefix(word) else { return Vec::new() };
        rest = more;
    }
    let mut rules = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(rest.len());
        let at = start + (text.len() - rest.len());
        rules.push((at..at + end, rest[..end].to_owned()));
        // After the last name, a comment may give the reason.
        match rest[end..].trim_start().strip_prefix(',') {
            Some(more) => rest = more,
            None => return rules,
        }
    }
}
