//! Folders with a command and what it prints: one test for each folder, so that
//! `cargo test --test golden python` runs one of them.
//!
//! `tests/golden/<case>/` holds `args`, one command a line, and for the Nth line `N.out` with what
//! stdout is (or `N.err` for a refusal: then stderr). A line runs in `tests/golden/<case>/project`,
//! or in `templates/<case>` when there is one of that name. `DTPL_BLESS=1 cargo test --test golden`
//! writes what is printed now; look at the difference before it is committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

/// The folders in a folder, sorted.
fn folders(path: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut found: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Runs every line of a case.
fn run(case: &Path) -> Result<(), Failed> {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(name(case));
    let folder = if template.is_dir() { template } else { case.join("project") };
    let commands = fs::read_to_string(case.join("args"))?;
    if commands.lines().next().is_none() {
        return Err("`args` has no line".into());
    }
    for (number, line) in (1..).zip(commands.lines()) {
        let run = Command::new(env!("CARGO_BIN_EXE_dtpl"))
            .args(line.split_whitespace())
            .current_dir(&folder)
            .env_clear()
            .output()?;
        let (kind, got) = if run.status.success() { ("out", run.stdout) } else { ("err", run.stderr) };
        let file = case.join(format!("{number}.{kind}"));
        if std::env::var_os("DTPL_BLESS").is_some() {
            fs::write(&file, &got)?;
        }
        let expected = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        if got != expected {
            let (shown, wanted) = (String::from_utf8_lossy(&got), String::from_utf8_lossy(&expected));
            let file = file.display();
            return Err(format!("dtpl {line}\n-- prints\n{shown}\n-- but {file} says\n{wanted}").into());
        }
    }
    Ok(())
}

/// Every project that is shipped is one of the cases.
fn every_template_has_a_case() -> Result<(), Failed> {
    let cases: Vec<String> = folders("tests/golden").iter().map(|case| name(case)).collect();
    for template in folders("templates").iter().map(|template| name(template)) {
        if !cases.contains(&template) {
            return Err(format!("there is no folder tests/golden/{template}").into());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = folders("tests/golden").into_iter();
    let mut trials: Vec<Trial> = cases.map(|case| Trial::test(name(&case), move || run(&case))).collect();
    assert!(trials.len() >= 4, "{} cases", trials.len());
    trials.push(Trial::test("every_template_has_a_case", every_template_has_a_case));
    libtest_mimic::run(&arguments, trials).exit_code()
}
