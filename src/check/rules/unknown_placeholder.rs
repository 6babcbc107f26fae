//! A placeholder that stands for nothing: the render of the template says so.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "unknown-placeholder",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/unknown-placeholder.md"),
    look: Look::Elsewhere,
};
