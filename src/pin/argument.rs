//! The `ARG` that the end of a reference comes from, where the digest can be written.
//!
//! `ARG TAG=3.12` and `FROM python:${TAG}`: behind the default of the `ARG`, the digest goes away together with the tag
//! when a build gives another one. That works if nothing but such `FROM`s uses the `ARG`.

use std::collections::BTreeMap;

use crate::dockerfile::expansion::Env;
use crate::dockerfile::{Arg, Dockerfile, Keyword, PLATFORM_ARGS};

/// An `ARG` before the first `FROM`.
struct Argument {
    /// How many there are of this name.
    declared: usize,
    /// Where its default ends, if it has one that is written as it is meant.
    end: Option<usize>,
    /// How often it is used: in a `FROM`, in another `ARG`, or in a stage that takes it over.
    uses: usize,
}

/// The `ARG`s of a file.
pub(super) struct Arguments {
    by_name: BTreeMap<Vec<u8>, Argument>,
    escape: u8,
}

impl Arguments {
    /// Looks for the `ARG`s whose defaults count in a build with these arguments, and where each is used.
    pub(super) fn of(file: &Dockerfile, given: &Env) -> Arguments {
        let mut arguments = Arguments { by_name: BTreeMap::new(), escape: file.escape };
        for arg in file.meta_arg_instructions().flat_map(|instruction| &instruction.args) {
            let (name, default) = halves(&arg.text);
            // Quotes and variables may be written in many ways.
            let is_plain = |default: &&[u8]| {
                let is_other = |b: &u8| matches!(b, b'$' | b'"' | b'\'') || *b == file.escape;
                !default.is_empty() && !default.iter().any(is_other)
            };
            let is_whole = arg.text.len() == arg.span.len();
            let text = std::str::from_utf8(name).unwrap_or_default();
            let counts = !given.contains_key(text) && !PLATFORM_ARGS.contains(&text);
            let end = default.filter(is_plain).filter(|_| is_whole && counts).map(|_| arg.span.end);
            let known = arguments.by_name.entry(name.to_vec());
            let known = known.or_insert(Argument { declared: 0, end: None, uses: 0 });
            known.declared += 1;
            known.end = end;
        }
        arguments.count(file);
        arguments
    }

    fn count(&mut self, file: &Dockerfile) {
        for arg in file.meta_arg_instructions().flat_map(|instruction| &instruction.args) {
            if let (_, Some(default)) = halves(&arg.text) {
                self.count_in(default);
            }
        }
        for stage in &file.stages {
            self.count_in(&stage.base.text);
            stage.platform.iter().for_each(|platform| self.count_in(&platform.text));
        }
        for instruction in &file.instructions {
            let inner = instruction.onbuild.as_deref().unwrap_or(instruction);
            // Those before the first FROM declare it.
            let is_meta =
                file.stages.first().is_none_or(|first| instruction.span.end <= first.base.span.start);
            if inner.keyword != Keyword::Arg || is_meta {
                continue;
            }
            for arg in &inner.args {
                if let Some(known) = self.by_name.get_mut(halves(&arg.text).0) {
                    known.uses += 1;
                }
            }
        }
    }

    /// Counts every name in a word, in whatever form it is used.
    fn count_in(&mut self, word: &[u8]) {
        for start in memchr::memchr_iter(b'$', word) {
            let name = word.get(start + 1..).unwrap_or_default();
            let name = name.strip_prefix(b"{").unwrap_or(name);
            let end = name.iter().take_while(|&&b| b.is_ascii_alphanumeric() || b == b'_').count();
            if let Some(known) = self.by_name.get_mut(name.get(..end).unwrap_or_default()) {
                known.uses += 1;
            }
        }
    }

    /// The place behind the default of the `ARG` that a word ends in, if the word is its only use.
    pub(super) fn end_of_only_use(&self, word: &Arg) -> Option<usize> {
        let at = memchr::memrchr(b'$', &word.text)?;
        if at.checked_sub(1).and_then(|before| word.text.get(before)) == Some(&self.escape) {
            return None;
        }
        let rest = word.text.get(at + 1..)?;
        let name = match rest.strip_prefix(b"{") {
            Some(rest) => rest.strip_suffix(b"}")?,
            None => rest,
        };
        let known = self.by_name.get(name)?;
        known.end.filter(|_| known.declared == 1 && known.uses == 1)
    }
}

/// The name of an `ARG`, and its default.
fn halves(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'=', text) {
        Some(equals) => (text.get(..equals).unwrap_or_default(), text.get(equals + 1..)),
        None => (text, None),
    }
}
