//! Paths as they are written into files: with `/` between the parts.

/// A folder or file of the project, as what reads the result has to find it.
pub fn in_project(project: &str, path: &str) -> String {
    let start = project.starts_with('/') && !path.starts_with('/');
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{project}/{path}") };
    let is_absolute = start || path.starts_with('/');
    let parts = parts(&joined);
    match (is_absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// The parts of a path without `.`, and without what `..` goes back over.
fn parts(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        let goes_back = part == ".." && parts.last().is_some_and(|last| *last != "..");
        if goes_back {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts
}

/// The way from a folder to a path. Both are absolute, or relative to one folder; else the path itself.
pub fn relative(from: &str, to: &str) -> String {
    if from.starts_with('/') != to.starts_with('/') {
        return to.to_owned();
    }
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.len() - common;
    let way: Vec<&str> = std::iter::repeat_n("..", up).chain(to[common..].iter().copied()).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[test]
fn paths_lead_where_they_are_meant_to() {
    for (project, path, expected) in [
        ("", "", "."),
        (".", ".", "."),
        ("app", "", "app"),
        (".", "web", "web"),
        ("app", "web", "app/web"),
        ("app/", "../shared", "shared"),
        ("..", "web", "../web"),
        ("/srv/app", "web", "/srv/app/web"),
        ("/", "web", "/web"),
        ("app", "/srv", "/srv"),
    ] {
        assert_eq!(in_project(project, path), expected, "{project} {path}");
    }
    for (from, to, expected) in [
        ("app/web", "out/web/Dockerfile", "../../out/web/Dockerfile"),
        (".", "out/web/Dockerfile", "out/web/Dockerfile"),
        ("app", "app", "."),
        ("/a/b", "/a/c", "../c"),
        ("/a", "c", "c"),
    ] {
        assert_eq!(relative(from, to), expected, "{from} {to}");
    }
}
