//! `FROM --platform=linux/amd64`: the same platform for every device.

use super::shown;
use super::{Look, Rule};
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "constant-platform",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/constant-platform.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    for stage in &case.file.stages {
        let Some(platform) = &stage.platform else { continue };
        if platform.text.contains(&b'$') || !case.is_literal(&platform.span) {
            continue;
        }
        let text = String::from_utf8_lossy(&platform.text);
        sink.report(
            &platform.span,
            format!("every device gets {} here", shown(&text)),
            "leave --platform out; a stage that runs on the build machine says --platform=$BUILDPLATFORM",
        );
    }
}
