//! Many files, fast: cases and pieces, cut, joined and spoiled by a small generator of our own.
//!
//! `DTPL_FUZZ_CASES=10000000 cargo test --release --test dockerfile fuzz` is the long run;
//! without the variable a short one is part of every test run. `DTPL_FUZZ_SEED` starts elsewhere.

use std::fs;
use std::path::Path;

use crate::properties::{PIECES, holds};

/// xorshift64*: good enough to make files with, and faster than making them.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 32) as usize * limit) >> 32
    }
}

/// The longest file of a run.
const LONGEST: usize = 160;

/// Fills `file` with something that looks like a Dockerfile, more or less.
fn make(random: &mut Random, seeds: &[Vec<u8>], file: &mut Vec<u8>) {
    file.clear();
    if random.below(4) > 0 {
        let seed = &seeds[random.below(seeds.len())];
        let start = if random.below(2) == 0 { 0 } else { random.below(seed.len() + 1) };
        let end = seed.len().min(start + LONGEST);
        file.extend_from_slice(&seed[start..end]);
    }
    for _ in 0..random.below(8) {
        let at = random.below(file.len() + 1);
        match random.below(6) {
            0 | 1 => {
                let piece = PIECES[random.below(PIECES.len())].as_bytes();
                file.splice(at..at, piece.iter().copied());
            }
            2 => file.truncate(at),
            3 if at < file.len() => file[at] = random.next() as u8,
            4 => {
                let end = (at + random.below(12)).min(file.len());
                file.drain(at..end);
            }
            _ => {
                let end = (at + random.below(24)).min(file.len());
                let again = file[at..end].to_vec();
                let to = random.below(file.len() + 1);
                file.splice(to..to, again);
            }
        }
    }
    file.truncate(2 * LONGEST);
}

#[test]
fn fuzz() {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let cases = number("DTPL_FUZZ_CASES").unwrap_or(20_000);
    let seed = number("DTPL_FUZZ_SEED").unwrap_or(1);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dockerfile/cases");
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let seeds: Vec<Vec<u8>> =
        folders.iter().map(|folder| fs::read(folder.join("Dockerfile")).unwrap()).collect();
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let start = std::time::Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let seeds = &seeds;
            scope.spawn(move || {
                let mut random = Random((seed * 1_000 + thread + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
                let mut file = Vec::new();
                for case in 0..cases.div_ceil(threads) {
                    make(&mut random, seeds, &mut file);
                    let held = std::panic::catch_unwind(|| holds(&file));
                    assert!(
                        held.is_ok(),
                        "thread {thread}, case {case}: {:?}",
                        String::from_utf8_lossy(&file)
                    );
                }
            });
        }
    });
    if cases > 20_000 {
        let seconds = start.elapsed().as_secs_f64();
        println!("{cases} files in {seconds:.0} s, {:.0} a second", cases as f64 / seconds);
    }
}
