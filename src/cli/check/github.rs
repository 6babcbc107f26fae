//! `--format github`: workflow commands, which GitHub Actions shows beside the lines of a change.

use super::ends;
use crate::diagnostic::Severity;
use crate::escape::escaped;
use crate::finding::{Finding, Findings};

/// A line for each finding.
pub fn text(findings: &Findings) -> String {
    findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    let [start, end] = ends(finding);
    let command = match finding.severity {
        Severity::Info => "notice",
        other => other.name(),
    };
    let mut columns = format!(",col={}", start.column);
    // GitHub knows columns only within one line.
    if start.line == end.line && end.column > start.column {
        columns.push_str(&format!(",endColumn={}", end.column));
    }
    let message = std::iter::once(&finding.message).chain(&finding.help);
    let message: Vec<String> = message.map(|line| data(line)).collect();
    format!(
        "::{command} file={},line={}{columns},endLine={},title={}::{}\n",
        property(finding.source.name()),
        start.line,
        end.line,
        property(&format!("dtpl {}", finding.rule)),
        message.join("%0A"),
    )
}

/// Text after the second `::`.
fn data(text: &str) -> String {
    escaped(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
