//! Templates that nobody means well: no panic, an end in time, findings that are counted.

use super::common::Test;
use std::time::{Duration, Instant};

fn check(template: impl AsRef<[u8]>) -> (i32, serde_json::Value) {
    let start = Instant::now();
    let run = Test::new()
        .file("Dockerfile.template", template)
        .args("check --format json -d nuc,raspberry-pi")
        .run();
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    (run.status, run.json())
}

#[test]
fn broken_files_give_findings() {
    for text in [
        &b""[..],
        b"# nothing\n",
        b"FROM",
        b"FROM \\",
        b"\xEF\xBB\xBFFROM a\n",
        b"FROM a\nRUN <<A <<B\n",
        b"FROM caf\xE9:1\nRUN pip install \xFF -r \xFF\nCOPY \xFF /\n",
        b"FROM a:1\nRUN [\"sh\", \"-c\", \"\"]\nRUN [\"a\", \"-c\", \"\xFF\"]\nRUN '\nRUN \"\nRUN \\\\\\\n",
        b"FROM --platform= a:1\nFROM --platform=/ b:1\nFROM --platform=a/b/c/d c:1\n",
        b"FROM a:1\nENV\nCMD\nCOPY [] \nONBUILD COPY . .\nONBUILD RUN pip install x\n",
        b"# dtpl ignore=\n# dtpl ignore=,,,\n# dtpl ignore=\xFF\nFROM a:1\n",
        b"FROM a:1\nRUN pip install -r\nRUN python -m\nRUN pip\nRUN apt-get\n",
        b"FROM a:1\nCOPY [ /\nCOPY [a- /\nCOPY \\\\ /\nCOPY a\\ b /\nCOPY ** /\nCOPY **/*** /\n",
    ] {
        check(text);
    }
}

#[test]
fn a_flood_is_counted() {
    let (status, json) = check(format!("FROM alpine:3.22\n{}", "COPY x /\n".repeat(20_000)));
    assert_eq!(status, 1);
    assert_eq!(json["findings"].as_array().unwrap().len(), 100);
    assert_eq!(json["summary"]["error"], 20_000);
    let (_, json) =
        check(format!("FROM alpine:3.22\n{}", "# dtpl ignore=x,legacy-env\nENV A b\n".repeat(20_000)));
    assert_eq!(json["summary"]["warning"], 20_000);
    check(format!("FROM alpine:3.22\n{}", "COPY . .\nRUN pip install -r requirements.txt x\n".repeat(5_000)));
    check(format!("FROM alpine:3.22\nRUN {}\n", "amd64 ".repeat(10_000)));
    check(format!("FROM alpine:3.22\nRUN {}\n", "pip install a;".repeat(4_000)));
    check("FROM alpine AS a\n".repeat(5_000));
}

#[test]
fn nothing_outside_the_project_is_looked_at() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("requirements.txt"), "secret-package\n").unwrap();
    let test = Test::new()
        .file("Dockerfile.template", "FROM alpine:3.22\nCOPY link /x\nCOPY link/none /x\nRUN pip install --no-cache-dir -r /x/requirements.txt\nCOPY link/* /y\n");
    std::os::unix::fs::symlink(outside.path(), test.path().join("link")).unwrap();
    let run = test.args("check --format json").run();
    assert!(!run.text().contains("secret-package"), "{}", run.text());
}

#[test]
fn pipes_and_endless_files_are_not_read() {
    let test = Test::new()
        .file("Dockerfile.template", "FROM alpine:3.22\nCOPY pipe /requirements.txt\nRUN pip install --no-cache-dir -r /requirements.txt\n");
    let status = std::process::Command::new("mkfifo").arg(test.path().join("pipe")).status().unwrap();
    assert!(status.success());
    std::os::unix::fs::symlink("pipe", test.path().join(".dockerignore")).unwrap();
    test.args("check").run();
}
