//! Runs the steps of a composite action or of a job as GitHub's runner does: `bash --noprofile --norc -eo pipefail`
//! with the environment of a runner, the step's `env`, and files for what a step gives back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What the steps are given.
pub struct Runner<'a> {
    /// The inputs of the action, where they are not the default.
    pub inputs: &'a [(&'a str, &'a str)],
    /// The folder that the steps run in.
    pub folder: &'a Path,
    /// The folder `runner.temp`, if it is not a new one.
    pub temporary: Option<&'a Path>,
    /// Folders that come first in PATH.
    pub programs: Vec<String>,
    /// Other variables of the environment.
    pub environment: Vec<(String, String)>,
    /// Values of expressions besides inputs and outputs of steps: `matrix.name`.
    pub expressions: BTreeMap<String, String>,
}

/// What came of them.
pub struct Outcome {
    /// The name of the step that failed.
    pub failed: Option<String>,
    /// What the steps printed.
    pub log: String,
    /// The outputs of each step, as `steps.ID.outputs.NAME`.
    pub values: BTreeMap<String, String>,
    /// What the steps added to PATH.
    pub path: String,
    /// Kept, since outputs name files in it.
    pub temporary: tempfile::TempDir,
}

impl Outcome {
    /// The output of a step; empty if it has none.
    pub fn output(&self, step: &str, name: &str) -> &str {
        self.values.get(&format!("steps.{step}.outputs.{name}")).map_or("", String::as_str)
    }
}

impl<'a> Runner<'a> {
    pub fn new(folder: &'a Path, inputs: &'a [(&'a str, &'a str)]) -> Self {
        let (programs, environment) = (Vec::new(), Vec::new());
        Runner { inputs, folder, temporary: None, programs, environment, expressions: BTreeMap::new() }
    }

    /// Runs the steps up to the first that fails. Those with `uses:` are left out: they are others' actions.
    pub fn run(&self, definition: &Value, steps: &[Value]) -> Outcome {
        let temporary = tempfile::tempdir().unwrap();
        let mut values = self.expressions.clone();
        for (name, input) in definition["inputs"].as_object().into_iter().flatten() {
            let given = self.inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
            let value = given.unwrap_or_else(|| input["default"].as_str().unwrap());
            values.insert(format!("inputs.{name}"), value.to_owned());
        }
        for (name, _) in self.inputs {
            assert!(values.contains_key(&format!("inputs.{name}")), "there is no input {name}");
        }
        let mut outcome =
            Outcome { failed: None, log: String::new(), values, path: String::new(), temporary };
        for step in steps {
            if step["if"].as_str().is_some_and(|condition| !holds(condition, &outcome.values)) {
                continue;
            }
            if step.get("uses").is_some() {
                continue;
            }
            if !self.step(step, &mut outcome) {
                outcome.failed = Some(step["name"].as_str().unwrap().to_owned());
                break;
            }
        }
        outcome
    }

    /// Runs one step. True if it succeeded.
    fn step(&self, step: &Value, outcome: &mut Outcome) -> bool {
        let temporary = outcome.temporary.path();
        let [script, output, path] = ["script", "output", "path"].map(|name| temporary.join(name));
        fs::write(&script, step["run"].as_str().expect("a step has `run` or `uses`")).unwrap();
        fs::write(&output, "").unwrap();
        let folders = [&self.programs[..], &[std::env::var("PATH").unwrap()]].concat();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script).current_dir(self.folder);
        command.env_clear().env("PATH", folders.join(":"));
        command.env("HOME", temporary).env("RUNNER_TEMP", self.temporary.unwrap_or(temporary));
        command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        command.env("GITHUB_OUTPUT", &output).env("GITHUB_PATH", &path);
        command.env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"));
        command.env("GITHUB_SERVER_URL", "https://git.example.com");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, replaced(value.as_str().unwrap(), &outcome.values));
        }
        let result = command.output().unwrap();
        for stream in [&result.stdout, &result.stderr] {
            outcome.log.push_str(&String::from_utf8_lossy(stream));
        }
        let id = step["id"].as_str().unwrap_or_default();
        for line in fs::read_to_string(&output).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("not an output: {line}"));
            outcome.values.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        outcome.path = fs::read_to_string(&path).unwrap_or_default();
        result.status.success()
    }
}

/// A text with the values of its `${{ expressions }}`. An output that no step has set is empty, as at GitHub.
pub fn replaced(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").unwrap();
        result.push_str(before);
        result.push_str(value(expression.trim(), values));
        rest = after;
    }
    result.push_str(rest);
    result
}

fn value<'v>(expression: &str, values: &'v BTreeMap<String, String>) -> &'v str {
    let known = values.get(expression);
    assert!(known.is_some() || expression.starts_with("steps."), "unknown expression {expression}");
    known.map_or("", String::as_str)
}

/// Whether a condition holds: comparisons with a text, joined by `&&`.
fn holds(condition: &str, values: &BTreeMap<String, String>) -> bool {
    condition.split(" && ").all(|part| {
        let (left, operator, right) = match part.split_once(" == ") {
            Some((left, right)) => (left, true, right),
            None => {
                let (left, right) = part.split_once(" != ").unwrap_or_else(|| panic!("condition {part}"));
                (left, false, right)
            }
        };
        let right = right.strip_prefix('\'').and_then(|right| right.strip_suffix('\'')).unwrap();
        (value(left, values) == right) == operator
    })
}
