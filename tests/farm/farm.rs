//! The registry and the workers of a test, and the programs that use them: started with the test, gone with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

use super::proxy;

pub struct Farm {
    script: Child,
    /// What the script answers.
    answers: BufReader<ChildStdout>,
    /// What it said first: where `docker` is, the address of the registry, the folder of everything.
    told: BTreeMap<String, String>,
}

/// What a command said, which `show` prints where a test fails.
pub struct Said {
    pub is_done: bool,
    pub stdout: String,
    pub stderr: String,
    command: String,
}

impl Said {
    /// The command has to have succeeded.
    #[track_caller]
    pub fn ok(self) -> Said {
        assert!(self.is_done, "{}", self.show());
        self
    }

    pub fn show(&self) -> String {
        format!("{}\n{}{}", self.command, self.stdout, self.stderr)
    }
}

/// Runs a command with something on its stdin, whatever its status is.
pub fn run(command: &mut Command, stdin: &str) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().unwrap();
    let Output { status, stdout, stderr } = std::thread::scope(|scope| {
        // A command that reads less than all of it says so with its status.
        scope.spawn(move || pipe.write_all(stdin.as_bytes()).ok());
        child.wait_with_output().unwrap()
    });
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    let program = Path::new(command.get_program()).file_name().unwrap().to_string_lossy().into_owned();
    Said {
        is_done: status.success(),
        stdout: text(&stdout),
        stderr: text(&stderr),
        command: format!("{program} {}: {status}", words.collect::<Vec<_>>().join(" ")),
    }
}

/// What `dtpl batch` prints for a project.
#[track_caller]
pub fn batch(project: &Path, args: &[&str]) -> String {
    run(dtpl().arg("batch").args(args).current_dir(project), "").ok().stdout
}

pub fn dtpl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dtpl"));
    command.env_remove("DOCKER_CONFIG");
    command
}

/// Whether everything is tried, and not a part that takes less time.
pub fn is_whole_run() -> bool {
    std::env::var("DTPL_FARM").is_ok_and(|what| what == "all")
}

/// So many device types of a platform.
pub fn devices(platform: &str, count: usize) -> Vec<String> {
    let listed = run(dtpl().args(["devices", "--format", "json"]), "").ok().stdout;
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let of_platform = listed.iter().filter(|device| device["platform"] == platform);
    let slugs: Vec<String> =
        of_platform.map(|device| device["slug"].as_str().unwrap().to_owned()).take(count).collect();
    assert_eq!(slugs.len(), count, "{platform}");
    slugs
}

impl Farm {
    /// The registry, and no worker yet. The first time that takes a minute.
    pub fn start() -> Farm {
        // Free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/farm/start");
        let mut script = Command::new(script)
            .env("DTPL_REGISTRY_PORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/farm/start runs");
        let mut answers = BufReader::new(script.stdout.take().unwrap());
        let mut told = BTreeMap::new();
        loop {
            let mut line = String::new();
            answers.read_line(&mut line).unwrap();
            match line.trim_end() {
                "ready" => return Farm { script, answers, told },
                line => {
                    let (name, value) = line.split_once('=').expect("tests/farm/start says NAME=VALUE");
                    told.insert(name.to_owned(), value.to_owned());
                }
            }
        }
    }

    /// Has the script do something with a worker: `start`, `kill` or `empty`.
    ///
    /// After `start`, the name may be followed by the percentage of a processor that the worker has.
    #[track_caller]
    pub fn tell(&mut self, what: &str, worker: &str) {
        writeln!(self.script.stdin.as_mut().unwrap(), "{what} {worker}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n", "tests/farm/start: {what} {worker}");
    }

    /// `HOST:PORT`, as in the name of an image.
    pub fn registry(&self) -> &str {
        &self.told["registry"]
    }

    /// The folder of everything, and of each worker in it.
    pub fn folder(&self) -> PathBuf {
        PathBuf::from(&self.told["folder"])
    }

    /// How many seconds of a processor a worker has used that has a percentage of one.
    pub fn processor_seconds(&self, worker: &str) -> f64 {
        let group = self.folder().file_name().unwrap().to_string_lossy().into_owned();
        let old = format!("/sys/fs/cgroup/cpuacct/{group}/{worker}/cpuacct.usage");
        let Ok(nanoseconds) = std::fs::read_to_string(old) else {
            let stat = std::fs::read_to_string(format!("/sys/fs/cgroup/{group}/{worker}/cpu.stat")).unwrap();
            let used = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")).unwrap();
            return used.parse::<f64>().unwrap() / 1e6;
        };
        nanoseconds.trim().parse::<f64>().unwrap() / 1e9
    }

    /// Pushes an image `base` for these platforms, in which `RUN` works. Its programs are those of this machine for
    /// all of them: what is said to be for another processor is built without emulation.
    pub fn push_base(&self, builder: &str, platforms: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let context = folder.path().join("base");
        std::fs::create_dir(&context).unwrap();
        std::fs::copy(&self.told["busybox"], context.join("sh")).unwrap();
        std::fs::write(context.join("Dockerfile"), "FROM scratch\nCOPY sh /bin/\n").unwrap();
        let base = format!("{}/base:1", self.registry());
        let args = ["build", "--builder", builder, "--platform", platforms, "--tag", &base, "--push", "."];
        self.buildx_in(&context, &args, "").ok();
        base
    }

    /// Makes a builder with a node for each worker, which builds for its platforms.
    pub fn create_builder(&self, name: &str, nodes: &[(&str, &str)]) {
        for (index, (worker, platforms)) in nodes.iter().enumerate() {
            let address = proxy::serve(self.folder().join(worker).join("docker.sock"));
            let (address, node) = (format!("tcp://{address}"), format!("{name}-{worker}"));
            let mut args = vec!["create", "--name", name, "--node", &node, "--driver", "remote"];
            args.extend(["--platform", platforms]);
            // The first one makes it.
            args.extend((index > 0).then_some("--append"));
            args.push(&address);
            self.buildx(&args, "").ok();
        }
    }

    /// Runs `docker buildx`.
    pub fn buildx(&self, args: &[&str], stdin: &str) -> Said {
        self.buildx_in(Path::new("/"), args, stdin)
    }

    /// The same in a folder.
    pub fn buildx_in(&self, folder: &Path, args: &[&str], stdin: &str) -> Said {
        run(self.command(args).current_dir(folder), stdin)
    }

    /// `docker buildx` with arguments, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.told["docker"]);
        self.with_docker(command.arg("buildx").args(args));
        command
    }

    /// Gives a command the environment in which `docker` is that of the farm.
    pub fn with_docker<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let folder = Path::new(&self.told["docker"]).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [folder.to_owned()].into_iter().chain(std::env::split_paths(&path));
        command
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("DOCKER_CONFIG", self.folder().join("config"))
            // Nothing may go to an engine that the machine has.
            .env("DOCKER_HOST", format!("unix://{}/none.sock", self.told["folder"]))
            .env("BUILDKIT_PROGRESS", "plain")
            .env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1")
            .env_remove("DOCKER_CONTEXT")
            .env_remove("DOCKER_DEFAULT_PLATFORM")
            .env_remove("BUILDX_BUILDER")
            .env_remove("SOURCE_DATE_EPOCH")
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        // Its end of input ends it.
        drop(self.script.stdin.take());
        self.script.wait().ok();
    }
}
