//! Without `--online` no connection is opened, whatever the command, and whatever is in the project.

use std::net::TcpListener;

use super::common::Test;
use super::program::{Program, project};

/// A port that takes connections and answers nothing.
struct Ear(TcpListener);

impl Ear {
    fn new() -> Ear {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Ear(listener)
    }

    /// How many connections came since the last time; those that nobody takes wait to be counted.
    fn count(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }
}

fn digest() -> String {
    format!("sha256:{}", "1".repeat(64))
}

#[test]
fn without_the_flag_no_connection_is_opened() {
    let ear = Ear::new();
    let host = ear.0.local_addr().unwrap().to_string();
    let (image, digest) = (format!("{host}/app:1"), digest());
    let lock = format!("images:\n  {image}: {{digest: '{digest}', platforms: [linux/arm/v7]}}\n");
    let compose = "services: {main: {build: .}, db: {image: IMAGE}}\n".replace("IMAGE", &image);
    let program = Program::new(None);
    program.log_in(&host, super::USER, super::PASSWORD);
    let test = || {
        project(&image)
            .file("images.lock.yaml", &lock)
            .file("docker-compose.yml", &compose)
            .env("HTTPS_PROXY", &format!("http://{host}"))
            .writes()
    };
    for args in [
        "check --fail-on never",
        "explain --service main -d raspberrypi3",
        "migrate",
        "render --service main -d raspberrypi3",
        "render --service main -d raspberrypi3 --locked",
        "batch -d raspberrypi3 --format bake",
        "batch -d raspberrypi3 --format bake --locked",
        "batch -d raspberrypi3 --format matrix --locked",
        "export -d raspberrypi3 --locked -o out",
        // Nothing is missing in the lock file.
        "lock",
    ] {
        let run = program.offline(test(), args);
        assert_eq!(run.status, 0, "{args}: {}", run.stderr);
        assert_eq!(ear.count(), 0, "{args}");
    }
    let run = program.offline(Test::new(), &format!("images {image} python:3.12 -d raspberrypi3"));
    assert_eq!((run.status, ear.count()), (0, 0));
    // A connection would have been counted.
    let run = program.offline(test(), "check --fail-on never --online --online-timeout 1");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(ear.count() > 0, "{}", run.stderr);
}
