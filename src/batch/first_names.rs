//! The first of some names, where there may be thousands.

/// How many are named.
const NAMED: usize = 3;

/// The first names and how many more there are: `a, b, c and 2 more`.
pub fn first_names<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<N> = names.by_ref().take(NAMED).collect();
    let shown = shown.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[test]
fn a_few_names_are_shown() {
    assert_eq!(first_names(["a", "b", "c"]), "a, b, c");
    assert_eq!(first_names(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    assert_eq!(first_names([""; 0]), "");
}
