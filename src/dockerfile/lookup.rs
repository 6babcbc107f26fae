//! Where expressions look their variables up, and what is known of a word when some of its variables have no
//! known value.

use super::substitution::Env;

/// What is known of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'v> {
    /// It has this value.
    Known(&'v [u8]),
    /// It has this value, unless a build gives one to an `ARG` of these names.
    Assumed(&'v [u8], &'v [String]),
    /// It is declared by an `ARG`, without a value. In a build that gives none it is empty.
    NotGiven,
    /// It may have a value, which nobody can tell.
    Unknown,
    /// It has none.
    Unset,
}

/// Where expressions look their variables up.
pub trait Lookup {
    /// What is known of a variable.
    fn lookup(&self, name: &[u8]) -> Value<'_>;
}

impl Lookup for Env {
    fn lookup(&self, name: &[u8]) -> Value<'_> {
        let value = std::str::from_utf8(name).ok().and_then(|name| self.get(name));
        value.map_or(Value::Unset, |value| Value::Known(value))
    }
}

/// A word with its variables substituted, as far as their values are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The text in a build in which every variable that is not known is not set.
    pub text: Vec<u8>,
    /// The variables in it that have no known value, in order.
    pub missing: Vec<Missing>,
}

/// A variable without a known value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Where its `$` is in the word.
    pub at: usize,
    /// Why it has none.
    pub why: Absence,
}

/// Why a variable has no known value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is declared by an `ARG` without a value.
    NotGiven,
    /// Nobody can tell whether it has one.
    Unknown,
    /// It is not set.
    Unset,
}

impl Expansion {
    /// The text, if all values in it are known; a variable that is not set is empty.
    pub fn known(&self) -> Option<&[u8]> {
        let is_known = self.missing.iter().all(|missing| missing.why == Absence::Unset);
        is_known.then_some(&self.text)
    }
}
