//! For whom a check is, and which rules count: flags and `fleets.yaml`.

use super::super::Context;
use super::super::args::Check;
use crate::check::Settings;
use crate::diagnostic::Diagnostics;
use crate::error::Error;
use crate::fleet::Fleet;

/// Reads the file of fleets, if there is one, and which rules count.
pub fn read(command: &Check, context: &mut Context) -> anyhow::Result<(Option<Vec<Fleet>>, Settings)> {
    let mut settings = Settings::default();
    let fleets = command.scope.read(&mut settings, context)?;
    let mut faults = Diagnostics::new();
    for rule in &command.ignore {
        if let Err(fault) = settings.ignore(rule, context.place_of("--ignore")) {
            faults.push(|| fault);
        }
    }
    if !faults.is_empty() {
        return Err(Error::Usage(faults).into());
    }
    Ok((fleets, settings))
}
