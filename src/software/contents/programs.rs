//! Which packages have a program, by the table in `data/programs.tsv`: one row for each program, with the packages of
//! Debian, Alpine and Fedora.
//!
//! Of several packages the first is the one to install. `NAME<trixie` has the program before Debian trixie,
//! `NAME>=trixie` from there on. `?NAME` may have it, `!NAME` has it in another archive than the distribution's (that
//! of Raspberry Pi, of Docker). `-` alone: no package has it. Empty: not known.
//!
//! The last column has the packages of languages that bring the program as well: `pypi`, `npm:typescript`. The name is
//! left out where it is that of the program. Where the program is meant to come from there, the origin says so, too. The programs of the package
//! managers themselves (`npm`, `node`, `pip`) have none: they are there before.

use std::sync::LazyLock;

use crate::image::debian;
use crate::shell::PackageManager;

const TABLE: &str = include_str!("../../../data/programs.tsv");

/// A program that Dockerfiles or start scripts use.
#[derive(Debug)]
pub struct Program {
    /// Its file name.
    pub name: &'static str,
    /// Where it came from, if not from a distribution: `balena`, `raspberry-pi`, `nvidia`, `npm`, `pypi`, `gem`.
    pub origin: Option<&'static str>,
    /// The packages of languages that bring it: `npm:typescript`, `pypi`.
    languages: &'static str,
    /// The packages of Debian and Ubuntu, of Alpine, and of Fedora; nothing where they are not known.
    packages: [Option<Vec<Candidate>>; 3],
}

/// A package that may have a program.
#[derive(Debug)]
pub(super) struct Candidate {
    pub name: &'static str,
    /// From which release of Debian on.
    from: Option<Release>,
    /// Before which release of Debian.
    before: Option<Release>,
    pub is_sure: bool,
    /// Whether it is in another archive than the distribution's.
    pub is_elsewhere: bool,
}

/// A release of Debian, by its number.
pub(super) type Release = u32;

/// The number of a release of Debian.
pub(super) fn release(name: &str) -> Option<Release> {
    debian::order(name)
}

impl Candidate {
    fn parse(text: &'static str) -> Candidate {
        let (is_sure, text) = (!text.starts_with('?'), text.trim_start_matches('?'));
        let (is_elsewhere, text) = (text.starts_with('!'), text.trim_start_matches('!'));
        let from = text.split_once(">=");
        let before = text.split_once('<');
        Candidate {
            name: from.or(before).map_or(text, |(name, _)| name),
            from: from.and_then(|(_, name)| release(name)),
            before: before.and_then(|(_, name)| release(name)),
            is_sure,
            is_elsewhere,
        }
    }

    /// Whether it has the program in a release of Debian; nothing where that depends on the release and it is not
    /// known, or where the table is not sure.
    pub fn has_it(&self, of: Option<Release>) -> Option<bool> {
        let has = match of {
            Some(of) => {
                self.from.is_none_or(|from| from <= of) && self.before.is_none_or(|before| of < before)
            }
            None if self.from.is_some() || self.before.is_some() => return None,
            None => true,
        };
        if has && !self.is_sure { None } else { Some(has) }
    }

    /// Whether the table says that it came with a release which is not out.
    pub fn is_of_the_future(&self) -> bool {
        self.from == release("forky")
    }
}

impl Program {
    /// The package to install, of the newest release that the table knows.
    pub fn package(&self, manager: PackageManager) -> Option<&'static str> {
        let newest = (manager == PackageManager::Apt).then(|| release("trixie")).flatten();
        self.to_install(manager, newest)
    }

    /// The package to install in a release of Debian; for a name that is no release of Debian, as
    /// [`package`](Self::package).
    pub fn package_in(&self, manager: PackageManager, name: &str) -> Option<&'static str> {
        match release(name) {
            Some(of) => self.to_install(manager, Some(of)),
            None => self.package(manager),
        }
    }

    fn to_install(&self, manager: PackageManager, of: Option<Release>) -> Option<&'static str> {
        let found = self.candidates(manager)?.iter().find(|candidate| {
            !candidate.is_elsewhere && candidate.is_sure && candidate.has_it(of) != Some(false)
        });
        found.map(|candidate| candidate.name)
    }

    /// Whether a package of a language may bring it.
    pub(super) fn is_of_a_language(&self) -> bool {
        !self.languages.is_empty()
    }

    /// How it is installed where it is meant to come from a package manager of a language: the program of that, and
    /// the command: `npm`, `npm install -g typescript`.
    pub fn language_line(&self) -> Option<(&'static str, String)> {
        let (manager, install) = match self.origin? {
            "npm" => ("npm", "npm install -g"),
            "pypi" => ("pip", "pip install"),
            "gem" => ("gem", "gem install"),
            _ => return None,
        };
        let package = self.languages.split(' ').find_map(|language| {
            let (kind, package) = language.split_once(':').unwrap_or((language, self.name));
            (Some(kind) == self.origin).then_some(package)
        })?;
        Some((manager, format!("{install} {package}")))
    }

    /// Every package that may have it; nothing where they are not known.
    pub(super) fn candidates(&self, manager: PackageManager) -> Option<&[Candidate]> {
        let at = match manager {
            PackageManager::Apt => 0,
            PackageManager::Apk => 1,
            PackageManager::Dnf => 2,
        };
        self.packages[at].as_deref()
    }
}

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| TABLE.lines().skip(1).filter_map(row).collect());

fn row(line: &'static str) -> Option<Program> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let mut packages = || {
        let column = columns.next()?;
        let names = column.split(' ').filter(|name| *name != "-").map(Candidate::parse);
        (!column.is_empty()).then(|| names.collect())
    };
    let packages = [packages(), packages(), packages()];
    let origin = columns.next().filter(|origin| !origin.is_empty());
    Some(Program { name, packages, origin, languages: columns.next().unwrap_or_default() })
}

/// A program by its name without a folder.
pub fn program(name: &str) -> Option<&'static Program> {
    PROGRAMS.binary_search_by(|program| program.name.cmp(name)).ok().map(|at| &PROGRAMS[at])
}

/// The packages that have a program, of the distribution's own archive: each once, in order.
fn packages_of(manager: PackageManager) -> Vec<&'static str> {
    let all = PROGRAMS.iter().filter_map(|program| program.candidates(manager)).flatten();
    let mut names: Vec<_> =
        all.filter(|candidate| !candidate.is_elsewhere).map(|candidate| candidate.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

static OF_APT: LazyLock<Vec<&'static str>> = LazyLock::new(|| packages_of(PackageManager::Apt));
static OF_APK: LazyLock<Vec<&'static str>> = LazyLock::new(|| packages_of(PackageManager::Apk));

/// Whether a package has a program of the table.
pub(super) fn has_a_program(package: &str, manager: PackageManager) -> bool {
    match manager {
        PackageManager::Apt => OF_APT.binary_search(&package).is_ok(),
        PackageManager::Apk => OF_APK.binary_search(&package).is_ok(),
        PackageManager::Dnf => false,
    }
}
