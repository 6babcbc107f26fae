//! Other readers, side by side: what this filter passes GNU tar, bsdtar and Python's tarfile read
//! alike, and what it gives up on they all refuse.
//!
//! `DTPL_TAR_CASES` says how many archives to make up.

mod tar;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tar::tools::{READERS, listing, python_listings, takes};
use tar::*;

/// Archives that fail once output has begun: at an entry's start, within data, within the last block
/// of data, in a header, behind the end.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let template = || file("Dockerfile.template", TEMPLATE);
    let big = || file("big", vec![7; 1 << 20]);
    let front = open(&[template(), big()]);
    let behind = |bytes: &[u8]| [&front, bytes].concat();
    let long = vec![1; 700];
    let twice = template().bytes();
    vec![
        ("a second template", behind(&twice)),
        ("cut in data", front[..front.len() - 300_000].to_vec()),
        ("cut in the last block of data", behind(&file("x", &long).bytes()[..512 + 699])),
        ("cut in padding", behind(&file("x", &long).bytes()[..512 + 701])),
        ("cut before the last block", behind(&file("x", &long).bytes()[..512 + 512])),
        ("cut before data", behind(&file("x", &long).bytes()[..512])),
        ("cut in a header", behind(&file("x", &long).bytes()[..300])),
        ("cut in an extension", behind(&pax(&[("comment", &long)]).bytes()[..600])),
        ("no end", front.clone()),
        ("a half end", behind(&[0; 512])),
        ("data behind the end", behind(&[vec![0; 1024], twice.clone()].concat())),
        ("a bad checksum", behind(&file("x", "").bad_checksum().bytes())),
        ("no Dockerfile", archive(&[big()])),
        ("an unknown placeholder", archive(&[file("Dockerfile.template", "FROM %%NOT_SET%%\n"), big()])),
    ]
}

#[test]
fn what_failed_is_refused_by_every_reader() {
    for (name, bytes) in broken() {
        let (out, result) = run(&bytes, |_| {});
        assert!(result.is_err(), "{name}");
        assert!(!out.is_empty(), "{name}: nothing was written");
        for reader in READERS {
            assert_ne!(takes(reader, &out), Some(true), "{name}: {} takes it", reader[0]);
        }
    }
    // The readers do take what is whole.
    let whole = archive(&[file("Dockerfile.template", TEMPLATE), file("big", vec![7; 1 << 20])]);
    for reader in READERS {
        assert_ne!(takes(reader, &accepted(&whole)), Some(false), "{} refuses a good archive", reader[0]);
    }
}

/// What an entry is made up of.
#[derive(Clone, Debug)]
struct Made {
    what: What,
    name: String,
    data: Vec<u8>,
    how: How,
    field: u32,
    is_global_in_front: bool,
}

#[derive(Clone, Copy, Debug)]
enum What {
    File,
    Directory,
    SymbolicLink,
    HardLink,
    Fifo,
    OldFile,
    Contiguous,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    V7,
    Ustar,
    Gnu,
    Pax,
    PaxSize,
}

fn made() -> impl Strategy<Value = Made> {
    use What::*;
    let what = prop_oneof![
        6 => Just(File), 2 => Just(Directory), 1 => Just(SymbolicLink), 1 => Just(HardLink), 1 => Just(Fifo),
        1 => Just(OldFile), 1 => Just(Contiguous)
    ];
    let how =
        prop_oneof![Just(How::V7), Just(How::Ustar), Just(How::Gnu), Just(How::Pax), Just(How::PaxSize)];
    let name = prop_oneof![3 => "[a-z._-]{1,20}(/[a-z.]{1,30}){0,3}", 1 => "[a-z]{1,9}(/[a-z]{1,90}){1,4}"];
    let data = prop_oneof![vec(any::<u8>(), 0..1500), Just(Vec::new()), Just(vec![0; 512])];
    (what, name, data, how, any::<u32>(), proptest::bool::weighted(0.1)).prop_map(
        |(what, name, data, how, field, is_global_in_front)| Made {
            what,
            name,
            data,
            how,
            field,
            is_global_in_front,
        },
    )
}

/// The blocks of an entry, and what a reader has to list for it.
fn blocks(made: &Made, number: usize, first_file: Option<&str>) -> (Vec<u8>, String, String) {
    // No two alike, and nothing that leads up.
    let name = format!("{}-{number}", made.name.replace("..", "__"));
    let has_data = matches!(made.what, What::File | What::OldFile | What::Contiguous);
    let data: &[u8] = if has_data { &made.data } else { b"" };
    let (kind, shown, target) = match made.what {
        What::File => (b'0', '-', None),
        What::Directory => (b'5', 'd', None),
        What::SymbolicLink => (b'2', 'l', Some("some/where")),
        What::HardLink => match first_file {
            Some(first) => (b'1', 'h', Some(first)),
            None => (b'0', '-', None),
        },
        What::Fifo if made.how != How::V7 => (b'6', 'p', None),
        // With a long name, cut somewhere, the old type may mean a directory: that is refused.
        What::OldFile if name.len() <= 100 => (0, '-', None),
        What::Contiguous if made.how != How::V7 => (b'7', '-', None),
        What::Fifo | What::Contiguous | What::OldFile => (b'0', '-', None),
    };
    let slash = if kind == b'5' { "/" } else { "" };
    let full = format!("{name}{slash}");
    let cut = |text: &str| text.as_bytes()[..text.len().min(100)].to_vec();
    let mut entry = entry(kind, cut(&full), data);
    if let Some(target) = target {
        entry = entry.put(157, &cut(target));
    }
    entry = entry.put(100, format!("{:07o}\0", made.field & 0o7777).as_bytes());
    entry = entry.put(136, format!("{:011o}\0", made.field).as_bytes());
    let is_long = full.len() > 100 || target.is_some_and(|target| target.len() > 100);
    let how = if is_long && made.how == How::V7 { How::Gnu } else { made.how };
    let mut bytes = Vec::new();
    if made.is_global_in_front {
        bytes.extend(global(&[("comment", b"made up")]).bytes());
    }
    match how {
        How::V7 => entry = entry.v7(),
        How::Gnu => {
            entry = entry.gnu().put(108, b"\x80\0\0\0\0\x04\x93\xE0");
            for (kind, text) in [(b'K', target.unwrap_or_default()), (b'L', &full)] {
                if text.len() > 100 {
                    bytes.extend(long(kind, text).bytes());
                }
            }
        }
        How::Ustar if full.len() <= 100 && !is_long => {}
        How::Ustar | How::Pax | How::PaxSize => {
            let mtime = format!("{}.25", i64::from(made.field) - (1 << 31));
            let size = data.len().to_string();
            let mut records: Vec<(&str, &[u8])> =
                vec![("path", full.as_bytes()), ("mtime", mtime.as_bytes())];
            if let Some(target) = target {
                records.push(("linkpath", target.as_bytes()));
            }
            if how == How::PaxSize && has_data {
                records.push(("size", size.as_bytes()));
                entry = entry.size(b"00000000000\0");
            }
            bytes.extend(pax(&records).bytes());
        }
    }
    bytes.extend(entry.bytes());
    let size = if shown == '-' { data.len() } else { 0 };
    (bytes, name.clone(), format!("{shown} {size} {name}"))
}

#[test]
fn what_passes_is_read_alike() {
    let cases = std::env::var("DTPL_TAR_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let folder = tempfile::tempdir().unwrap();
    let judged = std::cell::RefCell::new(Vec::new());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let strategy = (vec(made(), 0..12), 0usize..12, proptest::bool::ANY);
    let outcome = runner.run(&strategy, |(entries, at, has_plain)| {
        let mut archive = Vec::new();
        let mut passing = Vec::new();
        let mut expected = Vec::new();
        let mut first_file: Option<String> = None;
        for (number, made) in entries.iter().enumerate() {
            if number == at.min(entries.len() - 1) {
                let template = file("Dockerfile.template", TEMPLATE).bytes();
                archive.extend(&template);
                passing.extend(&template);
                expected.push(format!("- {} Dockerfile.template", TEMPLATE.len()));
                if has_plain {
                    archive.extend(file("Dockerfile", "FROM plain\n").bytes());
                }
            }
            let (bytes, name, line) = blocks(made, number, first_file.as_deref());
            if line.starts_with('-') && first_file.is_none() {
                first_file = Some(name);
            }
            archive.extend(&bytes);
            passing.extend(&bytes);
            expected.push(line);
        }
        if entries.is_empty() {
            archive.extend(file("Dockerfile.template", TEMPLATE).bytes());
            passing.clone_from(&archive);
            expected.push(format!("- {} Dockerfile.template", TEMPLATE.len()));
        }
        expected.push(format!("- {} Dockerfile", RESOLVED.len()));
        archive.resize(archive.len() + 1024, 0);
        passing.extend(resolved(&file("", ""), "Dockerfile", RESOLVED));
        passing.resize(passing.len() + 1024, 0);

        let (out, result) = run(&archive, |_| {});
        prop_assert!(result.is_ok(), "{}", messages(&result.unwrap_err()));
        prop_assert!(out == passing, "the bytes differ");
        judged.borrow_mut().push((out, expected));
        Ok(())
    });
    outcome.unwrap();

    let judged = judged.into_inner();
    let mut paths = Vec::new();
    for (number, (out, expected)) in judged.iter().enumerate() {
        let path = folder.path().join(format!("{number}.tar"));
        std::fs::write(&path, out).unwrap();
        for program in ["tar", "bsdtar"] {
            if let Some(listed) = listing(program, &path) {
                assert_eq!(&listed, expected, "{program}");
            }
        }
        paths.push(path);
    }
    for (listed, (_, expected)) in python_listings(&paths).into_iter().flatten().zip(&judged) {
        assert_eq!(&listed, expected, "python");
    }
}
