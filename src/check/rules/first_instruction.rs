//! An instruction before the first `FROM`: `dockerfile::stage` cuts the file into stages and says so.

use super::{Look, Rule};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "first-instruction",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/first-instruction.md"),
    look: Look::Elsewhere,
};
