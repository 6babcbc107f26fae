//! `dtpl export` is killed at every system call that writes, and made to fail at each of them: the folder is the
//! old one or the new one, as a whole, and the next run leaves exactly what it has to. `cargo test` takes samples;
//! `DTPL_KILLS=200` every call.

#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use common::{folder_in_memory, tool};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dtpl");
/// What changes files, folders, or what is known of them.
const CALLS: [&str; 15] = [
    "mkdir",
    "openat",
    "write",
    "copy_file_range",
    "sendfile",
    "chmod",
    "fchmod",
    "utimensat",
    "symlink",
    "linkat",
    "syncfs",
    "rename",
    "renameat2",
    "unlinkat",
    "flock",
];
const FILES: usize = 12;

type Files = BTreeMap<String, String>;

/// A project whose export is made again and again, each time another one.
struct Export {
    folder: tempfile::TempDir,
    turn: usize,
    kills: usize,
    failures: usize,
}

impl Export {
    fn new() -> Self {
        Export { folder: folder_in_memory(), turn: 0, kills: 0, failures: 0 }
    }

    /// The files of a turn: all with another content, and some with another name.
    fn expected(turn: usize) -> Files {
        let line = format!("{turn} is the turn\n").repeat(20);
        let name = |number: usize| format!("d{}/file-{}", number % 3, number + turn % 2 * FILES / 2);
        let mut files: Files = (0..FILES).map(|number| (name(number), line.clone())).collect();
        files.insert("Dockerfile".to_owned(), format!("FROM amd64-{turn}\n"));
        files.insert("d0/second".to_owned(), line);
        files.insert("link".to_owned(), "-> d0".to_owned());
        files
    }

    /// Writes the project of the current turn.
    fn prepare(&self) {
        let project = self.folder.path().join("p");
        let _ = fs::remove_dir_all(&project);
        for (name, text) in Export::expected(self.turn) {
            let path = project.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match text.strip_prefix("-> ") {
                Some(target) => std::os::unix::fs::symlink(target, path).unwrap(),
                None => fs::write(path, text).unwrap(),
            }
        }
        fs::remove_file(project.join("Dockerfile")).unwrap();
        let template = format!("FROM %%BALENA_ARCH%%-{}\n", self.turn);
        fs::write(project.join("Dockerfile.template"), template).unwrap();
        let first = fs::read_dir(project.join("d0")).unwrap().map(|entry| entry.unwrap().path());
        let first = first.filter(|path| !path.ends_with("second")).min().unwrap();
        fs::remove_file(project.join("d0/second")).unwrap();
        fs::hard_link(first, project.join("d0/second")).unwrap();
    }

    fn command(&self, inject: Option<&str>) -> Command {
        let mut command = Command::new(if inject.is_some() { "strace" } else { PROGRAM });
        if let Some(inject) = inject {
            command.args(["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", inject, PROGRAM]);
        }
        command
            .args("export -q -d nuc -o out p".split(' '))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// How often the run of the next turn makes each call, of those that it makes.
    fn calls(&mut self) -> Option<Vec<(&'static str, usize)>> {
        let strace = tool("strace")?;
        self.turn += 1;
        self.prepare();
        let log = self.folder.path().join("log");
        let mut command = Command::new(strace);
        command.arg("-o").arg(&log).args(["-e", &format!("trace={}", CALLS.join(",")), PROGRAM]);
        let status = command.args(self.command(None).get_args()).current_dir(self.folder.path()).status();
        assert!(status.unwrap().success());
        let log = fs::read_to_string(log).unwrap();
        let count = |call: &str| log.lines().filter(|line| line.starts_with(&format!("{call}("))).count();
        let counts = CALLS.iter().map(|call| (*call, count(call)));
        Some(counts.filter(|(_, count)| *count > 0).collect())
    }

    fn there(&self) -> Option<Files> {
        let out = self.folder.path().join("out");
        out.is_dir().then(|| files(&out))
    }

    /// One more turn, that something happens to; then a run that has to put everything in order.
    fn turn(&mut self, what: &str) -> ExitStatus {
        let old = self.there();
        self.turn += 1;
        let new = Export::expected(self.turn);
        self.prepare();
        let status = self.command(Some(what)).status().unwrap();
        let there = self.there();
        assert!(there == old || there.as_ref() == Some(&new), "{what}: the folder is torn: {there:?}");
        if status.code().is_some() {
            assert!(matches!(status.code(), Some(0..=2)), "{what}: {status}");
            assert_eq!(status.success(), there.as_ref() == Some(&new), "{what}: {status}");
        }
        let again = self.command(None).stderr(Stdio::inherit()).status().unwrap();
        assert!(again.success(), "{what}: and then the next run fails");
        assert_eq!(self.there(), Some(new), "{what}: and after the next run");
        let mut beside: Vec<_> = fs::read_dir(self.folder.path()).unwrap().collect();
        beside.retain(|entry| entry.as_ref().unwrap().file_name() != "log");
        assert_eq!(beside.len(), 3, "{what}: something is left over: {beside:?}");
        status
    }
}

/// Files with their text, links with where they lead.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            let kind = fs::symlink_metadata(&path).unwrap();
            if kind.is_symlink() {
                found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else if kind.is_dir() {
                open.push(path);
            } else {
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// Some of so many numbers, spread evenly, with both ends; all of them if `DTPL_KILLS` asks for it.
fn steps(last: usize, least: usize) -> Vec<usize> {
    let kills: usize = std::env::var("DTPL_KILLS").map_or(0, |kills| kills.parse().unwrap());
    let most = (last * kills / 200).max(least).min(last);
    let mut steps: Vec<usize> =
        (0..most).map(|n| 1 + n * last.saturating_sub(1) / most.saturating_sub(1).max(1)).collect();
    steps.dedup();
    steps
}

#[test]
fn killed_at_every_call() {
    let mut export = Export::new();
    let Some(calls) = export.calls() else { return };
    assert!(calls.len() >= 10, "{calls:?}");
    for (call, count) in calls {
        for when in steps(count, 4) {
            let inject = format!("inject={call}:signal=SIGKILL:when={when}");
            let status = export.turn(&inject);
            // In a turn the other way round there may be fewer calls.
            assert!(status.signal() == Some(9) || status.success(), "{inject}: {status}");
            export.kills += usize::from(!status.success());
        }
    }
    eprintln!("{} kills: the old folder or the new one, and nothing left over", export.kills);
    assert!(export.kills >= 30);
}

#[test]
fn the_first_export_is_killed() {
    let mut export = Export::new();
    let Some(calls) = export.calls() else { return };
    for (call, count) in calls {
        for when in steps(count, 2) {
            let _ = fs::remove_dir_all(export.folder.path().join("out"));
            let inject = format!("inject={call}:signal=SIGKILL:when={when}");
            export.turn(&inject);
        }
    }
}

#[test]
fn every_call_fails() {
    let mut export = Export::new();
    let Some(calls) = export.calls() else { return };
    for (call, count) in calls.into_iter().filter(|(call, _)| *call != "openat") {
        for when in steps(count, 3) {
            for error in ["ENOSPC", "EIO"] {
                let status = export.turn(&format!("inject={call}:error={error}:when={when}"));
                export.failures += usize::from(!status.success());
            }
        }
    }
    eprintln!("{} failures", export.failures);
    assert!(export.failures >= 10);
}
