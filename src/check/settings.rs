//! Which rules a project wants, and how much each matters to it: flags, and `check:` in `fleets.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use super::rules;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::fleet::settings::CheckSettings;
use crate::nearest::did_you_mean;

/// The names of severities, as files and flags have them.
pub const SEVERITIES: [(&str, Severity); 3] =
    [("error", Severity::Error), ("warning", Severity::Warning), ("info", Severity::Info)];

/// What a project wants of a check.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    ignore: BTreeSet<String>,
    severity: BTreeMap<String, Severity>,
}

impl Settings {
    /// Does not report a rule.
    ///
    /// # Errors
    /// A rule that there is not.
    pub fn ignore(&mut self, rule: &str, place: Place) -> Result<(), Diagnostic> {
        known(rule, place)?;
        self.ignore.insert(rule.to_owned());
        Ok(())
    }

    /// Takes what a file says.
    ///
    /// # Errors
    /// Rules and severities that there are not.
    pub fn take(&mut self, file: &CheckSettings) -> Result<(), Diagnostics> {
        let mut faults = Diagnostics::new();
        for (rule, place) in &file.ignore {
            if let Err(fault) = self.ignore(rule, place.clone()) {
                faults.push(|| fault);
            }
        }
        for (rule, severity, place) in &file.severity {
            if let Err(fault) = known(rule, place.clone()) {
                faults.push(|| fault);
            }
            match SEVERITIES.iter().find(|(name, _)| name == severity) {
                Some((_, severity)) => {
                    self.severity.insert(rule.clone(), *severity);
                }
                None => faults.push(|| {
                    let shown = crate::escape::shortened(severity, 40);
                    Diagnostic::error(place.clone(), format!("`{shown}` is no severity"))
                        .help("write error, warning or info; a rule that is not wanted goes to `ignore`")
                }),
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    pub(super) fn ignores(&self, rule: &str) -> bool {
        self.ignore.contains(rule)
    }

    pub(super) fn severity(&self, rule: &str) -> Option<Severity> {
        self.severity.get(rule).copied()
    }
}

fn known(rule: &str, place: Place) -> Result<(), Diagnostic> {
    if rules::is_known(rule) {
        return Ok(());
    }
    let shown = crate::escape::shortened(rule, 80);
    let help = did_you_mean(rule, rules::RULES.iter().map(|rule| rule.id))
        .unwrap_or_else(|| "`dtpl check --explain all` lists the rules".to_owned());
    Err(Diagnostic::error(place, format!("there is no rule `{shown}`")).help(help))
}
