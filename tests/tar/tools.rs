//! What other readers make of an archive. A reader that is not installed is left out, but not in CI.

use std::io::Write;
use std::process::{Command, Stdio};

use super::tool::tool;

/// The commands that read an archive from stdin and list it.
pub const READERS: [&[&str]; 3] =
    [&["tar", "-t"], &["bsdtar", "-t", "-f", "-"], &["python3", "-c", PYTHON_READ]];

const PYTHON_READ: &str = "
import sys, tarfile
with tarfile.open(fileobj=sys.stdin.buffer, mode='r|') as archive:
    for member in archive:
        pass
";

/// Whether the reader takes the archive; nothing when it is not installed.
pub fn takes(reader: &[&str], archive: &[u8]) -> Option<bool> {
    let mut child = Command::new(tool(reader[0])?)
        .args(&reader[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may stop reading where it refuses.
    let _ = child.stdin.take().unwrap().write_all(archive);
    Some(child.wait().unwrap().success())
}

/// One line for each entry: type, size, name.
pub type Listing = Vec<String>;

/// What `tar -tv` and `bsdtar -tv` say, in one form. Names must be without blanks.
pub fn listing(program: &str, path: &std::path::Path) -> Option<Listing> {
    let output = Command::new(tool(program)?)
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .args(if program == "tar" {
            &["--quoting-style=literal", "--numeric-owner"][..]
        } else {
            &["--numeric-owner"][..]
        })
        .arg("-tvf")
        .arg(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    // GNU: mode owner size date time name; BSD: mode links user group size month day year name.
    let (size, name) = if program == "tar" { (2, 5) } else { (4, 8) };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // GNU tar has a letter of its own for contiguous files.
        let kind = words[0][..1].replace('C', "-");
        // A directory's size, and a link's, is nobody's business.
        let size = if kind == "-" { words[size] } else { "0" };
        format!("{kind} {size} {}", words[name].trim_end_matches('/'))
    };
    Some(text.lines().map(line).collect())
}

const PYTHON_LIST: &str = "
import sys, tarfile
for path in sys.stdin.read().split():
    with tarfile.open(path, 'r:') as archive:
        for member in archive:
            kind = 'd' if member.isdir() else 'l' if member.issym() else 'h' if member.islnk() else 'p' if member.isfifo() else '-'
            size = member.size if kind == '-' else 0
            sys.stdout.buffer.write(b'%s %d %s\\n' % (kind.encode(), size, member.name.rstrip('/').encode('utf-8', 'surrogateescape')))
    sys.stdout.buffer.write(b'\\n')
";

/// What Python's tarfile says of many archives: one start of Python for all.
pub fn python_listings(paths: &[std::path::PathBuf]) -> Option<Vec<Listing>> {
    let mut child = Command::new(tool("python3")?)
        .args(["-c", PYTHON_LIST])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let list: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(list.join("\n").as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.split_terminator("\n\n").map(|one| one.lines().map(str::to_owned).collect()).collect())
}
