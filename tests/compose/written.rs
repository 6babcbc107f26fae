//! Projects as people write them, each a folder of `tests/compose/projects/`, with what docker compose makes of it.
//!
//! `expected.json` has the fields of the services that are compared, `refused.txt` is why there are none.
//! `arguments.txt` has the compose files that are named and the profiles, one a line.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::compare::FIELDS;
use crate::docker::Answer;
use crate::project::{File, Project};

const ANSWERS: [&str; 2] = ["expected.json", "refused.txt"];
const ARGUMENTS: &str = "arguments.txt";

pub struct Written {
    pub name: String,
    pub project: Project,
    folder: PathBuf,
}

/// All of them, in the order of their names.
pub fn projects() -> Vec<Written> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose/projects");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.into_iter().map(Written::read).collect()
}

impl Written {
    fn read(folder: PathBuf) -> Written {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let mut project = Project { about: name.clone(), ..Project::default() };
        let mut open = vec![folder.clone()];
        while let Some(inner) = open.pop() {
            for entry in fs::read_dir(inner).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let file = path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
                let text = fs::read_to_string(&path).unwrap();
                if file == ARGUMENTS {
                    for argument in text.lines() {
                        match argument.strip_prefix("--profile=") {
                            Some(profile) => project.profiles.push(profile.to_owned()),
                            None => project.named.push(argument.to_owned()),
                        }
                    }
                } else if !ANSWERS.contains(&file.as_str()) {
                    project.files.insert(file, File::Plain(text));
                }
            }
        }
        Written { name, project, folder }
    }

    /// The answer of docker compose that is kept beside it.
    pub fn expected(&self) -> Answer {
        let [accepted, refused] = ANSWERS.map(|name| self.folder.join(name));
        match fs::read(&accepted) {
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap()),
            Err(_) => {
                Err(fs::read_to_string(&refused).unwrap_or_else(|_| panic!("{} has no answer", self.name)))
            }
        }
    }

    /// Keeps an answer.
    pub fn keep(&self, answer: &Answer) {
        for name in ANSWERS {
            fs::remove_file(self.folder.join(name)).ok();
        }
        let [accepted, refused] = ANSWERS;
        let (name, text) = match answer {
            Ok(model) => (accepted, serde_json::to_string_pretty(&compared(model)).unwrap() + "\n"),
            Err(message) => (refused, format!("{message}\n")),
        };
        fs::write(self.folder.join(name), text).unwrap();
    }
}

/// The services of a model with the fields that have to be equal.
fn compared(model: &Value) -> Value {
    let mut services = model["services"].clone();
    for service in services.as_object_mut().into_iter().flat_map(|services| services.values_mut()) {
        if let Some(service) = service.as_object_mut() {
            service.retain(|field, _| FIELDS.contains(&field.as_str()));
        }
    }
    serde_json::json!({ "services": services })
}
