//! Asking the peer: a script under node that answers each line of JSON with one.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The answers of a script to all questions, in their order. Its first line says the package's version.
pub fn answers(script: &str, questions: Vec<Value>) -> Vec<Value> {
    let folder = std::env::var("DTPL_PEER").expect("DTPL_PEER names the folder with the peer's node_modules");
    let mut node = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer").join(script))
        .env("DTPL_PEER", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let mut stdin = node.stdin.take().unwrap();
    let asked = questions.len();
    let writer = std::thread::spawn(move || {
        questions.iter().for_each(|question| writeln!(stdin, "{question}").unwrap());
    });
    let mut lines = BufReader::new(node.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    assert_eq!(lines.next().unwrap()["version"], "8.0.5");
    let answers: Vec<Value> = lines.collect();
    writer.join().unwrap();
    assert!(node.wait().unwrap().success());
    assert_eq!(answers.len(), asked);
    answers
}
