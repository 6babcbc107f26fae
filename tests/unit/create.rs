//! New files are made together or not at all.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::fs::create;

/// What is in a folder, by paths in it; of a file the content.
fn tree(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_dir() {
                found.push((name, None));
                open.push(path);
            } else {
                found.push((name, Some(fs::read(path).unwrap())));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn all_or_none_wherever_it_stops() {
    let files: [(&str, &[u8]); 4] = [
        ("Cargo.toml", b"[package]\n"),
        (".dockerignore", b"target\n"),
        ("src/main.rs", b""),
        ("Dockerfile", b"FROM a\n"),
    ];
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine"), "x").unwrap();
    let before = tree(folder.path());
    let to = folder.path().join("a/b");
    let mut stopped = 0;
    loop {
        let asked = Cell::new(0);
        let done = create::all(&to, || Ok(()), |()| files.to_vec(), &|| {
            asked.set(asked.get() + 1);
            asked.get() > stopped
        });
        match done {
            Err(Error::Interrupted) => assert_eq!(tree(folder.path()), before, "stopped at {stopped}"),
            other => break other.unwrap(),
        }
        stopped += 1;
    }
    assert_eq!(stopped, 2 * files.len(), "asked once to write and once to place each");
    let written: Vec<(PathBuf, Option<Vec<u8>>)> = tree(&to);
    for (path, bytes) in files {
        assert!(written.contains(&(path.into(), Some(bytes.to_vec()))), "{path}");
    }
    assert_eq!(written.len(), files.len() + 1, "and the folder src");
    // The last one is there: those before it go again.
    for (taken, _) in files.iter().filter(|(path, _)| !path.contains('/')) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(taken), "mine").unwrap();
        let before = tree(folder.path());
        let error = create::all(folder.path(), || Ok(()), |()| files.to_vec(), &|| false).unwrap_err();
        assert!(
            matches!(&error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists)
        );
        assert_eq!(tree(folder.path()), before);
    }
}
