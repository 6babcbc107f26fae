//! A part of a batch, so that several machines can share one. Each computes its own part from the
//! same input.
//!
//! Where all names are known, the parts are ranges of the names in the order of their SHA-256 digests,
//! so that their sizes differ by one at most, and a name that is added or removed moves at most one
//! other across each border. Of a stream nobody knows how many names will come: there a name's digest
//! alone says which part it belongs to, and the sizes are only about the same.

use std::ops::{Bound, RangeBounds as _};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::digest::Sha;

/// The K-th of N parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The only part.
    pub const ALL: Shard = Shard { index: 0, count: 1 };

    /// The part with a number that counts from 0; `None` if there are not so many parts.
    ///
    /// ```
    /// use dtpl::batch::Shard;
    ///
    /// assert_eq!(Shard::new(2, 5), "3/5".parse().ok());
    /// assert_eq!(Shard::new(5, 5), None);
    /// ```
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (index < count).then_some(Shard { index, count })
    }

    /// What of all these names belongs to this part. The sizes of the parts differ by one at most; a name
    /// that occurs twice counts once.
    ///
    /// ```
    /// use dtpl::batch::Shard;
    ///
    /// let names = ["kiosk-eu", "kiosk-us", "kiosk-jp", "edge", "lab"];
    /// let size = |shard: &str| {
    ///     let share = shard.parse::<Shard>().unwrap().of(names);
    ///     names.iter().filter(|name| share.has(name)).count()
    /// };
    /// assert_eq!([size("1/2"), size("2/2")], [3, 2]);
    /// ```
    pub fn of<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Share {
        if self.count == 1 {
            return Share(ShareOf::Range(Bound::Unbounded, Bound::Unbounded));
        }
        let mut digests: Vec<Sha> = names.into_iter().map(|name| digest(name.as_ref())).collect();
        digests.sort_unstable();
        digests.dedup();
        // The first parts have one more where the names cannot be divided without a rest.
        let total = digests.len() as u64;
        let start = |index: u64| (total / self.count) * index + (total % self.count).min(index);
        let at = |place: u64| usize::try_from(place).ok().and_then(|place| digests.get(place)).copied();
        let from = match (self.index, at(start(self.index))) {
            (0, _) => Bound::Unbounded,
            (_, Some(first)) => Bound::Included(first),
            // More parts than names.
            (_, None) => return Share(ShareOf::Nothing),
        };
        Share(ShareOf::Range(from, at(start(self.index + 1)).map_or(Bound::Unbounded, Bound::Excluded)))
    }

    /// What belongs to this part of names that come one after the other, nobody knows how many.
    pub fn of_stream(self) -> Share {
        Share(ShareOf::Stream(self))
    }

    /// Whether it is not all.
    pub fn is_part(self) -> bool {
        self.count > 1
    }
}

/// The names that belong to a part. Every name belongs to exactly one part, also one that was not among the
/// names that were divided.
#[derive(Clone, Copy, Debug)]
pub struct Share(ShareOf);

#[derive(Clone, Copy, Debug)]
enum ShareOf {
    /// Those with digests between these.
    Range(Bound<Sha>, Bound<Sha>),
    /// Those whose digest has the remainder of the part.
    Stream(Shard),
    Nothing,
}

impl Share {
    /// Whether a name belongs to it.
    pub fn has(&self, name: &str) -> bool {
        match self.0 {
            ShareOf::Range(Bound::Unbounded, Bound::Unbounded) => true,
            ShareOf::Range(from, to) => (from, to).contains(&digest(name)),
            ShareOf::Stream(shard) if shard.count == 1 => true,
            ShareOf::Stream(shard) => {
                let start = digest(name).first_chunk::<8>().copied().unwrap_or_default();
                u64::from_be_bytes(start) % shard.count == shard.index
            }
            ShareOf::Nothing => false,
        }
    }
}

fn digest(name: &str) -> Sha {
    Sha256::digest(name.as_bytes()).into()
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = |(index, count): (&str, &str)| Some((index.parse::<u64>().ok()?, count.parse().ok()?));
        text.split_once('/')
            .and_then(numbers)
            .and_then(|(number, count)| Shard::new(number.checked_sub(1)?, count))
            .ok_or_else(|| "give it as K/N, such as 1/4, with K from 1 to N".to_owned())
    }
}
