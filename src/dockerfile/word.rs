//! A word of an instruction as it is written, and what it becomes.
//!
//! What a variable becomes may be secret: messages show a word as it is written, checks look at what it
//! becomes.

use super::budget::Budget;
use super::expansion::{Env, expand, expand_known};
use super::fault::Fault;
use super::lookup::Lookup;
use crate::nearest::nearest_or_all;

/// A word.
#[derive(Clone, Copy)]
pub(super) struct Word<'w> {
    /// As it is written in the file.
    pub written: &'w [u8],
    /// With its variables expanded and without its quotes; `None` if that is not known.
    pub value: Option<&'w [u8]>,
}

/// What becomes of a word, if that is known.
pub(super) type Expander<'e> = dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>, Fault> + 'e;

/// Expands words where no variable is known.
pub(super) fn without_variables(escape: u8) -> impl FnMut(&[u8]) -> Result<Option<Vec<u8>>, Fault> {
    move |word| match word.contains(&b'$') {
        true => Ok(None),
        false => expand(word, escape, &Env::new()).map(Some),
    }
}

/// Expands words where some variables are known.
pub(super) fn with_variables<'e>(
    escape: u8,
    environment: &'e dyn Lookup,
    budget: &'e mut Budget,
) -> impl FnMut(&[u8]) -> Result<Option<Vec<u8>>, Fault> + 'e {
    move |word| {
        let expansion = expand_known(word, escape, environment, budget)?;
        Ok(expansion.known().map(<[u8]>::to_vec))
    }
}

impl Word<'_> {
    /// The help for a word that is none of `known`: the nearest of them, unless that would tell a value.
    pub fn help(&self, known: &[&str], all_are: &str) -> String {
        let is_literal = !self.written.contains(&b'$');
        let name = String::from_utf8_lossy(if is_literal { self.written } else { b"" });
        nearest_or_all(&name, known, all_are)
    }
}
