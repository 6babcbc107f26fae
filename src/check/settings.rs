//! Which rules are ignored, and the severities that a project gives to others: from flags and from `check:`
//! in `fleets.yaml`. Each rule that they name has to exist.

use std::collections::{BTreeMap, BTreeSet};

use super::rules;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::escape::shortened;
use crate::fleet::settings::CheckSettings;
use crate::nearest::did_you_mean;

/// Which rules a project ignores, and the severities that it changes.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(super) ignore: BTreeSet<String>,
    pub(super) severity: BTreeMap<String, Severity>,
}

impl Settings {
    /// Ignores a rule.
    ///
    /// # Errors
    /// If there is no such rule.
    pub fn ignore(&mut self, rule: &str, place: Place) -> Result<(), Diagnostic> {
        known(rule, place)?;
        self.ignore.insert(rule.to_owned());
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
            self.severity.insert(rule.clone(), severity);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn known(rule: &str, place: Place) -> Result<(), Diagnostic> {
    if rules::is_known(rule) {
        return Ok(());
    }
    let shown = shortened(rule, 80);
    let help = did_you_mean(rule, rules::RULES.iter().map(|rule| rule.id))
        .unwrap_or_else(|| "`dtpl check --explain all` lists the rules".to_owned());
    Err(Diagnostic::error(place, format!("there is no rule `{shown}`")).help(help))
}
