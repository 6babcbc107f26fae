//! The projects of `projects/`: templates such as people have, each with what comes of it after `dtpl migrate --write`.

use std::fs;
use std::path::{Path, PathBuf};

/// A device type that is built for, Debian's name of its architecture, and its platform.
pub struct Device {
    pub slug: &'static str,
    pub arch: &'static str,
    pub platform: &'static str,
}

pub const DEVICES: [Device; 3] = [
    Device { slug: "intel-nuc", arch: "amd64", platform: "linux/amd64" },
    Device { slug: "raspberrypi3", arch: "armhf", platform: "linux/arm/v7" },
    Device { slug: "raspberrypi4-64", arch: "arm64", platform: "linux/arm64" },
];

/// A place that dtpl tells something at, and the rule: `Dockerfile.template:3 missing-package`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub file: String,
    pub line: u64,
    pub rule: String,
}

/// What comes of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its image is built, and if something is expected of its command, that comes too.
    Works,
    /// The build ends with an error, whose cause was told there.
    BuildFails(Told),
    /// The image is built, and its command does not do what is expected of it, whose cause was told there.
    StartFails(Told),
}

/// What the image's own command has to do.
pub enum Start {
    /// To print this.
    Prints(String),
    /// To run until it is stopped.
    Waits,
}

pub struct Project {
    pub name: String,
    pub folder: PathBuf,
    /// What it shows, in a few words.
    pub about: String,
    /// What came of it before dtpl read what a Dockerfile uses: recorded once.
    pub before: String,
    pub now: Outcome,
    /// Whether `check` finds the cause in the result too: what `migrate` told because of the old image, it may not.
    pub is_found_again: bool,
    pub start: Option<Start>,
    pub devices: Vec<&'static Device>,
}

/// All of them, by name.
pub fn projects() -> Vec<Project> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrated/projects");
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut projects: Vec<Project> = entries.map(|folder| read(&folder)).collect();
    projects.sort_by(|one, other| one.name.cmp(&other.name));
    projects
}

fn read(folder: &Path) -> Project {
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let text = fs::read_to_string(folder.join("expect")).unwrap();
    let field = |key: &str| {
        let mut values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        values.next().map(str::to_owned)
    };
    let required = |key| field(key).unwrap_or_else(|| panic!("{name}/expect has no `{key}`"));
    let devices = required("devices");
    let device = |slug| DEVICES.iter().find(|device| device.slug == slug).unwrap_or_else(|| panic!("{slug}"));
    Project {
        about: required("about"),
        before: required("before"),
        now: outcome(&required("now")),
        is_found_again: field("again").as_deref() != Some("no"),
        start: field("start").map(|start| match start.split_once(' ') {
            Some(("prints", text)) => Start::Prints(text.to_owned()),
            _ if start == "waits" => Start::Waits,
            _ => panic!("{name}/expect: start: {start}"),
        }),
        devices: devices.split(' ').map(device).collect(),
        folder: folder.to_owned(),
        name,
    }
}

fn outcome(text: &str) -> Outcome {
    let told = |text: &str| {
        let (place, rule) = text.split_once(' ').expect("FILE:LINE RULE");
        let (file, line) = place.split_once(':').expect("FILE:LINE");
        Told { file: file.to_owned(), line: line.parse().expect(text), rule: rule.to_owned() }
    };
    match text {
        "works" => Outcome::Works,
        _ if text.starts_with("build fails: ") => Outcome::BuildFails(told(&text[13..])),
        _ if text.starts_with("start fails: ") => Outcome::StartFails(told(&text[13..])),
        _ => panic!("now: {text}"),
    }
}

impl Outcome {
    /// As the table has it.
    pub fn cell(&self) -> String {
        let told = |Told { file, line, rule }: &Told| format!("told: {file}:{line} {rule}");
        match self {
            Outcome::Works => "works".to_owned(),
            Outcome::BuildFails(at) => format!("the build fails; {}", told(at)),
            Outcome::StartFails(at) => format!("the start fails; {}", told(at)),
        }
    }
}
