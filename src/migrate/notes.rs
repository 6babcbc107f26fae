//! What a person has to look at: findings as `dtpl check` has them, each of a kind of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::Severity;
use crate::finding::{Finding, Findings};
use crate::source::{Source, Span};

/// The kinds of notes, by name, with what each is about. `docs/migrate.md` has a line for each.
pub const KINDS: [&str; 27] = [
    "apt-settings",
    "build-argument",
    "build-tools",
    "by-hand",
    "debian-python",
    "entry-script",
    "idle",
    "initsystem",
    "kept-name",
    "legacy-form",
    "lost-certificates",
    "lost-program",
    "maker-package",
    "musl",
    "new-distribution",
    "new-release",
    "new-version",
    "no-command",
    "no-image",
    "omitted-version",
    "onbuild",
    "python-2-package",
    "python-command",
    "raspbian",
    "split",
    "tera-template",
    "udev",
];

/// Takes notes about one file.
pub struct Notes<'n> {
    /// Where they go.
    pub findings: &'n mut Findings,
    /// The file.
    pub source: &'n Arc<Source>,
    /// The slugs of the device types that they are about.
    pub devices: BTreeSet<String>,
}

impl Notes<'_> {
    /// Something that has to be looked at.
    pub fn warn(
        &mut self,
        kind: &'static str,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Warning, kind, span, message.into(), help.into());
    }

    /// Something that is good to know.
    pub fn tell(
        &mut self,
        kind: &'static str,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Info, kind, span, message.into(), help.into());
    }

    fn add(&mut self, severity: Severity, kind: &'static str, span: &Span, message: String, help: String) {
        debug_assert!(KINDS.contains(&kind), "{kind}");
        let help = if help.is_empty() { Vec::new() } else { vec![help] };
        self.findings.add(Finding {
            rule: kind.to_owned(),
            severity,
            source: Arc::clone(self.source),
            span: span.clone(),
            message,
            help,
            devices: self.devices.clone(),
        });
    }
}
