//! `<% ... %>`, which the balena builder runs as JavaScript: `template::suspicion` finds it for every
//! command.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "javascript-in-template",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/javascript-in-template.md"),
    look: Look::Elsewhere,
};
