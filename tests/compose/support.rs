//! What a generated project refers to beside itself: other services, networks, volumes, files.

use crate::node::{Node, text};
use crate::project::{File, Project};

/// Files that are written where something names them.
const FILES: &[(&str, &str)] = &[
    ("web.env", "# comment\nWEB=1\nSHARED=web\nQUOTED=\"a b\"\nexport EXPORTED=x\nREF=${WEB}-${NONE:-none}\n"),
    ("other.env", "OTHER=1\nSHARED=other\nEMPTY=\n"),
    ("bad.env", "A B=1\n"),
    ("labels.env", "com.example.a=1\ncom.example.b=two words\n"),
    ("base.yml", "services:\n  app:\n    image: app\n    build: {context: ./app, args: {BASE: 1, SHARED: base}}\n    environment: {FROM_BASE: 1}\n    ports: ['90:90']\n    volumes: ['./v:/v']\n    labels: {base: '1'}\n    command: [base]\n  chain: {extends: app, user: chain, build: {target: chain}}\n  up: {image: up}\n  loop: {extends: {file: base.yml, service: loop}}\n  empty: null\n"),
    ("sub/base.yml", "services:\n  app:\n    build: {context: ., dockerfile: ../x/Dockerfile, additional_contexts: {c: ./c, d: ../d}}\n    volumes: ['./v:/v', '../w:/w']\n  up: {extends: {file: ../base.yml, service: app}, build: {target: up}}\n"),
    ("bad.yml", "services: {app: {image: x, foo: 1}}\n"),
    ("sub/web.env", "WEB=sub\n"),
    ("sub/compose.yaml", "services:\n  sub:\n    build: {context: ./app, args: {A: '${WEB:-none}'}}\n    volumes: ['./v:/v']\n"),
    ("sub/more.yml", "services:\n  sub: {user: more, build: {target: more}}\n"),
    ("deep/compose.yaml", "include: [er/compose.yaml]\nservices:\n  deep: {build: ., depends_on: [deeper]}\n"),
    ("deep/er/compose.yaml", "services:\n  deeper: {build: {context: .., dockerfile: er/Dockerfile}}\n"),
    ("loop.yaml", "include: [loop2.yaml]\n"),
    ("loop2.yaml", "include: [loop.yaml]\n"),
    ("self.yaml", "include: [self.yaml]\n"),
    ("clash.yaml", "services: {web: {image: clash}}\n"),
    ("same.yaml", "services: {web: {image: nginx}}\n"),
    ("empty.yaml", ""),
    ("scalar.yaml", "5\n"),
];

/// Services that another one can refer to.
const SERVICES: &[(&str, &str)] = &[
    ("db", "{image: 'postgres:16'}"),
    ("base", "{image: alpine, environment: {FROM_BASE: '1'}, labels: [base=1], build: {context: ./base, args: [BASE=1]}}"),
    ("built", "{build: ./built}"),
    ("hidden", "{image: hidden, profiles: [hidden]}"),
];

/// What is declared beside the services.
const RESOURCES: &[(&str, &str, &str)] = &[
    ("networks", "front", "{}"), ("networks", "back", "null"), ("volumes", "data", "null"),
    ("secrets", "token", "{file: ./token}"), ("configs", "conf", "{file: ./conf}"), ("models", "llm", "{model: ai/smollm2}"),
];

/// Whether a text has a word.
fn mentions(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Declares what is named, in the first compose file, and writes the files that are named.
pub fn complete(project: &mut Project) {
    complete_files(project);
    let all = project.text();
    let first = project.named.first().cloned();
    let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
    let first = first.or_else(|| names.iter().find(|name| project.files.contains_key(**name)).map(|name| (*name).to_owned()));
    let Some(File::Yaml(main, _)) = first.and_then(|name| project.files.get_mut(&name)) else { return };
    for (name, value) in SERVICES {
        if mentions(&all, name) {
            add(main, "services", name, value);
        }
    }
    for (kind, name, value) in RESOURCES {
        if mentions(&all, name) {
            add(main, kind, name, value);
        }
    }
}

/// The same, in a file that is put over a text.
pub fn complete_beside(project: &mut Project) {
    project.yaml("beside.yml", Node::Map(Vec::new()));
    project.named = vec!["beside.yml".into(), "compose.yaml".into()];
    complete(project);
    if matches!(project.files.get("beside.yml"), Some(File::Yaml(node, _)) if node.pieces() == 0) {
        project.files.remove("beside.yml");
        project.named.clear();
    }
}

/// Adds an entry to a map at the top, unless that is something else or has it.
fn add(main: &mut Node, kind: &str, name: &str, value: &str) {
    if main.get_mut(kind).is_none() {
        main.set(kind, Node::Map(Vec::new()));
    }
    let entries = main.get_mut(kind).unwrap();
    if matches!(entries, Node::Map(_)) && entries.get_mut(name).is_none() {
        entries.set(name, text(value));
    }
}

fn complete_files(project: &mut Project) {
    loop {
        let mut missing = Vec::new();
        for (path, file) in &project.files {
            let text = file.text();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for (name, content) in FILES {
                // One of them is named from its own folder.
                if !text.contains(name.strip_prefix("deep/er").map_or(*name, |_| "er/compose.yaml")) {
                    continue;
                }
                missing.push(((*name).to_owned(), *content));
                if !name.contains('/') && name.ends_with(".env") && !folder.is_empty() {
                    missing.push((format!("{folder}/{name}"), *content));
                }
            }
        }
        missing.retain(|(name, _)| !project.files.contains_key(name));
        if missing.is_empty() {
            return;
        }
        for (name, content) in missing {
            project.plain(&name, content);
        }
    }
}
