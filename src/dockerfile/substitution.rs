//! The operators after the name in `${name...}`, and how each changes a value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::budget::Budget;
use super::glob::{Glob, Refused};
use super::text::shown;
use crate::source::Span;

/// Variables by name.
pub type Env = BTreeMap<String, Vec<u8>>;

/// A message, and what to do.
type Wrong = (String, &'static str);

/// An operator with the name before it.
pub(super) struct Operator {
    pub name: Span,
    /// The operator itself.
    written: Span,
    sign: u8,
    /// A variable that is empty counts as not set: `:` before the sign.
    empty_is_unset: bool,
    /// `//`: every match.
    all: bool,
}

const UNKNOWN: &str = "BuildKit supports :- - :+ + :? ? # ## % %% / and //";

impl Operator {
    /// Reads the operator at `at` and moves after it; `None` for the `}` of `${name}`.
    pub fn read(word: &[u8], name: Span, at: &mut usize) -> Result<Option<Self>, Wrong> {
        let start = *at;
        let mut take = || {
            let byte = word.get(*at).copied();
            *at += usize::from(byte.is_some());
            byte
        };
        let mut sign = take();
        if sign == Some(b'}') {
            return Ok(None);
        }
        let empty_is_unset = sign == Some(b':');
        if empty_is_unset {
            sign = take();
        }
        let all = sign == Some(b'/') && word.get(*at) == Some(&b'/');
        *at += usize::from(all);
        let written = start..*at;
        let known = match sign {
            Some(b'+' | b'-' | b'?') => true,
            Some(b'#' | b'%' | b'/') => !empty_is_unset,
            // Whatever follows a `:` is read to its `}` before it is refused.
            Some(sign) => empty_is_unset && sign != b'}',
            None => return Err(("`${` is not closed".to_owned(), "add the closing `}`")),
        };
        match sign {
            Some(sign) if known => Ok(Some(Operator { name, written, sign, empty_is_unset, all })),
            _ => Err((format!("unsupported modifier ({}) in substitution", shown(&word[written])), UNKNOWN)),
        }
    }

    /// Whether pattern and replacement follow.
    pub fn replaces(&self) -> bool {
        self.sign == b'/' && !self.empty_is_unset
    }

    /// Whether a pattern follows, in which escapes keep their meaning.
    pub fn trims(&self) -> bool {
        matches!(self.sign, b'#' | b'%') && !self.empty_is_unset
    }

    /// The substitution as it was written, for a variable that is not set and to be kept.
    pub fn as_written(&self, word: &[u8], operand: &[u8], pattern: Option<&[u8]>) -> Vec<u8> {
        let mut text = b"${".to_vec();
        text.extend_from_slice(&word[self.name.clone()]);
        match pattern {
            Some(pattern) => {
                text.push(b'/');
                text.extend_from_slice(pattern);
                text.push(b'/');
            }
            None => text.extend_from_slice(&word[self.written.clone()]),
        }
        text.extend_from_slice(operand);
        text.push(b'}');
        text
    }

    pub fn apply<'v>(
        &self,
        name: &[u8],
        value: Option<&'v [u8]>,
        operand: &'v [u8],
        pattern: Option<&[u8]>,
        budget: &mut Budget,
    ) -> Result<Cow<'v, [u8]>, Wrong> {
        let counts = value.filter(|value| !(self.empty_is_unset && value.is_empty()));
        let value = value.unwrap_or_default();
        match self.sign {
            b'-' => Ok(Cow::Borrowed(counts.unwrap_or(operand))),
            b'+' => Ok(Cow::Borrowed(if counts.is_some() { operand } else { b"" })),
            b'?' => counts.map(Cow::Borrowed).ok_or_else(|| {
                let why = if operand.is_empty() { "has to be set".to_owned() } else { shown(operand) };
                (format!("{}: {why}", shown(name)), "give it a value, with --build-arg or a default")
            }),
            _ if self.trims() || self.replaces() => {
                let longest = operand.first() == Some(&self.sign);
                let text = &operand[usize::from(longest)..];
                let glob = Glob::new(pattern.unwrap_or(text), budget);
                let changed = glob.and_then(|glob| match self.sign {
                    b'/' => glob.replace(value, operand, self.all),
                    b'#' => glob.trim_start(value, longest),
                    _ => glob.trim_end(value, longest),
                });
                changed.map(Cow::Owned).map_err(|refused| match refused {
                    Refused::Escape => (
                        format!("invalid pattern ({}) in substitution", shown(pattern.unwrap_or(text))),
                        "a backslash may only precede * ? } / or a backslash",
                    ),
                    Refused::TooLong => {
                        ("matching the pattern takes too long".to_owned(), "use a shorter pattern")
                    }
                })
            }
            _ => Err((format!("unsupported modifier (:{}) in substitution", shown(&[self.sign])), UNKNOWN)),
        }
    }
}
