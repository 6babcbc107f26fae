//! What is different on Windows: paths with `\`, files that somebody else has open, the attribute
//! "read-only", and runs that take turns without locks on folders. `tests/windows/run` runs it under Wine.

#![cfg(windows)]

#[path = "../common/mod.rs"]
mod common;

use std::fs::{self, OpenOptions};
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Test, tree};

const FLEETS: &str = "fleets:\n  kiosk: {device: raspberrypi3}\n  edge: {device: intel-nuc}\n";
const TREE: &str = "batch --format tree -o out p";

fn project(template: &str) -> Test {
    Test::new().file("p/Dockerfile.template", template).file("p/fleets.yaml", FLEETS).writes()
}

/// A project with the fleets `f0`, `f1`, ..., which takes a while to write.
fn many_fleets(count: usize) -> Test {
    let fleets: String = (0..count).map(|number| format!("  f{number}: {{device: intel-nuc}}\n")).collect();
    Test::new()
        .file("p/Dockerfile.template", "FROM 0\n")
        .file("p/fleets.yaml", format!("fleets:\n{fleets}"))
        .writes()
}

/// Starts a run that nobody waits for yet.
fn start(folder: &Path, args: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dtpl"));
    command.args(args.split(' ')).current_dir(folder);
    common::start(command.stdout(Stdio::null()).stderr(Stdio::piped()))
}

fn read_only(path: &Path, is_read_only: bool) {
    let mut permissions = fs::metadata(path).unwrap().permissions();
    permissions.set_readonly(is_read_only);
    fs::set_permissions(path, permissions).unwrap();
}

#[test]
fn a_path_with_backslashes_is_named_as_it_was_given() {
    Test::new()
        .file("a/b/Dockerfile.template", "FROM %%BALENA_ARCH%%\n")
        .arg(r"render")
        .args(r"-d raspberrypi3 a\b")
        .stdout("FROM armv7hf\n")
        .quietly();
    // Not by the pieces that a run says: those are compared without regard to the kind of slash.
    let run = Test::new()
        .file("a/b.template", "FROM %%NONE%%\n")
        .args(r"render -d raspberrypi3 a\b.template")
        .refuses([]);
    assert!(run.stderr.starts_with(r"a\b.template:1:6: error"), "{}", run.stderr);
    let run = Test::new().args(r"render -d raspberrypi3 no\where").cannot([]);
    assert!(run.stderr.starts_with(r"no\where: error"), "{}", run.stderr);
}

#[test]
fn contexts_of_a_compose_file_have_slashes() {
    let test = || {
        Test::new()
            .file("docker-compose.yml", "services: {one: {build: ./a/b}}\n")
            .file("a/b/Dockerfile.template", "FROM %%BALENA_ARCH%%\n")
    };
    let run = test().args("batch --devices nuc --format bake").ok();
    assert!(run.text().contains("a/b") && !run.text().contains(r"a\\b"), "{}", run.text());
    test().args("render -d nuc").stdout("FROM amd64\n");
}

#[test]
fn lines_end_as_they_do_in_the_template() {
    let text = "FROM %%BALENA_ARCH%%\r\nRUN a \\\r\n  b\r\n";
    Test::template(text).stdout("FROM armv7hf\r\nRUN a \\\r\n  b\r\n");
    let run = Test::template(text).args("-o out").writes().ok();
    assert_eq!(fs::read(run.folder.join("out")).unwrap(), b"FROM armv7hf\r\nRUN a \\\r\n  b\r\n");
}

#[test]
fn an_output_is_new_replaced_or_left() {
    let output = || Test::template("FROM %%BALENA_ARCH%%\n").args("-o out").writes();
    for old in [None, Some("old"), Some("FROM armv7hf\n"), Some("FROM armv7hf\nx")] {
        let test = output();
        let test = match old {
            Some(old) => test.file("out", old),
            None => test,
        };
        let run = test.ok();
        assert_eq!(fs::read(run.folder.join("out")).unwrap(), b"FROM armv7hf\n");
        assert_eq!(tree(&run.folder).len(), 2, "something else is left");
    }
}

#[test]
fn a_read_only_output_stays() {
    let test = Test::template("FROM %%BALENA_ARCH%%\n").args("-o out").writes().file("out", "old");
    let out = test.path().join("out");
    read_only(&out, true);
    let run = test.cannot(["out: error: cannot write: it is read-only"]);
    read_only(&out, false);
    assert_eq!(tree(&run.folder).len(), 2, "something else is left");
}

#[test]
fn a_read_only_file_of_a_tree_stops_all_of_it() {
    let run = project("FROM %%BALENA_ARCH%%\n").args(TREE).ok();
    let kiosk = run.folder.join(r"out\kiosk\main\Dockerfile");
    read_only(&kiosk, true);
    fs::write(run.folder.join(r"p\Dockerfile.template"), "FROM x\n").unwrap();
    let run = run.then(TREE).writes().cannot(["Dockerfile: error: cannot write: it is read-only"]);
    read_only(&kiosk, false);
    assert_eq!(fs::read(run.folder.join("out/edge/main/Dockerfile")).unwrap(), b"FROM amd64\n");
}

#[test]
fn a_file_that_somebody_has_open_stays() {
    let test = Test::template("FROM %%BALENA_ARCH%%\n").args("-o out").writes().file("out", "old");
    let out = test.path().join("out");
    // As an editor may have it: others may read, and no more.
    let open = OpenOptions::new().read(true).share_mode(1).open(&out).unwrap();
    let run = test.cannot(["out: error: cannot write: "]);
    drop(open);
    assert_eq!(fs::read(&out).unwrap(), b"old");
    assert_eq!(tree(&run.folder).len(), 2, "something else is left");
}

#[test]
fn a_file_of_a_tree_that_somebody_has_open_stays() {
    let run = project("FROM %%BALENA_ARCH%%\n").args(TREE).ok();
    let kiosk = run.folder.join("out/kiosk/main/Dockerfile");
    fs::write(run.folder.join("p/Dockerfile.template"), "FROM x\n").unwrap();
    let open = OpenOptions::new().read(true).share_mode(1).open(&kiosk).unwrap();
    let mut dtpl = Command::new(env!("CARGO_BIN_EXE_dtpl"));
    let failed = dtpl.args(TREE.split(' ')).current_dir(&run.folder).output().unwrap();
    let message = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(2), "{message}");
    assert!(message.contains("Dockerfile: error: cannot write: "), "{message}");
    drop(open);
    assert_eq!(fs::read(&kiosk).unwrap(), b"FROM armv7hf\n");
    // The next run does what this one could not.
    let run = run.then(TREE).writes().ok();
    assert_eq!(fs::read(&kiosk).unwrap(), b"FROM x\n");
    assert!(!run.folder.join("out/.dtpl-tmp").exists());
}

#[test]
fn a_tree_names_its_files_with_slashes_and_leaves_no_lock() {
    let run = project("FROM %%BALENA_ARCH%%\n").args(r"batch --format tree -o a\out p").ok();
    let manifest = fs::read_to_string(run.folder.join("a/out/manifest.json")).unwrap();
    assert!(manifest.contains("\"kiosk/main/Dockerfile\"") && !manifest.contains('\\'), "{manifest}");
    let run = run.then(r"batch --format tree -o a\out p").ok();
    run.says(&["2 unchanged"]);
    let mut names: Vec<_> =
        fs::read_dir(run.folder.join("a/out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["edge", "kiosk", "manifest.json"]);
}

/// Waits until `is_reached`, or the run has ended.
fn wait_until(child: &mut Child, is_reached: impl Fn() -> bool) {
    while !is_reached() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The first run is at work when the others start: each has to wait until the one before it is done.
#[test]
fn runs_take_turns() {
    const ONE: &str = "render -d nuc -o one p";
    let run = many_fleets(100).args(TREE).ok();
    for round in 1..=2 {
        let template = format!("FROM {round}-%%BALENA_ARCH%%\n");
        fs::write(run.folder.join("p/Dockerfile.template"), template).unwrap();
        let mut first = start(&run.folder, TREE);
        wait_until(&mut first, || run.folder.join("out/.dtpl-tmp").exists());
        let others = [ONE, TREE, ONE, TREE, ONE].map(|args| start(&run.folder, args));
        for child in [first].into_iter().chain(others) {
            let run = child.wait_with_output().unwrap();
            assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
        }
        for file in ["one", "out/f0/main/Dockerfile", "out/f99/main/Dockerfile"] {
            assert_eq!(fs::read_to_string(run.folder.join(file)).unwrap(), format!("FROM {round}-amd64\n"));
        }
        assert!(!tree(&run.folder).keys().any(|path| path.to_string_lossy().contains(".dtpl-")));
    }
}

/// Whenever a run is killed, every file is old or new, and the next run tidies up.
#[test]
fn a_killed_run_leaves_each_file_old_or_new() {
    const FILES: usize = 60;
    const KILLS: usize = 2;
    let mut run = many_fleets(FILES).args(TREE).ok();
    let hidden = run.folder.join("out/.dtpl-tmp");
    let made = |folder: &Path, number: usize| {
        fs::read_to_string(folder.join(format!("out/f{number}/main/Dockerfile")))
    };
    let (mut before, mut mixed) = (0, 0);
    // What a kill meets depends on the machine, so runs are killed until enough of them were at work.
    for turn in 1..=40 {
        let (old, new) = (format!("FROM {}\n", turn - 1), format!("FROM {turn}\n"));
        fs::write(run.folder.join("p/Dockerfile.template"), &new).unwrap();
        let mut child = start(&run.folder, TREE);
        if turn % 2 == 0 {
            wait_until(&mut child, || hidden.exists());
        } else {
            // Files are replaced in the order of their names.
            wait_until(&mut child, || made(&run.folder, 0).is_ok_and(|text| text == new));
        }
        let _ = child.kill();
        child.wait().unwrap();
        let is_left = hidden.exists();
        let files: Vec<_> = (0..FILES).map(|number| made(&run.folder, number).unwrap()).collect();
        assert!(files.iter().all(|text| *text == old || *text == new), "turn {turn}: {files:?}");
        let replaced = files.iter().filter(|text| **text == new).count();
        println!("turn {turn}: {replaced} replaced, {}", if is_left { "list left" } else { "no list left" });
        before += usize::from(is_left && replaced == 0);
        mixed += usize::from((1..FILES).contains(&replaced));
        assert!(
            is_left || replaced == 0 || replaced == FILES,
            "turn {turn}: {replaced} and no list of the rest"
        );
        run = run.then(TREE).writes().ok();
        assert!(!hidden.exists(), "turn {turn}: the next run did not tidy up");
        assert_eq!(made(&run.folder, FILES - 1).unwrap(), new, "turn {turn}");
        if before >= KILLS && mixed >= KILLS {
            return;
        }
    }
    panic!("of 40 runs, {before} were killed before the first file was replaced, {mixed} before the last");
}

#[test]
fn names_that_windows_cannot_have_are_refused() {
    for name in ["CON", "aux.txt", "a.", "'a:b'", "nul"] {
        Test::new()
            .file("Dockerfile.template", "FROM x\n")
            .file("fleets.yaml", format!("fleets: {{{name}: {{device: intel-nuc}}}}\n"))
            .args("batch --format tree -o out")
            .refuses(["fleets.yaml:1:", "error"]);
    }
}

#[test]
fn a_file_in_the_place_of_a_folder_is_said() {
    for name in ["out/kiosk", "out/kiosk/main"] {
        let run = project("FROM %%BALENA_ARCH%%\n").args("devices -q").ok();
        fs::create_dir_all(run.folder.join(name).parent().unwrap()).unwrap();
        fs::write(run.folder.join(name), "mine").unwrap();
        run.then(TREE).writes().cannot(["no folder"]);
    }
}

#[test]
fn prune_keeps_a_file_whose_name_changed_in_case_only() {
    for text in ["FROM %%BALENA_ARCH%%\n", "FROM x\n"] {
        let run = project("FROM %%BALENA_ARCH%%\n").args(TREE).ok();
        fs::write(run.folder.join("p/Dockerfile.template"), text).unwrap();
        fs::write(run.folder.join("p/fleets.yaml"), "fleets: {Kiosk: {device: raspberrypi3}}\n").unwrap();
        let run = run.then("batch --format tree --prune -o out p").writes().ok();
        let made = fs::read_to_string(run.folder.join("out/Kiosk/main/Dockerfile")).unwrap();
        assert_eq!(made, text.replace("%%BALENA_ARCH%%", "armv7hf"));
        assert!(!run.folder.join("out/edge").exists(), "the other fleet stays");
        let manifest = fs::read_to_string(run.folder.join("out/manifest.json")).unwrap();
        assert!(manifest.contains("\"Kiosk/main/Dockerfile\"") && !manifest.contains("kiosk/"), "{manifest}");
    }
}

#[test]
fn a_dockerfile_that_is_read_is_not_replaced_under_a_name_in_other_case() {
    let run = Test::new()
        .file("p/docker-compose.yml", "services: {a: {build: ./out/kiosk/b}, b: {build: ./out/kiosk/a}}\n")
        .file("p/out/kiosk/a/Dockerfile", "FROM a\n")
        .file("p/out/kiosk/b/Dockerfile", "FROM b\n")
        .file("p/fleets.yaml", "fleets: {Kiosk: {device: raspberrypi3}}\n")
        .args("batch --format tree -o p/out p")
        .cannot(["this would replace a Dockerfile that is read"]);
    assert_eq!(fs::read(run.folder.join("p/out/kiosk/a/Dockerfile")).unwrap(), b"FROM a\n");
}

#[test]
fn render_and_batch_take_the_same_dockerfile_whatever_its_case() {
    let test =
        || Test::new().file("Dockerfile", "FROM plain\n").file("dockerfile.raspberrypi3", "FROM variant\n");
    test().args("render -d raspberrypi3").stdout("FROM plain\n");
    let run = test().args("batch --devices raspberrypi3 --format ndjson").ok();
    assert!(run.text().contains("FROM plain") && !run.text().contains("variant"), "{}", run.text());
}

#[test]
fn a_root_of_a_drive_is_no_output() {
    for root in [r"C:\", "C:/", r"C:\windows\..", r"\"] {
        project("FROM x\n")
            .args("batch --format tree p -o")
            .arg(root)
            .cannot(["the output is the root of the file system"]);
    }
}

#[test]
fn an_output_can_have_the_longest_name() {
    // The hidden file beside it would end in half a character if the name were just cut.
    for name in ["o".repeat(255), "o".repeat(246), format!("{}\u{1f600}", "o".repeat(244))] {
        let run = Test::template("FROM %%BALENA_ARCH%%\n").args("-o").arg(&name).writes().ok();
        assert_eq!(fs::read(run.folder.join(name)).unwrap(), b"FROM armv7hf\n");
        assert_eq!(tree(&run.folder).len(), 2, "something else is left");
    }
}
