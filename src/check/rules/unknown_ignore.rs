//! A comment that ignores a rule which there is not: the reader of such comments says so.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "unknown-ignore",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/unknown-ignore.md"),
    look: Look::Elsewhere,
};
