//! Both answers for many projects, and where they differ.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use crate::docker::{Answer, Docker};
use crate::known::is_known;
use crate::ours;
use crate::project::Project;

/// The fields of a service that have to be equal. The others are counted.
pub const FIELDS: [&str; 4] = ["build", "image", "platform", "profiles"];

#[derive(Default)]
struct Tally {
    accepted: usize,
    differences: Vec<String>,
    /// How often another field differs.
    others: BTreeMap<String, usize>,
}

/// Asks both about named projects, on two threads.
pub fn compare(docker: &Docker, projects: Vec<(String, Project)>) {
    let start = Instant::now();
    let tally = Mutex::new(Tally::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, project)) = projects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    one(docker, name, project, &tally);
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "docker compose {} accepts {} of {} projects, {seconds:.0} s",
        docker.version(),
        tally.accepted,
        projects.len()
    );
    // Both kinds say something.
    let share = tally.accepted * 100 / projects.len();
    assert!((50..80).contains(&share) || projects.len() < 100, "{share} % are accepted");
    println!("{} differ", tally.differences.len());
    for (field, count) in &tally.others {
        println!("the field {field} differs {count} times");
    }
    tally.differences.sort();
    assert!(tally.differences.is_empty(), "{}", tally.differences.join("\n"));
}

fn one(docker: &Docker, name: &str, project: &Project, tally: &Mutex<Tally>) {
    let (theirs, ours) = answers(docker, project);
    if let Some(folder) = std::env::var_os("DTPL_COMPOSE_SAVE") {
        save(&Path::new(&folder).join(format!("{name:0>4}")), project, &theirs);
    }
    let mut others = BTreeMap::new();
    let difference = difference(&theirs, &ours, &mut others);
    let message = difference.filter(|_| !is_undecided(docker, project, &theirs)).map(|what| {
        let smallest = project.clone().smallest(|project| {
            let (theirs, ours) = answers(docker, project);
            difference_kind(&theirs, &ours).as_deref() == Some(kind(&what))
        });
        let (theirs, ours) = answers(docker, &smallest);
        let show = |answer: &Answer| match answer {
            Ok(model) => serde_json::to_string(&model["services"]).unwrap(),
            Err(message) => format!("refused: {}", message.trim_end()),
        };
        format!(
            "project {name}: {what}\n{smallest}docker compose: {}\ndtpl: {}\n",
            show(&theirs),
            show(&ours)
        )
    });
    let mut tally = tally.lock().unwrap();
    tally.accepted += usize::from(theirs.is_ok());
    tally.differences.extend(message);
    for (field, count) in others {
        *tally.others.entry(field).or_default() += count;
    }
}

/// Where docker compose goes through a map in any order, its answers differ from run to run.
fn is_undecided(docker: &Docker, project: &Project, first: &Answer) -> bool {
    let comparable = |answer: &Answer| answer.as_ref().map(|model| model["services"].clone()).map_err(|_| ());
    (0..5).any(|_| comparable(&answers(docker, project).0) != comparable(first))
}

/// What dtpl says about a project in a folder of its own.
pub fn our_answer(project: &Project) -> Answer {
    in_a_folder(project, |folder| ours::answer(project, folder))
}

/// Where dtpl differs from an answer of docker compose.
pub fn with_kept(project: &Project, theirs: &Answer) -> Option<String> {
    difference(theirs, &our_answer(project), &mut BTreeMap::new())
}

/// Where docker compose differs from an answer that it once gave.
pub fn with_docker(docker: &Docker, project: &Project, kept: &Answer) -> (Answer, Option<String>) {
    let now = in_a_folder(project, |folder| docker.answer(project, folder));
    let difference = difference(kept, &now, &mut BTreeMap::new());
    (now, difference)
}

fn in_a_folder<T>(project: &Project, ask: impl FnOnce(&Path) -> T) -> T {
    // A name of its own: it is that of the project.
    let parent = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let folder = parent.path().join("project");
    project.write(&folder);
    ask(&folder)
}

fn answers(docker: &Docker, project: &Project) -> (Answer, Answer) {
    in_a_folder(project, |folder| (docker.answer(project, folder), ours::answer(project, folder)))
}

/// What differs first, in one line, and how often the fields differ that are only counted.
fn difference(theirs: &Answer, ours: &Answer, others: &mut BTreeMap<String, usize>) -> Option<String> {
    let (theirs, ours) = match (theirs, ours) {
        (Ok(Value::Null), Ok(_)) => return None,
        (Ok(theirs), Ok(ours)) => (theirs, ours),
        (Err(_), Err(_)) => return None,
        (theirs, ours) if is_known(theirs, ours) => return None,
        (Ok(_), Err(message)) => return Some(format!("refused by dtpl alone: {}", first_line(message))),
        (Err(message), Ok(_)) => {
            return Some(format!("refused by docker compose alone: {}", first_line(message)));
        }
    };
    let empty = serde_json::Map::new();
    let theirs = theirs["services"].as_object().unwrap_or(&empty);
    let ours = ours["services"].as_object().unwrap_or(&empty);
    if !theirs.keys().eq(ours.keys()) {
        return Some(format!("the services: {:?}, {:?}", theirs.keys(), ours.keys()));
    }
    let mut found = None;
    for (name, theirs) in theirs {
        let ours = &ours[name];
        let mut fields: Vec<&String> =
            [theirs, ours].iter().filter_map(|value| value.as_object()).flat_map(|map| map.keys()).collect();
        fields.sort();
        fields.dedup();
        for field in fields {
            if plainly(&theirs[field]) == plainly(&ours[field]) {
                continue;
            }
            if FIELDS.contains(&field.as_str()) {
                found = found.or(Some(format!("the field {field}: {}, {}", theirs[field], ours[field])));
            } else {
                *others.entry(field.clone()).or_default() += 1;
            }
        }
    }
    found
}

/// A value without what does not count: a list or a map of nothing is nothing.
pub fn plainly(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Object(entries) if entries.is_empty() => Value::Null,
        value => value.clone(),
    }
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// The part of a difference that stays the same while the project is made smaller.
fn kind(difference: &str) -> &str {
    difference.split(':').next().unwrap_or_default()
}

fn difference_kind(theirs: &Answer, ours: &Answer) -> Option<String> {
    difference(theirs, ours, &mut BTreeMap::new()).map(|what| kind(&what).to_owned())
}

fn save(folder: &Path, project: &Project, answer: &Answer) {
    project.write(folder);
    let arguments =
        [project.named.clone(), project.profiles.iter().map(|name| format!("--profile={name}")).collect()]
            .concat();
    if !arguments.is_empty() {
        fs::write(folder.join("arguments.txt"), arguments.join("\n") + "\n").unwrap();
    }
    match answer {
        Ok(model) => {
            fs::write(folder.join("expected.json"), serde_json::to_string_pretty(model).unwrap()).unwrap()
        }
        Err(message) => fs::write(folder.join("refused.txt"), message).unwrap(),
    }
}
