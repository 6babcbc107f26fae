//! Options that take their value from the next word, so that the value is not taken for an argument:
//! `apt-get -o Debug=1 install`, `pip --proxy x install`.

use super::word::Word;

/// The options of a program that take a value.
pub(super) struct Valued {
    /// Those of one letter.
    pub letters: &'static str,
    /// The long ones, without `--`.
    pub long: &'static [&'static str],
}

const NONE: Valued = Valued { letters: "", long: &[] };

/// What goes before a program's own command, or anywhere.
fn of(program: &str) -> Valued {
    let (letters, long): (&str, &[&str]) = match program {
        "apt-get" | "apt" | "aptitude" => (
            "otcaP",
            &[
                "option",
                "target-release",
                "default-release",
                "config-file",
                "host-architecture",
                "build-profiles",
            ],
        ),
        "apk" => (
            "Xpt",
            &[
                "repository",
                "root",
                "arch",
                "keys-dir",
                "repositories-file",
                "cache-dir",
                "cache-max-age",
                "wait",
                "virtual",
                "progress-fd",
                "timeout",
            ],
        ),
        "dnf" | "yum" | "microdnf" => (
            "cdexR",
            &[
                "setopt",
                "repo",
                "repoid",
                "enablerepo",
                "disablerepo",
                "installroot",
                "releasever",
                "exclude",
                "forcearch",
                "config",
            ],
        ),
        "npm" | "npx" => {
            ("Cw", &["prefix", "registry", "cache", "loglevel", "workspace", "userconfig", "omit"])
        }
        "pnpm" => ("CF", &["dir", "filter", "reporter"]),
        "yarn" => ("", &["cwd", "registry", "network-timeout", "cache-folder", "modules-folder"]),
        "go" => ("C", &[]),
        "git" => ("Cc", &["git-dir", "work-tree", "namespace"]),
        "poetry" => ("CP", &["directory", "project", "without", "with", "only"]),
        "pipenv" => ("", &["python", "pypi-mirror", "categories"]),
        "uv" => ("", &["project", "directory", "cache-dir", "config-file", "python", "extra", "group"]),
        "bundle" => ("j", &["jobs", "retry", "without", "with", "path", "gemfile"]),
        "composer" => ("d", &["working-dir"]),
        "cargo" => ("ZCj", &["config", "color", "manifest-path", "target", "root"]),
        _ if is_pip(program) => (
            "",
            &[
                "proxy",
                "timeout",
                "retries",
                "log",
                "cert",
                "client-cert",
                "cache-dir",
                "trusted-host",
                "exists-action",
                "python",
                "keyring-provider",
                "use-feature",
                "use-deprecated",
            ],
        ),
        _ => return NONE,
    };
    Valued { letters, long }
}

/// `pip`, `pip3`, `pip3.12`.
pub(super) fn is_pip(program: &str) -> bool {
    program.strip_prefix("pip").is_some_and(is_version)
}

/// Digits and dots, or nothing.
pub(super) fn is_version(rest: &str) -> bool {
    rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// The index after the option at `at`, and after its value.
pub(super) fn after_option(options: &Valued, words: &[Word], at: usize) -> usize {
    let text = words.get(at).map_or("", |word| &*word.text);
    let takes = match text.strip_prefix("--") {
        Some(long) => options.long.contains(&long),
        // In `-oA=b` the rest is the value.
        None => {
            let letters = text.strip_prefix('-').unwrap_or_default();
            letters.find(|c| options.letters.contains(c)).is_some_and(|found| found + 1 == letters.len())
        }
    };
    at + 1 + usize::from(takes)
}

/// The index of the first argument that is no option.
pub(super) fn first_argument(program: &str, words: &[Word]) -> Option<usize> {
    let options = of(program);
    let mut at = 0;
    while words.get(at)?.text.starts_with('-') {
        at = after_option(&options, words, at);
    }
    Some(at)
}

/// All arguments that are no options.
pub(super) fn positional<'w>(program: &str, words: &'w [Word]) -> Vec<&'w Word> {
    let options = of(program);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(word) = words.get(at) {
        if word.text.starts_with('-') {
            at = after_option(&options, words, at);
        } else {
            found.push(word);
            at += 1;
        }
    }
    found
}

/// The options among the words, each by its name without dashes and with its value: `-yt=sid` is `y`, and
/// `t` with `sid`.
pub(super) fn given<'w>(program: &str, words: &'w [Word]) -> Vec<(&'w str, Option<&'w str>)> {
    let options = of(program);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(word) = words.get(at) {
        let next = words.get(at + 1).map(|word| &*word.text);
        if word.text == "--" {
            break;
        }
        if let Some(long) = word.text.strip_prefix("--") {
            let value = long.split_once('=').map(|(_, value)| value);
            let name = long.split('=').next().unwrap_or_default();
            found.push((name, value.or(next.filter(|_| options.long.contains(&name)))));
        } else if let Some(letters) = word.text.strip_prefix('-') {
            for (start, letter) in letters.char_indices() {
                let (name, rest) = letters[start..].split_at(letter.len_utf8());
                let is_valued = options.letters.contains(letter);
                let value = rest.strip_prefix('=').or((is_valued && !rest.is_empty()).then_some(rest));
                found.push((name, value.or(next.filter(|_| is_valued))));
                if is_valued || value.is_some() {
                    break;
                }
            }
        }
        at = if word.text.starts_with('-') { after_option(&options, words, at) } else { at + 1 };
    }
    found
}
