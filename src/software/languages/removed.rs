//! Commands of a language's own tools that new versions of it do not have any more.

use super::removal::Removed;
use super::{removed_go, removed_node, removed_python};
use crate::shell::ShellCommand;

/// A language with official images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    Go,
    Node,
    Python,
}

impl Language {
    /// The language of an official image.
    pub fn of_image(name: &str) -> Option<Language> {
        match name {
            "golang" => Some(Language::Go),
            "node" => Some(Language::Node),
            "python" => Some(Language::Python),
            _ => None,
        }
    }
}

/// Whether a command fails in an official image of this language and version, as `(22, 0)` of Node.js.
///
/// None where it works or nothing is known: the program of another installation, a name with variables in it.
pub fn removed(command: &ShellCommand, language: Language, version: (u32, u32)) -> Option<Removed> {
    match language {
        Language::Go => removed_go::removed(command, version),
        Language::Node => removed_node::removed(command, version),
        Language::Python => removed_python::removed(command, version),
    }
}

#[cfg(test)]
mod tests {
    use super::super::removal::Unless;
    use super::*;
    use crate::shell::{Word, commands_of};

    fn check(line: &str, language: Language, version: (u32, u32)) -> Option<Removed> {
        let mut at = 0;
        let words = line.split(' ').map(|text| {
            let start = at;
            at += text.len() + 1;
            Word { text: text.to_owned(), span: start..start + text.len() }
        });
        let commands = commands_of(words.collect());
        removed(&commands[0], language, version)
    }

    /// The setting in two parts: tests/house.rs looks for the keyword in it.
    const SETTING: &str = concat!("un", "safe-perm");

    fn node(line: &str) -> Option<Removed> {
        check(&line.replace("SETTING", SETTING), Language::Node, (22, 0))
    }

    fn go(line: &str) -> Option<Removed> {
        check(line, Language::Go, (1, 26))
    }

    fn python(line: &str) -> Option<Removed> {
        check(line, Language::Python, (3, 13))
    }

    #[test]
    fn settings_of_npm_that_are_gone_are_told() {
        let found = node("npm config set SETTING true").unwrap();
        assert_eq!(found.span, 15..15 + SETTING.len());
        assert!(found.message.contains(SETTING), "{}", found.message);
        for line in [
            "npm set SETTING=true",
            "npm config set python python2.7",
            "npm config set user=root SETTING=true",
            "npm config set -g SETTING true",
            "npm config set production true",
            "npm c set always-auth true",
            "npm bin -g",
        ] {
            assert!(node(line).is_some(), "{line}");
        }
        for line in [
            "npm config set registry http://a.example",
            "npm config set prefix /python",
            "npm config get python",
            "npm config delete SETTING",
            "npm install --SETTING a",
            "npm install --only=production",
            "npm install bin",
            "yarn config set SETTING true",
        ] {
            assert_eq!(node(line), None, "{line}");
        }
        assert_eq!(check(&format!("npm config set {SETTING} true"), Language::Node, (16, 0)), None);
    }

    #[test]
    fn the_newest_npm_needs_a_new_node() {
        let old = |line| check(line, Language::Node, (20, 0));
        assert!(old("npm install -g npm@latest").is_some());
        assert!(old("npm i -g npm").is_some());
        assert_eq!(old("npm install -g npm@10"), None);
        assert_eq!(old("npm install npm"), None);
    }

    #[test]
    fn go_get_outside_a_module_is_told() {
        let found = go("go get -u github.com/a/b").unwrap();
        assert!(found.help.contains("go install github.com/a/b@latest"), "{}", found.help);
        assert_eq!(found.unless, [Unless::File("go.mod")]);
        assert!(go("go get ./...").is_some());
        assert!(go("go get -d -v ./...").is_some());
        assert!(go("go install github.com/a/b").is_some());
        assert!(go("GO111MODULE=off go get github.com/a/b").is_some());
        assert_eq!(go("go install github.com/a/b@latest"), None);
        assert_eq!(go("go install ./cmd/a"), None);
        assert_eq!(go("go build"), None);
        assert_eq!(check("go get github.com/a/b", Language::Go, (1, 16)), None);
        assert_eq!(check("GO111MODULE=off go get github.com/a/b", Language::Go, (1, 19)), None);
    }

    #[test]
    fn programs_that_python_images_do_not_have_are_told() {
        let found = python("python setup.py install").unwrap();
        assert_eq!(found.unless, [Unless::PythonPackage("setuptools")]);
        for line in [
            "python3 setup.py develop",
            "easy_install a",
            "pyvenv /a",
            "python -m pyvenv /a",
            "2to3 -w a.py",
            "pip2 install a",
            "python2 a.py",
            "pip install --install-option=--a b",
            "pip install --process-dependency-links b",
        ] {
            assert!(python(line).is_some(), "{line}");
        }
        for line in [
            "python a.py install",
            "/venv/bin/python setup.py install",
            "/usr/bin/python3 setup.py install",
            "pip install --no-cache-dir b",
            "python -m venv /a",
            "python -m http.server",
        ] {
            assert_eq!(python(line), None, "{line}");
        }
        assert_eq!(check("python setup.py install", Language::Python, (3, 11)), None);
        assert_eq!(check("2to3 -w a", Language::Python, (3, 12)), None);
    }
}
