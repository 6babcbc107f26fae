//! `check:` in `fleets.yaml`: which rules the project ignores, and how much others matter to it.
//!
//! Which rules there are is not asked here.

use std::sync::Arc;

use crate::diagnostic::{Diagnostics, Place};
use crate::source::Source;
use crate::yaml::{self, MergeKeys, Node, Reader};

/// What stands under `check:`.
#[derive(Clone, Debug, Default)]
pub struct CheckSettings {
    /// Rules that are not reported.
    pub ignore: Vec<(String, Place)>,
    /// Rules with the severity that they have here.
    pub severity: Vec<(String, String, Place)>,
}

/// Reads them from the text of a `fleets.yaml`.
///
/// # Errors
/// Every fault with its position.
pub fn parse(source: &Arc<Source>) -> Result<CheckSettings, Diagnostics> {
    let root = yaml::parse(source, MergeKeys::Refused)?;
    let mut reader = Reader::new(source);
    let mut settings = CheckSettings::default();
    for (key, node) in reader.entries(&root, "a file of fleets") {
        if key.as_scalar() == Some("check") {
            settings = read(&mut reader, node);
        }
    }
    if reader.diagnostics.is_empty() { Ok(settings) } else { Err(reader.diagnostics) }
}

/// Whether a file has settings and no fleets: it is then for all device types.
pub fn is_alone(source: &Arc<Source>) -> bool {
    let Ok(root) = yaml::parse(source, MergeKeys::Refused) else { return false };
    let mut reader = Reader::new(source);
    let entries = reader.entries(&root, "a file of fleets").iter();
    let names: Vec<&str> = entries.filter_map(|(key, _)| key.as_scalar()).collect();
    names == ["check"]
}

/// Reads the node.
pub(super) fn read(reader: &mut Reader, node: &Node) -> CheckSettings {
    let mut settings = CheckSettings::default();
    for (field, node) in reader.fields(node, "`check`", &["ignore", "severity"]) {
        if field == "ignore" {
            for item in reader.items(node, "`ignore`") {
                let Some(rule) = reader.text(item, "a rule") else { continue };
                settings.ignore.push((rule, reader.place(item)));
            }
        } else {
            for (key, node) in reader.entries(node, "`severity`") {
                let Some(rule) = key.as_scalar() else { continue };
                let Some(severity) = reader.text(node, "a severity") else { continue };
                settings.severity.push((rule.to_owned(), severity, reader.place(key)));
            }
        }
    }
    settings
}
