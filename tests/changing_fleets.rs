//! Files of fleets that are read twice, and change in between.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::process::ExitCode;

/// A file that is another one when it is read again after its end.
struct Changing {
    before: io::Cursor<String>,
    after: io::Cursor<String>,
    is_ended: bool,
    is_changed: bool,
}

impl Changing {
    fn now(&mut self) -> &mut io::Cursor<String> {
        if self.is_changed { &mut self.after } else { &mut self.before }
    }
}

impl io::Read for Changing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.now().read(buffer)?;
        self.is_ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

impl io::Seek for Changing {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.is_changed |= self.is_ended;
        self.now().seek(to)
    }
}

/// What a batch says about a file, and prints.
struct Outcome {
    status: ExitCode,
    stdout: Vec<u8>,
    stderr: String,
}

/// Runs a batch with fleets as standard input: from a file that changes, or from a pipe.
fn batch(folder: &tempfile::TempDir, args: &str, mut pipe: &[u8], file: Option<&mut Changing>) -> Outcome {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let start = ["dtpl", "batch", folder.path().to_str().unwrap(), "-q", "--fleets", "-"];
    let status = dtpl::cli::run(
        start.into_iter().chain(args.split(' ')).map(Into::into).collect(),
        &mut dtpl::cli::Streams {
            stdin: &mut pipe,
            stdin_file: file.map(|file| file as &mut dyn dtpl::cli::Rereadable),
            stdin_is_terminal: false,
            stdout: &mut stdout,
            stdout_is_terminal: false,
            stdout_width: 80,
            widen_pipes: &|| {},
            stderr: &mut stderr,
            stderr_has_color: false,
            stderr_is_terminal: false,
            hold_signals: &|| {},
            is_interrupted: &|| false,
            variable: &|_| None,
        },
    );
    Outcome { status, stdout, stderr: String::from_utf8(stderr).unwrap() }
}

#[test]
fn a_file_that_changes_between_its_two_readings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile.template"), "FROM %%BALENA_ARCH%%\nENV L=%%LOCALE%%\n").unwrap();
    let mut before = String::new();
    for number in 0..3000 {
        let fleet = format!(r#"{{"name":"f{number}","device":"nuc","variables":{{"LOCALE":"l{number}"}}}}"#);
        writeln!(before, "{fleet}").unwrap();
    }
    let twice = |after: &str, args: &str| {
        let text = |text: &str| io::Cursor::new(text.to_owned());
        let mut file =
            Changing { before: text(&before), after: text(after), is_ended: false, is_changed: false };
        let outcome = batch(&folder, args, &[], Some(&mut file));
        assert!(file.is_changed, "it was read again");
        outcome
    };
    let last = before[..before.len() - 1].rfind('\n').unwrap() + 1;
    let afters = [
        ("a value of the same length", before.replace("\"l2000\"", "\"l200x\"")),
        ("the order", before.replace("2000", "x").replace("1000", "2000").replace('x', "1000")),
        ("a line less", before[..last].to_owned()),
        ("half a line", before[..before.len() - 20].to_owned()),
        ("nothing left", String::new()),
        // What follows the lines of an archive is not read again.
        ("a line more", before.clone() + r#"{"name":"g","device":"nuc","variables":{"LOCALE":"l"}}"#),
    ];
    for args in ["--format ndjson", "--format ndjson --shard 1/2", "--format ndjson -j 1", "--format tar"] {
        let Outcome { status, stdout, stderr } = twice(&before, args);
        assert_eq!((status, stderr.as_str()), (ExitCode::SUCCESS, ""), "{args}");
        assert!(!stdout.is_empty());
        let is_archive = args == "--format tar";
        for (what, after) in &afters[..afters.len() - usize::from(is_archive)] {
            let Outcome { status, stderr, .. } = twice(after, args);
            let message = "<stdin>: error: this file changed while it was read\n";
            assert!(stderr.starts_with(message), "{args}: {what}: {stderr}");
            assert_eq!(status, ExitCode::FAILURE, "{args}: {what}");
        }
    }
    // A pipe is read once.
    let piped = batch(&folder, "--format ndjson", before.as_bytes(), None);
    assert_eq!((piped.status, piped.stderr.as_str()), (ExitCode::SUCCESS, ""));
    assert!(piped.stdout == twice(&before, "--format ndjson").stdout);
}
