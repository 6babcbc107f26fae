//! What was looked up already for a Dockerfile, and how much more is: files with thousands of names cost no more than
//! those that people write.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::software::packages::{Availability, DebianArch, DebianRelease, availability, near};

/// How many names of packages are looked up, and for how many of them a similar one.
const MOST_NAMES: usize = 5_000;
const MOST_NEAR: usize = 50;
/// How many lists of requirements are read.
const MOST_LISTS: usize = 100;

/// The look-ups for all that a Dockerfile becomes.
#[derive(Debug)]
pub struct Lookups {
    names: RefCell<BTreeMap<(String, DebianRelease, DebianArch), Availability>>,
    near: RefCell<BTreeMap<(String, DebianRelease), Option<String>>>,
    lists_left: Cell<usize>,
}

impl Default for Lookups {
    fn default() -> Self {
        Lookups { names: RefCell::default(), near: RefCell::default(), lists_left: Cell::new(MOST_LISTS) }
    }
}

impl Lookups {
    /// Whether a package can be installed; unknown after too many names.
    pub fn availability(&self, name: &str, release: DebianRelease, arch: DebianArch) -> Availability {
        let mut names = self.names.borrow_mut();
        let key = (name.to_owned(), release, arch);
        if let Some(known) = names.get(&key) {
            return *known;
        }
        if names.len() >= MOST_NAMES {
            return Availability::Unknown;
        }
        let found = availability(name, release, arch);
        names.insert(key, found);
        found
    }

    /// A package with a similar name.
    pub fn near(&self, name: &str, release: DebianRelease) -> Option<String> {
        let mut all = self.near.borrow_mut();
        if all.len() >= MOST_NEAR {
            return None;
        }
        let similar = || near(name, release).filter(|near| near != name);
        all.entry((name.to_owned(), release)).or_insert_with(similar).clone()
    }

    /// Begins a walk through a Dockerfile: as many lists of requirements are read in each.
    pub(super) fn begin(&self) {
        self.lists_left.set(MOST_LISTS);
    }

    /// Whether one more list of requirements is read.
    pub fn may_read(&self) -> bool {
        spend(&self.lists_left)
    }
}

fn spend(left: &Cell<usize>) -> bool {
    let now = left.get();
    left.set(now.saturating_sub(1));
    now > 0
}
