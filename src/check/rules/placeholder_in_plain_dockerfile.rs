//! A placeholder in a file in which nothing is replaced: `template::suspicion` finds it for every
//! command.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "placeholder-in-plain-dockerfile",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/placeholder-in-plain-dockerfile.md"),
    look: Look::Elsewhere,
};
