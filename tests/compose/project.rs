//! A project: files, the arguments that choose among them, and how it is made smaller.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::node::Node;

#[derive(Clone, Debug)]
pub enum File {
    /// A file of YAML, in block style or in flow style.
    Yaml(Node, bool),
    Plain(String),
}

impl File {
    pub fn text(&self) -> String {
        match self {
            File::Yaml(node, true) => node.flow().map_or_else(|| node.block(), |text| text + "\n"),
            File::Yaml(node, false) => node.block(),
            File::Plain(text) => text.clone(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Project {
    /// What it tries, for whoever reads a difference.
    pub about: String,
    pub files: BTreeMap<String, File>,
    /// The compose files that are named; the usual one if there are none.
    pub named: Vec<String>,
    /// The profiles that are chosen; all if there are none.
    pub profiles: Vec<String>,
}

impl Project {
    pub fn yaml(&mut self, path: &str, node: Node) {
        self.files.insert(path.to_owned(), File::Yaml(node, false));
    }

    pub fn plain(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), File::Plain(text.to_owned()));
    }

    pub fn text(&self) -> String {
        self.files.values().map(|file| file.text()).collect()
    }

    /// Writes the files into a folder.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (path, file) in &self.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file.text()).unwrap();
        }
    }

    /// Every project that has one piece less.
    fn smaller(&self) -> impl Iterator<Item = Project> + '_ {
        let files = self.files.iter().flat_map(move |(path, file)| {
            let is_named = self.named.contains(path) && self.named.len() > 1;
            let without = (!matches!(file, File::Yaml(..)) || is_named).then(|| {
                let mut project = self.clone();
                project.files.remove(path);
                project.named.retain(|name| name != path);
                project
            });
            let pieces = if let File::Yaml(node, _) = file { node.pieces() } else { 0 };
            let parts = (0..pieces).map(move |number| {
                let mut project = self.clone();
                if let Some(File::Yaml(node, _)) = project.files.get_mut(path) {
                    node.change(number, None);
                }
                project
            });
            without.into_iter().chain(parts)
        });
        let profiles = (0..self.profiles.len()).map(|at| {
            let mut project = self.clone();
            project.profiles.remove(at);
            project
        });
        files.chain(profiles)
    }

    /// The smallest project for which something still holds, as far as taking out single pieces leads.
    pub fn smallest(self, still: impl Fn(&Project) -> bool) -> Project {
        let mut project = self;
        let mut tries = 150;
        loop {
            let next = project.smaller().find(|smaller| {
                tries -= 1;
                tries >= 0 && still(smaller)
            });
            match next {
                Some(smaller) if tries > 0 => project = smaller,
                _ => return project,
            }
        }
    }
}

impl std::fmt::Display for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "about: {}", self.about)?;
        if !self.named.is_empty() {
            writeln!(f, "compose files: {}", self.named.join(" "))?;
        }
        if !self.profiles.is_empty() {
            writeln!(f, "profiles: {}", self.profiles.join(" "))?;
        }
        for (path, file) in &self.files {
            writeln!(f, "-- {path}\n{}", file.text().trim_end_matches('\n'))?;
        }
        Ok(())
    }
}
