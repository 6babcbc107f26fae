//! What was looked up already for a Dockerfile, and how much more is: files with thousands of names cost no more than
//! those that people write.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::stage_image::StageImage;
use crate::cache::Cache;
use crate::image::{Knowledge, Platform, Reference};
use crate::software::packages::{Availability, DebianArch, DebianRelease, availability, near};

/// How many names of packages are looked up in one Dockerfile, and for how many of them a similar one.
const MOST_NAMES: usize = 5_000;
const MOST_NEAR: usize = 50;
/// How many lists of requirements are read.
const MOST_LISTS: usize = 100;

/// The look-ups for Dockerfiles, most of which ask about the same names. What one of them is told does not depend on
/// those before it.
#[derive(Debug, Default)]
pub struct Lookups {
    names: Budgeted<(String, DebianRelease, DebianArch), Availability>,
    near: Budgeted<(String, DebianRelease), Option<String>>,
    images: Cache<Option<StageImage>>,
    lists_left: Cell<usize>,
    /// The number of the Dockerfile.
    walk: Cell<usize>,
}

impl Lookups {
    /// Whether a package can be installed; unknown after too many names.
    pub fn availability(&self, name: &str, release: DebianRelease, arch: DebianArch) -> Availability {
        let key = (name.to_owned(), release, arch);
        let found = self.names.get(key, (self.walk.get(), MOST_NAMES), || availability(name, release, arch));
        found.unwrap_or(Availability::Unknown)
    }

    /// A package with a similar name.
    pub fn near(&self, name: &str, release: DebianRelease) -> Option<String> {
        let similar = || near(name, release).filter(|near| near != name);
        self.near.get((name.to_owned(), release), (self.walk.get(), MOST_NEAR), similar).flatten()
    }

    /// An image of which the catalogue knows this, as [`StageImage::of`] has it.
    pub fn image(
        &self,
        reference: &Reference,
        known: &Knowledge,
        platform: Option<&Platform>,
    ) -> Option<StageImage> {
        let platform_name = platform.map(Platform::to_string).unwrap_or_default();
        let key = format!("{platform_name} {}", reference.text());
        self.images.get(&key, || StageImage::of(reference, known, platform))
    }

    /// Begins a walk through a Dockerfile: as many names are looked up in each.
    pub(super) fn begin(&self) {
        self.walk.set(self.walk.get() + 1);
        self.lists_left.set(MOST_LISTS);
    }

    /// Whether one more list of requirements is read.
    pub fn may_read(&self) -> bool {
        let left = self.lists_left.get();
        self.lists_left.set(left.saturating_sub(1));
        left > 0
    }
}

/// Answers, and for each question the last walk that asked it.
type Answers<K, V> = BTreeMap<K, (V, usize)>;

/// Answers that are kept, of which one walk gets a number.
#[derive(Debug)]
struct Budgeted<K, V> {
    answers: RefCell<Answers<K, V>>,
    /// A walk, and how many different answers it got.
    given: Cell<(usize, usize)>,
}

impl<K, V> Default for Budgeted<K, V> {
    fn default() -> Self {
        Budgeted { answers: RefCell::default(), given: Cell::default() }
    }
}

impl<K: Ord, V: Clone> Budgeted<K, V> {
    /// The answer for a key; none when the walk got as many others as it may.
    fn get(&self, key: K, (walk, most): (usize, usize), find: impl FnOnce() -> V) -> Option<V> {
        let mut answers = self.answers.borrow_mut();
        let known = answers.get_mut(&key);
        if let Some((answer, last)) = &known
            && *last == walk
        {
            return Some(answer.clone());
        }
        let (of, number) = self.given.get();
        let number = if of == walk { number } else { 0 };
        if number >= most {
            return None;
        }
        self.given.set((walk, number + 1));
        match known {
            Some((answer, last)) => {
                *last = walk;
                Some(answer.clone())
            }
            None => {
                let answer = find();
                answers.insert(key, (answer.clone(), walk));
                Some(answer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dockerfile_gets_as_many_answers_whatever_was_asked_before() {
        let answers = Budgeted::default();
        let ask = |walk, key| answers.get(key, (walk, 2), || key * 10);
        assert_eq!([ask(1, 1), ask(1, 2), ask(1, 3), ask(1, 1)], [Some(10), Some(20), None, Some(10)]);
        assert_eq!([ask(2, 3), ask(2, 1), ask(2, 2), ask(2, 3)], [Some(30), Some(10), None, Some(30)]);
    }
}
