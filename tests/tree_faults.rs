//! The tree of `dtpl batch` where the system fails it: read-only and full disks, limits on files,
//! threads and sizes, signals, two runs at once, and calls that fail one after the other. Whatever
//! happens, each file is old or new as a whole, and the next run puts everything in order.

#![cfg(unix)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Test, as_nobody, ending_signals, sha256, skipped, tool, tree};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dtpl");

/// A project of this many fleets, whose files say one value and are of some length.
fn project(fleets: usize) -> Test {
    let template = format!("FROM %%BALENA_ARCH%%\nLABEL value=%%VALUE%%\n# {}\n", "x".repeat(600));
    Test::in_memory().file("p/Dockerfile.template", template).file("p/fleets.yaml", yaml(0..fleets)).writes()
}

fn yaml(fleets: std::ops::Range<usize>) -> String {
    format!(
        "fleets:\n{}",
        fleets.map(|n| format!("  fleet-{n:04}: {{device: intel-nuc}}\n")).collect::<String>()
    )
}

fn args(value: &str) -> String {
    format!("batch -q --format tree -o out p -D VALUE={value}")
}

/// The program as it is run beside others, or behind another one.
fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn start(folder: &Path, value: &str) -> Child {
    command(PROGRAM, folder).args(args(value).split(' ')).spawn().unwrap()
}

/// The value that each file says, by path; a file that is torn makes this fail.
fn values(folder: &Path) -> BTreeMap<PathBuf, String> {
    let out = folder.join("out");
    let whole = |value: &str| format!("FROM amd64\nLABEL value={value}\n# {}\n", "x".repeat(600));
    let mut values = BTreeMap::new();
    for path in
        tree(&out).into_keys().filter(|path| path.file_name().is_some_and(|name| name == "Dockerfile"))
    {
        let text = fs::read_to_string(&path).unwrap();
        let value = text.lines().nth(1).unwrap_or_default().trim_start_matches("LABEL value=").to_owned();
        assert_eq!(text, whole(&value), "{} is torn", path.display());
        values.insert(path.strip_prefix(&out).unwrap().to_owned(), value);
    }
    values
}

/// Every one of the files says this value, they are as many, and there is nothing else.
fn assert_all(folder: &Path, fleets: usize, value: &str) {
    let values = values(folder);
    assert_eq!(values.len(), fleets);
    assert_eq!(values.into_values().collect::<BTreeSet<_>>(), [value.to_owned()].into());
    // Fleet, service, file; the manifest.
    assert_eq!(tree(&folder.join("out")).len(), fleets * 3 + 1, "something is left over");
}

fn open_for_all(folder: &Path) {
    for path in tree(folder).into_keys().chain([folder.to_owned()]) {
        let mode = if path.is_dir() { 0o777 } else { 0o666 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn f06_read_only_folders() {
    let Some(nobody) = as_nobody("") else { return };
    for closed in ["out", "out/fleet-0000/main", "out/fleet-0001/main", "."] {
        let test = project(2).args(&args("1"));
        open_for_all(test.path());
        let run = if closed == "." { test } else { test.ok().then(&args("2")) };
        open_for_all(run.path());
        fs::set_permissions(run.path().join(closed), fs::Permissions::from_mode(0o555)).unwrap();
        let folder = run.path().to_owned();
        let run = run.shell(&nobody).cannot(["out", ": error: cannot ", "Permission denied"]);
        if closed != "." {
            // Not even the files in the folders that are open.
            assert_all(&folder, 2, "1");
        }
        drop(run);
    }
}

#[test]
fn f07_no_space_left() {
    let test = project(8).file("out/x", "").args(&args("1"));
    let out = test.path().join("out");
    let mount = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"];
    let Some(program) = tool("mount") else { return };
    if !command(program, Path::new("/")).args(mount).arg(&out).status().unwrap().success() {
        return skipped("no file system can be mounted here");
    }
    let folder = test.path().to_owned();
    let result = std::panic::catch_unwind(|| {
        let run = test.ok();
        // All old, all new and both manifests do not fit in.
        let run = run.then(&args("2")).cannot(["error: cannot write: No space left"]);
        assert_all(&folder, 8, "1");
        run
    });
    let unmounted = command("umount", Path::new("/")).arg("-l").arg(&out).status();
    result.unwrap();
    assert!(unmounted.unwrap().success());
}

#[test]
fn e05_a_file_size_limit() {
    let run = project(4).args(&args("1")).ok();
    fs::write(run.folder.join("p/Dockerfile.template"), "x".repeat(100_000)).unwrap();
    let run = run.then(&args("2")).shell("ulimit -f 8;");
    run.cannot(["out/fleet-0000/main/Dockerfile: error: cannot write: File too large"]);
    // The manifest is too long, at last.
    let run = project(100).args(&args("1")).ok();
    run.then(&args("2"))
        .shell("ulimit -f 8;")
        .cannot(["out/manifest.json: error: cannot write: File too large"]);
}

#[test]
fn e02_few_open_files() {
    let run = project(1_000).args(&args("1")).shell("ulimit -n 8;").ok();
    assert_all(&run.folder, 1_000, "1");
    let run = run.then(&args("2")).writes().shell("ulimit -n 8;").ok();
    assert_all(&run.folder, 1_000, "2");
    // What a killed run left, as deep as it gets, and standard input a file.
    let folder = run.folder.clone();
    for name in ["a/main/Dockerfile", "a/other/Dockerfile", "b/main/Dockerfile"] {
        let path = folder.join("out/.dtpl-tmp/files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "left").unwrap();
    }
    fs::write(folder.join("p/fleets.yaml"), yaml(0..900)).unwrap();
    let run = run.then(&args("3")).arg("--prune").writes().shell("ulimit -n 8; exec 0<p/fleets.yaml;").ok();
    assert_all(&run.folder, 900, "3");
}

#[test]
fn e04_no_threads() {
    let run = project(200).args(&args("1")).args("--jobs 4").ok();
    let whole = tree(&run.folder.join("out"));
    if let Some(nobody) = as_nobody("ulimit -u 1;") {
        let test = project(200).args(&args("1")).args("--jobs 4").shell(&nobody);
        open_for_all(test.path());
        let run = test.ok();
        assert!(tree(&run.folder.join("out")).values().eq(whole.values()));
    }
    let Some(strace) = tool("strace") else { return };
    let status = command(strace, &run.folder)
        .args(["-f", "-o", "/dev/null", "-e", "inject=clone3,clone:error=EAGAIN", PROGRAM])
        .args(args("2").split(' '))
        .args(["--jobs", "4"])
        .status();
    assert!(status.unwrap().success());
    assert_all(&run.folder, 200, "2");
}

#[test]
fn f12_two_runs_at_once() {
    let run = project(300).args(&args("0")).ok();
    for round in 0..3 {
        let values = [1, 2, 3].map(|n| format!("{round}-{n}"));
        let runs: Vec<Child> = values.iter().map(|value| start(&run.folder, value)).collect();
        for mut run in runs {
            assert!(run.wait().unwrap().success());
        }
        let last = self::values(&run.folder).into_values().next().unwrap();
        assert!(values.contains(&last), "{last}");
        assert_all(&run.folder, 300, &last);
        let manifest = fs::read_to_string(run.folder.join("out/manifest.json")).unwrap();
        assert_eq!(manifest.matches(&*sha_of(&run.folder)).count(), 300, "the manifest is of another run");
    }
}

fn sha_of(folder: &Path) -> String {
    sha256(fs::read(folder.join("out/fleet-0000/main/Dockerfile")).unwrap())
}

fn kill(signal: &str, child: &Child) {
    assert!(
        command("kill", Path::new("/"))
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn f11_signals_in_the_middle() {
    let fleets = 200;
    let run = project(fleets).args(&args("0")).ok();
    let folder = run.folder.clone();
    let started = Instant::now();
    assert!(start(&folder, "1").wait().unwrap().success());
    let length = started.elapsed();
    let (mut ended, mut between) = (0, 0);
    for (turn, (signal, number)) in ending_signals().into_iter().cycle().take(9).enumerate() {
        let before = values(&folder);
        let value = format!("turn-{turn}");
        let mut child = start(&folder, &value);
        std::thread::sleep(length.mul_f64(0.15 + 0.1 * turn as f64));
        if child.try_wait().unwrap().is_none() {
            kill(signal, &child);
        }
        let status = child.wait().unwrap();
        assert!(status.signal() == Some(number) || status.success(), "{signal}: {status:?}");
        ended += usize::from(!status.success());
        // None is torn, lost or left over; and each is old or new.
        assert_eq!(tree(&folder.join("out")).len(), fleets * 3 + 1, "{signal}: something is left over");
        let after = values(&folder);
        assert!(after.iter().all(|(path, now)| *now == value || *now == before[path]), "{after:?}");
        let new = after.values().filter(|now| **now == value).count();
        between += usize::from(new > 0 && new < fleets);
    }
    eprintln!("{ended} of 9 ended by the signal, {between} of them between the first and the last file");
    // Right when half of the files are replaced.
    for (signal, number) in ending_signals() {
        assert!(start(&folder, "before").wait().unwrap().success());
        let inject = format!("inject=renameat:signal=SIG{signal}:when={}", fleets / 2);
        let Some(strace) = tool("strace") else { return };
        let status = command(strace, &folder)
            .args(["-o", "/dev/null", "-e", &inject, PROGRAM])
            .args(args(signal).split(' '))
            .status();
        assert_eq!(status.unwrap().signal(), Some(number));
        assert_eq!(tree(&folder.join("out")).len(), fleets * 3 + 1, "{signal}: something is left over");
        let new = values(&folder).values().filter(|now| *now == signal).count();
        assert_eq!(new, fleets / 2, "{signal} did not end it at once");
    }
    let run = run.then(&args("end")).writes().ok();
    assert_all(&run.folder, fleets, "end");
}

#[test]
fn f11_a_run_that_waits_for_another_can_be_ended() {
    let run = project(1).args(&args("1")).ok();
    let lock = fs::File::open(run.folder.join("out")).unwrap();
    lock.lock().unwrap();
    for (signal, number) in ending_signals() {
        let mut child = start(&run.folder, "2");
        std::thread::sleep(Duration::from_millis(150));
        assert!(child.try_wait().unwrap().is_none(), "it did not wait");
        kill(signal, &child);
        let until = Instant::now() + Duration::from_secs(60);
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > until => {
                    child.kill().unwrap();
                    panic!("{signal} did not end it");
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        assert_eq!(status.signal(), Some(number));
    }
    assert_all(&run.folder, 1, "1");
}

#[test]
fn f11_a_signal_that_is_ignored_stays_so() {
    if tool("strace").is_none() {
        return;
    }
    let run = project(4).args(&args("1")).ok();
    let script = format!(
        "trap '' HUP; exec strace -o /dev/null -e inject=renameat:signal=SIGHUP:when=2 {PROGRAM} {}",
        args("2")
    );
    let status = command("bash", &run.folder).args(["-c", &script]).status().unwrap();
    assert!(status.success(), "{status}");
    assert_all(&run.folder, 4, "2");
}

#[test]
fn f13_what_a_killed_run_left_is_removed() {
    let run = project(2).args(&args("1")).ok();
    let folder = run.folder.clone();
    let plant = || {
        for name in ["files/fleet-0000/main/Dockerfile", "files/other/main/Dockerfile", "list", "last-list"] {
            let path = folder.join("out/.dtpl-tmp").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "torn").unwrap();
        }
    };
    // By a run that has something to do, and by one that has not.
    plant();
    let run = run.then(&args("2")).writes().ok();
    assert_all(&folder, 2, "2");
    plant();
    let run = run.then(&args("2")).writes().ok();
    assert_all(&folder, 2, "2");
    plant();
    // --check leaves it to them.
    run.then(&args("2")).arg("--check").ok();
}

#[test]
fn f08_a_removal_that_fails_is_made_up_for_later() {
    let run = project(4).args(&args("1")).ok();
    fs::write(run.folder.join("p/fleets.yaml"), yaml(0..1)).unwrap();
    // The third removal fails; what is behind it must not be forgotten.
    let Some(strace) = tool("strace") else { return };
    let status = command(strace, &run.folder)
        .args(["-o", "/dev/null", "-e", "inject=unlinkat:error=EIO:when=7", PROGRAM])
        .args(args("1").split(' '))
        .arg("--prune")
        .status();
    assert_eq!(status.unwrap().code(), Some(2));
    assert_eq!(values(&run.folder).len(), 2, "it failed at another place");
    let run = run.then(&args("1")).arg("--prune").writes().ok();
    assert_all(&run.folder, 1, "1");
}
