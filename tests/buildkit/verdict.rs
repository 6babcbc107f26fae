//! What the engine's own check says about a Dockerfile.

use std::fs;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

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
    /// Runs the engine's own checks of many Dockerfiles at once, which takes a tenth of the time.
    pub fn of_all(engine: &Engine, dockerfiles: &[&[u8]]) -> Vec<Verdict> {
        let folder = tempfile::tempdir().unwrap();
        let context = folder.path().join("context");
        fs::create_dir(&context).unwrap();
        let name = |number: usize| format!("f{number}");
        let mut targets = serde_json::Map::new();
        for (number, text) in dockerfiles.iter().enumerate() {
            let path = folder.path().join(name(number));
            fs::write(&path, text).unwrap();
            targets.insert(name(number), json!({"context": context, "dockerfile": path}));
        }
        let names: Vec<&String> = targets.keys().collect();
        let bake = json!({"group": {"default": {"targets": names}}, "target": targets}).to_string();
        let args = ["buildx", "bake", "--allow=fs.read=*", "--call=check,format=json", "--file=-"];
        let output = engine.output(&args, bake.as_bytes(), "1");
        if let Some(answer) = first_value(&output.stdout) {
            let checks = (0..dockerfiles.len()).map(|number| &answer["target"][name(number)]["check"]);
            return checks.map(Verdict::read).collect();
        }
        // One that ends otherwise than with an answer ends all.
        match dockerfiles {
            [dockerfile] => {
                let said = String::from_utf8_lossy(&output.stderr);
                let last = said.lines().rev().find(|line| line.starts_with("ERROR"));
                let shown = String::from_utf8_lossy(dockerfile);
                let error = last.unwrap_or_else(|| panic!("no answer: {said}\n{shown}"));
                vec![Verdict { error: Some(error.to_owned()), places: Vec::new(), warnings: Vec::new() }]
            }
            _ => {
                let (first, second) = dockerfiles.split_at(dockerfiles.len() / 2);
                [Verdict::of_all(engine, first), Verdict::of_all(engine, second)]
                    .into_iter()
                    .flatten()
                    .collect()
            }
        }
    }

    fn read(answer: &Value) -> Verdict {
        assert!(answer.is_object(), "an answer for each file");
        let warnings = answer["warnings"].as_array().into_iter().flatten().filter_map(|warning| {
            let line = warning["location"]["ranges"][0]["start"]["line"].as_u64().unwrap_or(0);
            Some((warning["ruleName"].as_str()?.to_owned(), line))
        });
        let ranges = answer["buildError"]["location"]["ranges"].as_array().into_iter().flatten();
        let places = ranges
            .filter_map(|range| Some(range["start"]["line"].as_u64()?..=range["end"]["line"].as_u64()?));
        let error = answer["buildError"]["message"].as_str().map(str::to_owned);
        // These are reported at a line that has nothing to do with them.
        let is_of_the_file = matches!(
            error.as_deref(),
            Some("file with no instructions" | "only one escape parser directive can be used")
        );
        Verdict { error, places: places.filter(|_| !is_of_the_file).collect(), warnings: warnings.collect() }
    }

    /// Whether the error is about this line, as far as the engine says what it is about.
    pub fn is_about(&self, line: u64) -> bool {
        self.places.is_empty() || self.places.iter().any(|place| place.contains(&line))
    }
}

/// The first value of an output; a line for people may follow.
fn first_value(output: &[u8]) -> Option<Value> {
    serde_json::Deserializer::from_slice(output).into_iter().next()?.ok()
}
