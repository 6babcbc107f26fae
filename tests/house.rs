//! The house keeps its order: imports go down only, a file opens with why it exists and stays small,
//! and only the places that are made for it touch files, streams and the environment.

use std::collections::{BTreeMap, BTreeSet};
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
    // Knows images, and nothing that is made of them.
    "oci",
    // `env_file` and `render` know no device types' file, `project` knows no template.
    "env_file",
    "dockerfile",
    "shell",
    "tera_sandbox",
    "render",
    "fleet",
    "compose",
    "project",
    "ignore_files",
    "workspace",
    "context",
    "pin",
    "lock",
    "software",
    "init",
    "export",
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

/// The module of the house that a file belongs to: `render/guard/head.rs` to `render`.
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

/// The file that an import leads to: `crate::render::rendering::Produced` to `render/rendering.rs`. None
/// if that is a `mod.rs`, or not in this crate.
fn file_of(import: &str, own: &Path, files: &[(PathBuf, String)]) -> Option<PathBuf> {
    let own_folder: Vec<String> =
        own.parent()?.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let is_mod = own.ends_with("mod.rs");
    let mut parts: Vec<String> = import.split("::").map(str::to_owned).collect();
    let mut folder = match parts.remove(0).as_str() {
        "crate" => Vec::new(),
        "self" if is_mod => own_folder,
        // `super` of `room/mod.rs` is the module that has the room.
        "super" if is_mod => own_folder[..own_folder.len() - 1].to_vec(),
        "super" => own_folder,
        _ => return None,
    };
    while parts.first().is_some_and(|part| part == "super") {
        parts.remove(0);
        folder.pop();
    }
    folder.extend(parts);
    while !folder.is_empty() {
        let file = PathBuf::from(format!("{}.rs", folder.join("/")));
        if files.iter().any(|(path, _)| *path == file) {
            return Some(file);
        }
        folder.pop();
    }
    None
}

/// The paths of a `use`, with its braces taken apart.
fn paths(tree: &str) -> Vec<String> {
    let Some((head, list)) = tree.split_once('{') else {
        return vec![tree.split_whitespace().next().unwrap_or_default().to_owned()];
    };
    let list = list.trim().strip_suffix('}').unwrap();
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in list.char_indices().chain([(list.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let rest = paths(list[start..at].trim());
                found.extend(rest.iter().map(|path| format!("{}{path}", head.trim())));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// A `mod.rs` lists the files of its folder, so only the other files are looked at.
#[test]
fn files_import_each_other_without_circles() {
    let files = sources();
    let mut imports: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("mod.rs")) {
        let code = code(text);
        let code = format!("\n{code}").replace("\npub use ", "\nuse ");
        let uses = code.split("\nuse ").skip(1).filter_map(|rest| rest.split_once(';')).map(|(tree, _)| tree);
        let found = uses.flat_map(paths).filter_map(|import| file_of(&import, path, &files));
        imports.insert(path.clone(), found.filter(|file| file != path).collect());
    }
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 200);
    // Files that import nothing but files taken out before are taken out, until none is left.
    loop {
        let ready: Vec<PathBuf> = imports
            .iter()
            .filter(|(_, found)| !found.iter().any(|file| imports.contains_key(file)))
            .map(|(path, _)| path.clone())
            .collect();
        if ready.is_empty() {
            break;
        }
        imports.retain(|path, _| !ready.contains(path));
    }
    assert!(imports.is_empty(), "in a circle, or importing one: {:?}", imports.keys());
}

#[test]
fn only_the_places_made_for_it_touch_the_world() {
    let world: [(&str, &[&str]); 11] = [
        ("std::fs", &["fs/", "main.rs"]),
        ("File::open", &["fs/"]),
        ("std::env", &["main.rs"]),
        ("stdout()", &["main.rs"]),
        ("println!", &[]),
        // What opens connections. The crate for certificates reads those of the system, and opens none.
        ("std::net", &["oci/"]),
        ("ureq", &["oci/"]),
        ("rustls::", &["oci/trouble.rs"]),
        ("rustls_native_certs", &["cli/online/settings.rs"]),
        ("std::process", &["main.rs", "cli/mod.rs", "cli/check/hadolint.rs", "cli/online/helper.rs"]),
        ("clap", &["cli/"]),
    ];
    for (path, text) in sources() {
        let code = code(&text);
        let name = path.to_string_lossy();
        for (what, places) in world {
            let allowed = places.iter().any(|place| name.starts_with(place));
            assert!(allowed || !code.contains(what), "{name} uses {what}");
        }
        assert!(!code.contains("todo!"), "{name}");
    }
}

/// Without the feature there is nothing in the program that could open a connection.
#[test]
fn only_the_feature_online_connects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lib = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    assert!(lib.contains("#[cfg(feature = \"online\")]\npub mod oci;\n"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let default = manifest.lines().find(|line| line.starts_with("default = ")).unwrap();
    assert!(!default.contains("online"), "{default}");
    for name in ["ureq", "rustls", "rustls-native-certs"] {
        let line = manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
        assert!(line.contains("optional = true"), "{line}");
        assert_eq!(manifest.matches(&format!("\"dep:{name}\"")).count(), 1, "{name}");
    }
}

/// The attribute in src/lib.rs holds for the library alone: the program, the build script, the tests and the
/// examples are crates of their own.
#[test]
fn no_file_has_unsafe_code() {
    // In two parts, as this file is one of those that are looked at.
    const KEYWORD: &str = concat!("un", "safe");
    let mut open: Vec<PathBuf> = ["src", "build.rs", "build", "tests", "examples"].map(PathBuf::from).into();
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(&path);
        if full.is_dir() {
            open.extend(fs::read_dir(full).unwrap().map(|entry| path.join(entry.unwrap().file_name())));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(full).unwrap();
            let code = code(&text);
            let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
            assert!(!words.any(|word| word == KEYWORD), "{} has {KEYWORD} code", path.display());
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
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
        } else if section.ends_with("dependencies]") && line.contains(" = ") {
            assert!(before.starts_with("# "), "no reason above: {line}");
            seen += 1;
        }
        before = line;
    }
    assert!(seen > 30, "{seen}");
}

/// The names that the crate exports: few, and each with an example.
#[test]
fn what_is_exported_has_an_example() {
    let sources = sources();
    let lib = &sources.iter().find(|(path, _)| path == Path::new("lib.rs")).unwrap().1;
    let mut names = BTreeSet::new();
    for exported in lib.split("\npub use ").skip(1) {
        let exported = exported.split_once(';').unwrap().0.rsplit("::").next().unwrap();
        names.extend(
            exported.trim_matches(['{', '}']).split(',').map(str::trim).filter(|name| !name.is_empty()),
        );
    }
    let modules: BTreeSet<&str> =
        lib.split("\npub mod ").skip(1).map(|module| module.split_once(';').unwrap().0).collect();
    println!("{} names, {} modules: {names:?} {modules:?}", names.len(), modules.len());
    assert!((20..=30).contains(&names.len()) && (5..=12).contains(&modules.len()));
    let documented = |keyword: &str, name: &str| {
        sources.iter().any(|(_, text)| {
            let declaration = format!("\npub {keyword} {name}");
            text.match_indices(&declaration).any(|(at, _)| {
                let is_name = |c: char| c.is_alphanumeric() || c == '_';
                let docs = text[..at]
                    .lines()
                    .rev()
                    .take_while(|line| line.starts_with("///") || line.starts_with("#["));
                !text[at + declaration.len()..].starts_with(is_name)
                    && docs.into_iter().any(|line| line == "/// ```")
            })
        })
    };
    for name in names {
        let kinds = ["struct", "enum", "type"];
        assert!(kinds.iter().any(|keyword| documented(keyword, name)), "`{name}` has no example");
    }
    for module in modules.into_iter().filter(|module| *module != "cli") {
        let text = &sources.iter().find(|(path, _)| *path == Path::new(module).join("mod.rs")).unwrap().1;
        let has_example = text.contains("\n//! ```\n") || text.contains("\n/// ```\n");
        assert!(has_example, "the module `{module}` has no example");
    }
}
