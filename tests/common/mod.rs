//! A case in a few lines: a folder with files, a command line, and what has to come of it.
//!
//! ```ignore
//! Test::new()
//!     .file("Dockerfile.template", "FROM %%BALENA_ARCH%%\n")
//!     .args("render -d raspberrypi3")
//!     .stdout("FROM armv7hf\n");
//! ```
//!
//! Every case runs the built program in a folder of its own with an empty environment, and holds what
//! is true of every run: no panic, stderr of at most 64 KiB without a control character, nothing on
//! stdout when the status is not 0 (a diff and the findings of a check apart), and no file left that was not there before.

#![allow(dead_code, unused_imports)]

mod cpu;
mod tool;

pub use cpu::at_most;
pub use tool::{skipped, tool};

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The day that the cases are judged as of: that of the tables when most of them were written.
pub const AS_OF: &str = "2026-08-21";

pub struct Test {
    folder: tempfile::TempDir,
    args: Vec<OsString>,
    stdin: Vec<u8>,
    environment: Vec<(String, String)>,
    shell: Option<String>,
    secrets: Vec<String>,
    writes: bool,
}

pub struct Run {
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub folder: PathBuf,
    /// Kept so that the folder lives as long as the result.
    kept: tempfile::TempDir,
}

impl Default for Test {
    fn default() -> Self {
        Self::new()
    }
}

impl Test {
    pub fn new() -> Self {
        Test::within(tempfile::tempdir().unwrap())
    }

    /// A case in a folder in memory, if there is one: for many files, which disks take their time for.
    pub fn in_memory() -> Self {
        Test::within(folder_in_memory())
    }

    /// A case in a folder that is there already.
    fn within(folder: tempfile::TempDir) -> Self {
        Test {
            folder,
            args: Vec::new(),
            stdin: Vec::new(),
            environment: Vec::new(),
            shell: None,
            secrets: Vec::new(),
            writes: false,
        }
    }

    /// Puts a file into the folder.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// A `Dockerfile.template` in the folder, and the command that renders it for a Raspberry Pi 3.
    pub fn template(content: impl AsRef<[u8]>) -> Self {
        Test::new().file("Dockerfile.template", content).args("render -d raspberrypi3")
    }

    /// Adds arguments, split at blanks.
    pub fn args(mut self, args: &str) -> Self {
        self.args.extend(args.split_whitespace().map(OsString::from));
        self
    }

    /// Adds one argument as it is.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_owned();
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs the program behind a piece of shell, such as `ulimit -s 128;`.
    pub fn shell(mut self, before: &str) -> Self {
        self.shell = Some(before.to_owned());
        self
    }

    /// A value that must not stand in any message.
    pub fn secret(mut self, value: &str) -> Self {
        self.secrets.push(value.to_owned());
        self
    }

    /// This run is meant to change files.
    pub fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn run(self) -> Run {
        let before = tree(self.folder.path());
        let program = env!("CARGO_BIN_EXE_dtpl");
        let mut command = match &self.shell {
            None => Command::new(program),
            Some(before) => {
                let mut command = Command::new("bash");
                command.arg("-c").arg(format!("{before} exec \"$0\" \"$@\"")).arg(program);
                command
            }
        };
        command
            .args(&self.args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // What is over depends on the day; a case of its own says another.
            .env("DTPL_AS_OF", AS_OF)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = start(&mut command);
        let mut stdin = child.stdin.take().unwrap();
        let input = self.stdin.clone();
        // The program may stop reading before its input ends.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output: Output = child.wait_with_output().unwrap();
        writer.join().unwrap();

        let status = output.status.code().expect("ended by a signal");
        let stderr = String::from_utf8(output.stderr).expect("stderr is UTF-8");
        let context = format!("{:?}: status {status}, stderr:\n{stderr}", self.args);
        assert!([0, 1, 2].contains(&status), "{context}");
        assert!(!stderr.contains("panicked"), "{context}");
        assert!(stderr.len() <= 65_536, "{} bytes on stderr", stderr.len());
        let unsafe_character =
            |c: char| (c.is_control() && c != '\n') || ('\u{202A}'..='\u{202E}').contains(&c);
        assert!(!stderr.contains(unsafe_character), "{context:?}");
        for secret in &self.secrets {
            assert!(!stderr.contains(secret.as_str()), "the secret stands in {context}");
        }
        if status != 0 {
            assert!(!stderr.is_empty() || !output.stdout.is_empty(), "failed without a word: {context}");
            // What was looked for and found is a result.
            let is_check = status == 1 && self.args.first().is_some_and(|arg| arg == "check");
            let is_diff = [&b"--- "[..], b"diff --git "].iter().any(|head| output.stdout.starts_with(head));
            let found = is_diff || is_check;
            assert!(output.stdout.is_empty() || found, "partial result: {context}");
        }
        if !self.writes || status != 0 {
            let after = tree(self.folder.path());
            let differs = |(path, what): &(&PathBuf, &String)| before.get(*path) != Some(*what);
            let lost = before.keys().filter(|path| !after.contains_key(*path));
            let changed: Vec<_> = after.iter().filter(differs).map(|(path, _)| path).chain(lost).collect();
            assert!(changed.is_empty(), "files changed: {changed:?}: {context}");
        }
        Run {
            status,
            stdout: output.stdout,
            stderr,
            folder: self.folder.path().to_owned(),
            kept: self.folder,
        }
    }

    /// It works, and prints exactly this; returns the run for more questions.
    pub fn stdout(self, expected: impl AsRef<[u8]>) -> Run {
        let run = self.run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(lossy(&run.stdout), lossy(expected.as_ref()), "{}", run.stderr);
        assert_eq!(run.stdout, expected.as_ref());
        run
    }

    /// It works.
    pub fn ok(self) -> Run {
        let run = self.run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        run
    }

    /// The input is at fault; stderr holds each of the pieces, in this order.
    pub fn refuses<'p>(self, pieces: impl AsRef<[&'p str]>) -> Run {
        self.fails(1, pieces.as_ref())
    }

    /// The call or the system is at fault; stderr holds each of the pieces, in this order.
    pub fn cannot<'p>(self, pieces: impl AsRef<[&'p str]>) -> Run {
        self.fails(2, pieces.as_ref())
    }

    fn fails(self, status: i32, pieces: &[&str]) -> Run {
        let run = self.run();
        assert_eq!(run.status, status, "{}", run.stderr);
        run.says(pieces);
        run
    }
}

impl Run {
    /// Another command in the same folder.
    pub fn then(self, args: &str) -> Test {
        Test::within(self.kept).args(args)
    }

    /// stderr holds each of the pieces, in this order.
    pub fn says(&self, pieces: &[&str]) -> &Self {
        // A path that dtpl joins has the separator of the system.
        let stderr = if cfg!(windows) { self.stderr.replace('\\', "/") } else { self.stderr.clone() };
        let mut rest = stderr.as_str();
        for piece in pieces {
            let piece = &*if cfg!(windows) { piece.replace('\\', "/") } else { (*piece).to_owned() };
            match rest.find(piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => panic!("`{piece}` does not follow in:\n{}", self.stderr),
            }
        }
        self
    }

    /// stderr holds nothing at all.
    pub fn quietly(&self) -> &Self {
        assert_eq!(self.stderr, "");
        self
    }

    /// stdout as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }
}

/// A folder of its own, in memory if that can be had.
pub fn folder_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]).into_owned()
}

/// Every file below a folder with its content (or what it is, if it is no file).
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        // A folder may be closed to everyone on purpose.
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let what = if kind.is_dir() {
                open.push(path.clone());
                "folder".to_owned()
            } else if kind.is_file() {
                fs::read(&path).map_or("closed".to_owned(), |bytes| format!("{bytes:?}"))
            } else {
                format!("{kind:?}")
            };
            found.insert(path, what);
        }
    }
    found
}

/// A piece of shell that runs the program as nobody in particular, when this is root. Nothing when
/// that does not work here.
#[cfg(unix)]
pub fn as_nobody(limit: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    if !fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0) {
        return Some(limit.to_owned());
    }
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let works = Command::new(tool("setpriv")?)
        .args(nobody)
        .args([env!("CARGO_BIN_EXE_dtpl"), "devices"])
        .current_dir("/")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !works.is_ok_and(|status| status.success()) {
        skipped("no other user can run the program here");
        return None;
    }
    let inner = format!("{limit} exec \"$0\" \"$@\"");
    Some(format!("setpriv {} bash -c '{inner}' \"$0\" \"$@\"; exit;", nobody.join(" ")))
}

/// The signals that end a program, each with its number. Without those that whoever runs the tests
/// ignores, as a shell does for what it runs in the background: the program ignores them too. That is no
/// reason to fail in CI, as long as one is left.
#[cfg(unix)]
pub fn ending_signals() -> Vec<(&'static str, i32)> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let is_heard = |&(name, number): &(&str, i32)| {
        let is_ignored = ignored >> (number - 1) & 1 == 1;
        if is_ignored {
            eprintln!("SIG{name} is ignored here: not tried");
        }
        !is_ignored
    };
    let heard: Vec<_> = [("TERM", 15), ("INT", 2), ("HUP", 1)].into_iter().filter(is_heard).collect();
    assert!(!heard.is_empty(), "every signal is ignored here");
    heard
}

/// The slugs of the device types that `all` selects, those with a contract, and the arch of each. A test
/// counts them here, so that one more in device-types.yaml is no fault.
pub fn device_types() -> Vec<(String, String)> {
    use dtpl::Status;
    let registry = dtpl::Registry::embedded();
    let devices = registry.device_types().iter();
    let with_contract =
        devices.filter(|device| matches!(device.status, Status::Active | Status::ContractOnly));
    with_contract.map(|device| (device.slug.to_string(), device.arch.to_string())).collect()
}

/// Starts a program. Wine fails to, now and then, with "Internal error" when the machine has much to do.
pub fn start(command: &mut Command) -> Child {
    const INTERNAL_ERROR: i32 = 1359;
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if cfg!(windows) && error.raw_os_error() == Some(INTERNAL_ERROR) => {
                std::thread::sleep(Duration::from_millis(100));
            }
            started => return started.unwrap(),
        }
    }
    command.spawn().unwrap()
}

/// The SHA-256 digest of a file's content, as the manifest of a tree has it.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
