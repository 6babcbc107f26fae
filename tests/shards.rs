//! `--shard`, `--shard-index` and `--shard-count`: the parts of a batch are of one size, together they are the whole,
//! and a fleet that is added or removed moves few others.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Run, Test, device_types};
use dtpl::batch::Shard;
use proptest::prelude::*;

/// Which of `count` parts each name belongs to.
fn parts<'n>(names: &BTreeSet<&'n str>, count: u64) -> BTreeMap<&'n str, u64> {
    let mut parts = BTreeMap::new();
    for index in 0..count {
        let share = Shard::new(index, count).unwrap().of(names.iter().copied());
        for name in names.iter().filter(|name| share.has(name)) {
            assert_eq!(parts.insert(*name, index), None, "{name} is in two parts of {count}");
        }
    }
    parts
}

/// Of a set of names, and of one with one more: sizes differ by one at most, and no more of the others belong to
/// another part than there are parts.
fn are_even_and_move_little(names: &BTreeSet<&str>, more: &str, count: u64) {
    let mut after = names.clone();
    after.insert(more);
    let (old, new) = (parts(names, count), parts(&after, count));
    for (parts, names) in [(&old, names), (&new, &after)] {
        assert_eq!(parts.len(), names.len(), "each belongs to a part");
        let mut sizes = vec![0; usize::try_from(count).unwrap()];
        parts.values().for_each(|part| sizes[usize::try_from(*part).unwrap()] += 1);
        assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
    }
    let moved = old.iter().filter(|(name, part)| new[*name] != **part).count();
    assert!(moved as u64 <= count, "{moved} of {} moved among {count} parts", old.len());
}

#[test]
fn up_to_64_parts_are_even_and_move_little() {
    let names: Vec<String> = (0..100).map(|number| format!("fleet-{number}")).collect();
    let names = names.iter().map(String::as_str).collect();
    for count in 1..=64 {
        are_even_and_move_little(&names, &format!("new-{count}"), count);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_are_even_and_move_little(
        names in prop::collection::btree_set("[a-z0-9/]{1,12}", 0..150),
        more in "[A-Z]{1,12}",
        count in 1u64..=64,
    ) {
        are_even_and_move_little(&names.iter().map(String::as_str).collect(), &more, count);
    }

    /// A name that was not among those that were divided belongs to one part too, in both ways to divide.
    #[test]
    fn every_name_has_a_part(names in prop::collection::vec("[a-z]{1,4}", 0..9), other in ".{0,9}", count in 1u64..70) {
        let shards = || (0..count).map(|index| Shard::new(index, count).unwrap());
        prop_assert_eq!(shards().filter(|shard| shard.of(&names).has(&other)).count(), 1);
        prop_assert_eq!(shards().filter(|shard| shard.of_stream().has(&other)).count(), 1);
    }
}

fn lines(run: &Run) -> Vec<String> {
    run.text().lines().map(str::to_owned).collect()
}

fn devices(args: &str) -> Vec<String> {
    let run = Test::new()
        .file("Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\n")
        .args("batch -q --devices all --format ndjson")
        .args(args)
        .ok();
    let slug = |line: &str| {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        object["device"].as_str().unwrap().to_owned()
    };
    run.text().lines().map(slug).collect()
}

/// B4: in three parts of all device types, no part has two more than another.
#[test]
fn device_types_are_divided_evenly() {
    let all = device_types().len();
    let parts: Vec<Vec<String>> = (1..=3).map(|part| devices(&format!("--shard {part}/3"))).collect();
    let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
    assert_eq!(sizes, [all.div_ceil(3), (all + 1) / 3, all / 3]);
    let names: BTreeSet<&String> = parts.iter().flatten().collect();
    assert_eq!(names.len(), all);
}

#[test]
fn parts_are_also_counted_from_0() {
    for (from_1, from_0) in [("--shard 1/3", "0"), ("--shard 3/3", "2")] {
        let expected = devices(from_1);
        assert_eq!(devices(&format!("--shard-index {from_0} --shard-count 3")), expected);
        let given = |test: Test| test.args("batch -q --devices all --format ndjson").ok();
        let project = || Test::new().file("Dockerfile.template", "FROM x/%%BALENA_MACHINE_NAME%%\n");
        let expected = given(project().env("DTPL_SHARD", from_1.trim_start_matches("--shard "))).stdout;
        let by_number = || project().env("DTPL_SHARD_INDEX", from_0).env("DTPL_SHARD_COUNT", "3");
        assert_eq!(given(by_number()).stdout, expected);
        // A job system sets the index; the command line says how many there are.
        let run = project().env("DTPL_SHARD_INDEX", from_0);
        let run = run.args("batch -q --devices all --format ndjson --shard-count 3").ok();
        assert_eq!(run.stdout, expected);
        // The command line takes precedence over the environment.
        let run = by_number().args("batch -q --devices all --format ndjson").args("--shard 2/3").ok();
        assert_ne!(run.stdout, expected);
        assert_eq!(run.stdout, given(project().env("DTPL_SHARD", "2/3")).stdout);
    }
}

#[test]
fn numbers_that_name_no_part_are_wrong_usage() {
    let project = || Test::new().file("Dockerfile", "FROM x\n").args("batch -d nuc");
    project()
        .args("--shard-index 3 --shard-count 3")
        .cannot(["--shard-index: error: there is no part 3 of 3", "the parts are counted from 0 to 2"]);
    let run = project().args("--shard-count 3").env("DTPL_SHARD_INDEX", "7");
    run.cannot(["environment variable DTPL_SHARD_INDEX: error: there is no part 7 of 3"]);
    project().args("--shard-index 3").cannot([
        "--shard-index",
        "the number of parts is missing",
        "--shard-count N",
    ]);
    project().args("--shard-count 3").cannot(["--shard-count", "which part is missing", "--shard-index I"]);
    project().args("--shard-index 0 --shard-count 0").cannot(["--shard-count"]);
    project().args("--shard-index -1 --shard-count 2").cannot(["-1"]);
    let both = project().args("--shard 1/2 --shard-index 0 --shard-count 2");
    both.cannot(["--shard: error: --shard and --shard-index exclude each other"]);
    for wrong in ["3/2", "0/2", "1/0", "1", "a/b", "1/2/3", "-1/2", "1/99999999999999999999"] {
        project().arg(format!("--shard={wrong}")).cannot(["--shard", "K from 1 to N"]);
    }
    // More parts than there is work for.
    let huge = "18446744073709551615";
    assert_eq!(lines(&project().args(&format!("--format ndjson --shard 1/{huge}")).ok()).len(), 1);
    assert_eq!(lines(&project().args(&format!("--format ndjson --shard {huge}/{huge}")).ok()).len(), 0);
}

/// Twelve fleets with two services on two platforms, each with a Dockerfile of its own.
fn builds(text: &str) -> Test {
    let fleets: String = (0..12)
        .map(|number| {
            format!("  f{number}: {{devices: [raspberrypi3, {}]}}\n", ["nuc", "raspberry-pi2"][number % 2])
        })
        .collect();
    Test::new()
        .file("docker-compose.yml", "services: {web: {build: web}, api: {build: api}}\n")
        .file("web/Dockerfile.template", format!("FROM x:%%BALENA_APP_NAME%%\n{text}"))
        .file("api/Dockerfile.template", "FROM x:%%BALENA_APP_NAME%%\n")
        .file("fleets.yaml", format!("fleets:\n{fleets}"))
        .args("batch -q")
}

/// Which part the rows of a matrix are in: by service, what it is for, platform.
fn rows(text: &str, count: usize) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for part in 1..=count {
        let run = builds(text).args(&format!("--format matrix --shard {part}/{count}")).ok();
        let rows = run.json()["include"].as_array().unwrap().clone();
        for row in rows {
            let key = format!("{} {} {}", row["service"], row["for"], row["platform"]);
            assert_eq!(found.insert(key, part), None, "in two parts");
        }
    }
    found
}

#[test]
fn builds_are_divided_evenly_and_stay_after_an_edit() {
    let before = rows("", 5);
    // Twelve fleets, of which six have one platform and six two; two services.
    assert_eq!(before.len(), (6 + 12) * 2);
    let size = |part| before.values().filter(|of| **of == part).count();
    assert_eq!((1..=5).map(size).collect::<Vec<_>>(), [8, 7, 7, 7, 7]);
    assert_eq!(rows("RUN echo edited\n", 5), before);
}

/// B6: two builders of one platform get half of twelve targets each.
#[test]
fn two_builders_get_half_of_the_targets_each() {
    let targets = |shard: &str| -> BTreeSet<String> {
        let run = builds("").args("--service web --format bake").args(shard).ok();
        let targets = run.json()["group"]["default"]["targets"].clone();
        targets.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let (one, other) = (targets("--shard-index 0 --shard-count 2"), targets("--shard 2/2"));
    assert_eq!((one.len(), other.len()), (6, 6));
    assert_eq!(one.union(&other).cloned().collect::<BTreeSet<_>>(), targets(""));
}

/// A stream of JSON lines is divided by the digest of each name; a fleet is in the same part, whatever comes of it.
#[test]
fn json_lines_are_divided_alike_in_every_format() {
    let fleets = |numbers: std::ops::Range<usize>| -> String {
        numbers.map(|number| format!("{{\"name\":\"f{number}\",\"device\":\"nuc\"}}\n")).collect()
    };
    let project = |fleets: &str| {
        Test::new().file("Dockerfile.template", "FROM x:%%BALENA_APP_NAME%%\n").file("f.ndjson", fleets)
    };
    let args = "batch -q --fleets f.ndjson --format ndjson --shard 2/3";
    let streamed = project(&fleets(0..300)).args(args).ok();
    let written = project(&fleets(0..300)).args(args).args("-o out.ndjson").writes().ok();
    assert_eq!(std::fs::read(written.folder.join("out.ndjson")).unwrap(), streamed.stdout);
    let tree = project(&fleets(0..300)).args("batch -q --fleets f.ndjson -o out/ --shard 2/3").writes().ok();
    let folders = std::fs::read_dir(tree.folder.join("out"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir());
    let count = lines(&streamed).len();
    assert_eq!(folders.count(), count);
    assert!((70..130).contains(&count), "{count}");
    // More of them move no other.
    let more = lines(&project(&fleets(0..400)).args(args).ok());
    assert_eq!(more[..count], lines(&streamed));
}

/// A fleet that left the list is removed by the part that it belonged to, and by no other.
#[test]
fn parts_of_a_tree_remove_what_left() {
    let fleets = |numbers: std::ops::Range<usize>| -> String {
        let fleets: String = numbers.map(|number| format!("  f{number}: {{device: nuc}}\n")).collect();
        format!("fleets:\n{fleets}")
    };
    let run = Test::new()
        .file("Dockerfile.template", "FROM x:%%BALENA_APP_NAME%%\n")
        .file("fleets.yaml", fleets(0..20));
    let mut run = run.args("batch -o out/").writes().ok();
    for part in 1..=3 {
        run = run
            .then(&format!("batch -q -o out/ --prune --shard {part}/3"))
            .file("fleets.yaml", fleets(4..18))
            .writes()
            .ok();
    }
    let found = common::tree(&run.folder.join("out"));
    let names: BTreeSet<String> = found
        .keys()
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    let mut expected: BTreeSet<String> = (4..18).map(|number| format!("f{number}")).collect();
    expected.insert("main".to_owned());
    assert_eq!(names, expected);
    run.then("batch -o out/ --check").ok();
}
