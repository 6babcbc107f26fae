//! What apt knows of a release of Debian for one architecture: the lists of its suites, of which it takes the newest
//! version of each package.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;

use anyhow::bail;

use super::list::{self, Need, Package};
use super::version;

/// What is beside the release itself.
const SUITES: &[&str] = &["", "-updates", "-security"];
/// In the order in which a name of several is told.
const OTHER_COMPONENTS: &[(&str, char)] = &[("contrib", 'c'), ("non-free", 'n'), ("non-free-firmware", 'f')];

pub struct Release {
    /// Those of `main`, one version of each.
    pub packages: Vec<Package>,
    by_name: HashMap<String, usize>,
    /// Which packages provide a name, and in which version.
    providers: HashMap<String, Vec<(usize, Option<String>)>>,
    /// Names that are only in another component.
    others: HashMap<String, char>,
    /// Suites of which there is no list.
    pub without: Vec<&'static str>,
    /// Where a name is that only a suite beside the release has.
    only_beside: HashMap<String, &'static str>,
}

impl Release {
    /// Reads the lists `FOLDER/SUITE/ARCH/COMPONENT`. That of the release itself has to be there.
    pub fn read(
        folder: &Path,
        release: &str,
        arch: &str,
        with_dependencies: bool,
    ) -> anyhow::Result<Release> {
        let mut newest: HashMap<String, Package> = HashMap::new();
        let mut only_beside = HashMap::new();
        let (mut without, mut others) = (Vec::new(), HashMap::new());
        for suite in SUITES {
            let folder = folder.join(format!("{release}{suite}")).join(arch);
            let main = folder.join("main");
            if !main.is_file() {
                if suite.is_empty() {
                    bail!("{}: there is no such list", main.display());
                }
                without.push(*suite);
                continue;
            }
            for package in list::read(&main, with_dependencies)? {
                let known = newest.get(&package.name);
                if known.is_none() && !suite.is_empty() {
                    only_beside.insert(package.name.clone(), *suite);
                }
                if known.is_none_or(|known| version::compare(&package.version, &known.version).is_ge()) {
                    newest.insert(package.name.clone(), package);
                }
            }
            for (component, letter) in OTHER_COMPONENTS {
                let path = folder.join(component);
                if path.is_file() {
                    for package in list::read(&path, false)? {
                        others.entry(package.name).or_insert(*letter);
                    }
                }
            }
        }
        let mut packages: Vec<Package> = newest.into_values().collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        let by_name = packages.iter().enumerate().map(|(at, package)| (package.name.clone(), at)).collect();
        let mut providers: HashMap<String, Vec<(usize, Option<String>)>> = HashMap::new();
        for (at, package) in packages.iter().enumerate() {
            for (name, version) in &package.provides {
                let all = providers.entry(name.clone()).or_default();
                if all.last().is_none_or(|(last, _)| *last != at) {
                    all.push((at, version.clone()));
                }
            }
        }
        Ok(Release { packages, by_name, providers, others, without, only_beside })
    }

    /// All names that it knows.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.by_name.keys().chain(self.providers.keys()).chain(self.others.keys())
    }

    /// `r` for a package, `v` for a virtual one with one provider, `m` with several, `c`, `n` or `f` where it is only
    /// in another component, `-` where there is none.
    pub fn status(&self, name: &str) -> char {
        if self.by_name.contains_key(name) {
            return 'r';
        }
        match self.providers.get(name).map(Vec::len) {
            Some(1) => 'v',
            Some(_) => 'm',
            None => self.others.get(name).copied().unwrap_or('-'),
        }
    }

    /// The suite beside the release that alone has a package.
    pub fn only_beside(&self, name: &str) -> Option<&'static str> {
        self.only_beside.get(name).copied()
    }

    /// The package that an installation of a name is one of.
    pub fn package(&self, name: &str) -> Option<usize> {
        let provider = || match self.providers.get(name).map(Vec::as_slice) {
            Some([(only, _)]) => Some(*only),
            _ => None,
        };
        self.by_name.get(name).copied().or_else(provider)
    }

    /// What fulfils a need: the package of the name first, then what provides it, the more important first.
    pub fn fulfilling(&self, need: &Need) -> Vec<usize> {
        let fits = |version: Option<&str>| match (&need.versions, version) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((how, wanted)), Some(version)) => {
                let order = version::compare(version, wanted);
                match how.as_str() {
                    "=" => order == Ordering::Equal,
                    ">>" => order == Ordering::Greater,
                    "<<" => order == Ordering::Less,
                    "<=" | "<" => order != Ordering::Greater,
                    _ => order != Ordering::Less,
                }
            }
        };
        let own = self.by_name.get(&need.name).copied();
        let own = own.filter(|at| fits(Some(&self.packages[*at].version)));
        let mut providers: Vec<usize> = self.providers.get(&need.name).map_or(Vec::new(), |all| {
            all.iter().filter(|(_, version)| fits(version.as_deref())).map(|(at, _)| *at).collect()
        });
        providers.sort_by_key(|at| self.packages[*at].priority);
        own.into_iter().chain(providers).collect()
    }
}
