//! `--format text`: each finding under its line, file by file, and a line that counts them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::draw;
use crate::check::rules::{NO_DOCKERFILE, UNREAD_IGNORE_FILE, UNUSED_DOCKERFILE};
use crate::diagnostic::{Diagnostic, Place};
use crate::escape::grouped;
use crate::finding::{Finding, Findings};
use crate::threads;

/// How many device types are named.
const NAMED: usize = 4;

/// The fewest findings for which a thread is started.
const LEAST: usize = 500;

/// The whole text, drawn in several threads. `judged` says for whom a project is checked if no flag says it.
pub fn text(
    findings: &Findings,
    devices: &BTreeSet<String>,
    judged: &[String],
    color: bool,
    jobs: usize,
) -> String {
    let all: Vec<&Finding> = findings.iter().collect();
    let parts = threads::share(&mut vec![(); jobs.max(1)], 0..all.len(), LEAST, |(), part| {
        let mut text = String::new();
        let mut file =
            part.start.checked_sub(1).and_then(|before| all.get(before)).map(|it| it.source.name());
        for finding in all.get(part).unwrap_or_default() {
            if file.replace(finding.source.name()).is_some_and(|before| before != finding.source.name()) {
                text.push('\n');
            }
            draw::diagnostic(&diagnostic(finding, devices.len()), color, &mut text);
        }
        text
    });
    let mut text = parts.concat();
    if findings.omitted() > 0 {
        text.push_str(&format!("... and {} more of the same\n", grouped(findings.omitted())));
    }
    for line in judged {
        text.push_str(&format!("{line} (--compat docker checks for Docker)\n"));
    }
    let summary = findings.summary();
    text.push_str(&format!(
        "{}, {}, {} for {}\n",
        count(summary.error, "error"),
        count(summary.warning, "warning"),
        count(summary.info, "note"),
        count(devices.len(), "device type"),
    ));
    text
}

/// `3 errors`, `1 note`.
pub fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// A finding as it is drawn. `total` is how many device types there are.
pub fn diagnostic(finding: &Finding, total: usize) -> Diagnostic {
    let mut help = finding.help.clone();
    if finding.devices.len() < total {
        let named: Vec<&str> = finding.devices.iter().take(NAMED).map(String::as_str).collect();
        let more = if finding.devices.len() > NAMED { ", ..." } else { "" };
        help.push(format!(
            "affects {} of {total} device types: {}{more}",
            finding.devices.len(),
            named.join(", ")
        ));
    }
    let source = &finding.source;
    // A folder without a Dockerfile has no lines, and of a file that is never read none was read.
    let is_of_whole = [NO_DOCKERFILE, UNREAD_IGNORE_FILE, UNUSED_DOCKERFILE].contains(&&*finding.rule);
    let place = match is_of_whole && source.bytes().is_empty() {
        true => Place::File(source.name().to_owned()),
        false => Place::Text(Arc::clone(source), finding.span.clone()),
    };
    let engine = finding.engine_rule.map_or_else(String::new, |name| format!(", BuildKit: {name}"));
    let message = format!("{} [{}{engine}]", finding.message, finding.rule);
    Diagnostic { severity: finding.severity, help, ..Diagnostic::error(place, message) }
}
