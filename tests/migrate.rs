//! `dtpl migrate`: projects as people wrote them, what becomes of them, and what is true of every one.
//!
//! `tests/migrate/<case>/` holds `before/`, maybe `args`, and what has to come of it: `diff` and `notes`
//! (stdout and stderr), and `after/` with the files that changed or are new, as `--write` leaves them.
//! `DTPL_BLESS=1 cargo test --test migrate` writes what comes of it now; look at the difference before it
//! is committed.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::Test;
use proptest::prelude::*;

/// Rules of a check that look at files which the cases have no need of.
const BESIDE: &str = "--ignore missing-copy-source,requirements-not-copied";

/// The files of a folder, by path.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(root).unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

fn holding(files: &BTreeMap<PathBuf, Vec<u8>>) -> Test {
    files.iter().fold(Test::in_memory(), |test, (path, bytes)| test.file(path.to_str().unwrap(), bytes))
}

/// What is expected of a case; with `DTPL_BLESS` it is what there is.
#[track_caller]
fn expect(case: &Path, name: &str, got: &str) {
    if std::env::var_os("DTPL_BLESS").is_some() {
        fs::write(case.join(name), got).unwrap();
    }
    let expected = fs::read(case.join(name)).unwrap_or_default();
    assert_eq!(got, String::from_utf8_lossy(&expected), "{}", case.join(name).display());
}

/// Bytes as text that tells carriage returns and bytes that are not UTF-8.
fn shown(bytes: &[u8]) -> String {
    let text: String = bytes.utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("<{byte:02X}>")));
        text
    });
    text.replace('\r', "<CR>")
}

/// Migrates a project in place, and holds what is true of all: a second time nothing changes, and a
/// check finds no error for whom it was for.
fn migrated(files: &BTreeMap<PathBuf, Vec<u8>>, args: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let report = holding(files).args("migrate --format json").args(args).ok().json();
    let devices: Vec<String> =
        report["devices"].as_array().unwrap().iter().map(|slug| slug.as_str().unwrap().to_owned()).collect();
    let run = holding(files).args("migrate --write").args(args).writes().ok();
    assert_eq!(run.text(), "", "--write prints no diff");
    let after = self::files(&run.folder);
    let again = run.then("migrate --check").args(args).ok();
    assert_eq!(again.text(), "", "{args}: a second time something changes");
    if !devices.is_empty() && !args.contains("--to") {
        let check = format!("check --format json {BESIDE} -d {}", devices.join(","));
        let found = again.then(&check).run();
        let found = found.json();
        assert_eq!(found["summary"]["error"], 0, "{args}: {found:#}\n{:#?}", after.keys());
    }
    after
}

#[test]
fn every_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrate");
    let mut cases: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 30, "{}", cases.len());
    for case in &cases {
        let before = files(&case.join("before"));
        let args = fs::read_to_string(case.join("args")).unwrap_or_default();
        let run = holding(&before).args("migrate --check").args(&args).run();
        assert_eq!(run.status, i32::from(!run.stdout.is_empty()), "{}", case.display());
        expect(case, "diff", &shown(&run.stdout));
        expect(case, "notes", &run.stderr);

        let after = migrated(&before, &args);
        let changed: BTreeMap<_, _> =
            after.iter().filter(|(path, bytes)| before.get(*path) != Some(*bytes)).collect();
        if std::env::var_os("DTPL_BLESS").is_some() {
            let _ = fs::remove_dir_all(case.join("after"));
            for (path, bytes) in &changed {
                let path = case.join("after").join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
        }
        let expected = files(&case.join("after"));
        let names =
            |files: Vec<&PathBuf>| files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            names(changed.keys().copied().collect()),
            names(expected.keys().collect()),
            "{}",
            case.display()
        );
        for (path, bytes) in &expected {
            assert_eq!(shown(&after[path]), shown(bytes), "{}: {}", case.display(), path.display());
        }
    }
}

#[test]
fn the_shipped_legacy_template() {
    let before = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/python-legacy"));
    let after = migrated(&before, "");
    let plain = String::from_utf8(after[Path::new("Dockerfile")].clone()).unwrap();
    assert!(plain.contains("\nFROM python:3.10\n") && plain.contains("ENV INITSYSTEM on"), "{plain}");
    let v6 = String::from_utf8(after[Path::new("Dockerfile.rpi")].clone()).unwrap();
    assert!(v6.contains("\nFROM python:3.10-alpine\n"), "{v6}");
    assert!(!after.contains_key(Path::new("Dockerfile.template")));
}

#[test]
fn what_is_maintained_stays() {
    for text in ["FROM python:3.13-alpine\nCMD [\"python\"]\n", "FROM scratch\n", "", "# only a comment\n"] {
        let run = Test::new().file("Dockerfile", text).args("migrate").ok();
        assert_eq!(run.text(), "");
        run.says(&["nothing to change"]);
    }
}
