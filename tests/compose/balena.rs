//! balena's own reader beside `dtpl check --compat balena`: what it refuses and warns about, and the images that it
//! makes of the rest.
//!
//! The reader is JavaScript over a program that is downloaded when it is installed; docker compose stands in for that,
//! see `balena-compose-parser`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::balena_texts::{SERVICES, TOPS};
use crate::compare;
use crate::docker::Docker;
use crate::generator;
use crate::node::{Node, map, text};
use crate::ours;
use crate::project::{File, Project};
use crate::support;

/// The rules about fields that the reader refuses and warns about.
const REFUSED: &str = "balena-refused-field";
const RULES: &str = "balena-";

/// The project of a number: one that tries what the reader looks at, or any, under the name that balena looks for.
pub fn project(number: usize) -> Project {
    let mut project = match number % 3 {
        0 => tried(number / 3),
        _ => generator::project(number),
    };
    if let (true, Some(file)) = (project.named.is_empty(), project.files.remove("compose.yaml")) {
        project.files.insert("docker-compose.yml".to_owned(), file);
    }
    project.profiles.clear();
    project
}

fn tried(index: usize) -> Project {
    let at = index % (SERVICES.len() + TOPS.len());
    let mut project = Project::default();
    let mut web = text("{image: x}");
    if let Some(service) = SERVICES.get(at) {
        project.about = (*service).to_owned();
        web = text(service);
    }
    let mut main = map([("services", map([("web", web)]))]);
    if let Some((name, value)) = at.checked_sub(SERVICES.len()).and_then(|at| TOPS.get(at)) {
        project.about = format!("{name}: {value}");
        main.set(name, text(value));
    }
    project.yaml("compose.yaml", main);
    support::complete(&mut project);
    // The file that `complete` looks at has the name that docker compose prefers.
    if let Some(File::Yaml(node, _)) = project.files.get_mut("compose.yaml")
        && let (Some(services), 1) = (node.get_mut("services"), index % 2)
    {
        services.set("other", Node::Map(vec![("build".to_owned(), text("./other"))]));
    }
    project
}

/// A project on disk, gone with this.
struct OnDisk {
    project: Project,
    /// What docker compose makes of it.
    model: Value,
    folder: PathBuf,
    _parent: tempfile::TempDir,
}

impl OnDisk {
    /// Nothing if docker compose refuses it.
    fn new(docker: &Docker, project: Project) -> Option<OnDisk> {
        let parent = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let folder = parent.path().join("project");
        project.write(&folder);
        let model = docker.answer(&project, &folder).ok()?;
        let on_disk = OnDisk { project, model, folder, _parent: parent };
        on_disk.write_dockerfiles();
        Some(on_disk)
    }

    /// dtpl looks at the build contexts, docker compose does not.
    fn write_dockerfiles(&self) {
        for service in self.model["services"].as_object().into_iter().flat_map(|services| services.values()) {
            let build = &service["build"];
            let (Some(context), Some(dockerfile)) = (build["context"].as_str(), build["dockerfile"].as_str())
            else {
                continue;
            };
            let file = self.folder.join(context).join(dockerfile);
            // Nothing outside.
            let is_inside = !context.contains("..") && !context.contains(':') && !dockerfile.contains("..");
            if is_inside
                && file.starts_with(&self.folder)
                && fs::create_dir_all(file.parent().unwrap()).is_ok()
            {
                fs::write(file, "FROM alpine:3.22\n").ok();
            }
        }
    }

    fn question(&self) -> Value {
        let usual = ["docker-compose.yml", "docker-compose.yaml", "compose.yaml", "compose.yml"];
        let named: Vec<&str> = self.project.named.iter().map(String::as_str).collect();
        let usual = || usual.into_iter().filter(|name| self.folder.join(name).exists()).take(1).collect();
        let files: Vec<&str> = if named.is_empty() { usual() } else { named };
        let files: Vec<PathBuf> = files.iter().map(|file| self.folder.join(file)).collect();
        serde_json::json!({ "files": files })
    }

    /// The findings of dtpl about balena, or why it refuses the project.
    fn findings(&self) -> Result<Vec<Value>, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dtpl"));
        command.args(["check", "-q", "--compat", "balena", "--format", "json", "-d", "raspberrypi3"]);
        for file in &self.project.named {
            command.args(["--compose-file", file]);
        }
        let output = command.arg(".").current_dir(&self.folder).env_clear().output().unwrap();
        let Ok(answer) = serde_json::from_slice::<Value>(&output.stdout) else {
            return Err(String::from_utf8_lossy(&output.stderr)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned());
        };
        let findings = answer["findings"].as_array().unwrap();
        // With a fault in the files themselves, such as a path outside the project, nothing else is looked at.
        let fault =
            findings.iter().find(|&found| rule(found) == "compose-file" && found["severity"] == "error");
        if let Some(fault) = fault {
            return Err(fault["message"].as_str().unwrap_or_default().to_owned());
        }
        Ok(findings.iter().filter(|finding| rule(finding).starts_with(RULES)).cloned().collect())
    }
}

fn rule(finding: &Value) -> &str {
    finding["rule"].as_str().unwrap_or_default()
}

/// Which services are read.
#[derive(Clone, Copy, PartialEq)]
enum Profiles {
    /// As the reader does: those without a profile.
    None,
    /// As dtpl does.
    All,
}

/// What balena's reader says about projects.
fn answers(docker: &Docker, projects: &[OnDisk], profiles: Profiles) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let peer = std::env::var_os("DTPL_PEER").map_or_else(|| root.join("target/peer"), PathBuf::from);
    let package = peer.join("node_modules/@balena/compose-parser");
    assert!(package.is_dir(), "{} is not there: source .ci/tools", package.display());
    // Another thread may be running it.
    static IN_PLACE: OnceLock<()> = OnceLock::new();
    IN_PLACE.get_or_init(|| {
        let program = "balena-compose-parser";
        fs::create_dir_all(package.join("bin")).unwrap();
        fs::copy(root.join("tests/compose").join(program), package.join("bin").join(program)).unwrap();
    });
    let mut node = Command::new("node")
        .arg(root.join("tests/compose/balena.mjs"))
        .env("DTPL_PEER", peer)
        .env("DTPL_COMPOSE", docker.program())
        .env("DTPL_COMPOSE_PROFILES", if profiles == Profiles::All { "all" } else { "" })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let mut stdin = node.stdin.take().unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    assert_eq!(lines.next().unwrap()["version"], "0.2.6", "remove target/peer, and it is installed again");
    let answers: Vec<Value> = std::thread::scope(|scope| {
        scope.spawn(move || {
            projects.iter().for_each(|project| writeln!(stdin, "{}", project.question()).unwrap())
        });
        lines.collect()
    });
    assert!(node.wait().unwrap().success());
    assert_eq!(answers.len(), projects.len());
    answers
}

/// A service of a profile is no part of a release, and nothing is said about that.
pub fn services_of_a_profile(docker: &Docker) {
    let mut project = Project::default();
    project
        .plain("docker-compose.yml", "services: {web: {image: x}, debug: {image: y, profiles: [debug]}}\n");
    let projects = [OnDisk::new(docker, project).unwrap()];
    for (profiles, expected) in [(Profiles::None, &["web"][..]), (Profiles::All, &["debug", "web"])] {
        let answers = answers(docker, &projects, profiles);
        let services = answers[0]["composition"]["services"].as_object().unwrap();
        assert!(services.keys().eq(expected), "{services:?}");
        assert_eq!(answers[0]["warnings"], serde_json::json!([]));
    }
}

/// Compares the projects of the first numbers that docker compose accepts.
pub fn compare(docker: &Docker, accepted: usize) {
    let mut projects = (0..).filter_map(|number| OnDisk::new(docker, project(number)));
    let mut halves = [Vec::new(), Vec::new()];
    for half in &mut halves {
        half.extend(projects.by_ref().take(accepted / 2));
    }
    let [first, second] = &halves;
    let (first_answers, second_answers) = std::thread::scope(|scope| {
        let other = scope.spawn(|| answers(docker, second, Profiles::All));
        (answers(docker, first, Profiles::All), other.join().unwrap())
    });
    let has_rules = dtpl::check::rules::is_known(REFUSED);
    let mut tally = BTreeMap::<&str, usize>::new();
    let mut differences = Vec::new();
    let all = first.iter().zip(&first_answers).chain(second.iter().zip(&second_answers));
    for (number, (on_disk, answer)) in all.enumerate() {
        let refusal = answer["refused"].as_str();
        save(number, on_disk, answer);
        // It prints JSON, which docker compose cannot for some values of `ssh`.
        if answer["kind"] == "ParseError" {
            *tally.entry("not printed as JSON").or_default() += 1;
            continue;
        }
        let warnings = warnings(on_disk, answer);
        *tally.entry(if refusal.is_some() { "refused" } else { "accepted" }).or_default() += 1;
        *tally.entry("with warnings").or_default() += usize::from(!warnings.is_empty());
        if !has_rules {
            continue;
        }
        let findings = match on_disk.findings() {
            Ok(findings) => findings,
            Err(message) => {
                println!("not checked by dtpl, for {:?}: {message}", on_disk.project.about);
                *tally.entry("not checked by dtpl").or_default() += 1;
                continue;
            }
        };
        *tally.entry("compared").or_default() += 1;
        if refusal.is_none()
            && let Some(what) = image_difference(on_disk, answer)
        {
            differences.push(format!("the images: {what}\n{}", on_disk.project));
        }
        let is_refused = findings.iter().any(|finding| finding["severity"] == "error");
        let what = match (refusal, is_refused) {
            (Some(message), false) => format!("only balena refuses: {message}"),
            (None, true) => "only dtpl refuses".to_owned(),
            (None, false) if !warnings.is_empty() && findings.is_empty() => {
                format!("only balena warns: {}", warnings.join("; "))
            }
            _ => continue,
        };
        let said: Vec<String> =
            findings.iter().map(|finding| format!("{}: {}", rule(finding), finding["message"])).collect();
        differences.push(format!("{what}\n{}dtpl: {}\n", on_disk.project, said.join("; ")));
    }
    println!("balena's reader: {tally:?}");
    if !has_rules {
        println!("dtpl has no rule {REFUSED}: nothing is compared");
    }
    println!("{} differ", differences.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The warnings that mean something. Docker compose gives every port a mode, of which balena's reader then warns.
fn warnings<'a>(on_disk: &OnDisk, answer: &'a Value) -> Vec<&'a str> {
    let has_mode = on_disk.project.text().contains("mode:");
    let warnings = answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    warnings.filter(|warning| has_mode || !warning.starts_with("service.ports.mode ")).collect()
}

/// Where the images that balena takes or builds differ from those of dtpl's model.
fn image_difference(on_disk: &OnDisk, answer: &Value) -> Option<String> {
    let ours = ours::answer(&on_disk.project, &on_disk.folder).ok()?;
    for image in answer["images"].as_array()? {
        let service = &ours["services"][image["serviceName"].as_str()?];
        let image = &image["image"];
        let mut ours =
            if service["build"].is_null() { service["image"].clone() } else { service["build"].clone() };
        let context = ours["context"].as_str().unwrap_or_default();
        if context.contains(':') || context.starts_with(['/', '~']) || context.starts_with("github.com/") {
            // The reader makes a path of an address, and paths of its own computer of these.
            continue;
        }
        if let Some(build) = ours.as_object_mut() {
            // What it is called afterwards, and hosts as the engine takes them.
            if let Some(name) = service.get("image") {
                build.insert("tags".to_owned(), serde_json::json!([name]));
            }
            for host in build.get_mut("extra_hosts").and_then(Value::as_array_mut).into_iter().flatten() {
                *host = host.as_str().unwrap_or_default().replacen('=', ":", 1).into();
            }
        }
        if compare::plainly(&ours) != compare::plainly(image) {
            return Some(format!("balena: {image}, dtpl: {ours}"));
        }
    }
    None
}

/// Keeps a project and its answers for those who look.
fn save(number: usize, on_disk: &OnDisk, answer: &Value) {
    let Some(folder) = std::env::var_os("DTPL_COMPOSE_SAVE") else { return };
    let folder = Path::new(&folder).join(format!("balena-{number:0>4}"));
    on_disk.project.write(&folder);
    fs::write(folder.join("expected.json"), serde_json::to_string_pretty(&on_disk.model).unwrap()).unwrap();
    fs::write(folder.join("balena.json"), serde_json::to_string_pretty(answer).unwrap()).unwrap();
}
