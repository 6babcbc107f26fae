//! The sets of packages in `image-contents.txt`, by image, release and variant.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../../image-contents.txt");

/// How complete the packages of a set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// There is no other package.
    Full,
    /// There may be other libraries, but no other package that has a program of the table of programs.
    Programs,
    /// These are there, and what they depend on.
    Named,
}

/// Image, release, variant; `-` where there is none, `*` for every release.
pub(super) type Key = [&'static str; 3];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    pub kind: Kind,
    /// The set that this one is added to.
    pub on: Option<Key>,
    /// In order.
    packages: Vec<&'static str>,
}

impl Set {
    /// How many packages it has itself.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Whether it has every package of another.
    pub fn has_all(&self, other: &Set) -> bool {
        other.packages.iter().all(|package| self.has(package))
    }

    pub fn has(&self, package: &str) -> bool {
        self.packages.binary_search(&package).is_ok()
    }
}

/// In order.
static SETS: LazyLock<Vec<(Key, Set)>> = LazyLock::new(|| read().into_iter().collect());

fn read() -> BTreeMap<Key, Set> {
    let mut sets = BTreeMap::new();
    let mut current: Option<(Vec<Key>, Set)> = None;
    let mut keep = |current: Option<(Vec<Key>, Set)>| {
        let Some((keys, set)) = current else { return };
        for key in keys {
            sets.insert(key, set.clone());
        }
    };
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let (Some(packages), Some((_, set))) = (line.strip_prefix("  "), &mut current) {
            set.packages.extend(packages.split(' '));
            continue;
        }
        keep(current.take());
        let mut words = line.split([' ', ':']).filter(|word| !word.is_empty());
        let mut three = || Some([words.next()?, words.next()?, words.next()?]);
        let Some([image, releases, variant]) = three() else { continue };
        let mut rest = words.clone();
        let kind = match rest.next() {
            Some("full") => Kind::Full,
            Some("programs") => Kind::Programs,
            _ => Kind::Named,
        };
        let mut on = rest.skip(1);
        let mut three = || Some([on.next()?, on.next()?, on.next()?]);
        let keys = releases.split(',').map(|release| [image, release, variant]).collect();
        current = Some((keys, Set { kind, on: three(), packages: Vec::new() }));
    }
    keep(current);
    sets
}

/// A set, and those that it is added to, the set itself first. Empty where there is none.
pub(super) fn chain(image: &str, release: &str, variant: &str) -> Vec<&'static Set> {
    let mut chain = Vec::new();
    let mut next = find([image, release, variant]);
    while let Some(set) = next {
        chain.push(set);
        next = set.on.and_then(find);
    }
    chain
}

fn find(key: [&str; 3]) -> Option<&'static Set> {
    SETS.binary_search_by(|(other, _)| other.as_slice().cmp(&key[..])).ok().map(|at| &SETS[at].1)
}

/// The sets of an image and variant for every release.
pub(super) fn all(image: &str, variant: &str) -> impl Iterator<Item = (&'static str, &'static Set)> {
    let is_meant = move |key: &Key| key[0] == image && key[2] == variant;
    SETS.iter().filter(move |(key, _)| is_meant(key)).map(|(key, set)| (key[1], set))
}
