//! What a `package.json` asks for: the packages of `dependencies`, each with its range.

use crate::source::{Source, Span};

/// A package that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    pub name: String,
    /// The range of versions, as it is written: `^4.1.0`.
    pub range: String,
    /// Whether npm goes on where its installation fails.
    pub is_optional: bool,
    /// Whether it is left out by `npm install --omit=dev`, and by `npm install` where `NODE_ENV` is `production`.
    pub is_dev: bool,
    /// Where the package's name stands, in quotes.
    pub span: Span,
}

/// Bytes of a file that is read.
const MOST_BYTES: usize = 1 << 20;
/// Packages that are kept.
const MOST_DEPENDENCIES: usize = 2000;

/// The packages that a `package.json` asks for, by kind and name; none where it is no JSON object.
pub fn dependencies(source: &Source) -> Vec<Dependency> {
    let bytes = source.bytes();
    if bytes.len() > MOST_BYTES {
        return Vec::new();
    }
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(bytes) else { return Vec::new() };
    let mut found = Vec::new();
    for kind in ["dependencies", "optionalDependencies", "devDependencies"] {
        let Some(packages) = object.get(kind).and_then(serde_json::Value::as_object) else { continue };
        let start = place(bytes, kind, 0).map_or(0, |span| span.end);
        for (name, range) in packages {
            let Some(range) = range.as_str().filter(|_| found.len() < MOST_DEPENDENCIES) else { continue };
            // A name that is written with escapes is not found: the place is then the kind's.
            let span = place(bytes, name, start).unwrap_or(start..start);
            found.push(Dependency {
                name: name.clone(),
                range: range.to_owned(),
                is_optional: kind == "optionalDependencies",
                is_dev: kind == "devDependencies",
                span,
            });
        }
    }
    found
}

/// The first place from `start` on where a key stands: in quotes, with `:` behind it.
fn place(bytes: &[u8], key: &str, start: usize) -> Option<Span> {
    let quoted = format!("\"{key}\"");
    let rest = bytes.get(start..)?;
    memchr::memmem::find_iter(rest, quoted.as_bytes()).find_map(|at| {
        let end = at + quoted.len();
        let next = rest[end..].iter().find(|byte| !byte.is_ascii_whitespace())?;
        (*next == b':').then_some(start + at..start + end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_of_each_kind_are_listed_with_their_places() {
        let text = r#"{"name": "sqlite3", "scripts": {"dependencies": "sqlite3"},
  "dependencies": {"sqlite3": "^4.2.0", "a": {"b": 1}},
  "optionalDependencies": {"epoll" : "1.0.1"}, "devDependencies": {"gulp": "3.9.1"}}"#;
        let source = Source::new("package.json", text);
        let found = dependencies(&source);
        let told: Vec<_> = found.iter().map(|d| (&*d.name, &*d.range, d.is_optional, d.is_dev)).collect();
        assert_eq!(
            told,
            [
                ("sqlite3", "^4.2.0", false, false),
                ("epoll", "1.0.1", true, false),
                ("gulp", "3.9.1", false, true)
            ]
        );
        assert_eq!(source.position(found[0].span.start).line, 2);
        assert_eq!(&text[found[1].span.clone()], "\"epoll\"");
    }

    #[test]
    fn what_is_no_object_has_none() {
        for text in ["", "[]", "{", "{\"dependencies\": 3}", "\u{feff}{}"] {
            assert_eq!(dependencies(&Source::new("package.json", text)), [], "{text}");
        }
    }
}
