//! The engine of `tests/engine/start` and its `docker`: started with the test, gone with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a container may take to answer: Python starts slowly where a processor is emulated.
const PATIENCE: Duration = Duration::from_secs(300);

pub struct Engine {
    script: Child,
    /// What the script says of the engine: where `docker` is, its environment, the engine's address.
    told: BTreeMap<String, String>,
}

/// What a command printed, of one that succeeded.
pub struct Printed {
    pub stdout: Vec<u8>,
    pub stderr: String,
}

/// Runs a command with something on its stdin, and shows what it said if it fails.
pub fn run(command: &mut Command, stdin: &[u8]) -> Printed {
    let output = output(command, stdin);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{stderr}",
        output.status,
        String::from_utf8_lossy(&output.stdout)
    );
    Printed { stdout: output.stdout, stderr }
}

/// Runs a command with something on its stdin, whatever its status is.
pub fn output(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A command that reads less than all of it says so with its status.
        scope.spawn(move || pipe.write_all(stdin).ok());
        child.wait_with_output().unwrap()
    })
}

impl Engine {
    /// Starts a current one, and waits until it can build. The first time that takes minutes.
    pub fn start() -> Engine {
        Engine::start_with("current", "")
    }

    /// A current one with the stand-ins for official images that are listed, of tests/migrated/stand-ins.
    #[allow(dead_code, reason = "only tests/migrated/ starts it")]
    pub fn start_with_stand_ins(list: &str) -> Engine {
        Engine::start_with("current", list)
    }

    /// The same with the engine of Debian 12.
    pub fn start_old() -> Engine {
        Engine::start_with("old", "")
    }

    fn start_with(which: &str, stand_ins: &str) -> Engine {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/start");
        let mut script = Command::new(script)
            .env("DTPL_ENGINE", which)
            .env("DTPL_STAND_INS", stand_ins)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/engine/start runs");
        let mut told = BTreeMap::new();
        for line in BufReader::new(script.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line == "ready" {
                return Engine { script, told };
            }
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            told.insert(name.to_owned(), value.to_owned());
        }
        panic!("tests/engine/start ended: {}", script.wait().unwrap());
    }

    /// `docker`, for this engine and no other.
    pub fn docker(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.told["docker"]);
        command
            .args(args)
            .env("DOCKER_HOST", &self.told["DOCKER_HOST"])
            .env("DOCKER_CONFIG", &self.told["DOCKER_CONFIG"])
            // What decides who builds, and for what, is said by the test.
            .env("DOCKER_BUILDKIT", "1")
            .env("BUILDKIT_PROGRESS", "plain")
            .env_remove("DOCKER_CONTEXT")
            .env_remove("DOCKER_DEFAULT_PLATFORM");
        command
    }

    /// A container of the image, published on a port of the engine.
    pub fn start_container(&self, image: &str, published: u16, port: u16) -> Container<'_> {
        let publish = format!("{published}:{port}");
        let printed = run(&mut self.docker(&["run", "--detach", "--publish", &publish, image]), b"");
        let id = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
        Container { engine: self, id, published }
    }
}

impl Drop for Engine {
    /// The end of its stdin ends the script; it is waited for, so that nothing is left when the test ends.
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let status = self.script.wait();
        if !std::thread::panicking() {
            assert!(status.unwrap().success(), "tests/engine/start failed");
        }
    }
}

pub struct Container<'a> {
    engine: &'a Engine,
    id: String,
    published: u16,
}

impl Container<'_> {
    /// What the container answers to `GET /`, as soon as it does.
    pub fn get(&self) -> (u16, String) {
        let address: IpAddr = self.engine.told["address"].parse().unwrap();
        let started = Instant::now();
        loop {
            match get(SocketAddr::new(address, self.published)) {
                Ok(answer) => return answer,
                Err(error) => {
                    let inspect = ["inspect", "--format", "{{.State.Running}}", &self.id];
                    let running = run(&mut self.engine.docker(&inspect), b"");
                    let gave_up = started.elapsed() > PATIENCE || running.stdout != b"true\n";
                    assert!(!gave_up, "no answer: {error}\n{}", self.logs());
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What a command prints inside of the container.
    pub fn exec(&self, command: &[&str]) -> String {
        let args = [&["exec", &self.id][..], command].concat();
        String::from_utf8(run(&mut self.engine.docker(&args), b"").stdout).unwrap()
    }

    fn logs(&self) -> String {
        let printed = run(&mut self.engine.docker(&["logs", &self.id]), b"");
        String::from_utf8_lossy(&printed.stdout).into_owned() + &printed.stderr
    }
}

impl Drop for Container<'_> {
    /// The next container takes its port.
    fn drop(&mut self) {
        output(&mut self.engine.docker(&["rm", "--force", &self.id]), b"");
    }
}

/// `GET /` over HTTP 1.0, whose answer ends with the connection: status and body.
fn get(address: SocketAddr) -> std::io::Result<(u16, String)> {
    let invalid = || std::io::Error::other("not an answer of HTTP");
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 << 10).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(invalid)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(invalid)?;
    Ok((status, body.trim_end().to_owned()))
}
