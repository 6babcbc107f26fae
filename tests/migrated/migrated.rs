//! A project in a folder of its own, after `dtpl migrate --write`, and what dtpl says before, while and after.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::project::{Device, Project, Told};

/// The day that images are judged as of, so that no clock decides.
const AS_OF: &str = "2026-11-28";
/// The server that the projects name, for that of the mirror that apt uses.
const MIRROR: &str = "mirror.example.org";
const ALL_DEVICES: &str = "intel-nuc,raspberrypi3,raspberrypi4-64";

/// A finding of `migrate` or `check`.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: String,
    pub error: bool,
    pub message: String,
    /// Within the project.
    pub file: String,
    pub line: u64,
    pub end_line: u64,
}

pub struct Migrated<'a> {
    pub project: &'a Project,
    pub folder: PathBuf,
    /// What `migrate` said, at the lines of the project as it was.
    pub told: Vec<Finding>,
    pub checked_before: Vec<Finding>,
    /// At the lines of the migrated project.
    pub checked: Vec<Finding>,
}

/// The program: the one that was built, or the one that is named, to see what another version makes of the projects.
pub fn program() -> String {
    std::env::var("DTPL_MIGRATED_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_dtpl").to_owned())
}

fn dtpl(folder: &Path, args: &[&str]) -> Output {
    Command::new(program()).args(args).arg(".").current_dir(folder).output().expect("dtpl runs")
}

fn succeeded(folder: &Path, args: &[&str]) -> Vec<u8> {
    let output = dtpl(folder, args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: dtpl {args:?}: {}\n{said}", folder.display(), output.status);
    output.stdout
}

fn findings(json: &[u8]) -> Vec<Finding> {
    let document: Value = serde_json::from_slice(json).expect("JSON");
    let findings = document["findings"].as_array().expect("findings");
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let finding = |finding: &Value| Finding {
        rule: text(finding, "rule"),
        error: finding["severity"] == "error",
        message: text(finding, "message"),
        file: text(finding, "file").trim_start_matches("./").to_owned(),
        line: finding["line"].as_u64().unwrap_or_default(),
        end_line: finding["end_line"].as_u64().unwrap_or_default(),
    };
    findings.iter().map(finding).collect()
}

fn check(folder: &Path) -> Vec<Finding> {
    let args = ["check", "-q", "--as-of", AS_OF, "--format", "json", "--fail-on", "never", "-d", ALL_DEVICES];
    findings(&dtpl(folder, &args).stdout)
}

impl Migrated<'_> {
    /// Copies the project below a folder, and migrates the copy for the three device types.
    pub fn of<'a>(project: &'a Project, below: &Path) -> Migrated<'a> {
        let folder = below.join(&project.name);
        copy(&project.folder, &folder);
        fs::remove_file(folder.join("expect")).unwrap();
        let checked_before = check(&folder);
        let migrate = ["migrate", "--as-of", AS_OF, "-d", ALL_DEVICES];
        let told = findings(&succeeded(&folder, &[&migrate[..], &["--format", "json"]].concat()));
        succeeded(&folder, &[&migrate[..], &["-q", "--write"]].concat());
        let checked = check(&folder);
        Migrated { project, folder, told, checked_before, checked }
    }

    /// A second migration finds nothing to change.
    pub fn assert_again_changes_nothing(&self) {
        succeeded(&self.folder, &["migrate", "-q", "--as-of", AS_OF, "-d", ALL_DEVICES, "--check"]);
    }

    pub fn is_told(&self, at: &Told) -> bool {
        let here = |finding: &Finding| {
            finding.file == at.file
                && (finding.line..=finding.end_line).contains(&at.line)
                && finding.rule == at.rule
        };
        self.told.iter().any(here)
    }

    /// The errors of `check` that were not there before, and whose rule `migrate` did not tell.
    pub fn new_errors(&self) -> Vec<&Finding> {
        let before = |finding: &&Finding| {
            let mut known = self.checked_before.iter().filter(|known| known.error).chain(&self.told);
            !known.any(|known| known.rule == finding.rule)
        };
        self.checked.iter().filter(|finding| finding.error).filter(before).collect()
    }

    /// The Dockerfile for a device.
    pub fn render(&self, device: &Device) -> Vec<u8> {
        succeeded(&self.folder, &["render", "-q", "-d", device.slug])
    }

    /// The images that the Dockerfile for a device starts from.
    pub fn images(&self, device: &Device) -> Vec<String> {
        let rendered = String::from_utf8(self.render(device)).unwrap();
        let mut stages = Vec::new();
        let mut images = Vec::new();
        for line in rendered.lines().filter_map(|line| line.strip_prefix("FROM ")) {
            let mut words = line.split_whitespace().filter(|word| !word.starts_with("--"));
            let image = words.next().expect("an image").to_owned();
            if !stages.contains(&image) && !images.contains(&image) {
                images.push(image);
            }
            stages.extend(words.nth(1).map(str::to_owned));
        }
        images
    }

    /// What was said, for a person who looks for the cause of a failure.
    pub fn all_that_was_told(&self) -> String {
        let line = |Finding { rule, message, file, line, .. }: &Finding| {
            format!("  {file}:{line}: {message} [{rule}]\n")
        };
        let told: String = self.told.iter().map(line).collect();
        let checked: String = self.checked.iter().map(line).collect();
        format!("migrate told:\n{told}check of the result told:\n{checked}")
    }
}

/// The server of Debian's packages that apt uses; the one that the projects name where there is no apt.
fn mirror() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let args = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"];
        let listed =
            Command::new("apt-get").args(args).output().map(|output| output.stdout).unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let host = listed.split_once("://").and_then(|(_, rest)| rest.split(['/', '\n']).next());
        host.filter(|host| !host.is_empty()).unwrap_or(MIRROR).to_owned()
    })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
            // A server that is there and has a certificate: the mirror that apt uses.
            if let Ok(text) = fs::read_to_string(&to)
                && text.contains(MIRROR)
            {
                fs::write(&to, text.replace(MIRROR, mirror())).unwrap();
            }
        }
    }
}
