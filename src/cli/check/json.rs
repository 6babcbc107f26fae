//! `--format json`.

use serde::Serialize;

use super::ends;
use crate::finding::{Finding, Findings, Summary};

#[derive(Serialize)]
struct FindingsJson<'f> {
    findings: Vec<FindingJson<'f>>,
    summary: Summary,
}

#[derive(Serialize)]
pub struct FindingJson<'f> {
    rule: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine_rule: Option<&'static str>,
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

/// All findings as one object.
pub fn text(findings: &Findings) -> anyhow::Result<String> {
    let whole = FindingsJson { findings: findings.iter().map(object).collect(), summary: findings.summary() };
    Ok(crate::json::to_text(&whole, true)?)
}

pub fn object(finding: &Finding) -> FindingJson<'_> {
    let [start, end] = ends(finding);
    FindingJson {
        rule: &finding.rule,
        engine_rule: finding.engine_rule,
        severity: finding.severity.name(),
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
