//! The engine that judges, and its registry: started with a test, gone with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub struct Engine {
    script: Child,
    /// What the script says: where `docker` is, the address of the registry, the folder of everything.
    told: BTreeMap<String, String>,
}

impl Engine {
    /// Starts it with a registry of its own. The first time that takes a minute.
    pub fn start() -> Engine {
        // Free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Engine::start_with("DTPL_REGISTRY_PORT", &port.to_string(), false)
    }

    /// Starts it with another registry in place of Docker Hub.
    pub fn start_beside(registry: SocketAddr) -> Engine {
        Engine::start_with("DTPL_MIRROR", &registry.to_string(), false)
    }

    /// Starts the engine that the machine has installed, for the classic builder, with the registry of another.
    pub fn start_classic(beside: &Engine) -> Engine {
        Engine::start_with("DTPL_MIRROR", beside.registry(), true)
    }

    fn start_with(name: &str, value: &str, is_classic: bool) -> Engine {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/buildkit/start");
        let mut script = Command::new(script)
            .env_remove("DTPL_MIRROR")
            .env("DTPL_CLASSIC", if is_classic { "1" } else { "" })
            .env(name, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/buildkit/start runs");
        let mut told = BTreeMap::new();
        for line in BufReader::new(script.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line == "ready" {
                return Engine { script, told };
            }
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            told.insert(name.to_owned(), value.to_owned());
        }
        panic!("tests/buildkit/start ended: {}", script.wait().unwrap());
    }

    fn folder(&self) -> &Path {
        Path::new(&self.told["folder"])
    }

    pub fn registry(&self) -> &str {
        &self.told["registry"]
    }

    pub fn registry_data(&self) -> PathBuf {
        self.folder().join("registry")
    }

    pub fn registry_log(&self) -> PathBuf {
        self.folder().join("registry.log")
    }

    /// Runs `docker`; says whether it succeeded, and what it printed.
    pub fn run(&self, args: &[&str], stdin: &[u8]) -> (bool, String) {
        let output = self.output(args, stdin, "1");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// The same with the classic builder.
    pub fn run_classic(&self, args: &[&str], stdin: &[u8]) -> (bool, String) {
        let output = self.output(args, stdin, "0");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Runs `docker`.
    pub fn output(&self, args: &[&str], stdin: &[u8], buildkit: &str) -> Output {
        self.output_in(Path::new("."), args, stdin, buildkit)
    }

    /// The same in a folder.
    pub fn output_in(&self, folder: &Path, args: &[&str], stdin: &[u8], buildkit: &str) -> Output {
        let mut child = Command::new(&self.told["docker"])
            .args(args)
            .current_dir(folder)
            .env("DOCKER_HOST", format!("unix://{}/docker.sock", self.folder().display()))
            .env("DOCKER_CONFIG", self.folder().join("config"))
            .env("DOCKER_BUILDKIT", buildkit)
            .env_remove("DOCKER_CONTEXT")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("docker runs");
        let mut pipe = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // A command that reads less than all of it says so with its status.
            scope.spawn(move || pipe.write_all(stdin).ok());
            child.wait_with_output().unwrap()
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Its end of input ends it.
        drop(self.script.stdin.take());
        self.script.wait().ok();
    }
}
