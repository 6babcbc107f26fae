//! Which rules are ignored, and the severities that a project gives to others.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Severity;

/// Which rules a project ignores, and the severities that it changes.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(super) ignore: BTreeSet<String>,
    pub(super) severity: BTreeMap<String, Severity>,
}

impl Settings {
    pub(super) fn ignores(&self, rule: &str) -> bool {
        self.ignore.contains(rule)
    }

    pub(super) fn severity(&self, rule: &str) -> Option<Severity> {
        self.severity.get(rule).copied()
    }
}
