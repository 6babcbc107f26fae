//! The notes of a migration, and the page about them.

use crate::migrate::notes::KINDS;

#[test]
fn every_kind_of_note_is_in_the_docs() {
    let page = include_str!("../../docs/migrate.md");
    for kind in KINDS {
        assert!(page.contains(&format!("| `{kind}` |")), "{kind}");
    }
    let table = page.split("| note | is about |").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, KINDS.len());
}
