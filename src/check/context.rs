//! A build context: what `COPY` can take from it. Only what is asked for is looked at, and nothing
//! outside the folder, whatever symbolic links lie in it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dockerignore::{Patterns, expression};
use crate::fs::{self, Limit};
use crate::source::Source;

/// How long a `.dockerignore` or a list of requirements may be.
const LONGEST: Limit = Limit { bytes: 1 << 20, flag: "--max-template-bytes" };
/// Names that a wildcard is tried on.
const MOST_TRIED: usize = 100_000;

/// A folder that is sent to the builder.
#[derive(Debug)]
pub struct Context {
    folder: PathBuf,
    ignored: Patterns,
    /// What was looked for already: every rendering asks for the same.
    found: RefCell<BTreeMap<String, Found>>,
    near: RefCell<BTreeMap<String, Option<String>>>,
    read: RefCell<BTreeMap<String, Option<Arc<Source>>>>,
}

/// What there is of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Something that `.dockerignore` leaves out.
    Ignored,
    /// Nothing.
    Nothing,
    /// It is not looked at: it lies behind a link out of the context, or there is too much of it.
    Unknown,
}

impl Context {
    /// The context in a folder; nothing when there is none.
    pub fn open(folder: &Path) -> Option<Context> {
        let folder = match folder.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => folder.to_owned(),
        };
        if !fs::is_dir(&folder) {
            return None;
        }
        let mut context = Context {
            folder,
            ignored: Patterns::default(),
            found: RefCell::default(),
            near: RefCell::default(),
            read: RefCell::default(),
        };
        if let Some(source) = context.read_any(".dockerignore") {
            context.ignored = Patterns::parse(&String::from_utf8_lossy(source.bytes()));
        }
        Some(context)
    }

    /// What there is of a source of `COPY`, which may have wildcards.
    pub fn find(&self, source: &str) -> Found {
        if let Some(found) = self.found.borrow().get(source) {
            return *found;
        }
        let found = self.look_for(source);
        self.found.borrow_mut().insert(source.to_owned(), found);
        found
    }

    fn look_for(&self, source: &str) -> Found {
        let Some(path) = clean(source) else { return Found::Unknown };
        if path.is_empty() {
            return Found::Folder;
        }
        if !path.contains(['*', '?', '[', '\\']) {
            return self.one(&path);
        }
        let mut tried = 0;
        self.matching("", &path.split('/').collect::<Vec<_>>(), &mut tried)
    }

    fn one(&self, path: &str) -> Found {
        let at = self.folder.join(path);
        if !fs::is_there(&at) {
            return Found::Nothing;
        }
        // A link that leads nowhere, or out of the context, is for the builder to judge.
        if !fs::is_inside(&self.folder, &at).unwrap_or(false) {
            return Found::Unknown;
        }
        let is_folder = fs::is_dir(&at);
        if self.ignored.exclude(path) && !(is_folder && self.ignored.may_include_in(path)) {
            return Found::Ignored;
        }
        if is_folder { Found::Folder } else { Found::File }
    }

    /// The best that a path with wildcards finds, below a folder.
    fn matching(&self, below: &str, parts: &[&str], tried: &mut usize) -> Found {
        let Some((first, rest)) = parts.split_first() else { return Found::Nothing };
        let Ok(pattern) = regex::Regex::new(&expression(first)) else { return Found::Unknown };
        let folder = self.folder.join(below);
        if !fs::is_inside(&self.folder, &folder).unwrap_or(false) {
            return Found::Unknown;
        }
        let Ok(names) = fs::names_in(&folder) else { return Found::Nothing };
        let mut best = Found::Nothing;
        for name in names.iter().filter(|name| pattern.is_match(name)) {
            *tried += 1;
            if *tried > MOST_TRIED {
                return Found::Unknown;
            }
            let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            let found = match self.one(&path) {
                Found::Folder if !rest.is_empty() => self.matching(&path, rest, tried),
                Found::File | Found::Ignored if !rest.is_empty() => Found::Nothing,
                found => found,
            };
            match found {
                Found::File | Found::Folder | Found::Unknown => return found,
                Found::Ignored => best = Found::Ignored,
                Found::Nothing => {}
            }
        }
        best
    }

    /// The names in a folder of the context that are near a path that is not there.
    pub fn near(&self, path: &str) -> Option<String> {
        if let Some(near) = self.near.borrow().get(path) {
            return near.clone();
        }
        let near = self.look_near(&clean(path)?);
        self.near.borrow_mut().insert(path.to_owned(), near.clone());
        near
    }

    fn look_near(&self, path: &str) -> Option<String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let at = self.folder.join(folder);
        if !fs::is_inside(&self.folder, &at).unwrap_or(false) {
            return None;
        }
        let names = fs::names_in(&at).ok()?;
        let help = crate::nearest::did_you_mean(name, names.iter().map(String::as_str));
        // The same name in another folder is what is mostly meant.
        help.or_else(|| {
            let mut folders = fs::names_in(&self.folder).ok()?.into_iter().take(200);
            let there = folders.find(|folder| {
                matches!(self.one(&format!("{folder}/{name}")), Found::File | Found::Folder)
            })?;
            Some(format!("there is `{there}/{name}`"))
        })
    }

    /// A file of the context that the builder gets.
    pub fn read(&self, path: &str) -> Option<Arc<Source>> {
        let path = clean(path)?;
        if let Some(source) = self.read.borrow().get(&path) {
            return source.clone();
        }
        let is_file = self.one(&path) == Found::File;
        let source = if is_file { self.read_any(&path).map(Arc::new) } else { None };
        self.read.borrow_mut().insert(path, source.clone());
        source
    }

    fn read_any(&self, path: &str) -> Option<Source> {
        let at = self.folder.join(path);
        let at = at.strip_prefix(".").map(Path::to_owned).unwrap_or(at);
        // A pipe or a device would never end.
        if !fs::is_file(&at) || !fs::is_inside(&self.folder, &at).unwrap_or(false) {
            return None;
        }
        fs::read(&at, LONGEST).ok()
    }
}

/// A source of `COPY` as a path from the top of the context; nothing when it leads out of it.
pub fn clean(source: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
