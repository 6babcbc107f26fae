//! Paths as they are written into files: with `/` between the parts.

/// Whether a path starts at the root, or at that of a drive of Windows, which Compose takes on every system.
pub fn is_absolute(path: &str) -> bool {
    let mut bytes = path.bytes();
    let drive = bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && matches!(bytes.next(), Some(b'/' | b'\\'));
    path.starts_with('/') || drive
}

/// A folder or file of the project, as what reads the result has to find it.
pub fn in_project(project: &str, path: &str) -> String {
    let joined = if is_absolute(path) { path.to_owned() } else { format!("{project}/{path}") };
    let parts = parts(&joined);
    match (joined.starts_with('/') && !project.is_empty() || path.starts_with('/'), parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// The parts of a path without `.`, and without what `..` goes back over. Only Windows takes `\` between them, and what
/// starts with a drive is a path of Windows.
fn parts(path: &str) -> Vec<&str> {
    let is_of_windows = cfg!(windows) || is_absolute(path) && !path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    let all = path.split(|c| c == '/' || c == '\\' && is_of_windows);
    for part in all.filter(|part| !matches!(*part, "" | ".")) {
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
    let (is_other, is_drive) =
        (is_absolute(from) != is_absolute(to), is_absolute(to) && !to.starts_with('/'));
    let (from, way) = (parts(from), parts(to));
    // There is no way from one drive to another.
    if is_other || is_drive && from.first() != way.first() {
        return to.to_owned();
    }
    let to = way;
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
        ("app", "C:\\src\\web", "C:/src/web"),
        ("C:/src", "../web", "C:/web"),
        ("C:\\src", "web", "C:/src/web"),
        ("app", "c:web", "app/c:web"),
    ] {
        assert_eq!(in_project(project, path), expected, "{project} {path}");
    }
    for (from, to, expected) in [
        ("app/web", "out/web/Dockerfile", "../../out/web/Dockerfile"),
        (".", "out/web/Dockerfile", "out/web/Dockerfile"),
        ("app", "app", "."),
        ("/a/b", "/a/c", "../c"),
        ("/a", "c", "c"),
        ("C:/a/b", "C:/a/c", "../c"),
        ("C:/a", "D:/c", "D:/c"),
    ] {
        assert_eq!(relative(from, to), expected, "{from} {to}");
    }
}
