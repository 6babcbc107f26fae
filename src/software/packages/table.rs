//! The table of Debian's packages, compiled in. `build.rs` writes it from `debian-packages.txt` as bytes that need no
//! parsing when the program starts.

use std::cmp::Ordering;

include!(concat!(env!("OUT_DIR"), "/debian_packages.rs"));

/// A file that `build.rs` wrote.
macro_rules! bytes {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/debian_packages/", $name))
    };
}

/// Entry after entry: how much of the name before is kept, what follows, and the number of its facts.
static NAMES: &[u8] = bytes!("names");
/// Where each block of [`BLOCK`] names starts: the first of them is written in full.
static BLOCKS: &[u8] = bytes!("blocks");
static FACTS: &[u8] = bytes!("facts");
/// Sets of [`TRACKED`], a bit for each.
static SETS: &[u8] = bytes!("sets");

/// The bytes of a row of [`FACTS`]: three for the statuses, two for each of four sets.
const ROW: usize = 11;

/// What the table takes in the program, and what it may take.
const BYTES: usize = NAMES.len() + BLOCKS.len() + FACTS.len() + SETS.len();
const _: () = assert!(BYTES <= 600 << 10, "the table of Debian's packages has grown too large");

/// What is known of a name: a number into [`FACTS`].
#[derive(Clone, Copy)]
pub(super) struct Facts(usize);

impl Facts {
    /// The number of the status, in the order of `-rvmcnf?`: releases one after the other, with three architectures
    /// each.
    pub fn status(self, release: usize, arch: usize) -> u8 {
        let row = &FACTS[self.0 * ROW..];
        let all = u32::from_le_bytes([row[0], row[1], row[2], 0]);
        (all >> (15 - 3 * (3 * release + arch)) & 7) as u8
    }

    /// The tracked packages that an installation brings along.
    pub fn brought(self, release: usize, with_recommends: bool) -> impl Iterator<Item = &'static str> {
        let at = self.0 * ROW + 3 + 2 * (2 * release + usize::from(with_recommends));
        let set = usize::from(u16::from_le_bytes([FACTS[at], FACTS[at + 1]]));
        let mut bits = [0; 16];
        bits[..SET].copy_from_slice(&SETS[set * SET..][..SET]);
        let bits = u128::from_le_bytes(bits);
        TRACKED.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1).map(|(_, name)| *name)
    }
}

/// An entry, and where the next one starts.
struct Entry {
    shared: usize,
    /// From and to which byte of [`NAMES`] the rest of the name goes.
    rest: (usize, usize),
    facts: Facts,
    next: usize,
}

impl Entry {
    fn at(start: usize) -> Entry {
        let head = NAMES[start];
        let from = start + 1;
        let to = from + NAMES[from..].iter().take_while(|byte| **byte < 128).count() + 1;
        let (facts, next) = match (head >= 128, NAMES.get(to)) {
            (false, Some(number)) if *number < 128 => (usize::from(*number), to + 1),
            (false, Some(number)) => (usize::from(*number & 127) << 8 | usize::from(NAMES[to + 1]), to + 2),
            _ => (0, to),
        };
        Entry { shared: usize::from(head & 127), rest: (from, to), facts: Facts(facts), next }
    }

    fn rest(&self) -> impl Iterator<Item = u8> + use<> {
        NAMES[self.rest.0..self.rest.1].iter().map(|byte| byte & 127)
    }
}

fn block(at: usize) -> usize {
    let bytes = [BLOCKS[4 * at], BLOCKS[4 * at + 1], BLOCKS[4 * at + 2], BLOCKS[4 * at + 3]];
    u32::from_le_bytes(bytes) as usize
}

/// What is known of a name, if it is in the table.
pub(super) fn find(name: &str) -> Option<Facts> {
    let name = name.as_bytes();
    // The last block whose first name is not after this one.
    let (mut from, mut to) = (0, BLOCKS.len() / 4);
    while from < to {
        let middle = from.midpoint(to);
        if Entry::at(block(middle)).rest().cmp(name.iter().copied()).is_gt() {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    let first = from.checked_sub(1)?;
    let mut start = block(first);
    // How many bytes of the name the entry before has: as the names are in order, it decides without the full name.
    let mut agreed = 0;
    for _ in first * BLOCK..COUNT.min((first + 1) * BLOCK) {
        let entry = Entry::at(start);
        match entry.shared.cmp(&agreed) {
            // It differs from the name where the one before agreed with it: it is after the name.
            Ordering::Less => return None,
            Ordering::Greater => {}
            Ordering::Equal => {
                let wanted = &name[agreed..];
                let same = entry.rest().zip(wanted).take_while(|(a, b)| a == *b).count();
                let length = entry.rest.1 - entry.rest.0;
                if same == length && same == wanted.len() {
                    return Some(entry.facts);
                }
                agreed += same;
            }
        }
        start = entry.next;
    }
    None
}

/// All names, in order.
pub(super) fn names() -> impl Iterator<Item = (String, Facts)> {
    from_block(0)
}

/// The names that start with a character.
pub(super) fn names_from(first: u8) -> impl Iterator<Item = (String, Facts)> {
    let before = |at: &usize| NAMES[Entry::at(block(*at)).rest.0] & 127 < first;
    let count = (0..BLOCKS.len() / 4).take_while(before).count();
    let all = from_block(count.saturating_sub(1));
    let starts = move |name: &str| name.as_bytes().first().copied();
    all.skip_while(move |(name, _)| starts(name) < Some(first))
        .take_while(move |(name, _)| starts(name) == Some(first))
}

fn from_block(first: usize) -> impl Iterator<Item = (String, Facts)> {
    let (mut start, mut name) = (block(first), Vec::new());
    (first * BLOCK..COUNT).map(move |_| {
        let entry = Entry::at(start);
        start = entry.next;
        name.truncate(entry.shared);
        name.extend(entry.rest());
        (String::from_utf8_lossy(&name).into_owned(), entry.facts)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_name_is_found_with_its_own_facts() {
        let all: BTreeMap<String, Facts> = names().collect();
        assert!(all.len() == COUNT && all.keys().is_sorted_by(|a, b| a < b));
        assert!(names().map(|(name, _)| name).eq(all.keys().cloned()), "they are in order");
        // Names and their neighbours, of which most are none.
        for name in all.keys() {
            for name in [name.clone(), format!("{name}~"), format!("{name}!"), name[1..].to_owned()] {
                assert_eq!(find(&name).map(|facts| facts.0), all.get(&name).map(|facts| facts.0), "{name}");
            }
        }
        for first in b'!'..=b'~' {
            let of_all = all.keys().filter(|name| name.as_bytes()[0] == first);
            assert!(names_from(first).map(|(name, _)| name).eq(of_all.cloned()), "{first}");
        }
    }

    #[test]
    fn the_table_is_the_file() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/debian-packages.txt"));
        let lines = text.lines().filter(|line| !line.starts_with('#')).skip(2);
        let mut all = names();
        for line in lines {
            let mut words = line.split(' ').peekable();
            let (name, facts) = all.next().unwrap();
            assert_eq!(Some(name.as_str()), words.next());
            let status = words.next_if(|word| !word.starts_with('+')).unwrap_or("rrr/rrr");
            let letter = |at: usize| "-rvmcnf?".as_bytes()[usize::from(facts.status(at / 3, at % 3))] as char;
            let known: String = (0..6).map(letter).collect();
            assert_eq!(known, status.replace('/', ""), "{name}");
            let mut of_file: [Vec<&str>; 4] = Default::default();
            for word in words {
                let (package, how) = word[1..].split_once(':').unwrap_or((&word[1..], "dd"));
                for (release, sign) in how.chars().enumerate() {
                    if sign == 'd' {
                        of_file[2 * release].push(package);
                    }
                    if sign != '-' {
                        of_file[2 * release + 1].push(package);
                    }
                }
            }
            for (at, expected) in of_file.into_iter().enumerate() {
                assert_eq!(facts.brought(at / 2, at % 2 == 1).collect::<Vec<_>>(), expected, "{name}");
            }
        }
        assert!(all.next().is_none());
    }
}
