//! Commands that install a project's dependencies, from a file that lists them or by name.

use super::command::ShellCommand;
use super::options::{first_argument, is_pip, is_version};
use super::word::Word;
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
    /// The file that lists what it installs, such as `requirements.txt`, as it is written.
    pub fn dependency_file(&self) -> Option<String> {
        if let Some(words) = self.pip_install() {
            // A list that is downloaded is no file of the project.
            let first = requirement_files(words).into_iter().find(|file| !file.text.contains("://"))?;
            return Some(first.text);
        }
        let (program, _) = self.program()?;
        let (_, commands, file) = PROGRAMS.iter().find(|(name, ..)| *name == program)?;
        let operands = self.operands();
        // `yarn` alone installs; packages that are named need no list.
        let is_install = match &operands[..] {
            [] => program == "yarn" && !self.words.iter().any(|word| is_question(&word.text)),
            [own, rest @ ..] if program == "go" => {
                own.text == "mod" && rest.first().is_some_and(|next| GO_MOD.contains(&&*next.text))
            }
            [own, rest @ ..] => commands.contains(&&*own.text) && rest.is_empty(),
        };
        is_install.then(|| (*file).to_owned())
    }

    /// The arguments of `pip install`, however pip is called.
    pub fn pip_install(&self) -> Option<&[Word]> {
        let (program, words) = self.program()?;
        let words = if is_pip(program) {
            words
        } else if program.strip_prefix("python").is_some_and(is_version) {
            let at = words.iter().position(|word| word.text == "-m")?;
            (words.get(at + 1)?.text == "pip").then(|| words.get(at + 2..))??
        } else {
            return None;
        };
        let at = first_argument("pip", words)?;
        (words.get(at)?.text == "install").then(|| words.get(at + 1..))?
    }
}

/// Commands of `go mod` that need `go.mod` alone: `tidy` and `vendor` read the source, too.
const GO_MOD: [&str; 1] = ["download"];

/// Options with which a program only answers.
fn is_question(option: &str) -> bool {
    matches!(option, "-v" | "--version" | "-h" | "--help")
}

/// Flags of `pip install` that take a value.
const WITH_VALUE: [&str; 44] = [
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
    "--log",
    "--cert",
    "--client-cert",
    "--exists-action",
    "--python",
    "--keyring-provider",
    "--use-feature",
    "--use-deprecated",
    "--report",
    "--global-option",
    "--build-option",
];

/// Whether other files tell `pip install` the versions, or there is nothing else to choose from.
pub fn has_version_limits(words: &[Word]) -> bool {
    words.iter().any(|word| {
        word.text == "--no-index" || ["-c", "--constraint"].iter().any(|flag| word.text.starts_with(flag))
    })
}

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

/// Whether an option of `pip install` lets it keep no downloads. pip takes the beginning of an option for the
/// whole where no other begins so: `--no-cache`.
pub fn keeps_no_downloads(words: &[Word]) -> bool {
    const OPTIONS: [(&str, &str); 2] = [("--no-ca", "--no-cache-dir"), ("--no-ind", "--no-index")];
    words.iter().any(|word| {
        OPTIONS.iter().any(|(least, whole)| word.text.starts_with(least) && whole.starts_with(&*word.text))
    })
}

/// The packages that `pip install` is given by name.
pub fn pip_packages(words: &[Word]) -> Vec<Word> {
    let mut packages = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&&*word.text) {
            words.next();
        } else if word.text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            packages.push(word.clone());
        }
    }
    packages
}
