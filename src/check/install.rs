//! Commands that install what a list in the project names: which list, and which packages.

use super::copies::base_name;
use crate::shell::{Command, Word};

/// Such a command.
#[derive(Debug)]
pub struct Install {
    /// The last part of the list's path: `requirements.txt`.
    pub file: String,
}

/// Programs with what makes them install, and the list that they read.
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

impl Install {
    /// What a command installs, if it is one that installs what a list names.
    pub fn of(command: &Command) -> Option<Install> {
        if let Some(words) = command.pip_install() {
            let first = requirement_files(words).into_iter().next()?;
            return Some(Install { file: base_name(&first.text).to_owned() });
        }
        let (program, words) = command.program()?;
        let (_, commands, file) = PROGRAMS.iter().find(|(name, ..)| *name == program)?;
        let mut words = words.iter().filter(|word| !word.text.starts_with('-'));
        let own = words.next();
        // `yarn` alone installs; packages that are named need no list.
        let is_install = match own {
            Some(own) => commands.contains(&&*own.text) && (program == "go" || words.next().is_none()),
            None => program == "yarn",
        };
        is_install.then(|| Install { file: (*file).to_owned() })
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

/// The lists that `pip install` reads.
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

/// The packages that `pip install` is given by name.
pub fn packages(words: &[Word]) -> Vec<Word> {
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
