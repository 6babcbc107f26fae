//! The engine that judges, and its registry.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Engine {
    folder: PathBuf,
}

impl Engine {
    /// The one that runs in the folder that `DTPL_ENGINE` names.
    pub fn start() -> Engine {
        Engine { folder: PathBuf::from(std::env::var_os("DTPL_ENGINE").expect("DTPL_ENGINE")) }
    }

    pub fn registry(&self) -> &str {
        "127.0.0.1:5051"
    }

    pub fn registry_data(&self) -> PathBuf {
        self.folder.join("registry")
    }

    pub fn registry_log(&self) -> PathBuf {
        self.folder.join("registry.log")
    }

    /// Runs `docker`; says whether it succeeded, and what it printed.
    pub fn run(&self, args: &[&str], stdin: &[u8]) -> (bool, String) {
        let mut command = Command::new(self.folder.join("root/usr/bin/docker"));
        command
            .args(args)
            .env("DOCKER_HOST", format!("unix://{}/docker.sock", self.folder.display()))
            .env("DOCKER_CONFIG", self.folder.join("config"));
        run(command, stdin)
    }
}

pub fn run(mut command: Command, stdin: &[u8]) -> (bool, String) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || pipe.write_all(stdin).ok());
        child.wait_with_output().unwrap()
    });
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// The folder of a builder of Docker 20.10, which `DTPL_CLASSIC_ENGINE` names, if there is one.
pub fn classic(args: &[&str], stdin: &[u8]) -> (bool, String) {
    let folder = PathBuf::from(std::env::var_os("DTPL_CLASSIC_ENGINE").expect("DTPL_CLASSIC_ENGINE"));
    let mut command = Command::new(Path::new("/usr/bin/docker"));
    command
        .args(args)
        .env("DOCKER_BUILDKIT", "0")
        .env("DOCKER_HOST", format!("unix://{}/docker.sock", folder.display()));
    run(command, stdin)
}
