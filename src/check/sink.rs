//! Where rules report to: a place becomes one in the template, what is ignored is dropped, severities
//! are those that the project asks for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::case::back;
use super::ignore::Ignored;
use super::rules::Rule;
use super::settings::Settings;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::finding::{Finding, Findings};
use crate::render::Map;
use crate::source::{Source, Span};

/// Takes what rules find in one template.
pub struct Sink<'s> {
    /// Where it goes.
    pub(super) findings: &'s mut Findings,
    /// The template.
    pub(super) source: &'s Arc<Source>,
    /// The way back into it, when places are those of a rendering.
    pub(super) map: Option<&'s Map<'s>>,
    /// What comments in it ignore.
    pub(super) ignored: &'s Ignored,
    /// What the project wants.
    pub(super) settings: &'s Settings,
    /// The slugs of the devices that are hit.
    pub(super) devices: BTreeSet<String>,
    /// Values that a user gave, with their names: they are not for everybody who reads the findings.
    pub(super) given: Vec<(String, String)>,
    /// Which rule is looking.
    pub(super) rule: &'static Rule,
}

impl Sink<'_> {
    /// Reports something at a place, with what to do, at the rule's own severity.
    pub fn report(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.report_as(self.rule.severity, span, message, help);
    }

    /// The same, where it matters more or less than what the rule usually finds.
    pub fn report_as(
        &mut self,
        severity: Severity,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let span = self.map.map_or_else(|| span.clone(), |map| back(map, span));
        let source = Arc::clone(self.source);
        let rule = self.rule.id.to_owned();
        let help = vec![help.into()];
        self.put(rule, severity, source, span.clone(), &span, message.into(), help);
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
        let at = self.map.map_or_else(|| at.clone(), |map| back(map, at));
        let rule = self.rule.id.to_owned();
        let source = Arc::clone(source);
        self.put(rule, self.rule.severity, source, span, &at, message.into(), vec![help.into()]);
    }

    /// Takes over what the reader of Dockerfiles says of a rendering.
    pub(super) fn take_rendered(&mut self, diagnostic: &Diagnostic) {
        let Place::Text(_, span) = &diagnostic.place else { return };
        let span = self.map.map_or_else(|| span.clone(), |map| back(map, span));
        let place = Place::Text(Arc::clone(self.source), span);
        self.take(&Diagnostic { place, ..diagnostic.clone() }, self.rule.id);
    }

    /// Takes over what another part of the program has to say.
    pub(super) fn take(&mut self, diagnostic: &Diagnostic, default_rule: &'static str) {
        let rule = diagnostic.rule.map_or(default_rule, crate::diagnostic::Rule::name);
        let Diagnostic { severity, message, help, .. } = diagnostic.clone();
        match &diagnostic.place {
            Place::Text(source, span) if Arc::ptr_eq(source, self.source) => {
                self.put(rule.to_owned(), severity, Arc::clone(source), span.clone(), span, message, help);
            }
            // A file of fleets, say, which gives a value.
            Place::Text(source, span) => {
                let at = 0..0;
                self.put(rule.to_owned(), severity, Arc::clone(source), span.clone(), &at, message, help);
            }
            // What a file of the project or the command line gives is said at the template's start.
            Place::CommandLine
            | Place::Flag(_)
            | Place::Environment(_)
            | Place::File(_)
            | Place::Entry { .. } => {
                self.put(rule.to_owned(), severity, Arc::clone(self.source), 0..0, &(0..0), message, help);
            }
        }
    }

    /// Adds a finding of another linter, at a place of the rendering.
    pub(super) fn foreign(&mut self, rule: &str, severity: Severity, span: &Span, message: &str) {
        let span = self.map.map_or_else(|| span.clone(), |map| back(map, span));
        let source = Arc::clone(self.source);
        self.put(rule.to_owned(), severity, source, span.clone(), &span, message.to_owned(), Vec::new());
    }

    #[allow(clippy::too_many_arguments)]
    fn put(
        &mut self,
        rule: String,
        severity: Severity,
        source: Arc<Source>,
        span: Span,
        at: &Span,
        message: String,
        mut help: Vec<String>,
    ) {
        if self.settings.ignores(&rule) || self.ignored.has(&rule, self.source.line(at.start)) {
            return;
        }
        help.retain(|line| !line.is_empty());
        // Of what a Tera template became, the place in the template.
        let (source, span) = match source.origin(&span) {
            Some(origin) => (origin.source, origin.span),
            None => (source, span),
        };
        let message = without_values(message, &self.given);
        let help = help.into_iter().map(|line| without_values(line, &self.given)).collect();
        let severity = self.settings.severity(&rule).unwrap_or(severity);
        let devices = self.devices.clone();
        self.findings.add(Finding { rule, severity, source, span, message, help, devices });
    }
}

/// A message with placeholders in place of the values that a user gave, in whatever case. A short value
/// is only taken for one where it stands by itself.
fn without_values(mut text: String, given: &[(String, String)]) -> String {
    const SHORT: usize = 4;
    for (name, value) in given {
        // The same number of bytes as before, so that places in one are places in the other.
        let (folded, value) = (text.to_ascii_lowercase(), value.to_ascii_lowercase());
        let mut at = 0;
        let mut safe = String::with_capacity(text.len());
        while let Some(found) = folded[at..].find(&value) {
            let (start, end) = (at + found, at + found + value.len());
            let is_in_word = folded[..start].ends_with(char::is_alphanumeric)
                || folded[end..].starts_with(char::is_alphanumeric);
            safe.push_str(&text[at..start]);
            match is_in_word && value.len() < SHORT {
                true => safe.push_str(&text[start..end]),
                false => safe.push_str(&format!("%%{name}%%")),
            }
            at = end;
        }
        safe.push_str(&text[at..]);
        text = safe;
    }
    text
}
