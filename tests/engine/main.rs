//! What dtpl renders, built and started by a real Docker engine, for three device types of three
//! processors: each answers over HTTP, and is what its device is.
//!
//! Needs root, apt and minutes, so it is no part of `cargo test` alone:
//!
//! ```text
//! cargo test --test engine -- --ignored --nocapture
//! ```
//!
//! `tests/engine/start` brings the engine: a current one, and for one way an old one. What was seen has to be
//! what docs/engine.md says; `DTPL_BLESS=1` writes it there. `DTPL_ENGINE_DEVICES=intel-nuc,raspberrypi3` tries
//! these device types alone: most of the time goes into programs of ARM devices.

mod cache;
mod docker;
mod exported;
mod projects;
mod ways;

use std::path::Path;

use docker::Engine;
use ways::Seen;

/// What was built and what it answered, as docs/engine.md has it.
fn table(seen: &[Seen]) -> String {
    let mut table = String::from(
        "| project | way | device type | platform of the image | `uname -m` in it | port | answer |\n|---|---|---|---|---|---|---|\n",
    );
    for Seen { project, way, device, platform, machine, port, status, body } in seen {
        let (name, device) = (project.name, device.slug);
        table +=
            &format!("| {name} | {way} | {device} | {platform} | {machine} | {port} | {status} `{body}` |\n");
    }
    table
}

/// The page holds the tables between its headings; what is around them is prose.
fn recorded(page: &str, tables: &[(&str, &str)]) -> String {
    let mut recorded = page.to_owned();
    for (heading, table) in tables {
        let from = recorded.find(heading).unwrap_or_else(|| panic!("docs/engine.md has no {heading}"));
        let start = from + recorded[from..].find("\n|").expect("a table follows its heading") + 1;
        let lines = recorded[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
        let end = start + lines.map(str::len).sum::<usize>();
        recorded.replace_range(start..end, table);
    }
    recorded
}

/// Each is for its device, and answers.
fn assert_answers(seen: &[Seen]) {
    for Seen { project, device, platform, machine, status, body, .. } in seen {
        assert_eq!((platform.as_str(), machine.as_str()), (device.platform, device.machine));
        assert_eq!((*status, body.as_str()), (200, (project.answer)(device).as_str()));
    }
}

/// balena's builders are as old as the engine of Debian 12.
#[test]
#[ignore = "takes minutes, and needs root and apt: `just peers` and CI run it"]
fn what_is_rendered_builds_on_an_old_engine() {
    let engine = Engine::start_old();
    assert_answers(&ways::rendered(&engine, &projects::flask(), ways::RENDERED));
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just peers` and CI run it"]
fn what_is_rendered_builds_and_runs() {
    let engine = Engine::start();
    let folder = tempfile::tempdir().unwrap();
    let (flask, python) = (projects::flask(), projects::python());
    let migrated = projects::migrated(folder.path());
    let mut seen = ways::rendered(&engine, &flask, ways::RENDERED);
    seen.extend(ways::resolved(&engine, &flask));
    seen.extend(ways::baked(&engine, &flask));
    seen.extend(ways::rendered(&engine, &python, ways::RENDERED));
    seen.extend(ways::rendered(&engine, &migrated, ways::MIGRATED));
    let builds = table(&seen);
    let cache = cache::table(&engine);
    println!("{builds}\n{cache}");

    assert_answers(&seen);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/engine.md");
    let page = std::fs::read_to_string(&path).unwrap();
    if projects::devices().len() < projects::DEVICES.len() {
        assert!(std::env::var_os("DTPL_BLESS").is_none(), "DTPL_BLESS=1 needs all device types");
        for line in builds.lines().chain(cache.lines()) {
            assert!(page.contains(&format!("\n{line}\n")), "docs/engine.md does not have the line {line}");
        }
        return;
    }
    let recorded = recorded(&page, &[("## Builds", &builds), ("## Cache", &cache)]);
    if std::env::var_os("DTPL_BLESS").is_some() {
        std::fs::write(&path, &recorded).unwrap();
    } else {
        assert_eq!(page, recorded, "docs/engine.md says something else; DTPL_BLESS=1 writes it");
    }
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just peers` and CI run it"]
fn an_export_of_three_services_builds_and_answers() {
    let engine = Engine::start();
    for device in projects::devices() {
        exported::builds_and_answers(&engine, device);
    }
}
