//! Which rules are ignored, and the severities that a project gives to others: from flags and from `check:`
//! in `fleets.yaml`. Each rule that they name has to exist.

use std::collections::{BTreeMap, BTreeSet};

use super::rules;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::escape::shortened;
use crate::fleet::settings::CheckSettings;

/// Which rules a project ignores, and the severities that it changes.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(super) ignore: BTreeSet<String>,
    pub(super) severity: BTreeMap<String, Severity>,
    /// Whether balena's CLI is called with `--multi-dockerignore`.
    pub multi_dockerignore: bool,
}

impl Settings {
    /// Ignores a rule, by its own name or by the one that BuildKit or hadolint has for it.
    ///
    /// # Errors
    /// If there is no such rule.
    pub fn ignore(&mut self, rule: &str, place: Place) -> Result<(), Diagnostic> {
        known(rule, place)?;
        self.ignore.extend(names(rule));
        Ok(())
    }

    /// Adds the settings of a file.
    ///
    /// # Errors
    /// If a rule or a severity does not exist.
    pub fn take(&mut self, file: &CheckSettings) -> Result<(), Diagnostics> {
        let mut faults = Diagnostics::new();
        let mut note = |result: Result<(), Diagnostic>| {
            if let Err(fault) = result {
                faults.push(|| fault);
            }
        };
        self.multi_dockerignore |= file.multi_dockerignore;
        for (rule, place) in &file.ignore {
            note(self.ignore(rule, place.clone()));
        }
        for (rule, severity, place) in &file.severity {
            note(known(rule, place.clone()));
            let Some(severity) = Severity::named(severity) else {
                let message = format!("`{}` is not a severity", shortened(severity, 40));
                let help = "write error, warning or info; to turn a rule off, list it under `ignore`";
                note(Err(Diagnostic::error(place.clone(), message).help(help)));
                continue;
            };
            self.severity.extend(names(rule).map(|rule| (rule, severity)));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn known(rule: &str, place: Place) -> Result<(), Diagnostic> {
    if rules::is_known(rule) {
        return Ok(());
    }
    let shown = shortened(rule, 80);
    let help =
        rules::did_you_mean(rule).unwrap_or_else(|| "`dtpl check --explain all` lists the rules".to_owned());
    Err(Diagnostic::error(place, format!("there is no rule `{shown}`")).help(help))
}

/// A name as it is written, which may be that of another linter's finding, and the names of our rules that it
/// means.
pub(super) fn names(written: &str) -> impl Iterator<Item = String> {
    std::iter::once(written.to_owned()).chain(rules::meant_by(written).map(|rule| rule.id.to_owned()))
}
