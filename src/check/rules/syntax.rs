//! What BuildKit's parser refuses or warns of: the Dockerfile model reports it.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "syntax",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/syntax.md"),
    look: Look::Elsewhere,
};
