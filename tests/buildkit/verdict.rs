//! What the engine's own check says about a Dockerfile.

use std::ops::RangeInclusive;
use std::path::Path;

use serde_json::Value;

use super::engine::Engine;

/// What it says.
pub struct Verdict {
    /// Why a build ends, if it does.
    pub error: Option<String>,
    /// The lines that this is about, of what may be several instructions.
    pub places: Vec<RangeInclusive<u64>>,
    /// The names of its checks, each with its first line.
    pub warnings: Vec<(String, u64)>,
}

impl Verdict {
    /// Runs the engine's own checks of a Dockerfile.
    pub fn of(engine: &Engine, context: &Path, dockerfile: &[u8]) -> Verdict {
        let context = context.to_str().unwrap();
        let args = ["buildx", "build", "--call=check,format=json", "--file=-", context];
        let output = engine.output(&args, dockerfile, "1");
        // A line for people may follow.
        let answer = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>().next();
        let Some(Ok(answer)) = answer else {
            let said = String::from_utf8_lossy(&output.stderr);
            let error =
                said.lines().rev().find(|line| line.starts_with("ERROR")).unwrap_or("ERROR: no answer");
            return Verdict { error: Some(error.to_owned()), places: Vec::new(), warnings: Vec::new() };
        };
        let warnings = answer["warnings"].as_array().into_iter().flatten().filter_map(|warning| {
            let line = warning["location"]["ranges"][0]["start"]["line"].as_u64().unwrap_or(0);
            Some((warning["ruleName"].as_str()?.to_owned(), line))
        });
        let ranges = answer["buildError"]["location"]["ranges"].as_array().into_iter().flatten();
        let places = ranges
            .filter_map(|range| Some(range["start"]["line"].as_u64()?..=range["end"]["line"].as_u64()?));
        Verdict {
            error: answer["buildError"]["message"].as_str().map(str::to_owned),
            places: places.collect(),
            warnings: warnings.collect(),
        }
    }

    /// Whether the error is about this line, as far as the engine says what it is about.
    pub fn is_about(&self, line: u64) -> bool {
        self.places.is_empty() || self.places.iter().any(|place| place.contains(&line))
    }
}
