//! A part of a batch, so that several machines can share one. Each computes its own part from the
//! same input, and a part depends on names alone: a fleet that is added or removed moves no other.

use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The K-th of N parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The only part.
    pub const ALL: Shard = Shard { index: 0, count: 1 };

    /// Whether what is called `name` belongs to this part.
    pub fn has(&self, name: &str) -> bool {
        if self.count == 1 {
            return true;
        }
        let digest = Sha256::digest(name.as_bytes());
        let start = digest.first_chunk::<8>().copied().unwrap_or_default();
        u64::from_be_bytes(start) % self.count == self.index
    }

    /// Whether it is not all.
    pub fn is_part(&self) -> bool {
        self.count > 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = |(index, count): (&str, &str)| Some((index.parse().ok()?, count.parse().ok()?));
        match text.split_once('/').and_then(numbers) {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index: index - 1, count }),
            _ => Err("give it as K/N, such as 1/4, with K from 1 to N".to_owned()),
        }
    }
}

#[test]
fn a_name_belongs_to_one_part() {
    let parts: Vec<Shard> = ["1/3", "2/3", "3/3"].iter().map(|part| part.parse().unwrap()).collect();
    assert_eq!(parts.iter().filter(|part| part.has("kiosk-eu")).count(), 1);
}
