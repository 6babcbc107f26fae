//! Words of commands that are printed for a POSIX shell.

/// A word as a POSIX shell reads it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@=,+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[test]
fn a_word_is_quoted_where_a_shell_would_change_it() {
    assert_eq!(quoted("r.example:5000/a/b:1.0_x@sha256:ab"), "r.example:5000/a/b:1.0_x@sha256:ab");
    assert_eq!(quoted("[::1]:5000/a"), "'[::1]:5000/a'");
    assert_eq!(quoted("a'$b"), "'a'\\''$b'");
    assert_eq!(quoted(""), "''");
}
