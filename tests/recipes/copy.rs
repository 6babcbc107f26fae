//! A copy of the crate in memory, which a recipe changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a folder by their paths in it, without those that cargo, git and packaging/dist make.
pub fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if ["target", ".git", "dist"].map(Path::new).contains(&name.as_path()) {
                continue;
            }
            match path.is_dir() {
                true => open.push(path),
                false => drop(found.insert(name, fs::read(&path).unwrap())),
            }
        }
    }
    found
}

/// The crate, as it is after what the recipes say.
pub struct Crate {
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// The files that a recipe has changed or made so far.
    pub touched: Vec<String>,
}

impl Crate {
    pub fn text(&self, path: &str) -> String {
        String::from_utf8(self.files[Path::new(path)].clone()).unwrap()
    }

    /// Makes a file of the first block of code that follows after its name in CONTRIBUTING.md.
    pub fn create_as_written(&mut self, path: &str) {
        let text = self.text("CONTRIBUTING.md");
        let (_, after) = text.split_once(&format!("Write `{path}`")).unwrap();
        let mut lines = after.lines().skip_while(|line| line.trim() != "```rust").skip(1);
        let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
        let code: String =
            block.iter().map(|line| format!("{}\n", line.strip_prefix("   ").unwrap_or(line))).collect();
        self.create(path, &code);
    }

    /// Makes a file that is not there.
    pub fn create(&mut self, path: &str, text: &str) {
        assert!(self.files.insert(path.into(), text.into()).is_none(), "{path} is there");
        self.touched.push(path.to_owned());
    }

    /// Puts an entry into a file, before the first place with this text.
    pub fn insert(&mut self, path: &str, before: &str, entry: &str) {
        let mut text = self.text(path);
        let at = text.find(before).unwrap_or_else(|| panic!("no {before:?} in {path}"));
        text.insert_str(at, entry);
        self.files.insert(path.into(), text.into_bytes());
        self.touched.push(path.to_owned());
    }

    /// Puts something in the place of a text that a file has once.
    pub fn replace(&mut self, path: &str, old: &str, new: &str) {
        let text = self.text(path);
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {path}");
        self.files.insert(path.into(), text.replace(old, new).into_bytes());
        self.touched.push(path.to_owned());
    }

    /// Adds one to the number behind a text: the length of a list that gets a further entry.
    pub fn count_up(&mut self, path: &str, before: &str) {
        let text = self.text(path);
        let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {path}"));
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: usize = rest[..digits].parse().unwrap();
        self.replace(path, &format!("{before}{number}"), &format!("{before}{}", number + 1));
    }

    /// What the recipe that was followed took.
    #[track_caller]
    pub fn took(&mut self, expected: &[&str]) {
        self.touched.sort();
        self.touched.dedup();
        assert_eq!(self.touched, expected);
        self.touched.clear();
    }

    /// Writes what differs into a folder, so that cargo compiles no more than it has to.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        let there = files(folder);
        for path in there.keys().filter(|path| !self.files.contains_key(*path)) {
            fs::remove_file(folder.join(path)).unwrap();
        }
        for (path, bytes) in self.files.iter().filter(|(path, bytes)| there.get(*path) != Some(*bytes)) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}
