//! What `dtpl batch --format tree` leaves in its folder: the files and their manifest, what stays
//! untouched, what `--prune` removes, and what is refused. Groups F and E of the catalogue of bad
//! inputs, where the system itself fails, are in `tree_faults.rs`, killed runs in `tree_kill.rs`.

mod common;

use std::collections::BTreeSet;
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
#[cfg(unix)]
use std::process::Command;

use common::{Run, Test, sha256, tree};

const TEMPLATE: &str = "FROM %%BALENA_ARCH%%\nLABEL value=%%VALUE%%\n";
const BATCH: &str = "batch --format tree -o out -D VALUE=1 p";
const ANOTHER: &str = "batch --format tree -o out -D VALUE=2 p";

/// A project with these fleets, each a line such as `kiosk: {device: intel-nuc}`.
fn project(fleets: &[&str]) -> Test {
    Test::new().file("p/Dockerfile.template", TEMPLATE).file("p/fleets.yaml", yaml(fleets)).writes()
}

fn yaml(fleets: &[&str]) -> String {
    format!("fleets:\n{}", fleets.iter().map(|fleet| format!("  {fleet}\n")).collect::<String>())
}

const TWO: [&str; 2] = ["kiosk: {device: raspberrypi3}", "edge: {device: intel-nuc}"];

fn two() -> Test {
    project(&TWO).args(BATCH)
}

/// The two fleets, made already.
fn made() -> Run {
    two().ok()
}

/// A later run on the same folder.
fn again(run: Run, args: &str) -> Test {
    run.then(BATCH).args(args).writes()
}

/// A later run whose files are all others.
fn another(run: Run, args: &str) -> Test {
    run.then(ANOTHER).args(args).writes()
}

fn listed(folder: &Path) -> BTreeSet<String> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("out/manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let left = manifest["left"].as_object().into_iter().flat_map(serde_json::Map::keys).cloned();
    files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).chain(left).collect()
}

/// Every file of the output apart from the manifest, relative to it.
fn files(folder: &Path) -> BTreeSet<String> {
    let out = folder.join("out");
    let paths = tree(&out).into_keys().filter(|path| !path.is_dir());
    let names = paths.map(|path| path.strip_prefix(&out).unwrap().to_str().unwrap().replace('\\', "/"));
    names.filter(|name| name != "manifest.json").collect()
}

#[cfg(unix)]
fn stamp(path: &Path) -> (u64, i64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

#[test]
fn the_files_and_their_manifest() {
    let run = two().stdout("");
    run.says(&["2 fleets, 1 service: 2 Dockerfiles on 2 platforms; files: 2 written"]);
    let out = run.folder.join("out");
    assert_eq!(
        fs::read_to_string(out.join("kiosk/main/Dockerfile")).unwrap(),
        "FROM armv7hf\nLABEL value=1\n"
    );
    assert_eq!(fs::read_to_string(out.join("edge/main/Dockerfile")).unwrap(), "FROM amd64\nLABEL value=1\n");
    assert_eq!(tree(&out).len(), 7, "{:?}", tree(&out));
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["version"], 1);
    assert_eq!(
        manifest["files"][1],
        serde_json::json!({
            "path": "kiosk/main/Dockerfile",
            "sha256": sha256(b"FROM armv7hf\nLABEL value=1\n"),
            "device": "raspberrypi3", "arch": "armv7hf", "platform": "linux/arm/v7", "fleet": "kiosk",
            "service": "main", "source": "Dockerfile.template", "name": "Dockerfile",
        })
    );
    assert_eq!(listed(&run.folder), files(&run.folder));
}

#[test]
fn devices_of_a_fleet_share_a_file_or_have_one_each() {
    let mixed = "mixed: {devices: [raspberrypi3, fincm3]}";
    let run = project(&[mixed]).args(BATCH).ok();
    assert_eq!(files(&run.folder), ["mixed/main/Dockerfile".to_owned()].into());
    // Now they differ.
    fs::write(run.folder.join("p/Dockerfile.template"), "FROM %%BALENA_MACHINE_NAME%%\n").unwrap();
    let run = again(run, "--prune").ok();
    let expected = ["mixed/main/Dockerfile.fincm3", "mixed/main/Dockerfile.raspberrypi3"];
    assert_eq!(files(&run.folder), expected.map(str::to_owned).into());
    assert_eq!(listed(&run.folder), files(&run.folder));
    fs::write(run.folder.join("p/fleets.yaml"), yaml(&["mixed: {device: fincm3}"])).unwrap();
    let run = again(run, "--prune").ok();
    assert_eq!(files(&run.folder), ["mixed/main/Dockerfile".to_owned()].into());
}

#[cfg(unix)]
#[test]
fn f14_unchanged_files_are_not_touched() {
    let run = made();
    let all = ["kiosk/main/Dockerfile", "edge/main/Dockerfile", "manifest.json"];
    let stamps = |run: &Run| all.map(|name| stamp(&run.folder.join("out").join(name)));
    let before = stamps(&run);
    let folder = stamp(&run.folder.join("out"));
    let run = again(run, "").ok();
    run.says(&["files: 2 unchanged"]);
    assert_eq!(stamps(&run), before);
    assert_eq!(stamp(&run.folder.join("out")), folder, "even the folder itself was changed");
    // One that somebody changed comes back, and the other stays.
    for other in ["", "FROM armv7hf\nLABEL value=2\n", "FROM armv7hf\nLABEL value=1\nx"] {
        fs::write(run.folder.join("out/kiosk/main/Dockerfile"), other).unwrap();
    }
    let run = again(run, "").ok();
    run.says(&["files: 1 written, 1 unchanged"]);
    assert_eq!(stamps(&run)[1], before[1]);
    assert_ne!(stamps(&run)[0], before[0]);
}

#[cfg(unix)]
#[test]
fn f15_modes_as_the_umask_leaves_them_and_as_they_were() {
    let run = two().shell("umask 027;").ok();
    let mode =
        |run: &Run, name: &str| fs::metadata(run.folder.join("out").join(name)).unwrap().mode() & 0o7777;
    let modes = |run: &Run| {
        ["", "kiosk", "kiosk/main", "kiosk/main/Dockerfile", "manifest.json"].map(|name| mode(run, name))
    };
    assert_eq!(modes(&run), [0o750, 0o750, 0o750, 0o640, 0o640]);
    for name in ["kiosk/main/Dockerfile", "manifest.json"] {
        fs::set_permissions(run.folder.join("out").join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let run = another(run, "").shell("umask 000;").ok();
    run.says(&["files: 2 written"]);
    assert_eq!(modes(&run), [0o750, 0o750, 0o750, 0o600, 0o600]);
}

#[test]
fn f17_prune_removes_only_what_is_listed() {
    let run = made();
    let out = run.folder.join("out");
    for name in ["kiosk/main/Dockerfile.mine", "mine/main/Dockerfile", "edge/notes"] {
        fs::create_dir_all(out.join(name).parent().unwrap()).unwrap();
        fs::write(out.join(name), "mine").unwrap();
    }
    fs::write(run.folder.join("p/fleets.yaml"), yaml(&["new: {device: intel-nuc}"])).unwrap();
    // Without --prune all stays, and stays listed, however often.
    let run = again(again(run, "").ok(), "").ok();
    assert_eq!(files(&run.folder).len(), 6);
    let old = ["edge/main/Dockerfile", "kiosk/main/Dockerfile", "new/main/Dockerfile"];
    assert_eq!(listed(&run.folder), old.map(str::to_owned).into());
    let run = again(run, "--prune").ok();
    run.says(&["files: 1 unchanged, 2 removed"]);
    let left = ["edge/notes", "kiosk/main/Dockerfile.mine", "mine/main/Dockerfile", "new/main/Dockerfile"];
    assert_eq!(files(&run.folder), left.map(str::to_owned).into());
    assert!(!run.folder.join("out/edge/main").exists(), "an empty folder stayed");
    assert_eq!(listed(&run.folder), ["new/main/Dockerfile".to_owned()].into());
    again(run, "--prune").ok().says(&["files: 1 unchanged,"]);
}

#[test]
fn check_writes_nothing_and_tells_every_difference() {
    let run = two().arg("--check").run();
    assert_eq!(run.status, 1);
    assert!(!run.folder.join("out").exists());
    assert!(
        run.text()
            .starts_with("--- /dev/null\n+++ b/out/edge/main/Dockerfile\n@@ -0,0 +1,2 @@\n+FROM amd64\n"),
        "{}",
        run.text()
    );
    let run = again(run, "").ok();
    let run = again(run, "--check").stdout("");
    run.says(&["nothing to change, of 2 Dockerfiles"]);
    // Another content, a file that is gone, one that is to go, a manifest that is not as it was.
    let run = another(run, "--check").run();
    assert_eq!(run.status, 1);
    for piece in ["-LABEL value=1\n+LABEL value=2\n", "--- a/out/kiosk/main/Dockerfile\n"] {
        assert!(run.text().contains(piece), "{}", run.text());
    }
    assert!(!run.text().contains("manifest.json"), "{}", run.text());
    run.says(&["2 to write, manifest.json to write, of 2 Dockerfiles"]);
    fs::write(run.folder.join("p/fleets.yaml"), yaml(&TWO[..1])).unwrap();
    let run = again(run, "--check --prune").run();
    assert_eq!(run.status, 1);
    assert!(run.text().contains("--- a/out/edge/main/Dockerfile\n+++ /dev/null\n"), "{}", run.text());
    fs::remove_file(run.folder.join("out/kiosk/main/Dockerfile")).unwrap();
    let run = again(run, "--check").run();
    assert!(run.text().contains("--- /dev/null\n+++ b/out/kiosk/main/Dockerfile\n"), "{}", run.text());
    fs::remove_file(run.folder.join("out/manifest.json")).unwrap();
    let run = again(run, "--check").run();
    assert_eq!(run.status, 1);
    run.says(&["manifest.json to write"]);
}

#[test]
fn files_of_others_are_not_replaced() {
    let theirs = || two().file("out/kiosk/main/Dockerfile", "FROM mine\n").file("out/notes", "mine\n");
    theirs().cannot([
        "out/kiosk/main/Dockerfile: error: this file was not made by dtpl batch",
        "replace the file with --force",
    ]);
    let run = theirs().arg("--force").ok();
    let content = |run: &Run, name: &str| fs::read_to_string(run.folder.join("out").join(name)).unwrap();
    assert_ne!(content(&run, "kiosk/main/Dockerfile"), "FROM mine\n");
    assert_eq!(content(&run, "notes"), "mine\n");
    // --check says so of what a run would not replace.
    let others = |run: &Run| run.stderr.matches("warning: this file was not made by dtpl batch").count();
    let check = theirs().arg("--check").run();
    assert_eq!((check.status, others(&check)), (1, 1), "{}", check.stderr);
    check.says(&[
        "out/kiosk/main/Dockerfile: warning: this file was not made",
        "replace the file with --force",
    ]);
    assert!(check.text().contains("-FROM mine\n"), "{}", check.text());
    for args in ["--check --force", "--check -q"] {
        let run = theirs().args(args).run();
        assert_eq!((run.status, others(&run)), (1, 0), "{args}: {}", run.stderr);
    }
    // The same content is nobody's loss.
    let made = content(&run, "kiosk/main/Dockerfile");
    two().file("out/kiosk/main/Dockerfile", made).ok().says(&["1 written, 1 unchanged"]);
    // A later run knows its own files.
    fs::write(run.folder.join("out/kiosk/main/Dockerfile"), "FROM changed\n").unwrap();
    let run = again(run, "--check").run();
    assert_eq!((run.status, others(&run)), (1, 0), "{}", run.stderr);
    again(run, "").ok().says(&["1 written, 1 unchanged"]);
}

#[test]
fn f17_a_manifest_that_cannot_be_ours_changes_nothing() {
    let path = |path: &str| format!(r#"{{"version":1,"files":[],"left":{{"{path}":""}}}}"#);
    let bad = [
        path("../x"),
        path("/etc/passwd"),
        path("a/../../b/Dockerfile"),
        path("a/b"),
        path("a/b/c/Dockerfile"),
        path("a/main/passwd"),
        path(".git/main/Dockerfile"),
        path("a/../Dockerfile"),
        path("a//Dockerfile"),
        path(r"a/b/Dockerfile\u0000"),
        path(r"a/b/Dockerfile.\u202e"),
        path("a/b/Dockerfile./x"),
        path(""),
        r#"{"version":2,"files":[]}"#.to_owned(),
        r#"{"version":1}"#.to_owned(),
        "[]".to_owned(),
        "no JSON".to_owned(),
        String::new(),
        "[".repeat(100_000),
        "\u{feff}{}".to_owned(),
    ];
    let mut run = made();
    for manifest in bad {
        fs::write(run.folder.join("out/manifest.json"), &manifest).unwrap();
        for args in ["--prune", "", "--check"] {
            run = another(run, args).refuses(["out/manifest.json:1:1: error: "]);
        }
    }
}

#[cfg(unix)]
#[test]
fn f01_f02_nothing_is_written_through_a_symbolic_link() {
    // Each in the place of what is there, or is to come.
    for planted in ["kiosk", "kiosk/main", "kiosk/main/Dockerfile", "manifest.json", ".dtpl-tmp"] {
        for target in ["elsewhere", "file", "none"] {
            for is_new in [true, false] {
                let run = if is_new { project(&TWO).args("devices -q").ok() } else { made() };
                let place = run.folder.join("out").join(planted);
                let elsewhere = run.folder.join("elsewhere");
                fs::create_dir_all(place.parent().unwrap()).unwrap();
                fs::create_dir_all(elsewhere.join("main/files")).unwrap();
                fs::write(elsewhere.join("main/Dockerfile"), "mine").unwrap();
                fs::write(run.folder.join("file"), "mine").unwrap();
                let _ = fs::remove_dir_all(&place).or_else(|_| fs::remove_file(&place));
                symlink(run.folder.join(target), &place).unwrap();
                // That nothing at all has changed, links and what they lead to, the builder sees.
                let run = another(run, "").cannot(["symbolic link"]);
                let run = another(run, "--prune").cannot(["symbolic link"]);
                again(run, "--check").cannot(["symbolic link"]);
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn f02_prune_does_not_follow_a_symbolic_link() {
    let run = made();
    let out = run.folder.join("out");
    fs::rename(out.join("edge"), run.folder.join("elsewhere")).unwrap();
    symlink("../elsewhere", out.join("edge")).unwrap();
    fs::write(run.folder.join("p/fleets.yaml"), yaml(&TWO[..1])).unwrap();
    another(run, "--prune")
        .cannot(["out/edge/main/Dockerfile: error: cannot remove: `edge` on the way is a symbolic link"]);
}

#[cfg(unix)]
#[test]
fn f20_other_things_in_the_way() {
    type Put = fn(&Path);
    let things: [(Put, &str); 3] = [
        (|path| fs::create_dir(path).unwrap(), "it is not a regular file"),
        (
            |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            "it is not a regular file",
        ),
        (|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap()), "error: cannot "),
    ];
    for (put, message) in things {
        for name in ["out/kiosk/main/Dockerfile", "out/manifest.json"] {
            let run = made();
            fs::remove_file(run.folder.join(name)).unwrap();
            put(&run.folder.join(name));
            let run = another(run, "").cannot([name, message]);
            again(run, "--check").cannot([name, message]);
        }
    }
    for (name, message) in
        [("out/.dtpl-tmp", "no folder"), ("out/kiosk", "no folder"), ("out/kiosk/main", "no folder")]
    {
        let run = made();
        let _ = fs::remove_dir_all(run.folder.join(name));
        fs::write(run.folder.join(name), "mine").unwrap();
        another(run, "").cannot([message]);
    }
}

#[cfg(unix)]
#[test]
fn f05_outputs_that_cannot_be_meant() {
    let test = || project(&TWO).args("batch --format tree -D VALUE=1 p -o");
    test().arg("/").cannot(["/: error: the output is the root of the file system"]);
    test().arg("/usr/..").cannot(["/usr/..: error: the output is the root"]);
    for folder in ["p", ".", "./p/../p", "..", "link"] {
        let test = test().arg(folder);
        symlink("p", test.path().join("link")).unwrap();
        test.cannot([folder, ": error: the output folder holds the project itself"]);
    }
    for file in ["p/fleets.yaml", "p/Dockerfile.template", "/dev/null", "link"] {
        let test = test().arg(file);
        symlink("none", test.path().join("link")).unwrap();
        test.cannot([file, ": error: this is a file, and Dockerfiles need a folder"]);
    }
    test().arg("p/fleets.yaml/x").cannot(["p/fleets.yaml/x: error: cannot make the folder: Not a directory"]);
    // Fleets from elsewhere are not written over either.
    let elsewhere = project(&TWO).file("f/fleets.yaml", yaml(&TWO));
    elsewhere
        .args("batch --format tree -D VALUE=1 p --fleets f/fleets.yaml -o f")
        .cannot(["holds the project"]);
    // Inside of the project is fine, and a link to a folder was named on purpose.
    test().arg("p/rendered").ok();
    let link = test().arg("link");
    fs::create_dir(link.path().join("real")).unwrap();
    symlink("real", link.path().join("link")).unwrap();
    assert!(link.ok().folder.join("real/kiosk/main/Dockerfile").is_file());
}

#[test]
fn f16_one_mistake_among_a_hundred_and_nothing_is_written() {
    let mut fleets: Vec<String> = (0..100).map(|n| format!("fleet-{n}: {{device: intel-nuc}}")).collect();
    let list = |fleets: &[String]| yaml(&fleets.iter().map(String::as_str).collect::<Vec<_>>());
    let run = project(&[]).file("p/fleets.yaml", list(&fleets)).args(BATCH).ok();
    fleets[57] = "fleet-57: {device: intel-nuk}".to_owned();
    fs::write(run.folder.join("p/fleets.yaml"), list(&fleets)).unwrap();
    let run = another(run, "").refuses(["p/fleets.yaml:59:", "intel-nuk"]);
    fleets[57] = "fleet-57: {device: intel-nuc, variables: {DTPL_X: \"\"}}".to_owned();
    fs::write(run.folder.join("p/fleets.yaml"), list(&fleets)).unwrap();
    // A template of which one form is bad, and it is that of one device.
    fs::write(run.folder.join("p/Dockerfile.raspberrypi3"), "FROM %%UNKNOWN%%\n").unwrap();
    fleets[57] = "fleet-57: {device: raspberrypi3}".to_owned();
    fs::write(run.folder.join("p/fleets.yaml"), list(&fleets)).unwrap();
    another(run, "").refuses(["p/Dockerfile.raspberrypi3:1:6", "UNKNOWN", "fleet-57"]);
}

#[cfg(unix)]
#[test]
fn f18_names_and_paths_that_are_too_long() {
    let name = "n".repeat(255);
    let run = project(&[&format!("{name}: {{device: intel-nuc}}")]).args(BATCH).ok();
    assert!(run.folder.join("out").join(&name).join("main/Dockerfile").is_file());
    project(&[&format!("{name}n: {{device: intel-nuc}}")]).args(BATCH).refuses(["longer than 255 bytes"]);
    let folder = "d/".repeat(2_040);
    let test = project(&TWO).args("batch --format tree -D VALUE=1 p -o").arg(&folder);
    test.refuses(["the path of this file would be longer than systems allow"]);
}

#[test]
fn a_fleet_that_would_be_in_the_place_of_the_manifest() {
    for name in ["manifest.json", "Manifest.JSON"] {
        let fleet = format!("{name}: {{device: intel-nuc}}");
        project(&[&fleet]).args(BATCH).refuses([name, "cannot be a folder beside the manifest"]);
    }
}
