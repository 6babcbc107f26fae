//! The tree of `dtpl batch` is killed at every system call that writes, made to fail at each of them,
//! and killed at random times: no file is ever torn or lost, and the next run leaves exactly what it
//! has to. `cargo test` takes samples; `DTPL_KILLS=200` every call, and that many random times; a smaller
//! number a part of the calls.

#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use common::{folder_in_memory, sha256, tool};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dtpl");
/// What changes files, folders, or what is known of them. A file is made by `openat`, right before
/// its `fchmod` or `write`, so that nothing can be told apart there that is not tried at those.
const CALLS: [&str; 7] = ["mkdirat", "fchmod", "write", "syncfs", "renameat", "unlinkat", "flock"];

/// How many random times were asked for; nothing for samples.
fn kills() -> Option<usize> {
    std::env::var("DTPL_KILLS").ok().map(|kills| kills.parse().expect("DTPL_KILLS is a number"))
}

/// Fleets with the files that they have to have: all in one of these forms, by turns.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    /// The same fleets, each file with another content.
    Rewrite,
    /// Half of the fleets are others, the rest as before.
    Exchange,
}

type Files = BTreeMap<String, String>;

/// A project whose tree is made again and again, each time another one.
struct Tree {
    folder: tempfile::TempDir,
    change: Change,
    fleets: usize,
    turn: usize,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    kills: usize,
    failures: usize,
    between: usize,
    torn: usize,
    lost: usize,
    left_over: usize,
}

impl Tree {
    /// A tree, made once.
    fn new(fleets: usize, change: Change) -> Self {
        let folder = folder_in_memory();
        fs::create_dir(folder.path().join("p")).unwrap();
        let tree = Tree { folder, change, fleets, turn: 0, counts: Counts::default() };
        tree.prepare();
        assert!(tree.command(None).status().unwrap().success());
        assert_eq!(tree.differences(&tree.expected(0)), Vec::<String>::new());
        tree
    }

    /// The files of a turn, by fleet.
    fn expected(&self, turn: usize) -> Files {
        let (first, content) = match self.change {
            Change::Rewrite => (0, turn),
            Change::Exchange => (turn % 2 * self.fleets / 2, 0),
        };
        let names = (first..first + self.fleets).map(|n| format!("fleet-{n:04}"));
        names.map(|name| (name.clone(), text(&content.to_string(), &name))).collect()
    }

    /// Writes the project of the current turn.
    fn prepare(&self) {
        let content = if self.change == Change::Rewrite { self.turn } else { 0 };
        let template = text(&content.to_string(), "%%BALENA_APP_NAME%%");
        fs::write(self.folder.path().join("p/Dockerfile.template"), template).unwrap();
        let fleets = self.expected(self.turn);
        let lines = fleets.keys().map(|name| format!("  {name}: {{device: intel-nuc}}\n"));
        fs::write(
            self.folder.path().join("p/fleets.yaml"),
            format!("fleets:\n{}", lines.collect::<String>()),
        )
        .unwrap();
    }

    /// The run of the current turn, maybe with something injected. One thread is enough here, and
    /// calls are counted by thread.
    fn command(&self, inject: Option<&str>) -> Command {
        // Who injects something has asked `calls` before, which says if there is no strace.
        let mut command = Command::new(if inject.is_some() { "strace" } else { PROGRAM });
        if let Some(inject) = inject {
            // With the filter of the kernel the other calls take no time; it needs -f.
            command.args(["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", inject, PROGRAM]);
        }
        command
            .args("batch -q --jobs 1 --format tree --prune -o out p".split(' '))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// How often the run of the next turn makes each of these calls: before it has the lock of the
    /// folder, and in all.
    fn calls(&mut self, calls: &[&'static str]) -> Option<Vec<(&'static str, usize, usize)>> {
        let strace = tool("strace")?;
        self.turn += 1;
        self.prepare();
        let log = self.folder.path().join("log");
        let status = Command::new(strace)
            .arg("-o")
            .arg(&log)
            .args(["-e", &format!("trace=flock,{}", calls.join(",")), PROGRAM])
            .args(self.command(None).get_args())
            .current_dir(self.folder.path())
            .status();
        assert!(status.unwrap().success());
        let log = fs::read_to_string(log).unwrap();
        let locked = log.find("flock(").unwrap();
        let count =
            |log: &str, call| log.lines().filter(|line| line.starts_with(&format!("{call}("))).count();
        Some(calls.iter().map(|call| (*call, count(&log[..locked], call), count(&log, call))).collect())
    }

    /// What is not as it has to be.
    fn differences(&self, expected: &Files) -> Vec<String> {
        let mut there = self.files();
        let mut wrong: Vec<String> = expected
            .iter()
            .filter(|(name, text)| there.remove(*name).as_ref() != Some(*text))
            .map(|(name, _)| name.clone())
            .collect();
        wrong.extend(there.into_keys());
        let out = self.folder.path().join("out");
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
        let files = manifest["files"].as_array().unwrap();
        let listed =
            files.iter().map(|file| (file["path"].as_str().unwrap(), file["sha256"].as_str().unwrap()));
        let sha = |text: &String| sha256(text.as_bytes());
        let right: BTreeMap<String, String> =
            expected.iter().map(|(name, text)| (format!("{name}/main/Dockerfile"), sha(text))).collect();
        if !listed.eq(right.iter().map(|(path, sha)| (&**path, &**sha))) || manifest.get("left").is_some() {
            wrong.push("manifest.json".to_owned());
        }
        wrong
    }

    /// The Dockerfile of each fleet; anything else by its path, hidden files too.
    fn files(&self) -> Files {
        let mut files = Files::new();
        for entry in fs::read_dir(self.folder.path().join("out")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name == "manifest.json" {
                continue;
            }
            let inner: Vec<_> = names(&entry.path());
            if inner != ["main"] || names(&entry.path().join("main")) != ["Dockerfile"] {
                files.insert(format!("{name}: {inner:?}"), String::new());
            }
            if let Ok(text) = fs::read_to_string(entry.path().join("main/Dockerfile")) {
                files.insert(name, text);
            }
        }
        files
    }

    /// One more turn, that something happens to; then a run that has to put everything in order.
    /// Says how the first one ended.
    fn turn(&mut self, what: &str, disturb: impl FnOnce(&Tree) -> ExitStatus) -> ExitStatus {
        let old = self.expected(self.turn);
        self.turn += 1;
        let new = self.expected(self.turn);
        self.prepare();
        let status = disturb(self);
        let there = self.files();
        let (mut is_old, mut is_new) = (false, false);
        for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
            let (old, new) = (old.get(name), new.get(name));
            match there.get(name) {
                now if now == old && now == new => {}
                now if now == old => is_old = true,
                now if now == new => is_new = true,
                Some(text) => {
                    eprintln!("{what}: {name} is torn: {text:.80}");
                    self.counts.torn += 1;
                }
                None => {
                    eprintln!("{what}: {name} is lost");
                    self.counts.lost += 1;
                }
            }
        }
        self.counts.between += usize::from(is_old && is_new);
        let manifest = fs::read(self.folder.path().join("out/manifest.json")).unwrap();
        if serde_json::from_slice::<serde_json::Value>(&manifest).is_err() {
            eprintln!("{what}: the manifest is torn");
            self.counts.torn += 1;
        }
        if status.code().is_some() {
            assert!(matches!(status.code(), Some(0 | 2)), "{what}: {status}");
            assert!(!status.success() || !is_old, "{what}: it says that it worked");
        }
        let again = self.command(None).stderr(Stdio::inherit()).status().unwrap();
        assert!(again.success(), "{what}: and then the next run fails");
        for wrong in self.differences(&new) {
            eprintln!("{what}: and after the next run: {wrong}");
            self.counts.left_over += 1;
        }
        status
    }

    fn report(&self, what: &str, started: Instant) {
        let Counts { kills, failures, between, torn, lost, left_over } = self.counts;
        eprintln!(
            "{what}: {kills} kills, {failures} failed calls, {between} of them between the first and the last \
             file; {torn} torn, {lost} lost, {left_over} left over or wrong after the next run; {:.1} s",
            started.elapsed().as_secs_f64()
        );
        assert_eq!((torn, lost, left_over), (0, 0, 0));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A Dockerfile that is long, and says at both ends and in between what it is.
fn text(value: &str, fleet: &str) -> String {
    let line = format!("LABEL value={value} fleet={fleet}\n");
    format!("FROM x\n{}", line.repeat(12))
}

/// Some of so many numbers, spread evenly, with both ends; all of them for 200 kills.
fn steps(last: usize, least: usize) -> Vec<usize> {
    let most = kills().map_or(0, |kills| last * kills / 200).max(least).min(last);
    let mut steps: Vec<usize> =
        (0..most).map(|n| 1 + n * last.saturating_sub(1) / most.saturating_sub(1).max(1)).collect();
    steps.dedup();
    steps
}

fn killed_at_every_call(what: &str, fleets: usize, change: Change) {
    let started = Instant::now();
    let mut tree = Tree::new(fleets, change);
    let Some(calls) = tree.calls(&CALLS) else { return };
    for (call, _, count) in calls {
        assert!(call == "fchmod" || count > 0, "{call} is never made");
        for when in steps(count, 4) {
            let inject = format!("inject={call}:signal=SIGKILL:when={when}");
            let status = tree.turn(&inject, |tree| tree.command(Some(&inject)).status().unwrap());
            // In a turn the other way round there may be fewer calls.
            assert!(status.signal() == Some(9) || status.success(), "{inject}: {status}");
            tree.counts.kills += usize::from(!status.success());
        }
    }
    tree.report(what, started);
}

#[test]
fn f09_killed_at_every_call_of_rewriting() {
    killed_at_every_call("200 files rewritten", 200, Change::Rewrite);
}

#[test]
fn f09_killed_at_every_call_of_adding_and_removing() {
    killed_at_every_call("20 of 40 files exchanged", 40, Change::Exchange);
}

#[test]
fn f13_killed_twice() {
    // A run makes files that no manifest lists yet; the next one, for other fleets, is killed too.
    let started = Instant::now();
    let mut tree = Tree::new(12, Change::Exchange);
    let Some(calls) = tree.calls(&CALLS) else { return };
    for (call, _, count) in calls {
        for when in steps(count, 6) {
            let kill = |call, when| format!("inject={call}:signal=SIGKILL:when={when}");
            let first = |tree: &Tree| tree.command(Some(&kill("renameat", 4))).status().unwrap();
            tree.turn += 1;
            tree.prepare();
            assert_eq!(first(&tree).signal(), Some(9));
            tree.turn += 1;
            tree.prepare();
            let second = tree.command(Some(&kill(call, when))).status().unwrap();
            tree.counts.kills += 1 + usize::from(!second.success());
            assert!(tree.command(None).status().unwrap().success());
            let wrong = tree.differences(&tree.expected(tree.turn));
            assert!(wrong.is_empty(), "{call} {when}: {wrong:?}");
        }
    }
    tree.report("12 files, two runs killed", started);
}

#[test]
fn f08_every_call_fails() {
    let started = Instant::now();
    for change in [Change::Rewrite, Change::Exchange] {
        let mut tree = Tree::new(4, change);
        let others = ["openat", "getdents64", "fstat", "newfstatat", "statx", "read"];
        let Some(calls) = tree.calls(&[&CALLS[..], &others].concat()) else { return };
        for (call, before, count) in calls {
            for error in ["ENOSPC", "EIO", "EDQUOT"] {
                for step in steps(count - before, 2) {
                    let inject = format!("inject={call}:error={error}:when={}", before + step);
                    let status = tree.turn(&inject, |tree| tree.command(Some(&inject)).status().unwrap());
                    tree.counts.failures += usize::from(!status.success());
                }
            }
        }
        tree.report("4 files, each call fails", started);
    }
}

#[test]
fn f10_killed_at_random_times() {
    let started = Instant::now();
    let mut tree = Tree::new(2_000, Change::Rewrite);
    // The same times on every machine of the same speed.
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    let wanted = kills().unwrap_or(4);
    // Some runs are through before their time, and count for nothing.
    for turn in 0..wanted * 2 {
        if tree.counts.kills >= wanted {
            break;
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = (random >> 11) as f64 / (1_u64 << 53) as f64;
        // How long a run takes now, other tests beside it.
        let run = Instant::now();
        tree.turn += 1;
        tree.prepare();
        assert!(tree.command(None).status().unwrap().success());
        let length = run.elapsed();
        let what = format!("kill {turn} after {part:.3} of {length:?}");
        let status = tree.turn(&what, |tree| {
            let mut child = tree.command(None).spawn().unwrap();
            std::thread::sleep(length.mul_f64(part).max(Duration::from_millis(1)));
            child.kill().unwrap();
            child.wait().unwrap()
        });
        tree.counts.kills += usize::from(status.signal() == Some(9));
    }
    // How many land depends on what else the machine does; that hardly any does would prove nothing.
    assert!(2 * tree.counts.kills >= wanted, "runs end before they are killed");
    tree.report("2,000 files killed at random times", started);
}
