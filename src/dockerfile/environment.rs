//! The variables that are in force at an instruction: what `ARG` and `ENV` set, as far as it is known.
//!
//! Three kinds of variables have no value that could be told: an `ARG` without a value, which a build may
//! give; what only the machine that builds knows (`BUILDARCH`); and everything that the base image sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::budget::Budget;
use super::expansion::expand_known;
use super::go::clean_path;
use super::lookup::{Absence, Expansion, Lookup, Value};

/// The arguments that only BuildKit sets, for the platform: no base image has them.
pub const PLATFORM_ARGS: [&str; 9] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// The longest path that a build takes: of a longer one nothing is known.
const LONGEST_PATH: usize = 4096;

/// Of how many arguments an assumed value remembers that it depends on them.
const MOST_NAMES: usize = 4;

impl State {
    /// What a variable is whose value is an expanded text.
    pub(super) fn of(expansion: Expansion) -> State {
        if expansion.missing.iter().any(|missing| missing.why == Absence::Unknown) {
            return State::Unknown;
        }
        let given = expansion.missing.into_iter().filter(|missing| missing.why == Absence::NotGiven);
        let mut names: Vec<String> = given.map(|missing| missing.name).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(MOST_NAMES);
        let text = expansion.text.into();
        if names.is_empty() { State::Known(text) } else { State::Assumed(text, names.into()) }
    }
}

/// A variable of an [`Environment`].
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    state: State,
    /// Set by `ARG`, not by `ENV`.
    is_arg: bool,
}

/// The states of a variable that was set or declared. Stages share them with those that they are built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Known(Arc<[u8]>),
    /// The value in a build that gives nothing to these arguments.
    Assumed(Arc<[u8]>, Arc<[String]>),
    NotGiven,
    Unknown,
}

/// The variables at one place of a Dockerfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<Arc<str>, Variable>,
    /// A base image may set other variables.
    is_open: bool,
    /// The working directory, which a base image may set, too.
    workdir: Option<Arc<[u8]>>,
}

impl Environment {
    /// No variables; an open environment may have others, which a base image sets.
    pub(super) fn new(is_open: bool) -> Self {
        let workdir = (!is_open).then(|| b"/"[..].into());
        Environment { variables: BTreeMap::new(), is_open, workdir }
    }

    /// Sets a variable by `ENV`.
    pub(super) fn set_env(&mut self, name: String, state: State) {
        self.variables.insert(name.into(), Variable { state, is_arg: false });
    }

    /// Sets a variable by `ARG`.
    pub(super) fn set_arg(&mut self, name: String, state: State) {
        self.variables.insert(name.into(), Variable { state, is_arg: true });
    }

    /// Declares a variable by an `ARG` without a value: one that is set stays as it is.
    pub(super) fn declare(&mut self, name: String) {
        self.variables.entry(name.into()).or_insert(Variable { state: State::NotGiven, is_arg: true });
    }

    /// Whether `ENV` set a variable.
    pub(super) fn has_env(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|variable| !variable.is_arg)
    }

    /// Removes what `ARG` set.
    pub(super) fn without_args(&self) -> Environment {
        let variables = self.variables.iter().filter(|(_, variable)| !variable.is_arg);
        let variables = variables.map(|(name, variable)| (name.clone(), variable.clone()));
        Environment { variables: variables.collect(), is_open: self.is_open, workdir: self.workdir.clone() }
    }

    /// The working directory, if it is known.
    pub fn workdir(&self) -> Option<&[u8]> {
        self.workdir.as_deref()
    }

    /// Changes the working directory by `WORKDIR`; `None` is a path that is not known.
    pub(super) fn set_workdir(&mut self, path: Option<&[u8]>) {
        let path = match (path, &self.workdir) {
            (Some(path), _) if path.starts_with(b"/") => Some(clean_path(path)),
            (Some(path), Some(before)) => Some(clean_path(&[&before[..], b"/", path].concat())),
            _ => None,
        };
        self.workdir = path.filter(|path| path.len() <= LONGEST_PATH).map(Arc::from);
    }

    /// Whether all variables are known by name: the base image sets no others.
    pub fn is_complete(&self) -> bool {
        !self.is_open
    }

    /// The state of a variable that was set or declared.
    pub(super) fn state(&self, name: &str) -> Option<&State> {
        self.variables.get(name).map(|variable| &variable.state)
    }

    /// Whether an `ARG` or `ENV` in force names a variable, with a value or without.
    pub fn is_declared(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// How many variables are known by name.
    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }

    /// The names of all known variables, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(|name| &**name)
    }

    /// A word with its variables and quotes resolved, if it can be told. Who expands many shares a budget among
    /// all of them.
    pub fn expand(&self, word: &[u8], escape: u8, budget: &mut Budget) -> Option<String> {
        let expansion = expand_known(word, escape, self, budget).ok()?;
        String::from_utf8(expansion.known()?.to_vec()).ok()
    }

    /// What is known of a variable.
    pub fn get(&self, name: &str) -> Value<'_> {
        match self.variables.get(name).map(|variable| &variable.state) {
            Some(State::Known(value)) => Value::Known(value),
            Some(State::Assumed(value, names)) => Value::Assumed(value, names),
            Some(State::NotGiven) => Value::NotGiven,
            Some(State::Unknown) => Value::Unknown,
            None if self.is_open && !PLATFORM_ARGS.contains(&name) => Value::Unknown,
            None => Value::Unset,
        }
    }
}

impl Lookup for Environment {
    fn lookup(&self, name: &[u8]) -> Value<'_> {
        // Nothing can set a name that is not UTF-8.
        std::str::from_utf8(name).map_or(Value::Unset, |name| self.get(name))
    }
}
