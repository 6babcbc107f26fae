//! What `dtpl check` says about a Dockerfile that concerns the engine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use dtpl::check::{self, rules::named};
use dtpl::dockerfile::Dockerfile;
use dtpl::workspace::{self, Definitions, Targets, Workspace, select};
use dtpl::{Finding, Place, Registry as DeviceTypes, Severity, Source};

/// The rules whose errors say that BuildKit refuses the file.
const OF_THE_ENGINE: [&str; 6] = [
    "first-instruction",
    "impossible-platform",
    "invalid-image-reference",
    "malformed-placeholder",
    "needs-newer-engine",
    "syntax",
];

/// What dtpl says about a Dockerfile.
pub struct Ours {
    /// The errors that concern the engine, each with its line.
    pub errors: Vec<(u64, String)>,
    /// What BuildKit has a check for: its name, and the line at which BuildKit reports it.
    pub checks: BTreeSet<(String, u64)>,
}

impl Ours {
    pub fn about(dockerfile: &[u8]) -> Ours {
        match findings(dockerfile) {
            Ok(findings) => {
                let source = Arc::new(Source::new("Dockerfile", dockerfile.to_vec()));
                let (file, _) = Dockerfile::read(&source);
                Ours {
                    errors: findings.iter().filter(|finding| is_of_the_engine(finding)).map(error).collect(),
                    checks: findings.iter().filter_map(|finding| named_check(&file, finding)).collect(),
                }
            }
            Err(error) => Ours { errors: vec![(1, error.to_string())], checks: BTreeSet::new() },
        }
    }
}

fn findings(dockerfile: &[u8]) -> Result<Vec<Finding>, dtpl::Error> {
    let registry = DeviceTypes::embedded();
    let request = workspace::Request::new(Path::new("-"));
    let mut text = dockerfile;
    let (services, mut notes) = Workspace::open(&request, &mut text)?.into_services(&[], 1)?;
    let devices = select(&registry, "intel-nuc", &Place::CommandLine)?;
    let definitions = Definitions::default();
    let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
    let findings = check::run(&check::Request::new(&services, &targets, &registry))?;
    Ok(findings.iter().cloned().collect())
}

fn is_of_the_engine(finding: &Finding) -> bool {
    // With `# check=error=true`, what is else a warning.
    let is_made_error = || {
        let own = named(&finding.rule).map(|rule| rule.severity);
        finding.engine_rule.is_some() && own != Some(Severity::Error)
    };
    finding.severity == Severity::Error && (OF_THE_ENGINE.contains(&&*finding.rule) || is_made_error())
}

fn error(finding: &Finding) -> (u64, String) {
    let line = finding.source.position(finding.span.start).line;
    (line as u64, format!("line {line}: {} ({})", finding.message, finding.rule))
}

fn named_check(file: &Dockerfile, finding: &Finding) -> Option<(String, u64)> {
    let name = finding.engine_rule?;
    let line = finding.source.position(finding.span.start).line;
    let instruction = file.instructions.iter().find(|instruction| instruction.lines.contains(&line));
    let line = match (name, instruction) {
        // BuildKit reports the last line of the instruction; dtpl from the first empty line to that line.
        ("NoEmptyContinuation", _) => finding.source.position(finding.span.end).line,
        // BuildKit reports the first line of the instruction; dtpl that of the word.
        (_, Some(instruction)) => *instruction.lines.start(),
        (_, None) => line,
    };
    Some((name.to_owned(), line as u64))
}
