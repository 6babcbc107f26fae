//! Running the real hadolint, when `--hadolint` asks for it: the only other program that dtpl starts.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use super::super::usage;
use crate::check::hadolint::{self, HadolintFinding};
use crate::diagnostic::Place;
use crate::error::{Error, Result};

/// How hadolint is run on one Dockerfile, if there is such a program.
pub fn linter(path: &Path) -> anyhow::Result<impl Fn(&[u8]) -> Result<Vec<HadolintFinding>> + Sync + use<>> {
    let path = path.to_owned();
    let version = Command::new(&path).arg("--version").stdin(Stdio::null()).output();
    if let Err(error) = version {
        let message = format!("cannot run {}: {error}", path.display());
        let help = "install hadolint, or name it with --hadolint=PATH";
        return Err(usage(Place::Flag("--hadolint"), message, help));
    }
    Ok(move |dockerfile: &[u8]| ask(&path, dockerfile))
}

fn ask(path: &PathBuf, dockerfile: &[u8]) -> Result<Vec<HadolintFinding>> {
    let mut child = Command::new(path)
        .args(["--no-fail", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::io("run", path))?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // It may print before it has read all.
        let writer = thread::Builder::new().spawn_scoped(scope, move || {
            if let Some(mut stdin) = stdin {
                // That it stops reading shows in what it prints.
                let _ = stdin.write_all(dockerfile);
            }
        });
        if let Err(error) = writer {
            let _ = child.kill();
            child.wait()?;
            return Err(error);
        }
        child.wait_with_output()
    });
    let output = output.map_err(Error::io("run", path))?;
    hadolint::parse(&output.stdout).map_err(|why| {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default();
        let message = format!("{why}; it said: {}", crate::escape::shortened(said, 200));
        Error::io("run", path)(std::io::Error::other(message))
    })
}
