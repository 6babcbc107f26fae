//! Characters that make a text read otherwise than it is: `template::suspicion` finds them for every
//! command.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "hidden-character",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/hidden-character.md"),
    look: Look::Elsewhere,
};
