//! Settings from flags and from `check:` in `fleets.yaml`: each rule that they name has to exist.

use super::rules;
use super::settings::Settings;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::escape::shortened;
use crate::fleet::settings::CheckSettings;
use crate::nearest::did_you_mean;

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
        for (rule, place) in &file.ignore {
            if let Err(fault) = self.ignore(rule, place.clone()) {
                faults.push(|| fault);
            }
        }
        for (rule, severity, place) in &file.severity {
            if let Err(fault) = known(rule, place.clone()) {
                faults.push(|| fault);
            }
            match Severity::named(severity) {
                Some(severity) => {
                    self.severity.insert(rule.clone(), severity);
                }
                None => faults.push(|| {
                    let shown = shortened(severity, 40);
                    Diagnostic::error(place.clone(), format!("`{shown}` is not a severity"))
                        .help("write error, warning or info; to turn a rule off, list it under `ignore`")
                }),
            }
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
