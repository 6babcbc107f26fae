//! Paths of a compose file, made relative to the project.

use super::tree::{Node, Path, Value, below, matches};

/// The fields that are paths, and what kind of path each is.
const PATHS: &[(&str, Kind)] = &[
    ("services.*.build.context", Kind::Context),
    ("services.*.build.additional_contexts.*", Kind::Context),
    ("services.*.build.ssh.*", Kind::Host),
    ("services.*.env_file.[].path", Kind::File),
    ("services.*.label_file.[]", Kind::File),
    ("services.*.extends.file", Kind::File),
    ("services.*.develop.watch.[].path", Kind::File),
    ("services.*.volumes.[]", Kind::Mount),
    ("configs.*.file", Kind::Host),
    ("secrets.*.file", Kind::Host),
];

#[derive(Clone, Copy)]
enum Kind {
    /// A folder, or an address on a network.
    Context,
    File,
    /// A path that may be one of another system.
    Host,
    /// The source of a mount.
    Mount,
}

/// Makes the paths of a file relative to the project; `base` is the folder that they are relative to now.
pub fn resolve(node: &mut Node, base: &str, path: &Path) {
    if let Some((_, kind)) = PATHS.iter().find(|(pattern, _)| matches(path, pattern)) {
        return resolve_one(node, base, *kind);
    }
    match &mut node.value {
        Value::Map(map) => {
            for (key, entry) in map {
                resolve(&mut entry.node, base, &below(path, key));
            }
        }
        Value::List(items) => {
            let path = below(path, "[]");
            for item in items {
                resolve(item, base, &path);
            }
        }
        _ => {}
    }
}

fn resolve_one(node: &mut Node, base: &str, kind: Kind) {
    if let Kind::Mount = kind {
        let is_bind = node.get("type").and_then(Node::as_text) == Some("bind");
        if let Some(entry) = node.as_map_mut().and_then(|map| map.get_mut("source"))
            && is_bind
        {
            resolve_one(&mut entry.node, base, Kind::Host);
        }
        return;
    }
    let Value::Text(text) = &mut node.value else { return };
    let stays = match kind {
        Kind::Context => is_elsewhere(text) || text.is_empty(),
        Kind::Host => {
            let mut letters = text.chars();
            let is_drive =
                letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':');
            is_drive || text.starts_with(['\\', '/'])
        }
        Kind::File | Kind::Mount => text.is_empty(),
    };
    if !stays {
        *text = kept_apart(join(base, text), text);
    }
}

/// A path of which only `./` says that it is one keeps it: `./~a` is not in a home folder, `./target:a` no target of bake.
fn kept_apart(joined: String, text: &str) -> String {
    let is_special = |path: &str| path.starts_with('~') || is_elsewhere(path) || is_target(path);
    if is_special(&joined) && !is_special(text) { format!("./{joined}") } else { joined }
}

/// Whether bake takes a context for one of its targets. Docker Compose takes it for a folder.
pub fn is_target(context: &str) -> bool {
    context.starts_with("target:")
}

/// Whether a context is not a folder: an address, an image, another service.
pub fn is_elsewhere(context: &str) -> bool {
    context.contains("://")
        || context.starts_with("service:")
        || context.starts_with("github.com/")
        || context.starts_with("git@")
}

/// A path relative to a folder. Absolute ones, and those of a home folder, stay.
pub fn join(base: &str, path: &str) -> String {
    if path.starts_with('/') {
        clean(path)
    } else if path.starts_with('~') {
        path.to_owned()
    } else {
        clean(&format!("{}/{path}", if base.is_empty() { "." } else { base }))
    }
}

/// A path without `.`, without `..` behind a folder, and without a slash at its end; `.` for nothing.
pub fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The folder of a file.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A folder of the project as seen from another one.
pub fn relative_to(folder: &str, base: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let (folder, base) = (parts(folder), parts(base));
    let shared = folder.iter().zip(&base).take_while(|(one, other)| one == other).count();
    let mut relative: Vec<&str> = vec![".."; base.len() - shared];
    relative.extend(folder[shared..].iter().map(String::as_str));
    if relative.is_empty() { ".".to_owned() } else { relative.join("/") }
}
