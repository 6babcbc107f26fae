//! What has to be reviewed after a migration, as findings of the same form as those of `dtpl check`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::Severity;
use crate::finding::{Finding, Findings};
use crate::source::{Source, Span};

/// The names of all notes. `docs/migrate.md` explains each.
pub const KINDS: [&str; 32] = [
    "apt-key",
    "apt-without-yes",
    "archived-release",
    "balena-script",
    "build-argument",
    "build-tools",
    "by-hand",
    "can-split",
    "debian-python",
    "ends-soon",
    "externally-managed-python",
    "foreign-package-manager",
    "initsystem",
    "kept-name",
    "legacy-form",
    "missing-certificates",
    "missing-package",
    "missing-program",
    "musl",
    "new-distribution",
    "new-release",
    "new-version",
    "no-command",
    "no-image",
    "omitted-version",
    "onbuild",
    "other-release",
    "package-version",
    "raspbian",
    "split",
    "tera-template",
    "udev",
];

/// Adds notes about one file to the findings.
pub(super) struct Notes<'n> {
    pub findings: &'n mut Findings,
    pub source: &'n Arc<Source>,
    /// The slugs of the device types that the next notes are about.
    pub devices: BTreeSet<String>,
}

impl Notes<'_> {
    /// Adds a warning: something may not work. Each line of `help` is one of its own.
    pub fn warn(
        &mut self,
        kind: &'static str,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Warning, kind, span, message.into(), help.into());
    }

    pub fn info(
        &mut self,
        kind: &'static str,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Info, kind, span, message.into(), help.into());
    }

    fn add(&mut self, severity: Severity, kind: &'static str, span: &Span, message: String, help: String) {
        let source = Arc::clone(self.source);
        self.add_in(severity, kind, (&source, span), message, help);
    }

    /// Adds a note about a file of the project, which may be another one.
    pub fn add_in(
        &mut self,
        severity: Severity,
        kind: &'static str,
        (source, span): (&Arc<Source>, &Span),
        message: String,
        help: String,
    ) {
        debug_assert!(KINDS.contains(&kind), "{kind}");
        self.findings.add(Finding {
            engine_rule: None,
            rule: kind.to_owned(),
            severity,
            source: Arc::clone(source),
            span: span.clone(),
            message,
            help: help.lines().map(str::to_owned).collect(),
            devices: self.devices.clone(),
        });
    }
}
