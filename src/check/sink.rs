//! Where rules report to: a place becomes one in the template, what is ignored is dropped, severities
//! are those of the project's settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ignore::Ignored;
use super::rules;
use super::settings::Settings;
use crate::diagnostic::{Diagnostic, Place, RuleName, Severity};
use crate::finding::{Finding, Findings};
use crate::render::{Redaction, Rendering};
use crate::source::{Source, Span};

/// A message, and what to do.
type MessageAndHelp = (String, Vec<String>);

/// The rule of a finding, and the check of BuildKit that says the same.
struct RuleOfFinding<'r> {
    rule: &'r str,
    engine: Option<&'static str>,
}

impl<'r> RuleOfFinding<'r> {
    fn of(rule: &'r str) -> Self {
        RuleOfFinding { rule, engine: rules::named(rule).and_then(rules::Rule::engine_rule) }
    }
}

/// What findings are added to.
pub(super) trait Collect {
    fn add(&mut self, finding: Finding);
}

impl Collect for Findings {
    fn add(&mut self, finding: Finding) {
        Findings::add(self, finding);
    }
}

/// All of them, in the order in which they are found.
impl Collect for Vec<Finding> {
    fn add(&mut self, finding: Finding) {
        self.push(finding);
    }
}

/// Takes what rules find in one template.
pub struct Sink<'s> {
    pub(super) findings: &'s mut dyn Collect,
    /// The template.
    pub(super) source: &'s Arc<Source>,
    /// The way back into it, when places are those of a rendering.
    pub(super) rendering: Option<&'s Rendering<'s>>,
    pub(super) ignored: &'s Ignored,
    pub(super) settings: &'s Settings,
    /// The slugs of the devices that are affected.
    pub(super) devices: BTreeSet<String>,
    /// The values that messages must not hold.
    pub(super) redaction: &'s Redaction,
    /// The rule that reports.
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
}

impl Sink<'_> {
    /// Reports something at a place, with what to do, at the rule's own severity.
    pub fn report(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.report_as(self.severity, span, message, help);
    }

    /// The same, where it matters more or less than what the rule usually finds.
    pub fn report_as(
        &mut self,
        severity: Severity,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let text = self.text(message.into(), vec![help.into()]);
        self.put_here(self.rule, severity, span, text);
    }

    /// The same, for what BuildKit has no check for, although it has one for other findings of the rule.
    pub fn report_only_ours(
        &mut self,
        severity: Severity,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let text = self.text(message.into(), vec![help.into()]);
        let span = self.in_template(span);
        let place = (Arc::clone(self.source), span.clone());
        self.put(RuleOfFinding { rule: self.rule, engine: None }, severity, place, &span, text);
    }

    /// Reports something in a file beside the template, because of `at` in the template.
    pub fn report_in(
        &mut self,
        source: &Arc<Source>,
        span: Span,
        at: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let at = self.in_template(at);
        let place = (Arc::clone(source), span);
        self.put(
            RuleOfFinding::of(self.rule),
            self.severity,
            place,
            &at,
            self.text(message.into(), vec![help.into()]),
        );
    }

    /// The same, for what BuildKit has no check for, although it has one for other findings of the rule.
    pub fn report_only_ours_in(
        &mut self,
        source: &Arc<Source>,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let text = self.text(message.into(), vec![help.into()]);
        let rule = RuleOfFinding { rule: self.rule, engine: None };
        self.put(rule, self.severity, (Arc::clone(source), span), &(0..0), text);
    }

    /// Reports something with `advice` after the help: text that dtpl knows without the file, such as the
    /// image to use next. It may share words with a value, and none of it is replaced.
    pub fn report_with_advice(&mut self, span: &Span, message: String, help: &str, advice: Option<String>) {
        let text = self.advised(&message, help, advice);
        self.put_here(self.rule, self.severity, span, text);
    }

    /// The same, for what BuildKit has no check for, although it has one for other findings of the rule.
    pub fn report_only_ours_with_advice(
        &mut self,
        span: &Span,
        message: &str,
        help: &str,
        advice: Option<String>,
    ) {
        let text = self.advised(message, help, advice);
        let span = self.in_template(span);
        let place = (Arc::clone(self.source), span.clone());
        self.put(RuleOfFinding { rule: self.rule, engine: None }, self.severity, place, &span, text);
    }

    fn advised(&self, message: &str, help: &str, advice: Option<String>) -> MessageAndHelp {
        let help = self.redaction.redact(help);
        let help = advice.map_or_else(|| help.clone(), |advice| format!("{help}; {advice}"));
        (self.redaction.redact(message), vec![help])
    }

    /// A message and its help without any part of a value.
    fn text(&self, message: String, help: Vec<String>) -> MessageAndHelp {
        let help = help.iter().filter(|line| !line.is_empty()).map(|line| self.redaction.redact(line));
        (self.redaction.redact(&message), help.collect())
    }

    /// A place of the rendering as one of the template.
    fn in_template(&self, span: &Span) -> Span {
        self.rendering.map_or_else(|| span.clone(), |rendering| rendering.to_template(span))
    }

    /// Takes over a diagnostic about the rendering, from the reader of Dockerfiles.
    pub(super) fn take_rendered(&mut self, diagnostic: &Diagnostic, rendered: &Arc<Source>) {
        let diagnostic = diagnostic.clone();
        let diagnostic = match self.rendering {
            Some(rendering) => rendering.diagnostic_in_template(diagnostic, rendered, self.redaction),
            None => diagnostic,
        };
        self.take(&diagnostic, self.rule);
    }

    /// Takes over what another part of the program has to say.
    pub(super) fn take(&mut self, diagnostic: &Diagnostic, default_rule: &'static str) {
        let rule = diagnostic.rule.map_or(default_rule, RuleName::name);
        let Diagnostic { severity, message, help, .. } = diagnostic.clone();
        let (place, at) = match &diagnostic.place {
            Place::Text(source, span) if Arc::ptr_eq(source, self.source) => {
                ((Arc::clone(source), span.clone()), span.clone())
            }
            // A file of fleets, say, which gives a value.
            Place::Text(source, span) => ((Arc::clone(source), span.clone()), 0..0),
            Place::File(name) if default_rule == super::rules::COMPOSE_FILE => {
                ((Arc::new(Source::new(name.as_str(), Vec::new())), 0..0), 0..0)
            }
            // What a file of the project or the command line gives is said at the template's start.
            _ => ((Arc::clone(self.source), 0..0), 0..0),
        };
        self.put(RuleOfFinding::of(rule), severity, place, &at, self.text(message, help));
    }

    /// Adds a finding of another linter, at a place of the rendering.
    pub(super) fn foreign(&mut self, rule: &str, severity: Severity, span: &Span, message: &str) {
        self.put_here(rule, severity, span, self.text(message.to_owned(), Vec::new()));
    }

    /// Adds a finding at a place of the rendering.
    fn put_here(&mut self, rule: &str, severity: Severity, span: &Span, text: MessageAndHelp) {
        let span = self.in_template(span);
        let place = (Arc::clone(self.source), span.clone());
        self.put(RuleOfFinding::of(rule), severity, place, &span, text);
    }

    /// Adds a finding because of `at` in the template, unless it is ignored there.
    fn put(
        &mut self,
        RuleOfFinding { rule, engine }: RuleOfFinding,
        severity: Severity,
        place: (Arc<Source>, Span),
        at: &Span,
        text: MessageAndHelp,
    ) {
        if self.settings.ignore.contains(rule) || self.ignored.has(rule, self.source.line(at.start)) {
            return;
        }
        let (message, help) = text;
        // In what a Tera template produced, the place is that in the template.
        let (source, span) = match place.0.origin(&place.1) {
            Some(origin) => (origin.source, origin.span),
            None => place,
        };
        let severity = match engine.map(|check| self.ignored.severity(check, severity)) {
            Some(None) => return,
            Some(Some(severity)) => severity,
            None => severity,
        };
        let severity = self.settings.severity.get(rule).copied().unwrap_or(severity);
        let (rule, engine_rule, devices) = (rule.to_owned(), engine, self.devices.clone());
        let is_at_start = false;
        self.findings.add(Finding {
            rule,
            engine_rule,
            severity,
            source,
            span,
            message,
            help,
            other_help: BTreeSet::new(),
            devices,
            is_at_start,
        });
    }
}
