//! What each rule catches and what it does not: one test for each rule, named after it, so that
//! `cargo test --test check copy_before_install` runs the cases of one rule.

mod builds;
mod commands;
mod copies;
mod engine;
mod images;
mod projects;
mod software;
mod text;

use dtpl::check::rules::RULES;

const PY: &str = "FROM python:3.13-alpine\n";

/// A Dockerfile with these lines behind its `FROM`.
fn py(rest: &str) -> String {
    format!("{PY}{rest}\n")
}

#[test]
fn every_rule_has_a_test() {
    let files = [
        include_str!("builds.rs"),
        include_str!("commands.rs"),
        include_str!("copies.rs"),
        include_str!("engine.rs"),
        include_str!("images.rs"),
        include_str!("projects.rs"),
        include_str!("software.rs"),
        include_str!("text.rs"),
    ];
    for rule in RULES {
        let head = format!("#[test]\nfn {}() {{\n", rule.id.replace('-', "_"));
        let test = files.iter().find_map(|file| {
            let (_, test) = file.split_once(&head)?;
            Some(test.split("\n}\n").next().unwrap())
        });
        let test = test.unwrap_or_else(|| panic!("no test has the name of the rule {}", rule.id));
        // At least one case that the rule catches, and one that it does not.
        let cases = test.matches(&format!("\"{}\"", rule.id)).count();
        assert!(cases >= 2, "the test of {} has {cases} cases of it", rule.id);
        assert!(test.contains("catches_not("), "the test of {} has no case that is fine", rule.id);
    }
}
