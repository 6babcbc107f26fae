//! Hostile archives, each a few lines: what is refused, and with which words; what is taken, and
//! what comes out. The numbers are those of the catalogue in the issue that asked for them.

mod tar;

use tar::*;

/// A good template, to stand beside what is tested.
fn good() -> Entry {
    file("Dockerfile.template", TEMPLATE)
}

/// An archive with a good template in front.
fn with(entries: &[Entry]) -> Vec<u8> {
    archive(&[&[good()], entries].concat())
}

/// Checks that the entries pass as they are, with a good template in front of them.
#[track_caller]
fn passes(entries: &[Entry]) {
    let out = accepted(&with(entries));
    let mut expected = open(&[&[good()], entries].concat());
    expected.extend(resolved(&good(), "Dockerfile", RESOLVED));
    expected.resize(expected.len() + 1024, 0);
    assert_eq!(out.len(), expected.len());
    assert!(out == expected, "the bytes differ");
}

#[test]
fn a01_two_templates() {
    refused(
        &with(&[good()]),
        "entry 2 \"Dockerfile.template\" at byte 1024: the archive contains the Dockerfile twice, as entries 1 and 2",
    );
}

#[test]
fn a02_one_template_under_two_names() {
    refused(&with(&[file("./Dockerfile.template", "FROM evil\n")]), "twice");
    refused(&with(&[file("x/../Dockerfile.template", "FROM evil\n")]), "`..`");
}

#[test]
fn a03_both_dockerfile_and_template() {
    let plain = file("Dockerfile", "FROM plain\n");
    let (out, outcome) = accepted_with(&with(std::slice::from_ref(&plain)), |_| {});
    assert!(warnings(&outcome).contains("Dockerfile.template is used, and Dockerfile is ignored"));
    assert_eq!(outcome.dockerfiles[0].source, "Dockerfile.template");
    let expected = [good().bytes(), resolved(&good(), "Dockerfile", RESOLVED), vec![0; 1024]].concat();
    assert!(out == expected);
}

#[test]
fn a04_a05_a06_dockerfiles_that_are_no_files() {
    for name in ["Dockerfile", "Dockerfile.template", "Dockerfile.armv7hf", "Dockerfile.raspberrypi3"] {
        for (kind, what) in
            [(b'2', "a symbolic link"), (b'1', "a hard link"), (b'6', "a named pipe"), (b'5', "a directory")]
        {
            let bad = link(kind, name, if kind < b'3' { "../../etc/passwd" } else { "" });
            let words = if kind == b'1' { "hard link" } else { what };
            refused(&archive(&[bad]), words);
        }
        refused(&archive(&[entry(b'3', name, "")]), "a device node");
    }
    refused(&with(&[link(b'2', "Dockerfile", "x")]), "a symbolic link");
    refused(&with(&[directory("Dockerfile/")]), "a directory");
    refused(&with(&[file("Dockerfile/x", "")]), "the path of the resolved Dockerfile");
}

#[test]
fn a07_names() {
    for name in ["..", "../x", "a/../b", "a/.."] {
        refused(&with(&[file(name, "")]), "`..`");
    }
    refused(&with(&[file("", "")]), "without a name");
    refused(&with(&[file("./", "")]), "slash");
    refused(&with(&[file(".", "")]), "root");
    passes(&[file("a..b", ""), file("...", ""), directory("./"), file("/abs", ""), file(".hidden", "")]);
    let (_, outcome) = accepted_with(&with(&[file("a\\b", "")]), |_| {});
    assert!(warnings(&outcome).contains("a backslash"));
    // A leading `./` or `/` does not matter for what is taken.
    for name in ["./Dockerfile.template", "/Dockerfile.template", ".//Dockerfile.template"] {
        let template = file(name, TEMPLATE);
        let expected =
            [template.bytes(), resolved(&template, "Dockerfile", RESOLVED), vec![0; 1024]].concat();
        assert!(accepted(&archive(&[template])) == expected);
    }
}

#[test]
fn a08_through_a_symbolic_link() {
    refused(
        &with(&[link(b'2', "d", "/etc"), file("d/cron.d/x", "")]),
        "entry 3 \"d/cron.d/x\" at byte 1536: the name leads through a symbolic link",
    );
    refused(&with(&[link(b'2', "a/d", "x"), file("./a//d/x", "")]), "symbolic link");
    refused(&with(&[link(b'2', "d", "/etc"), link(b'1', "x", "d/passwd")]), "symbolic link");
    passes(&[link(b'2', "d", "/etc"), file("dd/x", ""), file("e/d", "")]);
    // The file that is added must not go through one either.
    let template = file("sub/app.template", TEMPLATE);
    let bytes = archive(&[template, link(b'2', "sub", "/etc")]);
    refused_with(&bytes, "below a symbolic link", |request| request.file = Some("sub/app"));
}

#[test]
fn a08_a_hard_link_to_a_symbolic_link_is_one() {
    let links = [link(b'2', "l", "../outside"), link(b'1', "h", "l")];
    refused(&with(&[links[0].clone(), links[1].clone(), file("h/x", "1")]), "through a symbolic link");
    passes(&links);
}

#[test]
fn long_names_that_go_on_behind_their_end() {
    let mut long_name = long(b'L', &"n".repeat(120));
    long_name.data.push(b'x');
    let whole = long_name.clone();
    refused(&with(&[whole.size(b"00000000170\0"), file("z", "")]), "a long name that is not terminated");
    long_name.data = vec![b'n'; 512];
    refused(&with(&[long_name.size(b"00000001000\0"), file("z", "")]), "a long name that is not terminated");
    passes(&[long(b'L', &"n".repeat(511)), file("z", "")]);
}

#[test]
fn records_and_bytes_that_one_reader_obeys() {
    for (key, value) in [("SCHILY.realsize", &b"99999"[..]), ("SUN.holesdata", b" 0 10 20")] {
        refused(&with(&[pax(&[(key, value)]), file("z", "x")]), "readers interpret differently");
    }
    passes(&[pax(&[("SCHILY.xattr.user.x", b"1"), ("SCHILY.ino", b"5")]), file("z", "x")]);
    for at in [345, 369, 386, 482, 483] {
        for kind in [b'0', b'5', b'1'] {
            let odd = entry(kind, if kind == b'5' { "z/" } else { "z" }, "")
                .gnu()
                .put(157, if kind == b'1' { b"y" } else { b"\0" });
            refused(&with(&[odd.put(at, b"1")]), "take for a name or a map");
        }
    }
    refused(&with(&[file("z", "").put(345, b"a/")]), "a prefix that ends in a slash");
    refused(&with(&[pax(&[("path", b"l/")]), link(b'2', "l", "x")]), "ends in a slash");
    for time in ["1099511627776", "-9223372036854775807", "9223372036854775807"] {
        refused(&with(&[pax(&[("mtime", time.as_bytes())]), file("z", "")]), "readers interpret differently");
    }
    refused(&with(&[file("z", "").put(136, b"\x80\0\0\0\x40\0\0\0\0\0\0\0")]), "a time that is not a number");
    refused(&with(&[file("z", "").put(136, b"\xff\xff\0\0\0\0\0\0\0\0\0\0")]), "a time that is not a number");
}

#[test]
fn a09_hard_links_to_the_dockerfile() {
    let plain = file("Dockerfile", "FROM plain\n");
    let links = [link(b'1', "same", "Dockerfile"), link(b'1', "again", "./same")];
    let other = file("other", "1");
    let out = accepted(&archive(&[plain.clone(), links[0].clone(), links[1].clone(), other.clone()]));
    let expected = [other.bytes(), plain.bytes(), open(&links), vec![0; 1024]].concat();
    assert!(out == expected);
    refused(&archive(&[plain, link(b'1', "x", "../Dockerfile")]), "`..`");
    let many: Vec<Entry> = (0..2049).map(|number| link(b'1', &format!("l{number}"), "Dockerfile")).collect();
    refused(&with(&many), "over the limit of 1048576 bytes");
    // A link that waits comes after everything else: nothing may be in its place, or above it.
    let plain = || file("Dockerfile", "FROM x\n");
    let waits = || link(b'1', "d/x", "Dockerfile");
    refused(&archive(&[plain(), waits(), link(b'2', "d", "../outside")]), "below a symbolic link");
    refused(&archive(&[plain(), waits(), file("d/x", "real")]), "with the name of a hard link");
}

#[test]
fn a10_a11_two_sizes() {
    let inner = open(&[file("Dockerfile.template", "FROM evil\n")]);
    passes(&[pax(&[("size", b"1024")]), file("outer", &inner).size(b"00000000000\0")]);
    passes(&[pax(&[("size", b"1024")]), file("outer", &inner)]);
    let outer = [pax(&[("size", b"0")]), file("outer", &inner)];
    refused(&archive(&[&outer[..], &[file("x", "")]].concat()), "two sizes");
    refused(&with(&outer), "two sizes");
}

#[test]
fn a12_bad_sizes_in_records() {
    let values: [&[u8]; 8] =
        [b"12abc", b"-1", b"99999999999999999999999999", b"", b" 1", b"+1", b"0x10", b"9223372036854775807"];
    for value in values {
        refused(&with(&[pax(&[("size", value)]), file("x", "").size(b"00000000000\0")]), "siz");
    }
}

#[test]
fn a13_mixed_extensions() {
    let outer = pax(&[("path", b"outer")]);
    refused(&with(&[outer.clone(), long(b'L', "gnu1"), file("x", "")]), "two kinds");
    refused(&with(&[long(b'L', "gnu1"), outer.clone(), file("x", "")]), "two kinds");
    refused(&with(&[outer.clone(), global(&[("comment", b"x")]), file("x", "")]), "two kinds");
    refused(&with(&[long(b'L', "one"), long(b'L', "two"), file("x", "")]), "twice");
    refused(&with(&[outer.clone(), outer.clone(), file("x", "")]), "twice");
    refused(&with(&[outer, entry(b'S', "x", "").gnu()]), "two kinds");
    passes(&[long(b'K', "target"), long(b'L', "name"), link(b'2', "x", "t").gnu()]);
}

#[test]
fn a14_a15_a16_records() {
    let x = || file("notes.txt", "");
    refused(&with(&[pax(&[("path", b"a"), ("path", b"b")]), x()]), "`path` is given twice");
    refused(&with(&[pax(&[("mtime", b"1"), ("comment", b""), ("mtime", b"1")]), x()]), "twice");
    let forged = b"x\n28 path=Dockerfile.template\n";
    passes(&[pax(&[("comment", forged)]), x()]);
    let (_, outcome) =
        accepted_with(&archive(&[good(), pax(&[("comment", forged), ("path", b"notes.txt")]), x()]), |_| {});
    assert_eq!(outcome.dockerfiles[0].source, "Dockerfile.template");
    refused(&archive(&[pax(&[("comment", forged)]), x()]), "no Dockerfile");
    refused(&with(&[pax(&[("path", b"a\0b")]), x()]), "`path`");
    refused(&with(&[pax(&[("linkpath", b"a\0b")]), link(b'2', "x", "y")]), "`linkpath`");
    refused(&with(&[pax(&[("path", b"")]), x()]), "`path`");
    passes(&[pax(&[("path", b"a\nb")]), x()]);
    passes(&[pax(&[("__proto__", b"x"), ("SCHILY.xattr.user.x", b"\0\xff")]), x()]);
    let bad: [&[u8]; 10] = [
        b"8 path=a\n",
        b"99 path=ab\n",
        b"10 path=ab",
        b"010 path=a\n",
        b"+10 path=a\n",
        b" 10 path=a\n",
        b"x",
        b"8 patha\n",
        b"6 =ab\n",
        b"10 path=ab\n\0",
    ];
    for data in bad {
        refused(&with(&[entry(b'x', "PaxHeaders/x", data), x()]), "PAX record");
    }
    refused(&with(&[entry(b'x', "PaxHeaders/x", b""), x()]), "without content");
    for (key, value) in
        [("uid", "-1"), ("gid", "x"), ("mtime", "1e9"), ("mtime", "."), ("hdrcharset", "UTF-7")]
    {
        refused(&with(&[pax(&[(key, value.as_bytes())]), x()]), key);
    }
}

#[test]
fn a17_big_and_many_extensions() {
    let big = vec![b'a'; 5 << 20];
    refused(&with(&[pax(&[("comment", &big)]), file("x", "")]), "limit of 1048576 bytes");
    refused(&with(&[entry(b'L', "././@LongLink", "").gnu().size(b"77777777777\0"), file("x", "")]), "limit");
    let many = vec![pax(&[("mtime", b"1")]); 10_000];
    refused(&with(&many), "twice");
    refused(&with(&vec![global(&[("comment", b"1")]); 10_000]), "twice");
    let half = vec![b'a'; 600_000];
    passes(&[pax(&[("comment", &half)]), file("x", "")]);
}

#[test]
fn a18_global_records() {
    for key in ["path", "size", "linkpath", "mtime", "GNU.sparse.size"] {
        refused(&with(&[global(&[(key, b"1")]), file("x", "1")]), "for the whole archive");
    }
    let comment = || global(&[("comment", b"0123456789abcdef")]);
    passes(&[comment(), file("x", "1")]);
    passes(&[comment(), pax(&[("path", b"y")]), file("x", "1")]);
    refused(&with(&[comment()]), "without an entry");
    refused(&with(&[pax(&[("path", b"y")])]), "without an entry");
    refused(&with(&[long(b'L', "y")]), "without an entry");
    // It passes although the entry behind it does not.
    let out = accepted(&archive(&[comment(), file("Dockerfile", "FROM x\n"), file("x", "")]));
    assert!(out.starts_with(&[comment().bytes(), file("x", "").bytes()].concat()));
}

#[test]
fn a19_long_names() {
    let deep = "d/".repeat(80) + "name";
    passes(&[long(b'L', &deep), file(&deep[..100], "1").gnu()]);
    passes(&[long(b'K', &deep), link(b'2', "x", &deep[..100]).gnu()]);
    passes(&[
        pax(&[("path", deep.as_bytes()), ("linkpath", deep.as_bytes())]),
        link(b'2', "x", &deep[..100]),
    ]);
    passes(&[file("n".repeat(100), "1").put(345, &[b'p'; 155]), file("n".repeat(100), "1")]);
    // The template itself under each of them.
    let path = deep.replace("name", "app.template");
    let name: &str = deep.replace("name", "app").leak();
    for entries in [
        vec![long(b'L', &path), file("cut", TEMPLATE).gnu()],
        vec![pax(&[("path", path.as_bytes()), ("mtime", b"1.5")]), file("cut", TEMPLATE)],
        vec![file(&path[100..], TEMPLATE).put(345, &path.as_bytes()[..99])],
    ] {
        let (out, outcome) = accepted_with(&archive(&entries), |request| request.file = Some(name));
        assert_eq!(outcome.dockerfiles[0].name, name);
        let again = accepted_with(&out, |request| request.file = Some(name));
        assert!(warnings(&again.1).contains("is used, and"), "{}", warnings(&again.1));
    }
    refused(&with(&[long(b'L', "a\0b"), file("x", "")]), "NUL");
    refused(&with(&[long(b'K', "target"), file("x", "")]), "a link target on something that is no link");
    refused(&with(&[file("x", "").gnu().put(345, b"prefix")]), "take for a name");
}

/// A sparse file as GNU tar wrote it of old, its map going on in further blocks.
fn gnu_sparse(name: &str, more_blocks: usize) -> Vec<u8> {
    let mut header = entry(b'S', name, "")
        .gnu()
        .size(b"00000001000\0")
        .put(386, b"00000000000\0")
        .put(398, b"00000001000\0");
    header = header.put(483, b"00050000000\0");
    if more_blocks > 0 {
        header = header.put(482, &[1]);
    }
    let mut bytes = header.bytes();
    for number in 1..=more_blocks {
        let mut block = [0; 512];
        block[504] = u8::from(number < more_blocks);
        bytes.extend(block);
    }
    bytes.extend([7; 512]);
    bytes
}

#[test]
fn a20_sparse_files() {
    for more_blocks in [0, 1, 3, 50_000] {
        let bytes = [good().bytes(), gnu_sparse("x", more_blocks), vec![0; 1024]].concat();
        let out = accepted(&bytes);
        assert!(out.starts_with(&bytes[..bytes.len() - 1024]));
    }
    let bytes = [gnu_sparse("Dockerfile.template", 1), vec![0; 1024]].concat();
    refused(&bytes, "a sparse file");
    let new: [(&str, &[u8]); 4] = [
        ("GNU.sparse.major", b"1"),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"big"),
        ("GNU.sparse.realsize", b"99999"),
    ];
    passes(&[pax(&new), file("GNUSparseFile.1/big", [&b"1\n0\n1\n"[..], &[0; 506], b"x"].concat())]);
    let template = [&new[..2], &[("GNU.sparse.name", b"Dockerfile.template"), new[3]]].concat();
    refused(&archive(&[pax(&template), file("GNUSparseFile.1/x", "0\n")]), "a sparse file");
    let middle: [(&str, &[u8]); 3] =
        [("GNU.sparse.size", b"9"), ("GNU.sparse.numblocks", b"1"), ("GNU.sparse.map", b"0,1")];
    passes(&[pax(&middle), file("x", "1")]);
    let old: [(&str, &[u8]); 6] = [
        ("GNU.sparse.size", b"9"),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.offset", b"0"),
        ("GNU.sparse.numbytes", b"1"),
        ("GNU.sparse.offset", b"5"),
        ("GNU.sparse.numbytes", b"1"),
    ];
    passes(&[pax(&old), file("x", "12")]);
    refused(
        &with(&[pax(&[new, [old[0], middle[1], middle[2], ("comment", b"")]].concat()), file("x", "1")]),
        "sparse",
    );
    refused(&with(&[pax(&new[..3]), file("x", "1")]), "sparse");
    // Maps that do not fit their data: who unpacks reads on in the next entries.
    let text = |map: &str, data: usize| {
        let mut bytes = map.as_bytes().to_vec();
        bytes.resize(512 + data, 0);
        file("GNUSparseFile.1/big", bytes)
    };
    for bad in [
        "1\n0\n9\n",
        "2\n0\n1\n",
        "x\n",
        "2\n5\n1\n0\n0\n",
        "1\n0\n",
        "1\n99999\n1\n",
        "111111111111111111111\n",
    ] {
        refused(&with(&[pax(&new), text(bad, 1)]), "does not fit its data");
    }
    refused(&with(&[pax(&new), file("x", "")]), "does not fit its data");
    for map in [&b"0,2"[..], b"0,1,2", b"5,1,0,0", b"9,1"] {
        refused(&with(&[pax(&[middle[0], middle[1], ("GNU.sparse.map", map)]), file("x", "1")]), "sparse");
    }
    let gnu = |at: usize, bytes: &[u8]| {
        let mut archive = [good().bytes(), gnu_sparse("x", 0), vec![0; 1024]].concat();
        let start = good().bytes().len();
        archive[start + at..start + at + bytes.len()].copy_from_slice(bytes);
        archive[start + 148..start + 156].fill(b' ');
        let sum: u32 = archive[start..start + 512].iter().map(|&byte| u32::from(byte)).sum();
        archive[start + 148..start + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive
    };
    accepted(&gnu(386, b"00000000000\0"));
    for (at, bytes) in [
        (398, &b"00000002000\0"[..]),
        (386, b"junk"),
        (410, b"00000000001\x0000000000000\0"),
        (483, b"00000000001\0"),
    ] {
        refused(&gnu(at, bytes), "does not fit its data");
    }
    refused(&with(&[pax(&new), directory("x")]), "sparse");
    refused(&with(&[pax(&[("size", b"1"), middle[0], middle[1], middle[2]]), file("x", "1")]), "sparse");
}

#[test]
fn a21_a22_truncated() {
    let whole = archive(&[file("x", vec![1; 2000]), good()]);
    for length in [1, 511, 513, 1000, 2559, 2561, 3000, 3073, 3500] {
        let words = if length < 512 { "not a tar" } else { "truncated at byte" };
        let error = refused(&whole[..length], words);
        assert!(length < 512 || messages(&error).contains(&format!("byte {length}")), "{}", messages(&error));
    }
    // Half an extension.
    let whole = archive(&[pax(&[("comment", &[b'x'; 3000])]), good()]);
    refused(&whole[..2000], "truncated at byte 2000");
    refused(&whole[..3584], "truncated at byte 3584");
}

#[test]
fn a23_a24_a25_a26_the_end() {
    let bytes = open(&[good()]);
    let zeros = |count: usize| [bytes.clone(), vec![0; count]].concat();
    for count in [0, 512, 1023] {
        refused(&zeros(count), "--allow-missing-end");
        let (out, _) = accepted_with(&zeros(count), |request| request.allow_missing_end = true);
        assert!(out.ends_with(&[0; 1024]));
    }
    for count in [1024, 1025, 9216, 1 << 20] {
        assert_eq!(accepted(&zeros(count)).len(), bytes.len() + 1024 + count);
    }
    let second = archive(&[file("Dockerfile.armv7hf", "FROM evil\n")]);
    refused(&[zeros(512), second.clone()].concat(), "a single block of zeros");
    refused(&[zeros(1024), second.clone()].concat(), "data after the end of the archive, at byte 2048");
    refused(&[zeros(1 << 20), second].concat(), "data after the end");
    refused(&[zeros(1024), b"x".to_vec()].concat(), "data after the end");
    // What is in front must not have gone out as a whole archive by then.
    let long = [open(&[good(), file("x", vec![1; 1 << 20])]), vec![0; 1024], b"x".to_vec()].concat();
    let (out, result) = run(&long, |_| {});
    assert!(result.is_err() && !out.ends_with(&[0; 1024]));
}

#[test]
fn a27_no_archive() {
    refused(b"", "the input is empty");
    refused(&[0; 1024], "no Dockerfile in the context");
    refused(
        &[0; 10240],
        "looked for Dockerfile.raspberrypi3, Dockerfile.armv7hf, Dockerfile.template, Dockerfile",
    );
    refused(b"FROM debian\n", "not a tar archive");
    refused(&[b'x'; 2048], "not a tar archive");
    for (magic, name) in [
        (&b"\x1f\x8b\x08"[..], "gzip"),
        (b"\xFD7zXZ\0", "xz"),
        (b"\x28\xB5\x2F\xFD", "zstd"),
        (b"PK\x03\x04", "zip"),
        (b"BZh9", "bzip2"),
    ] {
        refused(magic, name);
        refused(&[magic, &[9; 2000]].concat(), name);
    }
}

#[test]
fn a28_a29_sizes() {
    let huge = |name: &str| file(name, "x").size(b"\x80\0\0\0\0\0\0\x02\x80\0\0\0");
    refused(&with(&[huge("big")]), "truncated at byte");
    refused(&archive(&[huge("Dockerfile.template")]), "--max-template-bytes");
    refused_with(&with(&[]), "limit of 5 bytes", |request| request.limits.template_bytes = 5);
    refused_with(&with(&[]), "--max-output-bytes", |request| request.limits.output_bytes = 5);
    let fields: [&[u8; 12]; 9] = [
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"-0000000001\0",
        b"00000000x00\0",
        b"            ",
        b"00000000008\0",
        b"0000 000000\0",
        b"\x0000000000001",
    ];
    for field in fields {
        refused(&with(&[file("x", "").size(field)]), "a size");
    }
    passes(&[file("x", "12345678").size(b"         10 "), file("y", "").size(&[0; 12])]);
}

#[test]
fn a30_checksum() {
    refused(
        &with(&[file("x", "").bad_checksum()]),
        "entry 2 \"x\" at byte 1024: a header with a wrong checksum",
    );
    refused(&archive(&[good().bad_checksum()]), "not a tar archive");
}

#[test]
fn a31_names_that_are_not_text() {
    passes(&[file(b"caf\xe9", "1"), file(b"caf\xff", "2"), file("caf\u{e9}", "3")]);
}

#[test]
fn a32_types_and_formats() {
    for kind in [b'Z', b'V', b'D', b'M', b'N', b'X', b'A', b'8', b'a', 0xFF] {
        refused(&with(&[entry(kind, "x", "")]), "entries of type");
    }
    for kind in [b'3', b'4'] {
        refused(&with(&[entry(kind, "x", "")]), "a device node");
    }
    refused(&with(&[entry(b'S', "x", "")]), "entries of type");
    refused(&with(&[entry(b'L', "x", "y").v7()]), "entries of type");
    refused(&with(&[file("x", "").put(257, b"usTar")]), "unknown tar format");
    passes(&[
        file("x", "1").v7(),
        directory("d/").v7(),
        entry(0, "old", "1").v7(),
        entry(0, "old/", "").v7(),
    ]);
    passes(&[
        entry(b'7', "contiguous", "123"),
        entry(b'6', "pipe", ""),
        entry(0, "y", "1"),
        entry(0, "z/", ""),
    ]);
    passes(&[file("x", "1").v7().put(329, b"0000000\0").put(337, b"0000000\0")]);
    refused(&with(&[file("x", "1").v7().put(345, b"prefix")]), "unknown tar format");
    refused(&with(&[file("x/", "")]), "ends in a slash");
    refused(&with(&[entry(b'7', "x/", "")]), "ends in a slash");
    refused(&with(&[pax(&[("path", b"x/")]), entry(0, "x", "")]), "ends in a slash");
    refused(&with(&[pax(&[("path", b"x")]), entry(0, "x/", "")]), "ends in a slash");
}

#[test]
fn a33_a34_a35_metadata() {
    passes(&[file("x", "1").put(100, b"0000000\0"), file("setuid", "1").put(100, b"0004755\0")]);
    passes(&[file("x", "1").put(108, b"\x80\0\0\x01\x2A\x05\xF2\0"), file("y", "1").put(108, b"01111740")]);
    passes(&[
        file("x", "1").put(136, b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x80"),
        file("y", "1").put(136, b"21736377440\0"),
    ]);
    passes(&[pax(&[("mtime", b"-1.5"), ("atime", b"1700000000.123456789")]), file("x", "1")]);
    for (at, field) in [
        (100, &b"rwxr-xr\0"[..]),
        (108, b"-000001\0"),
        (116, b"        "),
        (136, b"0x1234567890"),
        (329, b"zzzzzzzz"),
    ] {
        refused(&with(&[file("x", "1").put(at, field)]), "that is not a number");
    }
}

#[test]
fn a36_a37_data_where_there_should_be_none() {
    // A size on a directory says nothing of data: no reader looks for any.
    passes(&[directory("d/").size(b"00000002000\0")]);
    let with_data = Entry { data: b"hello".to_vec(), ..directory("d/").size(b"00000000005\0") };
    refused(&with(&[with_data]), "checksum");
    let with_zeros = Entry { data: vec![0; 1024], ..directory("d/").size(b"00000002000\0") };
    refused(&archive(&[with_zeros, good()]), "data after the end");
    refused(&with(&[pax(&[("size", b"5")]), directory("d/")]), "a directory with a size");
    let inside = open(&[file("Dockerfile.template", "FROM evil\n")]);
    for (kind, words) in
        [(b'5', "twice"), (b'2', "a link or a pipe"), (b'1', "a link or a pipe"), (b'6', "a link or a pipe")]
    {
        let bad = entry(kind, "x", &inside).put(157, if kind < b'3' { b"y" } else { b"\0" });
        refused(&archive(&[bad, good()]), words);
    }
    refused(&with(&[pax(&[("size", b"5")]), link(b'1', "x", "y")]), "a link or a pipe");
    refused(&with(&[link(b'2', "x", "")]), "a link without a target");
}

#[test]
fn a38_many() {
    let mut bytes = open(&[good()]);
    for number in 0..20_000 {
        bytes.extend(file(format!("f{number}"), "").bytes());
    }
    bytes.resize(bytes.len() + 1024, 0);
    accepted(&bytes);
    let (out, result) = run(&bytes, |request| request.entries = 10_000);
    assert!(messages(&result.unwrap_err()).contains("--max-entries"));
    assert!(out.len() % 512 != 0 || !out.ends_with(&[0; 1024]));
    // The same name again is passed on, as every reader does.
    passes(&[file("x", "1"), directory("d"), directory("d/")]);
    let (_, outcome) = accepted_with(&with(&[file("x", "1"), file("./x", "2")]), |_| {});
    assert!(warnings(&outcome).contains("entry 3 \"./x\" at byte 2048: an earlier entry has the same name"));
}

#[test]
fn a39_code_is_text() {
    let template = file("Dockerfile.template", "FROM a\nRUN <% process.exit(7) %>\n");
    let out = accepted(&archive(&[template]));
    assert!(out.windows(24).any(|window| window == b"RUN <% process.exit(7) %"));
}

#[test]
fn a40_names_that_look_alike() {
    let alike = [
        "dockerfile.template",
        "Dockerfile.template ",
        "DOCKERFILE",
        "Dockerfile.te\u{301}mplate",
        "Dockerfile.t\u{e9}mplate",
    ];
    for name in &alike[..3] {
        let (_, outcome) = accepted_with(&with(&[file(name, "FROM evil\n")]), |_| {});
        assert!(warnings(&outcome).contains("not used as Dockerfile"), "{name}");
        assert_eq!(outcome.dockerfiles[0].source, "Dockerfile.template");
    }
    let named = file("caf\u{e9}.template", TEMPLATE);
    let other = file("cafe\u{301}.template", "FROM evil\n");
    let (_, outcome) = accepted_with(&archive(&[named, other]), |request| request.file = Some("caf\u{e9}"));
    assert_eq!(outcome.dockerfiles[0].source, "caf\u{e9}.template");
}

/// One byte a read, and now and then an interruption.
struct Slow<'b>(&'b [u8], bool);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let length = buffer.len().min(1);
        std::io::Read::read(&mut self.0, &mut buffer[..length])
    }
}

#[test]
fn a41_one_service() {
    let deep = "svc/".to_owned() + &"d/".repeat(80) + "name";
    let inner = &deep[4..];
    let entries = [
        file("docker-compose.yml", "services: {}\n"),
        directory("svc/"),
        file("svc/Dockerfile.template", TEMPLATE),
        file("other/Dockerfile.template", "FROM other\n"),
        pax(&[("path", deep.as_bytes()), ("mtime", b"1.5")]),
        file(&deep[..100], "1"),
        long(b'L', &deep),
        file(&deep[..100], "2").gnu(),
        file(&deep[100..], "3").put(345, &deep.as_bytes()[..99]),
        file("./svc//foo../caf\u{e9}", "4"),
        pax(&[("linkpath", deep.as_bytes())]),
        link(b'1', "svc/hard", &deep[..100]),
        long(b'K', &deep),
        link(b'1', "svc/hard2", &deep[..100]).gnu(),
        link(b'1', "svc/hard3", "svc/hard"),
        link(b'2', "svc/soft", "svc/stays"),
        directory("svc/sub/"),
        file("svcs/x", "x"),
    ];
    let expected = [
        file("Dockerfile.template", TEMPLATE),
        pax(&[("path", inner.as_bytes()), ("mtime", b"1.5")]),
        file(&inner[156..], "1").put(345, &inner.as_bytes()[..155]),
        long(b'L', inner),
        file(&inner[..100], "2").gnu(),
        file(&inner[156..], "3").put(345, &inner.as_bytes()[..155]),
        file("foo../caf\u{e9}", "4"),
        pax(&[("linkpath", inner.as_bytes())]),
        link(b'1', "hard", &inner[..100]),
        long(b'K', inner),
        link(b'1', "hard2", &inner[..100]).gnu(),
        link(b'1', "hard3", "hard"),
        link(b'2', "soft", "svc/stays"),
        directory("sub/"),
    ];
    let bytes = archive(&entries);
    for context in ["svc", "./svc/", "/svc"] {
        let (out, outcome) = accepted_with(&bytes, |request| request.context = Some(context));
        assert_eq!(
            (outcome.dockerfiles[0].source.as_str(), outcome.dockerfiles[0].name.as_str()),
            ("Dockerfile.template", "Dockerfile")
        );
        let whole = [open(&expected), resolved(&good(), "Dockerfile", RESOLVED), vec![0; 1024]].concat();
        assert_eq!(out.len(), whole.len());
        let differs = out.chunks(512).zip(whole.chunks(512)).position(|(one, other)| one != other);
        assert_eq!(differs, None, "a block differs");
        assert_eq!(accepted(&out).len(), out.len());
    }
    refused_with(&bytes, "no directory svc/none", |request| request.context = Some("svc/none"));
    refused_with(&bytes, "no directory none in the archive", |request| request.context = Some("none"));
    refused_with(&bytes, "no Dockerfile in the context", |request| request.context = Some("svc/sub"));
    let outside = archive(&[file("x", ""), file("svc/Dockerfile", "FROM x\n"), link(b'1', "svc/x", "x")]);
    refused_with(&outside, "outside the service's build context", |request| request.context = Some("svc"));
    let no_directory = archive(&[link(b'2', "svc", "x"), good()]);
    refused_with(&no_directory, "not a directory", |request| request.context = Some("svc"));
    // Hard links to the Dockerfile wait here as well, and what is outside is judged all the same.
    let linked = archive(&[file("svc/Dockerfile", "FROM x\n"), link(b'1', "svc/same", "svc/Dockerfile")]);
    let (out, _) = accepted_with(&linked, |request| request.context = Some("svc"));
    let plain = file("Dockerfile", "FROM x\n");
    assert!(out == archive(&[plain, link(b'1', "same", "Dockerfile")]));
    let bad = archive(&[file("svc/Dockerfile", "FROM x\n"), file("a/../b", "")]);
    refused_with(&bad, "`..`", |request| request.context = Some("svc"));
}

#[test]
fn a42_one_byte_a_read() {
    let bytes = with(&[pax(&[("path", b"y")]), file("x", vec![3; 300_000]), file("Dockerfile", "FROM x\n")]);
    let variables = variables();
    let mut out = Vec::new();
    dtpl::tar_filter::resolve(&mut Slow(&bytes, false), &mut out, &request(&[&variables])).unwrap();
    assert!(out == accepted(&bytes));
}

#[test]
fn o5_metadata_of_the_template() {
    let template = pax(&[
        ("mtime", b"1.25"),
        ("path", b"Dockerfile.template"),
        ("SCHILY.xattr.user.a", b"b"),
        ("size", b"26"),
    ]);
    let own = good().put(100, b"0000600\0").put(108, b"0000007\0");
    let out = accepted(&archive(&[template, own.clone()]));
    let records = pax(&[("mtime", b"1.25"), ("path", b"Dockerfile"), ("SCHILY.xattr.user.a", b"b")]);
    let last = [records.bytes(), resolved(&own, "Dockerfile", RESOLVED), vec![0; 1024]].concat();
    assert!(out.ends_with(&last));
}

#[test]
fn o6_bytes_are_counted() {
    let text = "FROM \u{e9}\u{1F600}-%%BALENA_ARCH%%\n";
    let template = file("Dockerfile.template", text);
    let out = accepted(&archive(std::slice::from_ref(&template)));
    let content = text.replace("%%BALENA_ARCH%%", "armv7hf");
    assert!(out.ends_with(&[resolved(&template, "Dockerfile", content.as_bytes()), vec![0; 1024]].concat()));
}

#[test]
fn precedence() {
    let all = ["Dockerfile", "Dockerfile.template", "Dockerfile.armv7hf", "Dockerfile.raspberrypi3"];
    for best in 0..4 {
        let mut entries: Vec<Entry> =
            all[..=best].iter().map(|name| file(name, format!("FROM {name}\n"))).collect();
        for _ in 0..=best {
            entries.rotate_left(1);
            let (out, outcome) = accepted_with(&archive(&entries), |_| {});
            assert_eq!(
                (outcome.dockerfiles[0].source.as_str(), outcome.dockerfiles[0].name.as_str()),
                (all[best], "Dockerfile")
            );
            let last = resolved(&good(), "Dockerfile", format!("FROM {}\n", all[best]).as_bytes());
            assert!(out.ends_with(&[last, vec![0; 1024]].concat()));
        }
    }
}

#[test]
fn errors_in_the_template() {
    let bad = file("Dockerfile.template", "FROM x\nRUN %%NOT_SET%%\n");
    refused(
        &archive(&[bad]),
        "Dockerfile.template:Position { line: 2, column: 5 }: unknown placeholder %%NOT_SET%%",
    );
    refused_with(&with(&[file("a\\b", "")]), "a backslash", |request| request.limits.strict = true);
}

/// A writer that takes some bytes and then fails.
struct Fails(usize, std::io::ErrorKind);

impl std::io::Write for Fails {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(self.1.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn o1_o2_a_writer_that_fails() {
    let bytes = with(&[file("x", vec![3; 300_000])]);
    let variables = variables();
    for kind in [std::io::ErrorKind::BrokenPipe, std::io::ErrorKind::StorageFull] {
        for taken in [0, 1000, 200_000] {
            let outcome =
                dtpl::tar_filter::resolve(&mut &bytes[..], &mut Fails(taken, kind), &request(&[&variables]));
            let Err(dtpl::Error::Io { action: "write", source, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!(source.kind(), kind);
        }
    }
}

#[test]
fn o3_same_input_same_bytes() {
    let bytes = with(&[pax(&[("mtime", b"1.5")]), file("x", vec![3; 300_000])]);
    assert!(accepted(&bytes) == accepted(&bytes));
}
