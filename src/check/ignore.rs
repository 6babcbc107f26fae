//! What the comments of a file ask not to be reported, and what they make an error.
//!
//! - `# dtpl ignore=RULE[,RULE]` above an instruction: for it, and for the comments between.
//! - `# hadolint ignore=CODE[,CODE]` above an instruction, `# hadolint global ignore=CODE[,CODE]` for the file:
//!   hadolint's own comments, for the rules that say the same.
//! - `# check=skip=NAME[,NAME];error=true` at the head of the file: BuildKit's directive, for the rules that say
//!   the same as its own checks. The build argument `BUILDKIT_DOCKERFILE_CHECK` takes its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::settings::names;
use crate::diagnostic::Severity;
use crate::dockerfile::expansion::Env;
use crate::dockerfile::{Builder, CheckOptions, Dockerfile, LineKind};
use crate::source::Span;

/// The rules that comments in a template ignore.
#[derive(Debug, Default)]
pub struct Ignored {
    /// The ignored lines of each rule, in the order of the file.
    lines: BTreeMap<String, Vec<RangeInclusive<usize>>>,
    /// The rules that are ignored in the whole file.
    whole: BTreeSet<String>,
    /// BuildKit's directive, or the build argument.
    options: Option<CheckOptions>,
    /// All rules that are named in our own comments, known or not.
    pub named: Vec<(Span, String)>,
}

impl Ignored {
    /// Reads the comments of a template that `builder` builds with these arguments.
    pub fn of(file: &Dockerfile, builder: Builder, args: &Env) -> Ignored {
        let mut ignored = Ignored::default();
        // The classic builder does not know the directive, and a wrong one is reported elsewhere.
        if builder == Builder::BuildKit {
            ignored.options = file.check_options(args).unwrap_or_default();
        }
        // Rules whose instruction has not come yet, each with the line of its comment.
        let mut waiting: Vec<(usize, String)> = Vec::new();
        let mut instructions = file.instructions.iter().peekable();
        for (at, line) in file.lines.iter().enumerate() {
            let number = at + 1;
            if line.kind == LineKind::Comment {
                let (text, start) = (file.bytes(&line.span), line.span.start);
                for (span, rule) in rules_after(&["dtpl", "ignore", "="], text, start) {
                    waiting.push((number, rule.clone()));
                    ignored.named.push((span, rule));
                }
                // What hadolint alone knows is none of ours.
                let codes = rules_after(&["hadolint", "ignore", "="], text, start);
                waiting.extend(codes.into_iter().map(|(_, code)| (number, code)));
                let codes = rules_after(&["hadolint", "global", "ignore", "="], text, start);
                ignored.whole.extend(codes.iter().flat_map(|(_, code)| names(code)));
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

    /// Whether a rule is ignored at a line.
    pub fn has(&self, rule: &str, line: usize) -> bool {
        if self.whole.contains(rule) {
            return true;
        }
        let Some(lines) = self.lines.get(rule) else { return false };
        // Of those that end here or later the first one starts first.
        let next = lines.partition_point(|lines| *lines.end() < line);
        lines.get(next).is_some_and(|lines| lines.contains(&line))
    }

    /// The severity of what a check of BuildKit says too; `None` if the file turns that check off.
    pub fn severity(&self, check: &str, severity: Severity) -> Option<Severity> {
        let Some(options) = &self.options else { return Some(severity) };
        // An error ends the build, whatever the checks say: only its own name turns it off.
        if options.skips(check) || (options.skips_all(check) && severity < Severity::Error) {
            return None;
        }
        let ends_build = options.are_errors() && options.asks_for(check);
        Some(if ends_build { Severity::Error } else { severity })
    }
}

/// The rules that a comment names after these words, each with its place in the file; an empty one when it names
/// none.
fn rules_after(words: &[&str], line: &[u8], start: usize) -> Vec<(Span, String)> {
    let Ok(text) = std::str::from_utf8(line) else { return Vec::new() };
    let mut rest = text.trim_start().trim_start_matches('#');
    for word in words {
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
