//! Running a credential helper, as `docker` does: the program `docker-credential-NAME`.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::oci::HelperOutput;

/// The longest answer of a helper.
const MOST: u64 = 1 << 20;

/// Asks the helper for the login of a server. None if it cannot be run, answers too much, or not in time. What it
/// writes on stderr is not shown, since it may be about the login.
pub fn run(name: &str, server: &str, time: Duration) -> Option<HelperOutput> {
    let started = Instant::now();
    let mut child = Command::new(format!("docker-credential-{name}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = output(&mut child, server, time);
    if output.is_none() {
        // It may have ended just now.
        let _ = child.kill();
    }
    let is_success = ended(&mut child, time.saturating_sub(started.elapsed()));
    Some(HelperOutput { is_success: is_success?, stdout: output? })
}

/// What it prints until it closes its standard output.
fn output(child: &mut Child, server: &str, time: Duration) -> Option<Vec<u8>> {
    let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
    // A name is shorter than what a pipe holds, so this does not wait. A helper that has no login for anybody need
    // not read it.
    let _ = stdin.write_all(server.as_bytes());
    drop(stdin);
    let (sender, receiver) = sync_channel(1);
    let reader = move || {
        let mut bytes = Vec::new();
        let read = stdout.take(MOST + 1).read_to_end(&mut bytes);
        // Nobody waits any longer.
        let _ = sender.send(read.is_ok().then_some(bytes));
    };
    // Left alone when the time is over: a program that the helper started may keep the pipe open.
    thread::Builder::new().spawn(reader).ok()?;
    let bytes = receiver.recv_timeout(time).ok()??;
    (bytes.len() as u64 <= MOST).then_some(bytes)
}

/// Waits for its end, and says whether it was a success. None if it takes longer; then it is ended.
fn ended(child: &mut Child, time: Duration) -> Option<bool> {
    let started = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status.success());
        }
        if started.elapsed() >= time {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
