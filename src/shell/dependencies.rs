//! Commands that install a project's dependencies, from a file that lists them or by name.

use super::{ShellCommand, Word};
use crate::dockerfile::base_name;

/// Programs, their commands that install from a file, and the name of that file.
const PROGRAMS: [(&str, &[&str], &str); 10] = [
    ("npm", &["install", "ci", "i"], "package.json"),
    ("pnpm", &["install", "i"], "package.json"),
    ("yarn", &["install"], "package.json"),
    ("bundle", &["install"], "Gemfile"),
    ("composer", &["install"], "composer.json"),
    ("go", &["mod"], "go.mod"),
    ("poetry", &["install"], "pyproject.toml"),
    ("pipenv", &["install", "sync"], "Pipfile"),
    ("uv", &["sync"], "pyproject.toml"),
    ("mix", &["deps.get"], "mix.exs"),
];

/// Files that list dependencies, without pip's.
const FILES: [&str; 14] = [
    "package.json",
    "package-lock.json",
    "package*.json",
    "yarn.lock",
    "Pipfile",
    "Pipfile.lock",
    "pyproject.toml",
    "poetry.lock",
    "go.mod",
    "go.sum",
    "Cargo.toml",
    "Cargo.lock",
    "Gemfile",
    "Gemfile.lock",
];

/// Whether a file lists the dependencies of a project, by the last part of its path.
pub fn is_dependency_file(path: &str) -> bool {
    let name = base_name(path);
    FILES.contains(&name) || (name.starts_with("requirements") && name.ends_with(".txt"))
}

impl ShellCommand {
    /// The name of the file that lists what it installs, such as `requirements.txt`.
    pub fn dependency_file(&self) -> Option<String> {
        if let Some(words) = self.pip_install() {
            let first = requirement_files(words).into_iter().next()?;
            return Some(base_name(&first.text).to_owned());
        }
        let (program, words) = self.program()?;
        let (_, commands, file) = PROGRAMS.iter().find(|(name, ..)| *name == program)?;
        let mut words = words.iter().filter(|word| !word.text.starts_with('-'));
        let own = words.next();
        // `yarn` alone installs; packages that are named need no list.
        let is_install = match own {
            Some(own) => commands.contains(&&*own.text) && (program == "go" || words.next().is_none()),
            None => program == "yarn",
        };
        is_install.then(|| (*file).to_owned())
    }

    /// The arguments of `pip install`, however pip is called.
    pub fn pip_install(&self) -> Option<&[Word]> {
        let (program, words) = self.program()?;
        let is_version = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let words = if program.strip_prefix("pip").is_some_and(is_version) {
            words
        } else if program.strip_prefix("python").is_some_and(is_version) {
            let at = words.iter().position(|word| word.text == "-m")?;
            (words.get(at + 1)?.text == "pip").then(|| &words[at + 2..])?
        } else {
            return None;
        };
        let at = words.iter().position(|word| !word.text.starts_with('-'))?;
        (words[at].text == "install").then(|| &words[at + 1..])
    }
}

/// Flags of `pip install` that take a value.
const WITH_VALUE: [&str; 33] = [
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-t",
    "--target",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
    "--prefix",
    "--root",
    "--timeout",
    "--retries",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--progress-bar",
    "--cache-dir",
    "--proxy",
    "--only-binary",
    "--no-binary",
    "--upgrade-strategy",
    "--root-user-action",
    "-C",
    "--config-settings",
    "--src",
    "--group",
];

/// The files of requirements that `pip install` reads.
pub fn requirement_files(words: &[Word]) -> Vec<Word> {
    let mut files = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        if matches!(&*word.text, "-r" | "--requirement") {
            files.extend(words.next().cloned());
            continue;
        }
        let joined = word.text.strip_prefix("--requirement=");
        let joined = joined.or_else(|| word.text.strip_prefix("-r").filter(|file| !file.is_empty()));
        if let Some(file) = joined {
            files.push(Word { text: file.to_owned(), span: word.span.clone() });
        }
    }
    files
}

/// Whether a requirement names one version, or is a file or a URL.
pub fn is_pinned(requirement: &str) -> bool {
    requirement.contains("==") || requirement.contains(['@', '/', '$', '%']) || requirement.ends_with(".whl")
}

/// The packages that `pip install` is given by name.
pub fn pip_packages(words: &[Word]) -> Vec<Word> {
    let mut packages = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&&*word.text) {
            words.next();
        } else if word.text.starts_with(['>', '<']) || word.text.ends_with('>') {
            // Where the output goes is no package.
            if word.text.ends_with('>') {
                words.next();
            }
        } else if word.text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            packages.push(word.clone());
        }
    }
    packages
}
