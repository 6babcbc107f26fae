//! `--format sarif`: SARIF 2.1.0, which code scanning services read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ends;
use crate::check::rules;
use crate::diagnostic::Severity;
use crate::finding::{Finding, Findings};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// All findings as one log with one run.
pub fn text(findings: &Findings) -> anyhow::Result<String> {
    // Our rules, and those of hadolint that found something.
    let foreign: BTreeSet<&str> = findings.iter().map(|finding| &*finding.rule).collect();
    let foreign = foreign.into_iter().filter(|rule| rules::named(rule).is_none());
    let ids: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).chain(foreign).collect();
    let described: Vec<Value> = ids.iter().map(|id| description(id)).collect();
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &ids)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "dtpl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": described,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    Ok(crate::json::to_text(&log, true)?)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        other => other.name(),
    }
}

fn description(id: &str) -> Value {
    let Some(rule) = rules::named(id) else {
        return json!({"id": id, "shortDescription": {"text": format!("{id} of hadolint")}});
    };
    let mut described = json!({
        "id": id,
        "shortDescription": {"text": rule.summary()},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": level(rule.severity)},
    });
    let mut properties = serde_json::Map::new();
    let mut tags: Vec<String> = Vec::new();
    if let Some(name) = rule.engine_rule() {
        properties.insert("engine_rule".to_owned(), json!(name));
        tags.push(format!("BuildKit/{name}"));
    }
    let codes: Vec<&str> = rule.hadolint_rules().collect();
    if !codes.is_empty() {
        tags.extend(codes.iter().map(|code| format!("hadolint/{code}")));
        properties.insert("hadolint_rules".to_owned(), json!(codes));
    }
    if !tags.is_empty() {
        properties.insert("tags".to_owned(), json!(tags));
        described["properties"] = Value::Object(properties);
    }
    described
}

fn result(finding: &Finding, ids: &[&str]) -> Value {
    let [start, end] = ends(finding);
    let message = std::iter::once(&finding.message).chain(&finding.help).map(String::as_str);
    let mut properties = json!({"devices": finding.devices});
    if let Some(name) = finding.engine_rule {
        properties["engine_rule"] = json!(name);
    }
    json!({
        "ruleId": finding.rule,
        "ruleIndex": ids.iter().position(|id| *id == finding.rule),
        "level": level(finding.severity),
        "message": {"text": message.collect::<Vec<_>>().join("\n")},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(finding.source.name())},
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        }}],
        "properties": properties,
    })
}

/// A path as a relative reference: what cannot be in one as it is, is written with `%`.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
