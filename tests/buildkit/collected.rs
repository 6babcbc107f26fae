//! The Dockerfiles of this repository: those of tests and templates, with values for their placeholders, and the
//! examples of every rule's page.

use std::fs;
use std::path::Path;

use dtpl::check::rules::RULES;

/// Each with where it is from.
pub fn dockerfiles() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["templates", "tests"] {
        walk(&root.join(folder), &mut found);
    }
    for rule in RULES {
        for (number, block) in rule.page.split("```Dockerfile\n").skip(1).enumerate() {
            let text = block.split("```").next().unwrap_or_default();
            found.push((format!("docs/rules/{}.md, {}", rule.id, number + 1), text.as_bytes().to_vec()));
        }
    }
    found.iter_mut().for_each(|(_, text)| *text = filled(text));
    found.sort();
    found
}

fn walk(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            walk(&path, found);
        } else if name.starts_with("Dockerfile")
            && !name.ends_with(".dockerignore")
            && !name.ends_with(".tera")
        {
            let root = env!("CARGO_MANIFEST_DIR");
            let place = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            found.push((place, fs::read(&path).unwrap()));
        }
    }
}

/// With a value for every placeholder.
fn filled(text: &[u8]) -> Vec<u8> {
    let mut filled = text.to_vec();
    for (name, value) in [
        ("BALENA_MACHINE_NAME", "intel-nuc"),
        ("RESIN_MACHINE_NAME", "intel-nuc"),
        ("BALENA_ARCH", "amd64"),
        ("RESIN_ARCH", "amd64"),
    ] {
        let parts = regex::bytes::Regex::new(&format!("%%{name}%%")).unwrap();
        filled = parts.replace_all(&filled, value.as_bytes()).into_owned();
    }
    regex::bytes::Regex::new("%%[A-Z][A-Z_]+%%").unwrap().replace_all(&filled, &b"value"[..]).into_owned()
}
