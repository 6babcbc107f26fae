//! The program itself beside a registry: what its runs need, and what has to be true of each.

use std::fs;
use std::path::PathBuf;

use super::common::{Run, Test};
use super::{assert_has_no_secret, config};

/// How the program is run: the authority that it is told to trust, and Docker's logins.
pub struct Program {
    ca_file: Option<PathBuf>,
    docker: tempfile::TempDir,
}

impl Program {
    /// Without a login.
    pub fn new(ca_file: Option<PathBuf>) -> Program {
        Program { ca_file, docker: tempfile::tempdir().unwrap() }
    }

    /// Has a login for a host from now on, right or wrong.
    pub fn log_in(&self, host: &str, user: &str, password: &str) {
        fs::write(self.docker.path().join("config.json"), config(host, user, password)).unwrap();
    }

    /// A run that may ask registries: `--ca-file` is added.
    pub fn asking(&self, test: Test, args: &str) -> Run {
        let test = test.args(args);
        self.run(match &self.ca_file {
            Some(file) => test.arg("--ca-file").arg(file),
            None => test,
        })
    }

    /// A run that asks nobody.
    pub fn offline(&self, test: Test, args: &str) -> Run {
        self.run(test.args(args))
    }

    fn run(&self, test: Test) -> Run {
        let run = test.env("DOCKER_CONFIG", self.docker.path().to_str().unwrap()).run();
        assert_has_no_secret(&run.stderr);
        assert_has_no_secret(run.text());
        run
    }
}

/// A project with one Dockerfile, for a device that an image of the tests is there for and one that it is not for.
pub fn project(image: &str) -> Test {
    let fleets = "fleets:\n  a: {device: raspberrypi3}\n  b: {device: qemux86}\n";
    Test::new().file("Dockerfile.template", format!("FROM {image}\n")).file("fleets.yaml", fleets)
}

/// The rules of the errors in what `check --format json` printed, each with the device types.
pub fn errors(run: &Run) -> Vec<(String, Vec<String>)> {
    let value = run.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = value["findings"].as_array().unwrap().iter();
    let errors = findings.filter(|finding| finding["severity"] == "error");
    let devices = |finding: &serde_json::Value| {
        finding["devices"].as_array().unwrap().iter().map(text).collect::<Vec<_>>()
    };
    errors.map(|finding| (text(&finding["rule"]), devices(finding))).collect()
}
