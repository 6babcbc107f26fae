//! What docker compose says about a project.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::project::Project;

/// What a reader makes of a project: a model, or why it has none.
pub type Answer = Result<Value, String>;

const HOME: &str = "/nonexistent";

/// All variables that it has, and that dtpl is given.
pub const ENVIRONMENT: [(&str, &str); 2] = [("HOME", HOME), ("PATH", "/usr/bin:/bin")];

/// Why there is no model where docker compose goes on for ever, as with a mapping that is merged into itself.
pub const NO_ANSWER: &str = "docker compose did not end";

pub struct Docker {
    program: PathBuf,
}

impl Docker {
    /// The program that `DTPL_COMPOSE` names, or that of Debian unstable, which is unpacked and not installed.
    pub fn find() -> Docker {
        if let Some(program) = std::env::var_os("DTPL_COMPOSE") {
            return Docker { program: program.into() };
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/unpack");
        let output =
            Command::new(script).stderr(Stdio::inherit()).output().expect("tests/engine/unpack runs");
        assert!(output.status.success(), "tests/engine/unpack failed");
        let root = String::from_utf8(output.stdout).unwrap();
        Docker { program: Path::new(root.trim_end()).join("usr/libexec/docker/cli-plugins/docker-compose") }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    fn command(&self) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["-s", "KILL", "20"])
            .arg(&self.program)
            .env_clear()
            .envs(ENVIRONMENT)
            .stdin(Stdio::null());
        command
    }

    pub fn version(&self) -> String {
        let output = self.command().args(["version", "--short"]).output().expect("docker-compose runs");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// What `docker compose config` prints in the folder of a project, as it prints it.
    pub fn config(&self, project: &Project, folder: &Path, format: &str) -> Result<Vec<u8>, String> {
        let mut command = self.command();
        for file in &project.named {
            command.args(["-f", file]);
        }
        let all = [String::from("*")];
        for profile in if project.profiles.is_empty() { &all[..] } else { &project.profiles } {
            command.args(["--profile", profile]);
        }
        let output = command
            .args(["config", "--format", format])
            .current_dir(folder)
            .output()
            .expect("docker-compose runs");
        if output.status.success() {
            return Ok(output.stdout);
        }
        if output.status.code().is_none_or(|code| code == 137) {
            return Err(NO_ANSWER.to_owned());
        }
        // Without its warnings, and without the place of the folder.
        let message = String::from_utf8_lossy(&output.stderr).replace(&format!("{}/", folder.display()), "");
        let lines = message.lines().filter(|line| !line.starts_with("time="));
        Err(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The model of a project: paths relative to its folder, and a `$` once. Null if it cannot be printed.
    pub fn answer(&self, project: &Project, folder: &Path) -> Answer {
        let mut model: Value = match self.config(project, folder, "json") {
            Ok(printed) => serde_json::from_slice(&printed).expect("docker compose prints JSON"),
            // The keys of `ssh` cannot be printed as JSON, a fault of docker compose: it accepts them.
            Err(message) if message.contains("error calling MarshalJSON") => return Ok(Value::Null),
            Err(message) => return Err(message),
        };
        plain(&mut model, folder);
        Ok(model)
    }
}

/// Undoes what belongs to the printing: every `$` twice, and the place of the folder.
fn plain(value: &mut Value, folder: &Path) {
    match value {
        Value::String(text) => {
            *text = relative(&text.replace("$$", "$"), folder);
            // dtpl does not know whose home `~` is.
            if let Some(rest) = text.strip_prefix(HOME).filter(|rest| rest.starts_with('/')) {
                *text = format!("~{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plain(item, folder)),
        Value::Object(entries) => {
            let old = std::mem::take(entries);
            for (key, mut value) in old {
                plain(&mut value, folder);
                entries.insert(key.replace("$$", "$"), value);
            }
        }
        _ => {}
    }
}

/// A path below the folder, or not far above it, without the place of the folder.
pub fn relative(text: &str, folder: &Path) -> String {
    let mut above = String::new();
    let mut place = folder;
    for _ in 0..3 {
        let prefix = place.to_str().unwrap();
        if let Some(rest) = text.strip_prefix(prefix) {
            if rest.is_empty() {
                return if above.is_empty() {
                    ".".to_owned()
                } else {
                    above.trim_end_matches('/').to_owned()
                };
            }
            if let Some(rest) = rest.strip_prefix('/') {
                return format!("{above}{rest}");
            }
        }
        above += "../";
        let Some(parent) = place.parent().filter(|parent| *parent != Path::new("/")) else { break };
        place = parent;
    }
    text.to_owned()
}
