//! A value of a variable that changes what the file is: the render refuses it or has doubts.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "doubtful-value",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/doubtful-value.md"),
    look: Look::Elsewhere,
};
