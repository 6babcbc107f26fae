//! Folders with a command and what it prints.
//!
//! `tests/golden/<case>/` holds `args`, one command a line, and for the Nth line `N.out` with what
//! stdout is (or `N.err` for a refusal: then stderr). A line runs in `tests/golden/<case>/project`,
//! or in `templates/<case>` when there is one of that name. `DTPL_BLESS=1 cargo test --test golden`
//! writes what is printed now; look at the difference before it is committed.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases: Vec<_> =
        fs::read_dir(root.join("tests/golden")).unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    let mut lines = 0;
    for case in &cases {
        let template = root.join("templates").join(case.file_name().unwrap());
        let folder = if template.is_dir() { template } else { case.join("project") };
        let commands = fs::read_to_string(case.join("args")).unwrap();
        for (number, line) in (1..).zip(commands.lines()) {
            let run = Command::new(env!("CARGO_BIN_EXE_dtpl"))
                .args(line.split_whitespace())
                .current_dir(&folder)
                .env_clear()
                .output()
                .unwrap();
            let (kind, got) = if run.status.success() { ("out", run.stdout) } else { ("err", run.stderr) };
            let file = case.join(format!("{number}.{kind}"));
            if std::env::var_os("DTPL_BLESS").is_some() {
                fs::write(&file, &got).unwrap();
            }
            let expected = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(
                String::from_utf8_lossy(&got),
                String::from_utf8_lossy(&expected),
                "{}: dtpl {line}",
                case.display()
            );
            assert_eq!(got, expected, "{}: dtpl {line}", case.display());
            lines += 1;
        }
    }
    assert!(cases.len() >= 4 && lines >= 12, "{} cases, {lines} lines", cases.len());
    // Every project that is shipped is one of the cases.
    for template in fs::read_dir(root.join("templates")).unwrap() {
        let name = template.unwrap().file_name();
        assert!(root.join("tests/golden").join(&name).is_dir(), "no case for templates/{}", name.display());
    }
}
