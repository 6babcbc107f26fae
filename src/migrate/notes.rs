//! What has to be reviewed after a migration, as findings of the same form as those of `dtpl check`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::request::Addition;
use crate::diagnostic::Severity;
use crate::finding::{Finding, Findings};
use crate::source::{Source, Span};

/// What goes wrong where a note is not looked at. The order is that in which a person should work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Breaks {
    /// The build fails.
    Build,
    /// The build succeeds, and the container does not start.
    Start,
    /// It starts, and may do something else than before.
    Behaviour,
    /// Nothing.
    Information,
}

impl Breaks {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Breaks::Build => "build",
            Breaks::Start => "start",
            Breaks::Behaviour => "behaviour",
            Breaks::Information => "information",
        }
    }

    /// What a finding of a migration breaks: by its kind, but what is only for information breaks nothing.
    pub fn of(finding: &Finding) -> Breaks {
        match (finding.severity, kind(&finding.rule)) {
            (Severity::Info, _) => Breaks::Information,
            (_, Some(kind)) if finding.is_at_start && kind.breaks == Breaks::Build => Breaks::Start,
            (_, Some(kind)) => kind.breaks,
            // What a rule of check says of the compose file.
            (_, None) => Breaks::Behaviour,
        }
    }
}

/// A kind of note.
#[derive(Debug)]
#[non_exhaustive]
pub struct NoteKind {
    /// Its name.
    pub name: &'static str,
    /// What goes wrong where it is not looked at.
    pub breaks: Breaks,
    /// What to test on a device, if there is anything in particular.
    pub test: Option<&'static str>,
    /// The text of its page, in `docs/notes/`, or in `docs/rules/` where `dtpl check` has a rule of this name.
    pub page: &'static str,
}

macro_rules! kinds {
    ($($folder:ident / $name:literal $breaks:ident $($test:literal)?;)*) => {
        /// All kinds of notes, by name. `docs/migrate.md` lists them.
        pub static KINDS: &[NoteKind] = &[$(NoteKind {
            name: $name,
            breaks: Breaks::$breaks,
            test: kinds!(@test $($test)?),
            page: include_str!(concat!("../../docs/", stringify!($folder), "/", $name, ".md")),
        }),*];
    };
    (@test $test:literal) => { Some($test) };
    (@test) => { None };
}

kinds! {
    rules / "apt-key" Build;
    rules / "apt-without-yes" Build;
    rules / "archived-release" Build;
    rules / "balena-script" Start "that the container starts, and keeps running";
    notes / "build-argument" Build;
    notes / "build-tools" Build;
    notes / "by-hand" Build;
    notes / "can-split" Information;
    rules / "debian-python" Start "that the application finds its Python packages";
    notes / "ends-soon" Information;
    rules / "externally-managed-python" Build;
    rules / "foreign-package-manager" Build;
    notes / "initsystem" Behaviour "the services that systemd started in the old image";
    notes / "kept-name" Information;
    notes / "legacy-form" Information;
    rules / "missing-certificates" Build "connections over TLS (https://)";
    rules / "missing-file" Build;
    rules / "missing-package" Build "access to the hardware where a package was for it: GPIO, camera, serial ports";
    rules / "missing-program" Build "what the start scripts do";
    notes / "musl" Start "the application on Alpine: compiled modules, name resolution, time zones";
    notes / "new-distribution" Behaviour "what the application takes from packages of the distribution";
    notes / "new-release" Behaviour "what the application takes from packages of the distribution";
    notes / "new-version" Behaviour "the application on the new version of its language";
    notes / "no-command" Start "that the container starts what it is for";
    notes / "no-image" Build;
    notes / "omitted-version" Information;
    notes / "onbuild" Start "that the application and its dependencies are in the image";
    rules / "other-release" Build;
    rules / "package-version" Build;
    notes / "raspbian" Build "access to the hardware: GPIO, camera, serial ports";
    rules / "removed-command" Build;
    notes / "service-image" Behaviour;
    notes / "split" Behaviour "each separate file, on a device that it is for";
    notes / "tera-template" Build;
    notes / "udev" Behaviour "devices that are plugged in later";
    rules / "uninstallable-requirement" Build "that the application and its dependencies are in the image";
}

/// A kind of note by its name.
pub fn kind(name: &str) -> Option<&'static NoteKind> {
    KINDS.binary_search_by(|kind| kind.name.cmp(name)).ok().and_then(|at| KINDS.get(at))
}

/// Adds notes about one file to the findings.
pub(super) struct Notes<'n> {
    pub findings: &'n mut Findings,
    pub additions: &'n mut BTreeSet<Addition>,
    pub source: &'n Arc<Source>,
    /// The slugs of the device types that the next notes are about.
    pub devices: BTreeSet<String>,
    /// Whether they are about what the container starts.
    pub is_at_start: bool,
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

    /// Adds what is for information: nothing has to be done. Each line of `help` is one of its own.
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
        debug_assert!(self::kind(kind).is_some(), "{kind}");
        self.findings.add(Finding {
            engine_rule: None,
            rule: kind.to_owned(),
            severity,
            source: Arc::clone(source),
            span: span.clone(),
            message,
            help: help.lines().map(str::to_owned).collect(),
            other_help: BTreeSet::new(),
            devices: self.devices.clone(),
            is_at_start: self.is_at_start,
        });
    }
}
