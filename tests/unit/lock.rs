//! The lock file: which images a project uses, what is asked for, and what is written, with a registry that is a map.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::device_types::Registry;
use crate::diagnostic::{Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::error::Error;
use crate::image::{Date, LookupFault, LookupFaultKind, Platform, Published, Reference};
use crate::lock::{
    Change, CollectRequest, LockFile, NewLock, Update, WantedImages, collect, complete, plan, write,
};
use crate::render::Limits;
use crate::source::Source;
use crate::workspace::{Definitions, Request, Targets, Workspace, select};

fn digest(number: usize) -> String {
    format!("sha256:{}", number.to_string().repeat(64))
}

fn day(text: &str) -> Option<Date> {
    Date::parse(text)
}

/// A registry: images by their names in the lock file.
#[derive(Default)]
struct Fake {
    images: BTreeMap<String, Result<Published, LookupFault>>,
    asked: RefCell<Vec<String>>,
}

impl Fake {
    fn image(mut self, name: &str, number: usize, platforms: &[&str]) -> Self {
        let platforms: Vec<(Platform, String)> = platforms
            .iter()
            .zip(7..)
            .map(|(platform, number)| (Platform::parse(platform).unwrap(), digest(number)))
            .collect();
        self.images
            .insert(name.to_owned(), Ok(Published { digest: digest(number), is_index: true, platforms }));
        self
    }

    fn fault(mut self, name: &str, kind: LookupFaultKind, message: &str) -> Self {
        self.images.insert(name.to_owned(), Err(LookupFault::new(kind, message)));
        self
    }

    fn look_up(&self, references: &[Reference]) -> Vec<Result<Published, LookupFault>> {
        let one = |reference: &Reference| {
            self.asked.borrow_mut().push(reference.text().to_owned());
            let missing =
                || Err(LookupFault::new(LookupFaultKind::NotFound, "the registry has no such image"));
            self.images.get(reference.text()).cloned().unwrap_or_else(missing)
        };
        references.iter().map(one).collect()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.take()
    }
}

/// A project in a folder.
struct Files(tempfile::TempDir);

fn files(files: &[(&str, &str)]) -> Files {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Files(folder)
}

impl Files {
    /// The images, for some device types.
    fn wanted(&self, devices: &str) -> Result<(WantedImages, Diagnostics), Diagnostics> {
        self.wanted_by(devices, Builder::BuildKit, &[])
    }

    fn wanted_by(
        &self,
        devices: &str,
        builder: Builder,
        args: &[(String, String)],
    ) -> Result<(WantedImages, Diagnostics), Diagnostics> {
        let registry = Registry::embedded();
        let request = Request { builder: Some(builder), ..Request::new(self.0.path()) };
        let workspace = Workspace::open(&request, &mut std::io::empty()).unwrap();
        let (mut services, mut notes) = workspace.into_services(&[], 1).unwrap();
        services.list_mut().iter_mut().for_each(|service| service.override_build(args, &[], None));
        let devices = select(&registry, devices, &Place::CommandLine).unwrap();
        let definitions = Definitions::default();
        let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
        let request = CollectRequest {
            services: &services,
            targets: &targets,
            builder,
            build_platform: None,
            limits: Limits::default(),
        };
        collect(&request, &mut notes).map(|wanted| (wanted, notes))
    }

    fn names(&self, devices: &str) -> Vec<String> {
        let (wanted, _) = self.wanted(devices).unwrap_or_else(|faults| panic!("{faults}"));
        wanted.into_keys().collect()
    }
}

fn lock(text: &str) -> LockFile {
    LockFile::parse(&Arc::new(Source::new("images.lock.yaml", text)))
        .unwrap_or_else(|faults| panic!("{faults}"))
}

/// Brings a lock file up to date.
fn updated(
    wanted: &WantedImages,
    old: Option<&str>,
    update: Update,
    fake: &Fake,
    today: &str,
) -> Result<NewLock, Error> {
    let old = old.map(lock);
    let plan = plan(wanted, old.as_ref(), update, false, &Place::Flag("--update")).map_err(Error::Usage)?;
    let answers = fake.look_up(&plan.asked);
    complete(plan, wanted, answers, day(today))
}

const ALL: [&str; 3] = ["linux/amd64", "linux/arm/v7", "linux/arm64"];

#[test]
fn every_image_that_a_build_can_touch_is_collected_once() {
    let compose = "\
services:
  web: {build: web}
  db: {image: 'postgres:17'}
  app:
    build:
      context: app
      args: {VERSION: '3.12'}
      additional_contexts: {tools: 'docker-image://acme/tools:2'}
";
    let project = files(&[
        ("docker-compose.yml", compose),
        (
            "web/Dockerfile.template",
            "# syntax=docker/dockerfile:1\nFROM balenalib/%%BALENA_MACHINE_NAME%%-node:20 AS a\nFROM nginx\nCOPY --from=a / /\n\
             COPY --from=docker.io/library/busybox:1 / /\n",
        ),
        (
            "app/Dockerfile",
            "ARG VERSION=3.11\nFROM python:${VERSION}-slim AS x\nFROM scratch\nRUN --mount=from=golang:1.23,target=/g x\n\
             COPY --from=x / /\nCOPY --from=tools / /\nONBUILD COPY --from=later:1 / /\nFROM unused:1\nFROM x\n",
        ),
    ]);
    assert_eq!(
        project.names("raspberrypi3,intel-nuc"),
        [
            "acme/tools:2",
            "balenalib/intel-nuc-node:20",
            "balenalib/raspberrypi3-node:20",
            "busybox:1",
            "docker/dockerfile:1",
            "golang:1.23",
            "nginx:latest",
            "postgres:17",
            "python:3.12-slim",
            "unused:1",
        ]
    );
    let (wanted, _) = project.wanted("raspberrypi3").unwrap();
    let platforms =
        |name: &str| -> Vec<String> { wanted[name].platforms.keys().map(ToString::to_string).collect() };
    assert_eq!(platforms("nginx:latest"), ["linux/arm/v7"]);
    // No build takes it, and the machine that builds may be any.
    assert!(platforms("unused:1").is_empty() && platforms("docker/dockerfile:1").is_empty());
    let place = wanted["nginx:latest"].place.to_string();
    assert!(place.ends_with("Dockerfile.template:3:6"), "{place}");
    let place = wanted["postgres:17"].place.to_string();
    assert!(place.contains("docker-compose.yml:3:"), "{place}");
    // The classic builder knows neither syntax lines nor mounts.
    let (classic, _) = project.wanted_by("raspberrypi3", Builder::Classic, &[]).unwrap();
    assert!(!classic.contains_key("docker/dockerfile:1") && classic.contains_key("nginx:latest"));
}

#[test]
fn spellings_of_one_image_are_one_entry() {
    let project = files(&[(
        "Dockerfile",
        "FROM python:3.12 AS a\nFROM docker.io/library/python:3.12 AS b\nFROM alpine AS c\nFROM alpine:latest AS d\n\
         FROM ghcr.io/Acme/x\n",
    )]);
    let faults = project.wanted("raspberrypi3").unwrap_err().to_string();
    assert!(faults.contains("Dockerfile:5:6: error: `ghcr.io/Acme/x` is no image reference"), "{faults}");
    let project = files(&[(
        "Dockerfile",
        "FROM python:3.12 AS a\nFROM docker.io/library/python:3.12 AS b\nFROM alpine AS c\nFROM alpine:latest AS d\n\
         FROM docker.io/my.name/x:1\n",
    )]);
    assert_eq!(project.names("raspberrypi3"), ["alpine:latest", "docker.io/my.name/x:1", "python:3.12"]);
}

#[test]
fn all_faults_of_all_devices_are_reported_once() {
    let project = files(&[("Dockerfile.template", "ARG A\nFROM a:$A AS x\nFROM %%WRONG%%:1\nCOPPY a b\n")]);
    let faults = project.wanted("raspberrypi3,raspberrypi4-64,intel-nuc").unwrap_err().to_string();
    assert_eq!(faults.matches("unknown placeholder").count(), 1, "{faults}");
    let project = files(&[("Dockerfile", "ARG A\nFROM a:1${A:+x} AS x\n")]);
    let faults = project.wanted("raspberrypi3,intel-nuc").unwrap_err().to_string();
    assert!(faults.contains("Dockerfile:2:6: error: the image `a:1${A:+x}` is not known"), "{faults}");
    assert_eq!(faults.matches("error:").count(), 1, "{faults}");
    // A value for it makes it known.
    let args = [("A".to_owned(), "1".to_owned())];
    let (wanted, _) = project.wanted_by("raspberrypi3", Builder::BuildKit, &args).unwrap();
    assert!(wanted.contains_key("a:1x"), "{wanted:?}");
}

#[test]
fn a_lock_file_is_written_in_blocks_and_read_again() {
    let project =
        files(&[("Dockerfile", "FROM python:3.12 AS a\nFROM acme/one:1 AS b\nFROM [::1]:5000/x:2\n")]);
    let (wanted, _) = project.wanted("raspberrypi3").unwrap();
    let fake = Fake::default()
        .image("python:3.12", 1, &ALL)
        .image("acme/one:1", 2, &["linux/amd64", "linux/arm/v7"])
        .image("[::1]:5000/x:2", 3, &["linux/arm/v6"]);
    let new = updated(&wanted, None, Update::Missing, &fake, "2026-11-28").unwrap();
    assert!(new.notes.is_empty(), "{}", new.notes);
    let text = write(&new.images).unwrap();
    let mut expected = "  '[::1]:5000/x:2':
    digest: #3
    date: 2026-11-28
    platforms:
      linux/arm/v6: #7

  acme/one:1:
    digest: #2
    date: 2026-11-28
    platforms:
      linux/amd64: #7
      linux/arm/v7: #8

  python:3.12:
    digest: #1
    date: 2026-11-28
    platforms:
      linux/amd64: #7
      linux/arm/v7: #8
      linux/arm64/v8: #9
"
    .to_owned();
    for number in 1..=9 {
        expected = expected.replace(&format!("#{number}"), &digest(number));
    }
    let (head, body) = text.split_once("images:\n").unwrap();
    assert!(head.lines().all(|line| line.starts_with("# ")), "{head}");
    assert_eq!(body, expected);
    // What was read again is written in the same way, and nothing is asked for.
    let again = updated(&wanted, Some(&text), Update::Missing, &Fake::default(), "2030-01-01").unwrap();
    assert_eq!(write(&again.images).unwrap(), text);
    assert!(again.changes.is_empty());
    let arm = Platform::parse("linux/arm/v7").unwrap();
    let reference = Reference::parse("docker.io/library/python:3.12").unwrap();
    assert_eq!(lock(&text).digest(&reference, Some(&arm)), Ok(Some(digest(1))));
    assert_eq!(write(&BTreeMap::new()).unwrap().lines().last(), Some("images: {}"));
}

#[test]
fn only_what_is_missing_is_asked_for_and_what_is_unused_goes() {
    let project = files(&[("Dockerfile", "FROM python:3.12 AS a\nFROM nginx:1.27 AS b\nFROM redis:8\n")]);
    let (wanted, _) = project.wanted("raspberrypi3").unwrap();
    let old = format!(
        "images:\n  python:3.12: {{digest: '{}', date: 2026-01-01, platforms: [linux/arm/v7]}}\n  \
         old:1: {{digest: '{}'}}\n  redis:8: {{platforms: [linux/arm/v7]}}\n",
        digest(1),
        digest(2)
    );
    let fake = Fake::default().image("nginx:1.27", 3, &ALL).image("redis:8", 4, &ALL);
    let new = updated(&wanted, Some(&old), Update::Missing, &fake, "2026-11-28").unwrap();
    assert_eq!(fake.asked(), ["nginx:1.27", "redis:8"]);
    let names: Vec<&str> = new.images.keys().map(String::as_str).collect();
    assert_eq!(names, ["nginx:1.27", "python:3.12", "redis:8"]);
    assert_eq!(new.images["python:3.12"].date, day("2026-01-01"));
    let added = |name: &str| Change::Added(name.to_owned());
    assert_eq!(new.changes, [added("nginx:1.27"), added("redis:8"), Change::Dropped("old:1".to_owned())]);
    // Of a part of the project it is not known what is unused.
    let part = plan(&wanted, Some(&lock(&old)), Update::Missing, true, &Place::CommandLine).unwrap();
    assert!(part.kept.contains_key("old:1") && part.dropped.is_empty());
}

#[test]
fn an_update_asks_again_for_all_or_for_some() {
    let project = files(&[("Dockerfile", "FROM python:3.12 AS a\nFROM python:3.12-slim AS b\nFROM nginx\n")]);
    let (wanted, _) = project.wanted("raspberrypi3").unwrap();
    let fake = |number: usize| {
        let fake = Fake::default().image("python:3.12", number, &ALL).image("python:3.12-slim", 2, &ALL);
        fake.image("nginx:latest", 3, &ALL)
    };
    let old =
        write(&updated(&wanted, None, Update::Missing, &fake(1), "2026-01-01").unwrap().images).unwrap();
    let moved = fake(5);
    let all = updated(&wanted, Some(&old), Update::All, &moved, "2026-11-28").unwrap();
    assert_eq!(moved.asked(), ["nginx:latest", "python:3.12", "python:3.12-slim"]);
    assert_eq!(all.changes, [Change::Moved("python:3.12".to_owned(), digest(1), digest(5))]);
    assert_eq!(
        all.changes[0].message(&wanted),
        format!("`python:3.12` has moved from {} to {}", digest(1), digest(5))
    );
    // What is the same keeps its day, so that a branch that updates changes few lines.
    assert_eq!(all.images["python:3.12"].date, day("2026-11-28"));
    assert_eq!(all.images["nginx:latest"].date, day("2026-01-01"));
    let asked_for = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let fake = fake(5);
        let done = updated(&wanted, Some(&old), Update::Named(&names), &fake, "2026-11-28");
        done.map(|_| fake.asked()).map_err(|error| error.into_diagnostics().to_string())
    };
    assert_eq!(asked_for(&["python"]).unwrap(), ["python:3.12", "python:3.12-slim"]);
    assert_eq!(asked_for(&["docker.io/library/python:3.12-slim"]).unwrap(), ["python:3.12-slim"]);
    assert_eq!(asked_for(&["nginx:latest"]).unwrap(), ["nginx:latest"]);
    let faults = asked_for(&["pyton:3.12", "Nginx", "redis"]).unwrap_err();
    for piece in
        ["no image `pyton:3.12` is used here", "did you mean `python:3.12`", "`Nginx` is no image", "`redis`"]
    {
        assert!(faults.contains(piece), "{piece}: {faults}");
    }
}

#[test]
fn an_image_that_is_nowhere_is_an_error_at_its_place() {
    let project = files(&[("Dockerfile", "FROM python:3.12 AS a\nFROM pyton:3.12 AS b\nFROM windows:1\n")]);
    let (wanted, _) = project.wanted("raspberrypi3").unwrap();
    let fake = Fake::default().image("python:3.12", 1, &ALL).image("windows:1", 2, &[]);
    let error = updated(&wanted, None, Update::Missing, &fake, "2026-11-28").unwrap_err();
    let Error::Input(faults) = error else { panic!("{error}") };
    let faults = faults.to_string();
    assert!(
        faults.contains("Dockerfile:2:6: error: `pyton:3.12`: the registry has no such image"),
        "{faults}"
    );
    assert!(faults.contains("Dockerfile:3:6: error: `windows:1` is there for no platform"), "{faults}");
}

#[test]
fn a_registry_that_does_not_answer_is_no_fault_of_the_input() {
    let project = files(&[("Dockerfile", "FROM python:3.12 AS a\nFROM r.example.com/x:1\n")]);
    let (wanted, _) = project.wanted("raspberrypi3").unwrap();
    let silence = |fake: Fake| {
        fake.fault("r.example.com/x:1", LookupFaultKind::Unavailable, "r.example.com does not answer")
    };
    let fake = silence(Fake::default().image("python:3.12", 1, &ALL));
    let error = updated(&wanted, None, Update::Missing, &fake, "2026-11-28").unwrap_err();
    assert!(
        matches!(&error, Error::Usage(faults) if faults.to_string().contains("Dockerfile:2:6")),
        "{error}"
    );
    let error = updated(&wanted, None, Update::Missing, &silence(Fake::default()), "2026-11-28").unwrap_err();
    assert!(matches!(error, Error::Input(_)), "{error}");
}

#[test]
fn an_image_that_is_not_there_for_a_device_is_a_warning() {
    let project =
        files(&[("Dockerfile", "FROM --platform=linux/amd64 tool:1 AS a\nFROM only:1\nCOPY --from=a / /\n")]);
    let (wanted, _) = project.wanted("raspberrypi3,intel-nuc").unwrap();
    let fake = Fake::default().image("only:1", 1, &["linux/arm/v6"]).image("tool:1", 2, &["linux/amd64"]);
    let new = updated(&wanted, None, Update::Missing, &fake, "2026-11-28").unwrap();
    let notes = new.notes.to_string();
    assert!(notes.contains("Dockerfile:2:6: warning: `only:1` is not there for linux/amd64"), "{notes}");
    assert_eq!(notes.matches("warning:").count(), 1, "{notes}");
}

#[test]
fn no_message_has_a_value_in_it() {
    let project = files(&[("Dockerfile", "ARG TAG\nFROM r.example.com/x:$TAG\n")]);
    let args = [("TAG".to_owned(), "hunter2-secret".to_owned())];
    let (wanted, _) = project.wanted_by("raspberrypi3", Builder::BuildKit, &args).unwrap();
    let fault = "r.example.com has no x:hunter2-secret";
    let fake = Fake::default().fault("r.example.com/x:hunter2-secret", LookupFaultKind::NotFound, fault);
    let error = updated(&wanted, None, Update::Missing, &fake, "2026-11-28").unwrap_err();
    let text = error.into_diagnostics().to_string();
    assert!(text.contains("Dockerfile:2:6") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_fact_of_a_user_is_no_part_of_a_lock_file() {
    let place = |text: &str| {
        let source = Arc::new(Source::new("images.lock.yaml", text));
        let place = LockFile::parse(&source).unwrap().not_of_lock(&source);
        place.map(|place| place.to_string())
    };
    let locked = format!("images:\n  a:1: {{digest: '{}', platforms: [linux/amd64]", digest(1));
    assert_eq!(place(&format!("{locked}}}\n")), None);
    assert_eq!(place(&format!("{locked}, ends: 2027-01-01}}\n")).as_deref(), Some("images.lock.yaml:2:3"));
    assert_eq!(
        place("images:\n  a:1: {platforms: [linux/amd64]}\n").as_deref(),
        Some("images.lock.yaml:2:3")
    );
    let mirrors = format!("{locked}}}\nmirrors: {{a.b/: c.d/}}\n");
    assert_eq!(place(&mirrors).as_deref(), Some("images.lock.yaml:3:1"));
    assert!(Path::new(crate::lock::LOCK_FILE).is_relative());
}
