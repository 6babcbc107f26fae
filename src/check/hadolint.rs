//! What the real hadolint says about a rendered Dockerfile, as it prints it with `--format json`.

use serde::Deserialize;

use crate::diagnostic::Severity;
use crate::source::{Position, Source, Span};

/// One of its findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HadolintFinding {
    /// Its code: `DL3008`.
    pub code: String,
    /// How much it matters; what hadolint calls style is information.
    pub severity: Severity,
    /// The line of the rendering, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What it says.
    pub message: String,
}

impl HadolintFinding {
    /// Where it points in the rendering: from its column to the end of the line.
    pub(super) fn span(&self, source: &Source) -> Span {
        let start = source.offset(Position { line: self.line, column: self.column });
        let line = source.line_span(source.position(start).line);
        let text = source.bytes().get(start..line.end).unwrap_or_default().trim_ascii_end();
        start..start + text.len()
    }
}

#[derive(Deserialize)]
struct HadolintJson {
    code: String,
    level: String,
    line: usize,
    column: usize,
    message: String,
}

/// Whether something is the name of one of its rules, or of ShellCheck's.
pub fn is_code(rule: &str) -> bool {
    let digits = rule.strip_prefix("DL").or_else(|| rule.strip_prefix("SC"));
    digits.is_some_and(|digits| (3..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads what it printed.
///
/// # Errors
/// What is wrong with it, as a sentence.
///
/// ```
/// let text = br#"[{"code":"DL3007","column":1,"file":"-","level":"warning","line":1,"message":"m"}]"#;
/// let findings = dtpl::check::hadolint::parse(text).unwrap();
/// assert_eq!((&*findings[0].code, findings[0].line), ("DL3007", 1));
/// ```
pub fn parse(output: &[u8]) -> Result<Vec<HadolintFinding>, String> {
    let objects: Vec<HadolintJson> =
        serde_json::from_slice(output).map_err(|error| format!("hadolint printed no list: {error}"))?;
    let finding = |object: HadolintJson| HadolintFinding {
        severity: match &*object.level {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => Severity::Info,
        },
        code: object.code,
        line: object.line.max(1),
        column: object.column.max(1),
        message: object.message,
    };
    Ok(objects.into_iter().map(finding).collect())
}
