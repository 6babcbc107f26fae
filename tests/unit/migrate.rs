//! The notes of a migration, and the page about them.

use crate::check::rules;
use crate::migrate::notes::KINDS;

#[test]
fn every_kind_of_note_has_a_page_and_a_row() {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    let page = include_str!("../../docs/migrate.md");
    let mut notes = 0;
    for kind in KINDS {
        // Where check has a rule of this name, its page is the one.
        let folder = if rules::named(kind.name).is_some() { "rules" } else { "notes" };
        let row = format!("| [`{0}`]({folder}/{0}.md) |", kind.name);
        assert!(page.contains(&row), "{row}");
        assert!(kind.page.starts_with(&format!("# {}\n\n", kind.name)), "{}", kind.name);
        let summary = kind.page.lines().nth(2).unwrap();
        assert!(summary.len() < 140 && summary.ends_with('.'), "{}: {summary}", kind.name);
        if folder == "notes" {
            let parts = ["## Before\n", "## After\n", "## What to do\n"];
            parts.iter().for_each(|part| assert!(kind.page.contains(part), "{}: {part}", kind.name));
            notes += 1;
        }
    }
    let table = page.split("| note | is about |").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| [`")).count();
    assert_eq!(rows, KINDS.len());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/notes");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), notes);
}
