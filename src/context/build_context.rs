//! A build context: which files `COPY` can take from it. Files are looked up on demand, and never outside
//! the folder, even through symbolic links.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::Cache;
use crate::error::Result;
use crate::fs::{self, Limit};
use crate::ignore_files::{IgnoreFile, IgnoreReader, Patterns, expression};
use crate::nearest::nearest;
use crate::source::Source;

/// The most bytes of a `.gitignore` or a file of requirements.
const LONGEST: Limit = Limit { bytes: 1 << 20, flag: "--max-template-bytes" };
/// The most names that a wildcard is compared with.
const MOST_TRIED: usize = 100_000;

/// In so many folders a missing name is looked for.
const MOST_FOLDERS: usize = 200;

/// So many paths are suggested for one.
const MOST_SIMILAR: usize = 3;

/// A folder that is sent to the builder.
#[derive(Debug, Default)]
pub struct BuildContext {
    folder: PathBuf,
    ignored: IgnoreFile,
    /// What Git ignores, in the folder and in the project; with the folder's path in the project.
    of_git: [(Patterns, String); 2],
    /// Results of earlier look-ups: all renderings ask about the same paths.
    found: Cache<Presence>,
    near: Cache<Option<String>>,
    read: Cache<Option<Arc<Source>>>,
}

/// Whether the build context has a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    File,
    Folder,
    /// A file or folder that `.dockerignore` excludes.
    Ignored,
    Missing,
    /// Not looked up: a link leads out of the context, or there are too many files.
    Unknown,
}

impl BuildContext {
    /// The context in the folder `inside` of a project, if it exists. `own_ignore_file` is the one that
    /// belongs to the Dockerfile, which goes before `.dockerignore`.
    ///
    /// # Errors
    /// An ignore file that cannot be read.
    pub fn open(
        project: &Path,
        inside: &str,
        own_ignore_file: Option<&Path>,
        reader: IgnoreReader,
    ) -> Result<Option<BuildContext>> {
        let here = |path: PathBuf| if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
        let folder = here(project.join(inside));
        if !fs::is_dir(&folder) {
            return Ok(None);
        }
        let ignored = IgnoreFile::of_context(&here(project.to_owned()), inside, own_ignore_file, reader)?;
        let mut context = BuildContext { folder, ignored, ..BuildContext::default() };
        let text = |source: &Source| String::from_utf8_lossy(source.bytes()).into_owned();
        let of_git = |path: PathBuf| {
            let source = fs::is_file(&path).then(|| fs::read(&path, LONGEST).ok()).flatten();
            source.map(|source| Patterns::parse_gitignore(&text(&source))).unwrap_or_default()
        };
        let of_folder = of_git(context.folder.join(".gitignore"));
        let of_project =
            if inside.is_empty() { Patterns::default() } else { of_git(project.join(".gitignore")) };
        context.of_git = [(of_folder, String::new()), (of_project, format!("{inside}/"))];
        Ok(Some(context))
    }

    /// The name of the file that excludes what [`Presence::Ignored`] is said of.
    pub fn ignore_file(&self) -> &str {
        &self.ignored.name
    }

    /// The same file, if there is one.
    pub fn ignore_file_source(&self) -> Option<&Arc<Source>> {
        self.ignored.source.as_ref()
    }

    /// Whether Git ignores a path: something else makes it, such as a step of a CI.
    pub fn is_ignored_by_git(&self, path: &str) -> bool {
        let Some(path) = clean(path) else { return false };
        self.of_git.iter().any(|(patterns, before)| patterns.exclude(&format!("{before}{path}")))
    }

    /// Looks up a source of `COPY`, which may have wildcards.
    pub fn find(&self, source: &str) -> Presence {
        self.found.get(source, || self.look_up_pattern(source))
    }

    /// Whether a path is inside of the folder, also when links are followed.
    fn holds(&self, path: &Path) -> bool {
        fs::is_inside(&self.folder, path).unwrap_or(false)
    }

    fn look_up_pattern(&self, source: &str) -> Presence {
        let Some(path) = clean(source) else { return Presence::Unknown };
        if path.is_empty() {
            return Presence::Folder;
        }
        if !path.contains(['*', '?', '[', '\\']) {
            return self.look_up(&path);
        }
        let mut tried = 0;
        self.matching("", &path.split('/').collect::<Vec<_>>(), &mut tried)
    }

    fn look_up(&self, path: &str) -> Presence {
        let at = self.folder.join(path);
        if !fs::is_there(&at) {
            return Presence::Missing;
        }
        // Leave links that lead nowhere or out of the context to the builder.
        if !self.holds(&at) {
            return Presence::Unknown;
        }
        let is_folder = fs::is_dir(&at);
        if self.ignored.excludes(path) && !(is_folder && self.ignored.may_include_in(path)) {
            return Presence::Ignored;
        }
        if is_folder { Presence::Folder } else { Presence::File }
    }

    /// The best match of a path with wildcards, below a folder.
    fn matching(&self, below: &str, parts: &[&str], tried: &mut usize) -> Presence {
        let Some((first, rest)) = parts.split_first() else { return Presence::Missing };
        let Ok(pattern) = regex_lite::Regex::new(&expression(first)) else { return Presence::Unknown };
        let folder = self.folder.join(below);
        if !self.holds(&folder) {
            return Presence::Unknown;
        }
        let Ok(names) = fs::names_in(&folder) else { return Presence::Missing };
        let mut best = Presence::Missing;
        for name in names.iter().filter(|name| pattern.is_match(name)) {
            *tried += 1;
            if *tried > MOST_TRIED {
                return Presence::Unknown;
            }
            let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            let found = match self.look_up(&path) {
                Presence::Folder if !rest.is_empty() => self.matching(&path, rest, tried),
                Presence::File | Presence::Ignored if !rest.is_empty() => Presence::Missing,
                found => found,
            };
            match found {
                Presence::File | Presence::Folder | Presence::Unknown => return found,
                Presence::Ignored => best = Presence::Ignored,
                Presence::Missing => {}
            }
        }
        best
    }

    /// A suggestion for a missing path: a similar name in its folder, or its name in another folder.
    pub fn near(&self, path: &str) -> Option<String> {
        self.near.get(path, || self.look_up_near(&clean(path)?))
    }

    fn look_up_near(&self, path: &str) -> Option<String> {
        let similar: Vec<String> = self.similar(path).iter().map(|path| format!("`{path}`")).collect();
        if !similar.is_empty() {
            return Some(format!("did you mean {}?", similar.join(" or ")));
        }
        let name = path.rsplit('/').next()?;
        let folders = fs::names_in(&self.folder).ok()?.into_iter().take(MOST_FOLDERS);
        let there = folders.map(|folder| format!("{folder}/{name}")).find(|path| self.is_there(path))?;
        Some(format!("there is `{there}`"))
    }

    /// Paths that are there: each name that is missing is replaced by the nearest ones in its folder.
    fn similar(&self, path: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for name in path.split('/') {
            let below = found.iter().flat_map(|folder| {
                let path =
                    |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                if self.is_there(&path(name)) {
                    return vec![path(name)];
                }
                let folder = self.folder.join(folder);
                let names = if self.holds(&folder) { fs::names_in(&folder).ok() } else { None };
                let names = names.unwrap_or_default();
                let near = nearest(name, names.iter().map(String::as_str)).into_iter().map(path);
                near.filter(|path| self.is_there(path)).collect()
            });
            found = below.take(MOST_SIMILAR).collect();
        }
        found
    }

    fn is_there(&self, path: &str) -> bool {
        matches!(self.look_up(path), Presence::File | Presence::Folder)
    }

    /// The names in a folder of the context, without what is excluded; none if there are more than `most`, or it
    /// cannot be read.
    pub fn names_in(&self, folder: &str, most: usize) -> Option<Vec<String>> {
        let folder = clean(folder)?;
        let at = self.folder.join(&folder);
        if !fs::is_dir(&at) || !self.holds(&at) {
            return None;
        }
        let mut names = fs::names_in(&at).ok().filter(|names| names.len() <= most)?;
        names.retain(|name| {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            self.is_there(&path)
        });
        names.sort_unstable();
        Some(names)
    }

    /// Reads a file of the context, unless it is excluded.
    pub fn read(&self, path: &str) -> Option<Arc<Source>> {
        let path = clean(path)?;
        self.read.get(&path, || match self.look_up(&path) {
            Presence::File => self.read_any(&path).map(Arc::new),
            _ => None,
        })
    }

    fn read_any(&self, path: &str) -> Option<Source> {
        let at = self.folder.join(path);
        let at = at.strip_prefix(".").map(Path::to_owned).unwrap_or(at);
        // Reading a pipe or a device might never end.
        if !fs::is_file(&at) || !self.holds(&at) {
            return None;
        }
        fs::read(&at, LONGEST).ok()
    }
}

/// A source of `COPY` as a path relative to the context; nothing if it leads out of it.
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
