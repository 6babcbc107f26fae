//! The images file: every field, which entry a reference finds, and what the reader refuses.

use std::sync::Arc;

use crate::device_types::Registry;
use crate::diagnostic::{Diagnostics, Place};
use crate::fleet::{FleetFormat, parse as parse_fleets};
use crate::fs::Limit;
use crate::image::{Availability, FoundBy, ImagesFile, Platform, Reference};
use crate::source::Source;
use crate::workspace::{images_files, images_files_of_project, lock_file_of};

const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const TWO: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

fn parse(text: impl Into<Vec<u8>>) -> Result<ImagesFile, Diagnostics> {
    ImagesFile::parse(&Arc::new(Source::new("images.yaml", text)))
}

fn file(text: &str) -> ImagesFile {
    parse(text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn platform(text: &str) -> Platform {
    Platform::parse(text).unwrap()
}

/// The messages contain each of the pieces, in this order.
#[track_caller]
fn refuses(text: impl Into<Vec<u8>>, pieces: &[&str]) -> String {
    let faults = parse(text).expect_err("it is refused").to_string();
    let mut rest = &*faults;
    for piece in pieces {
        let at = rest.find(piece).unwrap_or_else(|| panic!("`{piece}` does not follow in:\n{faults}"));
        rest = &rest[at + piece.len()..];
    }
    faults
}

/// One image with these fields in a map.
fn image(fields: &str) -> String {
    format!("images:\n  acme/base:1: {{{fields}}}\n")
}

#[test]
fn every_field_is_read() {
    let text = "\
images:
  registry.example.com/team/base:
    platforms: [linux/arm64, linux/arm/v7]
    stack: python
    version: 3.10
    distro: debian
    release: \"12\"
    slim: true
    ends: 2027-06-30
    replaces: [balenalib/raspberrypi3-python, resin/rpi-raspbian:jessie]
    devices: [jetson-nano, nuc]
    date: 2026-11-28
mirrors:
  registry.example.com/dockerhub/: docker.io/
";
    let file = file(text);
    let entry = file.entries().next().unwrap();
    let platforms: Vec<String> =
        entry.platforms.iter().flatten().map(|entry| entry.platform.to_string()).collect();
    assert_eq!(platforms, ["linux/arm/v7", "linux/arm64/v8"]);
    assert_eq!(entry.stack.as_deref(), Some("python"));
    // As it was written: 3.10 is no number.
    assert_eq!(entry.version.as_deref(), Some("3.10"));
    assert_eq!((entry.distro.as_deref(), entry.release.as_deref()), (Some("debian"), Some("12")));
    assert_eq!((entry.slim, entry.digest.as_deref()), (Some(true), None));
    assert_eq!(entry.ends.unwrap().to_string(), "2027-06-30");
    assert_eq!(entry.date.unwrap().to_string(), "2026-11-28");
    assert_eq!(entry.place.to_string(), "images.yaml:2:3");
    assert!(entry.is_repository() && !entry.is_index());
    assert_eq!(entry.availability(&platform("linux/arm/v7")), Availability::Exact);
    assert_eq!(entry.availability(&platform("linux/amd64")), Availability::None);
    let registry = Registry::embedded();
    assert!(file.unknown_devices(&registry).is_empty());
    assert_eq!(file.made_for("intel-nuc", &registry).len(), 1);
    assert_eq!(file.made_for("raspberrypi3", &registry).len(), 0);
}

#[test]
fn one_name_stands_for_a_list() {
    let file = file(&image("stack: node, replaces: resin/rpi-node, devices: jetson-tx2"));
    let entry = file.entries().next().unwrap();
    assert_eq!((entry.replaces.len(), entry.devices.len()), (1, 1));
}

#[test]
fn the_entries_are_sorted_whatever_their_order_in_the_file() {
    let names = |text: &str| -> Vec<String> {
        file(text).entries().map(|entry| entry.reference.to_string()).collect()
    };
    let sorted = ["docker.io/library/python", "docker.io/library/python:3.12", "ghcr.io/a/b:1"];
    assert_eq!(
        names(
            "images:\n  ghcr.io/a/b:1: {slim: true}\n  python:3.12: {slim: true}\n  python: {slim: true}\n"
        ),
        sorted
    );
    assert_eq!(
        names(
            "images:\n  python: {slim: true}\n  python:3.12: {slim: true}\n  ghcr.io/a/b:1: {slim: true}\n"
        ),
        sorted
    );
}

#[test]
fn a_reference_finds_the_entry_that_is_nearest_to_it() {
    let text = format!(
        "images:\n  python: {{stack: a}}\n  python:3.12: {{digest: {ONE}, platforms: {{linux/arm64: {TWO}}}}}\n  \
         python:latest: {{stack: c}}\n  acme/app:2: {{stack: d}}\n"
    );
    let file = file(&text);
    let found = |text: &str| {
        let found = file.find(&reference(text))?;
        Some((found.entry.reference.text().to_owned(), found.by))
    };
    let is = |text: &str, entry: &str, by| assert_eq!(found(text), Some((entry.to_owned(), by)), "{text}");
    for same in ["python:3.12", "docker.io/library/python:3.12", "index.docker.io/library/python:3.12"] {
        is(same, "python:3.12", FoundBy::Reference);
    }
    is("python", "python:latest", FoundBy::Reference);
    is("python:3.11", "python", FoundBy::Repository);
    is(&format!("python@{ONE}"), "python:3.12", FoundBy::Digest);
    is(&format!("python:3.12@{ONE}"), "python:3.12", FoundBy::Digest);
    is(&format!("python@{TWO}"), "python:3.12", FoundBy::PlatformDigest(platform("linux/arm64")));
    let other = format!("sha256:{}", "3".repeat(64));
    is(&format!("python:3.12@{other}"), "python:3.12", FoundBy::Tag);
    is(&format!("python@{other}"), "python", FoundBy::Repository);
    assert_eq!(found("acme/app"), None);
    assert_eq!(found("acme/app:3"), None);
    assert_eq!(found("ghcr.io/library/python:3.12"), None);
}

#[test]
fn a_digest_of_its_own_tells_an_image_without_an_index() {
    let index = format!("digest: {ONE}, platforms: {{linux/amd64: {TWO}}}");
    assert!(file(&image(&index)).entries().next().unwrap().is_index());
    let alone = format!("digest: {ONE}, platforms: {{linux/amd64: {ONE}}}");
    assert!(!file(&image(&alone)).entries().next().unwrap().is_index());
}

#[test]
fn what_replaces_an_image_names_it_or_its_repository() {
    let file = file(
        "images:\n  acme/a:1: {replaces: balenalib/rpi-python}\n  acme/b:1: {replaces: 'balenalib/rpi-python:3.9'}\n",
    );
    let names = |text: &str| -> Vec<String> {
        file.replacements(&reference(text)).iter().map(|entry| entry.reference.text().to_owned()).collect()
    };
    assert_eq!(names("balenalib/rpi-python:3.9"), ["acme/b:1", "acme/a:1"]);
    assert_eq!(names("balenalib/rpi-python:3.8"), ["acme/a:1"]);
    assert_eq!(names("balenalib/rpi-node"), [""; 0]);
}

#[test]
fn the_longest_prefix_says_what_a_mirror_has() {
    let file = file(
        "mirrors:\n  r.example.com/hub/: docker.io/\n  r.example.com/hub/lib/: docker.io/library/\n  localhost:5000/: ghcr.io/\n",
    );
    let original = |text: &str| file.mirrors().original(&reference(text)).map(|found| found.to_string());
    let is = |text: &str, expected: &str| assert_eq!(original(text).as_deref(), Some(expected));
    is("r.example.com/hub/library/python:3", "docker.io/library/python:3");
    is("r.example.com/hub/python:3", "docker.io/library/python:3");
    is("r.example.com/hub/lib/python", "docker.io/library/python");
    is(&format!("localhost:5000/a/b@{ONE}"), &format!("ghcr.io/a/b@{ONE}"));
    assert_eq!(original("r.example.com/hubs/python"), None);
    assert_eq!(original("python:3"), None);
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_file() {
    let text = "\
images:
  acme/base:
    platform: [linux/arm64]
    ends: next year
    slim: perhaps
  acme/Base:1: {stack: a}
  acme/two:
    platforms: [linux/arm64, linux/aarch64, linux/zx81]
    digest: sha256:12
mirors: {}
";
    let faults = refuses(
        text,
        &[
            "images.yaml:3:5: error: an image has no field `platform`\n  = help: did you mean `platforms`?",
            "images.yaml:4:11: error: `ends` has to be a day, this is `next year`",
            "images.yaml:5:11: error: `slim` has to be true or false",
            "images.yaml:6:3: error: an image has to be a reference: a repository has to be in lower case",
            "images.yaml:8:30: error: the platform linux/arm64/v8 is there twice",
            "images.yaml:8:45: error: `linux/zx81` is not a platform",
            "images.yaml:9:13: error: a sha256 digest has 64 digits, this has 2",
            "images.yaml:9:13: error: digests belong to one image, but `acme/two` stands for all tags",
            "= help: name the tag: `acme/two:latest`",
            "images.yaml:10:1: error: an images file has no field `mirors`\n  = help: did you mean `mirrors`?",
        ],
    );
    assert_eq!(faults.matches("error:").count(), 9, "{faults}");
}

#[test]
fn two_spellings_of_one_image_are_the_same() {
    refuses(
        "images:\n  python:3.12: {stack: python}\n  docker.io/library/python:3.12: {stack: python}\n",
        &[
            "images.yaml:3:3: error: the image `docker.io/library/python:3.12` is there twice",
            "`python:3.12` at images.yaml:2:3",
        ],
    );
}

#[test]
fn values_that_a_field_cannot_have_are_refused() {
    refuses(image(""), &["2:3: error: nothing is said about `acme/base:1`"]);
    refuses(image("platforms: []"), &["`platforms` has to name at least one platform"]);
    refuses(image("platforms: linux/arm64"), &["`platforms` has to name at least one platform"]);
    refuses(image("platforms: {linux/arm64: ~}"), &["a digest has to be text, this is nothing"]);
    refuses(image("stack: [python]"), &["`stack` has to be text, this is a list"]);
    refuses(image("stack: 'py thon'"), &["`stack` cannot be `py thon`"]);
    refuses(image("date: 2026-13-01"), &["`date` has to be a day, this is `2026-13-01`"]);
    refuses(
        image("replaces: [A]"),
        &["`replaces` has to be a reference: a repository has to be in lower case"],
    );
    refuses(image("replaces: {a: b}"), &["`replaces` has to be a list, this is a map"]);
    refuses(image("digest: md5:12"), &["`md5` is no digest that Docker knows"]);
    refuses("images: [python]\n", &["`images` has to be a map, this is a list"]);
    refuses("images:\n  scratch: {stack: a}\n", &["2:3: error: `scratch` is no image"]);
    let two = format!("images:\n  acme/base:1@{ONE}: {{digest: {TWO}}}\n");
    refuses(two, &["error: the entry has another digest than its reference"]);
    for prefix in ["registry.example.com", "acme/", "registry.example.com/a:1/", "/", "https://a.b/", "a.b//"]
    {
        let text = format!("mirrors:\n  {prefix}: docker.io/\n");
        refuses(text, &["2:3: error: a mirror has to be the beginning of references"]);
    }
    refuses("mirrors:\n  a.b/: a.b/\n", &["`a.b/` cannot be a mirror of itself"]);
    refuses("", &["the file has no images"]);
}

#[test]
fn a_device_type_that_the_registry_does_not_have_is_named() {
    let file = file(&image("devices: [jetson-nanoo, raspberrypi3]"));
    let faults = file.unknown_devices(&Registry::embedded()).to_string();
    assert!(faults.contains("images.yaml:2:27: error: unknown device type `jetson-nanoo`"), "{faults}");
    assert!(faults.contains("did you mean `jetson-nano`?"), "{faults}");
    assert_eq!(faults.matches("error:").count(), 1);
}

#[test]
fn no_message_has_a_password_from_a_reference() {
    let faults = refuses("images:\n  'https://me:hunter2@example.com/a': {stack: a}\n", &["2:3: error: "]);
    assert!(!faults.contains("hunter2"), "{faults}");
    let faults = refuses("mirrors:\n  'me:hunter2@example.com/': docker.io/\n", &["2:3: error: "]);
    assert!(!faults.contains("hunter2"), "{faults}");
}

#[test]
fn hostile_files_are_refused() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..9 {
        let before = format!("*a{},", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(',')));
    }
    refuses(bomb, &["error: too much YAML"]);
    refuses("[".repeat(200_000), &["images.yaml:1:", "error: "]);
    refuses("images:\n  a: {stack: a}\n  a: {stack: b}\n", &["3:3: error: `a` is given twice"]);
    refuses(b"images:\n  a: {stack: \xFF}\n".to_vec(), &["2:14: error: not valid UTF-8"]);
    refuses("images:\n  a: {stack: \"\\0\"}\n", &["error: a control character"]);
    refuses("images:\n  a: &x {stack: a}\n  b: {<<: *x}\n", &["error: "]);
    refuses("images: {}\n---\nimages: {}\n", &["a second YAML document"]);
    refuses("images:\n  a: !!python/object {stack: a}\n", &["error: "]);
    // A flood of mistakes is counted, and costs nothing.
    let flood: String = (0..5_000).map(|number| format!("  A{number}: {{}}\n")).collect();
    let faults = refuses(format!("images:\n{flood}"), &["error: an image has to be a reference"]);
    assert!(faults.ends_with("... and 4,900 more") && faults.len() < 40_000, "{}", faults.len());
}

#[test]
fn a_file_of_fleets_names_images_files() {
    let read = |text: &str| parse_fleets(&Arc::new(Source::new("fleets.yaml", text)), FleetFormat::Yaml);
    let paths = |text: &str| -> Vec<String> {
        let file = read(text).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(file.is_settings_only);
        file.settings.images.into_iter().map(|(path, _)| path).collect()
    };
    assert_eq!(paths("images: images.yaml\n"), ["images.yaml"]);
    assert_eq!(paths("check: {compat: docker}\nimages: [a.yaml, ../b.yaml]\n"), ["a.yaml", "../b.yaml"]);
    let with_fleets = read("images: a.yaml\nfleets: {edge: {device: raspberrypi3}}\n").unwrap();
    assert!(!with_fleets.is_settings_only && with_fleets.settings.images.len() == 1);
    let faults =
        read("images: ['', '-', {a: b}]\nfleets: {edge: {device: raspberrypi3}}\n").unwrap_err().to_string();
    assert_eq!(faults.matches("an images file has to be a path").count(), 2, "{faults}");
    assert!(
        faults.contains("fleets.yaml:1:19: error: an images file has to be text, this is a map"),
        "{faults}"
    );
}

#[test]
fn the_images_files_of_a_project_are_found_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("app");
    std::fs::create_dir(&project).unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    write("fleets.yaml", "images: [a.yaml, app/b.yaml]\n");
    write("a.yaml", &image("stack: python"));
    write("app/b.yaml", &image("devices: [jetson-nanoo], stack: node"));
    let limit = Limit { bytes: 1 << 20, flag: "" };
    let paths = images_files_of_project(None, &project, limit).unwrap();
    assert_eq!(paths.len(), 2);
    assert!(paths[0].ends_with("a.yaml") && paths[1].ends_with("app/b.yaml"), "{paths:?}");
    let registry = Registry::embedded();
    let read = |paths: &[std::path::PathBuf]| images_files(paths, &registry, limit, Place::CommandLine);
    assert_eq!(read(&paths[..1]).unwrap().len(), 1);
    let faults = read(&paths).unwrap_err().to_string();
    assert!(faults.contains("b.yaml:2:27: error: unknown device type `jetson-nanoo`"), "{faults}");
    assert!(read(&vec![paths[0].clone(); 257]).is_err());
    assert_eq!(lock_file_of(&project), None);
    write("app/images.lock.yaml", "images: {}\n");
    assert_eq!(lock_file_of(&project), Some(project.join("images.lock.yaml")));
    // What is wrong with the settings is said.
    write("fleets.yaml", "images: [{a: b}]\n");
    assert!(images_files_of_project(None, &project, limit).is_err());
}
