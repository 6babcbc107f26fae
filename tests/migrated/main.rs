//! What `dtpl migrate` leaves behind is built: templates of the kinds that people have, migrated for three device
//! types and built by a real engine, on stand-ins that have what the official images have.
//!
//! A project that does not build or start is one whose cause `migrate` told, at its line. The builds need root, apt
//! and minutes, so that plain `cargo test` only compares what is told:
//!
//! ```text
//! DTPL_MIGRATED=all cargo test --test migrated -- --ignored --nocapture
//! ```
//!
//! Without the variable a sample is built. `DTPL_MIGRATED=NAME,NAME` builds these projects. docs/engine.md has the
//! results; `DTPL_BLESS=1` writes them there from what the projects expect.

mod builds;
#[path = "../engine/docker.rs"]
#[allow(dead_code, reason = "the other tests of the engine use the rest")]
mod docker;
mod migrated;
mod project;

use std::collections::BTreeSet;
use std::path::Path;

use builds::Seen;
use docker::Engine;
use migrated::{Finding, Migrated};
use project::{DEVICES, Device, Outcome, Project, projects};

/// What CI builds: some on the machine's own processor, one on each that is emulated.
const SAMPLE: [(&str, &str); 8] = [
    ("debian-pip3", "intel-nuc"),
    ("debian-libav", "intel-nuc"),
    ("debian-start-script", "intel-nuc"),
    ("debian-no-yes", "intel-nuc"),
    ("python-headers", "intel-nuc"),
    ("node-config", "intel-nuc"),
    ("debian-programs", "raspberrypi3"),
    ("debian-curl", "raspberrypi4-64"),
];

/// The rules that tell what ends a build or a start: of a result that works, none tells anything.
const BREAKS: [&str; 12] = [
    "apt-key",
    "apt-without-yes",
    "balena-script",
    "externally-managed-python",
    "foreign-package-manager",
    "missing-certificates",
    "missing-file",
    "missing-package",
    "missing-program",
    "package-version",
    "removed-command",
    "uninstallable-requirement",
];

/// Whether a project is to be built for a device. `DTPL_ENGINE_DEVICES` leaves device types out, as in tests/engine/.
fn is_chosen(project: &Project, device: &Device) -> bool {
    if let Ok(devices) = std::env::var("DTPL_ENGINE_DEVICES")
        && !devices.split(',').any(|slug| slug == device.slug)
    {
        return false;
    }
    match std::env::var("DTPL_MIGRATED").as_deref() {
        Ok("all") => true,
        Ok(names) => names.split(',').any(|name| name == project.name),
        Err(_) => SAMPLE.contains(&(project.name.as_str(), device.slug)),
    }
}

/// What is wrong with what was seen of a project on a device, if something is.
fn wrong(migrated: &Migrated, seen: &Seen) -> Option<String> {
    match (&migrated.project.now, seen) {
        (Outcome::Works, Seen::Works) => None,
        (Outcome::BuildFails(at), Seen::BuildFails { lines, printed }) => {
            // The same is found in the result: in another file, or where the engine stopped or before it.
            let again = |finding: &Finding| {
                let is_elsewhere = !finding.file.starts_with("Dockerfile");
                finding.rule == at.rule && (is_elsewhere || finding.line <= *lines.end())
            };
            let found = !migrated.project.is_found_again || migrated.checked.iter().any(again);
            (!found).then(|| format!("`check` tells no {} up to lines {lines:?}\n{printed}", at.rule))
        }
        (Outcome::StartFails(_), Seen::StartFails { .. }) => None,
        (_, Seen::Works) => Some("it works".to_owned()),
        (_, Seen::BuildFails { lines, printed }) => {
            Some(format!("the build fails at lines {lines:?}\n{printed}"))
        }
        (_, Seen::StartFails { printed }) => Some(format!("the start fails\n{printed}")),
    }
}

fn table(projects: &[Project]) -> String {
    let mut table =
        String::from("| project | what it shows | before | now | built for |\n|---|---|---|---|---|\n");
    for Project { name, about, before, now, devices, .. } in projects {
        let devices: Vec<&str> = devices.iter().map(|device| device.slug).collect();
        table += &format!("| {name} | {about} | {before} | {} | {} |\n", now.cell(), devices.join(", "));
    }
    table
}

/// Plain: what the projects expect is what the page says.
#[test]
fn the_page_has_the_results() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/engine.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let start = page.find("| project | what it shows ").expect("docs/engine.md has the table");
    let lines = page[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end = start + lines.map(str::len).sum::<usize>();
    let mut recorded = page.clone();
    recorded.replace_range(start..end, &table(&projects()));
    if std::env::var_os("DTPL_BLESS").is_some() {
        std::fs::write(&path, &recorded).unwrap();
    } else {
        assert_eq!(page, recorded, "docs/engine.md says something else; DTPL_BLESS=1 writes it");
    }
}

#[test]
fn what_fails_is_told_and_what_works_is_not() {
    let (folder, projects) = (tempfile::tempdir().unwrap(), projects());
    let mut wrong = Vec::new();
    for project in &projects {
        let migrated = Migrated::of(project, folder.path());
        migrated.assert_again_changes_nothing();
        if let Outcome::BuildFails(at) | Outcome::StartFails(at) = &project.now
            && !migrated.is_told(at)
        {
            wrong.push(format!("{}: not told: {at:?}\n{}", project.name, migrated.all_that_was_told()));
        }
        if project.now == Outcome::Works {
            let alarms: Vec<_> =
                migrated.checked.iter().filter(|finding| BREAKS.contains(&finding.rule.as_str())).collect();
            if !alarms.is_empty() {
                wrong.push(format!("{}: it works, but `check` tells: {alarms:#?}", project.name));
            }
        }
        let new = migrated.new_errors();
        if !new.is_empty() {
            wrong.push(format!("{}: new errors of `check`: {new:#?}", project.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just migrated` and CI run it"]
fn what_is_migrated_builds_and_starts() {
    let (folder, projects) = (tempfile::tempdir().unwrap(), projects());
    let mut all = Vec::new();
    for project in &projects {
        let devices: Vec<&Device> =
            project.devices.iter().copied().filter(|device| is_chosen(project, device)).collect();
        if !devices.is_empty() {
            all.push((Migrated::of(project, folder.path()), devices));
        }
    }
    assert!(!all.is_empty(), "DTPL_MIGRATED names no project");
    let images = |(migrated, devices): &(Migrated, Vec<&Device>)| -> Vec<String> {
        let of = |device: &&Device| {
            let images = migrated.images(device).into_iter();
            images.map(|image| format!("{image}/{}", device.arch)).collect::<Vec<_>>()
        };
        devices.iter().flat_map(of).collect()
    };
    let stand_ins: BTreeSet<String> = all.iter().flat_map(images).collect();
    println!("stand-ins: {stand_ins:?}");
    let engine = Engine::start_with_stand_ins(&stand_ins.into_iter().collect::<Vec<_>>().join(" "));

    let mut failures = Vec::new();
    let mut built = 0;
    // One architecture after the other, so that what is slow comes last.
    for device in [&DEVICES[0], &DEVICES[2], &DEVICES[1]] {
        for (migrated, devices) in &all {
            if !devices.iter().any(|wanted| wanted.slug == device.slug) {
                continue;
            }
            let begun = std::time::Instant::now();
            let seen = builds::build(&engine, migrated, device);
            built += 1;
            let (name, seconds) = (&migrated.project.name, begun.elapsed().as_secs());
            if std::env::var_os("DTPL_MIGRATED_PROGRAM").is_some() {
                println!("{name} for {}: {}", device.slug, seen.said());
                continue;
            }
            match wrong(migrated, &seen) {
                None => println!("{name} for {}: {} ({seconds} s)", device.slug, migrated.project.now.cell()),
                Some(what) => {
                    println!("{name} for {}: UNEXPECTED ({seconds} s): {what}", device.slug);
                    println!("{}", migrated.all_that_was_told());
                    failures.push(format!("{name} for {}", device.slug));
                }
            }
        }
    }
    println!("{built} builds, {} not as expected", failures.len());
    assert!(failures.is_empty(), "not as expected: {}", failures.join(", "));
}
