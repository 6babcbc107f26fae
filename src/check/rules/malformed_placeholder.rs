//! Text that looks like a placeholder and is none: `template::suspicion` finds it for every command.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "malformed-placeholder",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/malformed-placeholder.md"),
    look: Look::Elsewhere,
};
