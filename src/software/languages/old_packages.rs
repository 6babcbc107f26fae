//! The tables of packages that do not install with a new Python or Node.js, or do not start.

use std::sync::OnceLock;

use nodejs_semver::{Range, Version};

use super::name::normalized;
use super::python_version::PythonVersion;

/// Packages of Python; the head of the file says what the columns are, and how they were found out.
const PYTHON: &str = include_str!("../../../data/old-requirements.tsv");
/// Packages of npm.
const NODE: &str = include_str!("../../../data/old-npm-packages.tsv");

/// What does not work with a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fails {
    /// Its installation fails, and with it the build of the image, also where a compiler is there.
    Build,
    /// It installs, and fails when a program imports it.
    Start,
}

/// Versions of a package that fail with a new version of the language, and what to do.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The package's name, as its authors write it.
    pub name: &'static str,
    /// The first version that was seen to fail.
    pub first: &'static str,
    /// The last version that was seen to fail.
    pub last: &'static str,
    /// From which version of the language on.
    pub from: (u32, u32),
    pub fails: Fails,
    /// The first version that works; None where no version does.
    pub works: Option<&'static str>,
    /// Packages whose new versions are what it fails with: where a list says which versions of them are installed,
    /// it is not known whether it fails.
    pub unless: Vec<&'static str>,
    /// What happens, as the end of a sentence: "its setup.py needs distutils, which Python 3.12 does not have".
    pub reason: &'static str,
    /// What to do instead of a newer version; empty where a newer version is what to write.
    pub instead: &'static str,
}

impl Advice {
    /// What to tell about a pinned version: `Flask 0.10.1 does not start with Python 3.12: ...`.
    pub fn message(&self, version: &str, language: &str) -> String {
        let what = match self.fails {
            Fails::Build => "cannot be installed",
            Fails::Start => "does not start",
        };
        format!("{} {version} {what} with {language}: {}", self.name, self.reason)
    }

    /// What to do.
    pub fn help(&self) -> String {
        match (self.works, self.instead) {
            (_, instead) if !instead.is_empty() => instead.to_owned(),
            (Some(works), _) => format!("Use {} {works} or newer.", self.name),
            (None, _) => format!("Replace {} by another package.", self.name),
        }
    }
}

/// What is known of a version of a Python package with a Python. None where nothing is known against it.
///
/// Look at [`Advice::unless`], or ask [`Requirements::failing`](super::Requirements::failing), which does.
pub fn python(name: &str, version: &str, python: (u32, u32)) -> Option<&'static Advice> {
    static ROWS: OnceLock<Vec<Advice>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| rows(PYTHON));
    let name = normalized(name);
    let version = PythonVersion::parse(version)?;
    rows.iter().find(|row| {
        let limit = |text| PythonVersion::parse(text);
        normalized(row.name) == name
            && row.from <= python
            && limit(row.first).is_some_and(|first| first <= version)
            && limit(row.last).is_some_and(|last| version <= last)
    })
}

/// What is known of the versions of an npm package that a range allows, such as `^4.1.0`, with a Node.js of this
/// major version. None where the range allows a version that works, or nothing is known.
pub fn node(name: &str, range: &str, major: u32) -> Option<&'static Advice> {
    static ROWS: OnceLock<Vec<Advice>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| rows(NODE));
    let mut rows = rows.iter().filter(|row| row.name == name && row.from.0 <= major).peekable();
    rows.peek()?;
    // None for a tag such as `latest`, a URL, a folder. Each alternative by itself: `allows_all` is content with one.
    let alternatives = range.split("||").map(|part| Range::parse(part.trim()).ok());
    let alternatives = alternatives.collect::<Option<Vec<_>>>()?;
    let fails = |failing: Range| alternatives.iter().all(|range| failing.allows_all(range));
    rows.find(|row| failing(row).is_some_and(fails))
}

/// The versions of an npm package that fail. The last that was tried is the last of its major version, so the failing
/// ones end at the next major version, or before it where a version of this one works.
fn failing(row: &Advice) -> Option<Range> {
    let last = Version::parse(row.last).ok()?;
    let works = row.works.and_then(|works| Version::parse(works).ok());
    let end = match works.filter(|works| works.major() == last.major()) {
        Some(works) => works.to_string(),
        None => format!("{}.0.0-0", last.major().saturating_add(1)),
    };
    Range::parse(format!(">={} <{end}", row.first)).ok()
}

/// Reads a table: columns parted by tabs, `#` begins a comment. A row that is not as it has to be is left out;
/// the tests find it.
fn rows(table: &'static str) -> Vec<Advice> {
    lines(table).filter_map(row).collect()
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn row(line: &'static str) -> Option<Advice> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [name, first, last, from, fails, works, unless, reason, instead] = columns[..] else { return None };
    let (major, minor) = from.split_once('.').unwrap_or((from, "0"));
    Some(Advice {
        name,
        first,
        last,
        from: (major.parse().ok()?, minor.parse().ok()?),
        fails: match fails {
            "build" => Fails::Build,
            "start" => Fails::Start,
            _ => return None,
        },
        works: (works != "-").then_some(works),
        unless: if unless == "-" { Vec::new() } else { unless.split(' ').collect() },
        reason,
        instead: if instead == "-" { "" } else { instead },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_read_and_in_order() {
        for (table, least) in [(PYTHON, 20), (NODE, 4)] {
            let rows = rows(table);
            assert_eq!(rows.len(), lines(table).count());
            assert!(rows.len() >= least, "only {} rows", rows.len());
            let names: Vec<String> = rows.iter().map(|row| row.name.to_lowercase()).collect();
            assert!(names.is_sorted(), "not sorted: {names:?}");
            for row in &rows {
                assert!(!row.reason.is_empty() && !row.reason.ends_with('.'), "{}", row.name);
                assert!(row.instead.is_empty() || row.instead.ends_with('.'), "{}", row.name);
                assert!(row.unless.iter().all(|name| normalized(name) == *name), "{}", row.name);
            }
        }
    }

    #[test]
    fn a_version_that_works_is_after_those_that_fail() {
        for row in rows(PYTHON) {
            let [first, last] = [row.first, row.last].map(|text| PythonVersion::parse(text).unwrap());
            assert!(first <= last, "{}", row.name);
            if let Some(works) = row.works {
                assert!(last < PythonVersion::parse(works).unwrap(), "{}", row.name);
            }
        }
        for row in rows(NODE) {
            let [first, last] = [row.first, row.last].map(|text| Version::parse(text).unwrap());
            assert!(first <= last, "{}", row.name);
            if let Some(works) = row.works {
                assert!(last < Version::parse(works).unwrap(), "{}", row.name);
            }
        }
    }

    #[test]
    fn a_version_has_one_row() {
        let mut seen = BTreeSet::new();
        for row in rows(PYTHON) {
            let found = python(row.name, row.last, row.from).unwrap();
            assert!(seen.insert((found.name, found.last, found.from)), "{} {}", row.name, row.last);
        }
    }

    #[test]
    fn ranges_of_npm_that_allow_only_old_versions_are_told() {
        let told = |name, range| node(name, range, 22).map(|advice| advice.last);
        assert_eq!(told("bcrypt", "^3.0.0"), Some("3.0.8"));
        assert_eq!(told("bcrypt", "3.0.8"), Some("3.0.8"));
        assert_eq!(told("bcrypt", "~1.0.3"), Some("3.0.8"));
        // A newer version is allowed, or all of it is older or newer than what was tried.
        for range in [
            ">=3.0.0",
            "*",
            "^5.0.1",
            "^5.0.0 || ^3.0.0",
            "^4.0.0",
            "0.8.0",
            "latest",
            "git+https://a.example/b",
            "",
        ] {
            assert_eq!(told("bcrypt", range), None, "{range}");
        }
        assert_eq!(node("bcrypt", "^3.0.0", 16).map(|advice| advice.last), None);
        assert_eq!(told("bcryptjs", "^2.0.0"), None);
    }

    #[test]
    fn what_fails_ends_where_a_version_works() {
        let allows = |works: Option<&'static str>, range: &str| {
            let row = Advice { works, ..row("a\t1.2.0\t1.4.0\t22\tbuild\t-\t-\tit fails\t-").unwrap() };
            failing(&row).unwrap().allows_all(&Range::parse(range).unwrap())
        };
        // `^1.2.0` allows 1.5.0, which works.
        assert!(!allows(Some("1.5.0"), "^1.2.0") && !allows(Some("1.5.0"), "1.5.0"));
        assert!(allows(Some("1.5.0"), "~1.4.0") && allows(Some("1.5.0"), "1.2.0"));
        // 1.4.0 was the last of its major version.
        for works in [None, Some("2.0.0"), Some("3.1.0")] {
            assert!(
                allows(works, "^1.2.0") && !allows(works, "2.0.0") && !allows(works, ">=1.2.0"),
                "{works:?}"
            );
        }
    }

    #[test]
    fn advice_says_what_to_do() {
        let advice = python("flask", "0.10.1", (3, 12)).unwrap();
        assert_eq!(advice.help(), "Use Flask 2.2.4 or newer.");
        assert!(
            advice
                .message("0.10.1", "Python 3.12")
                .starts_with("Flask 0.10.1 does not start with Python 3.12: ")
        );
        assert_eq!(python("Flask", "0.10.1", (3, 11)).map(|advice| advice.last), None);
        assert_eq!(python("Flask", "3.0.0", (3, 13)).map(|advice| advice.last), None);
    }
}
