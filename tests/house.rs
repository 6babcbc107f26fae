//! The house keeps its order: imports go down only, a file opens with why it exists and stays small,
//! and only the places that are made for it touch files, streams and the environment.

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom to the top: a module may use those above its own line in this list, and itself.
const FLOORS: &[&str] = &[
    "cache",
    "source",
    "escape",
    "text_table",
    "nearest",
    "diagnostic",
    "error",
    "threads",
    "json",
    "fs",
    "yaml",
    "arch",
    "device_types",
    "subject",
    "embedded",
    "image",
    // `env_file` and `render` know no device types' file, `project` knows no template.
    "env_file",
    "dockerfile",
    "shell",
    "tera_sandbox",
    "render",
    "fleet",
    "project",
    "workspace",
    "init",
    "tar_filter",
    "batch",
    "explain",
    "finding",
    "check",
    "migrate",
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join("src")];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((
                    path.strip_prefix(root.join("src")).unwrap().to_owned(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    found.sort();
    assert!(found.len() > 20);
    found
}

/// The module of the house that a file belongs to: `template/guard.rs` to `template`.
fn module(path: &Path) -> String {
    path.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Code without its comments, which may name anything.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn imports_go_down_only() {
    let mut seen = 0;
    for (path, text) in sources() {
        let own = module(&path);
        let floor = match own.as_str() {
            "lib" | "main" | "cli" => FLOORS.len(),
            own => {
                FLOORS.iter().position(|name| *name == own).unwrap_or_else(|| panic!("{own} is on no floor"))
            }
        };
        let code = code(&text);
        let mut used: Vec<String> = Vec::new();
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let names = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap().to_owned(),
                None => rest.to_owned(),
            };
            for name in names.split(',').take(if rest.starts_with('{') { usize::MAX } else { 1 }) {
                let end = name.trim().find(|c: char| !c.is_alphanumeric() && c != '_');
                used.push(name.trim()[..end.unwrap_or(name.trim().len())].to_owned());
            }
        }
        for name in used.iter().filter(|name| !name.is_empty() && **name != own) {
            let below = FLOORS.iter().position(|floor| floor == name);
            let allowed = below.is_some_and(|below| below < floor);
            assert!(allowed, "{} uses crate::{name}, which is not below it", path.display());
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} imports were looked at");
}

#[test]
fn only_the_places_made_for_it_touch_the_world() {
    let world: [(&str, &[&str]); 8] = [
        ("std::fs", &["fs/", "main.rs"]),
        ("File::open", &["fs/"]),
        ("std::env", &["main.rs"]),
        ("stdout()", &["main.rs"]),
        ("println!", &[]),
        ("std::net", &[]),
        ("std::process", &["main.rs", "cli/mod.rs", "cli/check/hadolint.rs"]),
        ("clap", &["cli/"]),
    ];
    for (path, text) in sources() {
        let code = code(&text);
        let name = path.to_string_lossy();
        for (what, places) in world {
            let allowed = places.iter().any(|place| name.starts_with(place));
            assert!(allowed || !code.contains(what), "{name} uses {what}");
        }
        assert!(!code.contains("unsafe ") && !code.contains("todo!"), "{name}");
    }
}

#[test]
fn a_file_is_small_and_says_why_it_exists() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
        assert!(text.starts_with("//! "), "{} does not open with why it exists", path.display());
    }
}

#[test]
fn every_dependency_says_why() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let (mut section, mut before, mut seen) = ("", "", 0);
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if matches!(section, "[dependencies]" | "[dev-dependencies]") && line.contains(" = ") {
            assert!(before.starts_with("# "), "no reason above: {line}");
            seen += 1;
        }
        before = line;
    }
    assert!(seen > 10);
}
