//! Rules, list and pages hold together: every rule has a file and a page, and what the page calls bad
//! is caught, what it calls good is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dtpl::check::rules::{RULES, Rule};

use super::case::Case;

/// The names in a folder without what follows the dot.
fn names(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let stem = |name: std::ffi::OsString| name.to_str().unwrap().split('.').next().unwrap().to_owned();
    names.map(stem).filter(|name| name != "mod").collect()
}

#[test]
fn every_rule_has_a_file_and_a_page() {
    let listed: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(listed.is_sorted() && listed.len() >= 27, "{listed:?}");
    let listed: BTreeSet<String> = listed.into_iter().map(str::to_owned).collect();
    assert_eq!(names("docs/rules"), listed);
    let files: BTreeSet<String> =
        names("src/check/rules").into_iter().map(|name| name.replace('_', "-")).collect();
    // A rule that another part of the program reports has no file.
    assert!(files.is_subset(&listed) && files.len() >= 23, "{files:?}");
}

/// The Dockerfile or the compose file below a heading of a page, with its language.
fn block<'p>(page: &'p str, heading: &str) -> (&'p str, &'p str) {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n\n```")).expect(heading);
    let (language, rest) = rest.split_once('\n').unwrap();
    (language, rest.split_once("```").unwrap().0)
}

/// The project of a page's block. The first line of a Dockerfile may say more about it; the services of a
/// compose file are built in the folder `web`.
fn case(rule: &str, (language, dockerfile): (&str, &str)) -> Case {
    if language == "yaml" {
        let case = Case::new("FROM alpine:3.22\n").file("docker-compose.yml", dockerfile);
        let case = case.file("web/Dockerfile", "FROM alpine:3.22\n");
        return if rule.starts_with("balena-") { case.classic() } else { case };
    }
    assert_eq!(language, "Dockerfile");
    let first = dockerfile.lines().next().unwrap_or_default();
    let mut case = Case::new(dockerfile);
    if let Some(name) = first.strip_prefix("# in the file ").or_else(|| first.strip_prefix("# in ")) {
        let name = name.split(',').next().unwrap();
        if name != "Dockerfile.template" {
            case = case.called(name);
        }
    }
    if let Some((name, value)) = first.strip_prefix("# with -D ").and_then(|text| text.split_once('=')) {
        case = case.define(name, value);
    }
    if let Some((name, value)) =
        first.strip_prefix("# with --build-arg ").and_then(|text| text.split_once('='))
    {
        case = case.build_arg(name, value);
    }
    if let Some(file) = first.strip_prefix("# beside the file ") {
        let (name, text) = match (file.strip_suffix(", with CRLF"), file.split_once(", with the line ")) {
            (Some(name), _) => (name, "#!/bin/sh\r\necho a\r\n"),
            (None, Some((name, line))) => (name, line),
            (None, None) => (file, "#!/bin/sh\necho a\n"),
        };
        case = case.file(name, text);
    }
    if first.starts_with("# with --compat balena") {
        case = case.classic();
    }
    case
}

/// What a page says about the names that others have for its rule.
fn other_names(rule: &Rule) -> Option<String> {
    let codes: Vec<String> = rule.hadolint_rules().map(|code| format!("`{code}`")).collect();
    let codes = match &codes[..] {
        [] => None,
        [one] => Some(one.clone()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    };
    match (rule.engine_rule(), codes) {
        (None, None) => None,
        (Some(name), None) => Some(format!("BuildKit calls it `{name}`.")),
        (None, Some(codes)) => Some(format!("Hadolint calls it {codes}.")),
        (Some(name), Some(codes)) => Some(format!("BuildKit calls it `{name}`, hadolint {codes}.")),
    }
}

#[test]
fn every_page_has_the_names_that_others_have() {
    for rule in RULES {
        let said = rule.page.split("\n\n").filter(|text| text.to_lowercase().contains(" calls it `"));
        let names = other_names(rule);
        assert_eq!(said.collect::<Vec<_>>(), names.as_slice(), "{}", rule.id);
    }
    let names: Vec<&str> =
        RULES.iter().flat_map(|rule| rule.engine_rule().into_iter().chain(rule.hadolint_rules())).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), distinct.len(), "{names:?}");
}

#[test]
fn every_page_is_right() {
    for rule in RULES {
        let page = rule.page;
        assert!(page.starts_with(&format!("# {}\n\n", rule.id)), "{}", rule.id);
        assert!(rule.summary().ends_with('.') && rule.summary().len() < 140, "{}", rule.id);
        assert!(page.ends_with('\n') && !page.contains("TODO"), "{}", rule.id);
        let bad = case(rule.id, block(page, "Bad")).rules();
        assert!(bad.iter().any(|found| found == rule.id), "{} finds {bad:?} in its bad file", rule.id);
        let good = case(rule.id, block(page, "Good")).findings();
        // Where several device types are meant, the page says which one it is about.
        let is_about_one = page.contains("# for a Raspberry Pi Zero");
        let found = good
            .iter()
            .find(|found| found.rule == rule.id && (!is_about_one || found.devices.contains("raspberry-pi")));
        assert!(found.is_none(), "{}: {:?} in its good file", rule.id, found.map(|found| &found.message));
    }
}
