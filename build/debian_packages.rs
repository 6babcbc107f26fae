//! Reads `debian-packages.txt`, and writes it as bytes that need no parsing when the program starts: names in blocks,
//! each as what it shares with the one before and what follows, and the number of what is known of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::date::Date;

/// The names of a block: a look-up compares with the first of each, and reads one block.
const BLOCK: usize = 16;
/// In the order of the numbers in the tables.
const STATUSES: &str = "-rvmcnf?";
/// What most names are.
const USUAL: &str = "rrr/rrr";

/// What is known of a name: a letter for each release and architecture, and what an installation brings along in
/// either release, without and with what is recommended.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Facts {
    status: String,
    brought: [BTreeSet<usize>; 4],
}

/// Writes the tables into a folder.
pub fn write(text: &str, out: &Path) -> anyhow::Result<()> {
    let mut head = text.lines().skip_while(|line| line.starts_with('#'));
    let mut field = |name: &str| {
        let line = head.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.with_context(|| format!("debian-packages.txt: no line `{name}`"))
    };
    Date::parse(field("snapshot")?).context("debian-packages.txt: `snapshot` is no day")?;
    let tracked: Vec<&str> = field("tracked")?.split(' ').collect();
    if tracked.len() > 128 || !tracked.is_sorted() {
        bail!("debian-packages.txt: at most 128 packages can be tracked, and they are in order");
    }

    let mut entries: Vec<(&str, Facts)> = Vec::new();
    for line in head {
        let (name, facts) =
            entry(line, &tracked).with_context(|| format!("debian-packages.txt: `{line}`"))?;
        if entries.last().is_some_and(|(before, _)| *before >= name) {
            bail!("debian-packages.txt: `{name}` is not in order");
        }
        entries.push((name, facts));
    }

    // The most frequent facts have the smallest numbers, which take a byte.
    let mut counts: BTreeMap<&Facts, usize> = BTreeMap::new();
    for (_, facts) in &entries {
        *counts.entry(facts).or_default() += 1;
    }
    let mut kinds: Vec<(&Facts, usize)> = counts.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let numbers: BTreeMap<&Facts, usize> =
        kinds.iter().enumerate().map(|(at, (facts, _))| (*facts, at)).collect();

    let (mut names, mut blocks, mut before) = (Vec::new(), Vec::new(), "");
    for (at, (name, facts)) in entries.iter().enumerate() {
        let mut shared = 0;
        if at % BLOCK == 0 {
            blocks.extend(u32::try_from(names.len())?.to_le_bytes());
        } else {
            shared = name.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count().min(127);
        }
        let number = numbers[facts];
        names.push(shared as u8 | if number == 0 { 128 } else { 0 });
        names.extend(&name.as_bytes()[shared..]);
        *names.last_mut().context("an empty name")? |= 128;
        match number {
            0 => {}
            1..128 => names.push(number as u8),
            _ => {
                let number = u16::try_from(number)?;
                anyhow::ensure!(number < 1 << 15, "more than 32,768 kinds of names");
                names.extend((number | 1 << 15).to_be_bytes());
            }
        }
        before = name;
    }

    let sets: BTreeSet<&BTreeSet<usize>> = kinds.iter().flat_map(|(facts, _)| &facts.brought).collect();
    let sets: Vec<&BTreeSet<usize>> = sets.into_iter().collect();
    let mut facts_bytes = Vec::new();
    for (facts, _) in &kinds {
        let mut status = 0_u32;
        for letter in facts.status.chars().filter(|letter| *letter != '/') {
            let at = STATUSES.find(letter).context("an unknown letter of a status")?;
            status = status << 3 | at as u32;
        }
        facts_bytes.extend(&status.to_le_bytes()[..3]);
        for set in &facts.brought {
            let at = sets.binary_search(&set).expect("collected above");
            facts_bytes.extend(u16::try_from(at)?.to_le_bytes());
        }
    }
    // As many bytes as there are tracked packages for.
    let set_bytes = tracked.len().div_ceil(8);
    let mask = |set: &&BTreeSet<usize>| set.iter().fold(0_u128, |mask, at| mask | 1 << at).to_le_bytes();
    let sets: Vec<u8> = sets.iter().flat_map(|set| mask(set).into_iter().take(set_bytes)).collect();

    let folder = out.join("debian_packages");
    std::fs::create_dir_all(&folder)?;
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes);
    put("names", &names)?;
    put("blocks", &blocks)?;
    put("facts", &facts_bytes)?;
    put("sets", &sets)?;
    let mut text = String::new();
    writeln!(text, "pub(super) static TRACKED: &[&str] = &{tracked:?};")?;
    writeln!(text, "const COUNT: usize = {};\nconst BLOCK: usize = {BLOCK};", entries.len())?;
    writeln!(text, "/// The bytes of a set.\nconst SET: usize = {set_bytes};")?;
    std::fs::write(out.join("debian_packages.rs"), text)?;
    Ok(())
}

/// Reads `NAME STATUS +BROUGHT...`.
fn entry<'t>(line: &'t str, tracked: &[&str]) -> anyhow::Result<(&'t str, Facts)> {
    let mut words = line.split(' ').peekable();
    let name = words.next().filter(|name| name.is_ascii()).context("no name")?;
    let status = words.next_if(|word| !word.starts_with('+')).unwrap_or(USUAL);
    if status.len() != USUAL.len() || status.as_bytes()[3] != b'/' {
        bail!("a status is three letters for each of two releases");
    }
    let mut facts = Facts { status: status.to_owned(), brought: Default::default() };
    for word in words {
        let word = word.strip_prefix('+').context("`+` is missing")?;
        let (package, how) = word.split_once(':').unwrap_or((word, "dd"));
        let at = tracked.binary_search(&package).ok().context("a package that is not tracked")?;
        for (release, sign) in how.chars().enumerate() {
            match sign {
                'd' => {
                    facts.brought[2 * release..2 * release + 2].iter_mut().for_each(|set| _ = set.insert(at))
                }
                'r' => _ = facts.brought[2 * release + 1].insert(at),
                _ => {}
            }
        }
    }
    Ok((name, facts))
}
