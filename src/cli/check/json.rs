//! `--format json`: the fields of the design.

use serde::Serialize;

use crate::diagnostic::Severity;
use crate::finding::{Finding, Findings, Summary};

#[derive(Serialize)]
struct Whole<'f> {
    findings: Vec<Object<'f>>,
    summary: Counts,
}

/// A finding.
#[derive(Serialize)]
pub struct Object<'f> {
    rule: &'f str,
    severity: &'static str,
    message: &'f str,
    help: String,
    file: &'f str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    devices: Vec<&'f str>,
}

#[derive(Serialize)]
struct Counts {
    error: usize,
    warning: usize,
    info: usize,
}

/// The name of a severity in output.
pub fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// All findings as one object.
pub fn text(findings: &Findings) -> anyhow::Result<String> {
    let Summary { error, warning, info } = findings.summary();
    let whole =
        Whole { findings: findings.iter().map(object).collect(), summary: Counts { error, warning, info } };
    Ok(crate::json::to_text(&whole, true)?)
}

/// A finding with the fields of the design.
pub fn object(finding: &Finding) -> Object<'_> {
    let start = finding.source.position(finding.span.start);
    let end = finding.source.position(finding.span.end);
    Object {
        rule: &finding.rule,
        severity: name(finding.severity),
        message: &finding.message,
        help: finding.help.join("\n"),
        file: finding.source.name(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        devices: finding.devices.iter().map(String::as_str).collect(),
    }
}
