//! The programs that a test needs besides dtpl.
//!
//! Somebody who has not installed one of them can run the other tests. In CI, where the variable `CI` is
//! set, all of them are there, and a test that is skipped would be a test that nobody runs: there it fails.

#![allow(dead_code)]

use std::env;
use std::path::PathBuf;

/// The path of a program. If it is not installed, the test is [`skipped`].
pub fn tool(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let path = env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    if path.is_none() {
        skipped(&format!("{name} is not installed"));
    }
    path
}

/// Says that a test, or a part of it, does not run here, and why.
///
/// # Panics
/// In CI.
pub fn skipped(why: &str) {
    let is_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!is_ci, "{why}, and the variable CI is set: no test may be skipped");
    eprintln!("skipped: {why}");
}
