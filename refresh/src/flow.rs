//! YAML as people read it: lists and maps on one line where they fit, else wrapped.

use std::fmt::Write as _;

/// The longest line.
const WIDTH: usize = 110;

/// A text as a scalar: plain where that means the same to every reader. Versions stay plain, as our readers take
/// them for texts.
pub fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._+-/()".contains(c);
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && !text.ends_with(' ') && text.chars().all(plain) {
        return text.to_owned();
    }
    // A string of JSON is one of YAML.
    serde_json::Value::from(text).to_string()
}

/// Writes `key: [a, b]` at an indentation, in as many lines as it takes.
pub fn list<T: AsRef<str>>(out: &mut String, indent: usize, key: &str, items: impl IntoIterator<Item = T>) {
    let items = items.into_iter().map(|item| scalar(item.as_ref())).collect::<Vec<_>>();
    wrapped(out, indent, key, ['[', ']'], &items);
}

/// Writes `key: {a, b}`, where each item is an entry: `name: value`.
pub fn map(out: &mut String, indent: usize, key: &str, entries: &[String]) {
    wrapped(out, indent, key, ['{', '}'], entries);
}

/// Writes lists of lists, such as `[[2018-10-19, stretch], [2019-07-11, buster]]`.
pub fn pairs<'t>(
    out: &mut String,
    indent: usize,
    key: &str,
    items: impl Iterator<Item = (&'t String, &'t String)>,
) {
    let items: Vec<String> = items.map(|(a, b)| format!("[{}, {}]", scalar(a), scalar(b))).collect();
    wrapped(out, indent, key, ['[', ']'], &items);
}

fn wrapped(out: &mut String, indent: usize, key: &str, [open, close]: [char; 2], items: &[String]) {
    let start = format!("{:indent$}{key}: {open}", "");
    let whole = format!("{start}{}{close}", items.join(", "));
    // Writing into a string cannot fail.
    if whole.chars().count() <= WIDTH {
        let _ = writeln!(out, "{whole}");
        return;
    }
    out.push_str(&start);
    let mut line = String::new();
    for (at, item) in items.iter().enumerate() {
        let is_last = at + 1 == items.len();
        let item = format!("{item}{}", if is_last { "" } else { "," });
        let ends = if is_last { 2 } else { 0 };
        if line.is_empty() || line.chars().count() + 1 + item.chars().count() + ends > WIDTH {
            let _ = write!(out, "{line}");
            line = format!("\n{:1$}{item}", "", indent + 2);
        } else {
            let _ = write!(line, " {item}");
        }
    }
    let _ = writeln!(out, "{line} {close}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_wrapped() {
        let mut out = String::new();
        list(&mut out, 2, "short", ["a", "*-b", "3.10"]);
        assert_eq!(out, "  short: [a, \"*-b\", 3.10]\n");
        out.clear();
        list(&mut out, 2, "long", std::iter::repeat_n("abcdefgh", 30));
        assert!(out.lines().count() == 4 && out.lines().all(|line| line.len() <= WIDTH), "{out}");
        assert!(out.starts_with("  long: [\n    abcdefgh, ") && out.ends_with(" ]\n"), "{out}");
    }

    #[test]
    fn scalars_that_mean_something_else_are_quoted() {
        for text in ["- a", "a: b", "a #b", "[a", "", "é", "a\"b"] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
        for text in ["a", "3.10", "odroid-u3+", "Raspberry Pi (v1 / Zero)"] {
            assert_eq!(scalar(text), text);
        }
    }
}
