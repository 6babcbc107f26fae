//! A device for which the project has no Dockerfile, or one that cannot be read: the search for it says
//! so.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "no-dockerfile",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/no-dockerfile.md"),
    look: Look::Elsewhere,
};
